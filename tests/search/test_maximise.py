"""What is proposed where configs can be the same: the best that is new, not the one that is best already."""

from __future__ import annotations

import numpy as np

from hpo_magic.search.cube import Cube
from hpo_magic.search.maximise import maximise
from hpo_magic.search.novelty import Tried
from hpo_magic.search.samplers.gp import GaussianProcessSampler
from hpo_magic.space import Choice, Float, Int, Space
from hpo_magic.trials import History, State, Trial
from tests.strategies import random_history

STEPS = Space({name: Int(1, 6) for name in "abc"})


def settled(count):
    """Return a history whose values fall towards a = b = c = 3, the best among them."""
    rng = np.random.default_rng(5)
    configs = [{"a": 3, "b": 3, "c": 3}, *(STEPS.sample(rng) for _ in range(count - 1))]
    cost = [sum((v - 3) ** 2 for v in config.values()) for config in configs]
    return History(tuple(Trial(i, c, State.DONE, {"value": float(y)}) for i, (c, y) in enumerate(zip(configs, cost))))


def near(model):
    """What points are worth: the nearer to the best config, the more."""
    return -((model - 2.5 / 6) ** 2).sum(axis=1)


def test_the_best_points_are_new_and_no_two_the_same():
    for count in (20, 21):  # around the best alone, and everywhere
        history = settled(count)
        points = maximise(near, Cube(STEPS), history, np.random.default_rng(0))
        first = [STEPS.decode(point) for point in points[:12]]
        assert not any(Tried(history, STEPS)(config) for config in first)
        assert len({tuple(config.values()) for config in first}) == 12
        assert sum(abs(v - 3) for v in first[0].values()) <= 2


def test_a_process_proposes_what_its_model_says_where_parameters_have_few_levels():
    """Beside the best config is better on average than anywhere: of 6 x 6 x 6 random ones a tenth is as good."""
    history = settled(30)
    proposals = [GaussianProcessSampler().propose(STEPS, history, np.random.default_rng(seed)) for seed in range(8)]
    cost = [sum((v - 3) ** 2 for v in config.values()) for config in proposals]
    assert np.mean(cost) <= 4  # of random ones the mean is 9.5


def test_where_every_config_has_a_continuous_parameter_none_need_be_told_apart():
    mixed = Space({"act": Choice(["a", "b"]), "x": Float(0, 1), "k": Int(1, 3, when="act == 'a'")})
    assert Cube(mixed).endless and not Cube(STEPS).endless
    for space in (
        Space({"act": Choice(["a", "b"]), "x": Float(0, 1, when="act == 'a'")}),
        mixed.fix("x", 0.5),
        Space({"x": Float(0, 1, step=0.5)}),
    ):
        assert not Cube(space).endless


def test_a_branch_without_numbers_is_proposed_once():
    tree = Space({"net": Choice(["plain", "tuned"]), "x": Float(0, 1, when="net == 'tuned'")})
    plain = Trial(0, {"net": "plain"}, State.DONE, {"value": 0.0})
    history = History((plain, *random_history(tree.fix("net", "tuned"), 8, 1).trials[1:]))
    points = maximise(lambda model: -model[:, 0], Cube(tree), history, np.random.default_rng(0))
    assert tree.decode(points[0])["net"] == "tuned"
