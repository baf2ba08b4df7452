"""One suite for every sampler: what any of them must hold to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpo_magic.search.novelty import key
from hpo_magic.search.recipes import SAMPLERS
from hpo_magic.search.strategy import strategy
from hpo_magic.space import Choice, Float, Int, Space
from hpo_magic.space.partial import completed
from hpo_magic.trials import Failure, Goal, History, State, Trial
from tests.strategies import histories, spaces

pytestmark = pytest.mark.parametrize("name", sorted(SAMPLERS))

TREE = Space(
    {
        "kernel": Choice(["rbf", "poly", "linear"]),
        "C": Float(1e-3, 1e3, log=True),
        "gamma": Float(1e-4, 10, log=True, when="kernel == 'rbf'"),
        "degree": Int(2, 5, when="kernel == 'poly'"),
    }
)


def history_of(space, count, seed=0, loss=None):
    rng = np.random.default_rng(seed)
    trials = []
    for number in range(count):
        config = space.sample(rng)
        value = rng.normal() if loss is None else loss(config)
        trials.append(Trial(number, config, State.DONE, {"loss": float(value)}, "loss"))
    return History(tuple(trials), (Goal("loss"),))


def propose(name, space, history, seed=0):
    chosen = strategy(name, seed)
    return chosen.sampler.propose(space, history, chosen.rng(len(history)))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_proposals_are_valid_new_and_the_same_for_the_same_seed(name, data):
    space = data.draw(spaces(most=4))
    history = data.draw(histories(space, most=14))
    config = propose(name, space, history)
    assert config == propose(name, space, history)
    if config is not None:
        assert space.validate(config) == config
        known = [t for t in history.trials if t.state not in (State.LOST, State.STOPPED)]
        assert key(config, space) not in {key(t.config, space) for t in known}


@pytest.mark.parametrize("known", [0, 14])
def test_what_a_config_of_ones_own_leaves_out_is_proposed_beside_it(name, known):
    history = history_of(TREE, known)
    for some in ({"C": 2.0}, {"kernel": "rbf", "gamma": 0.5}, {"kernel": "linear", "C": 3.0}, {}):
        config = completed(TREE, some, lambda held: propose(name, held, history))
        assert TREE.validate(config) == config and some.items() <= config.items()


def test_the_order_of_the_history_does_not_matter(name):
    history = history_of(TREE, 14)
    shuffled = History.of(list(reversed(history.trials)), history.goals)
    assert propose(name, TREE, shuffled) == propose(name, TREE, history)


def test_seeds_give_different_searches(name):
    if name == "grid":
        return  # a grid is the same whatever the seed
    history = history_of(TREE, 2)  # later, two seeds may rightly agree on the best point
    assert len({repr(propose(name, TREE, history, seed)) for seed in range(5)}) > 1


def test_running_trials_are_not_proposed_again_and_change_what_comes_next(name):
    done = history_of(TREE, 12)
    first = propose(name, TREE, done)
    running = Trial(12, first, State.RUNNING, None, "loss")
    second = propose(name, TREE, History((*done.trials, running), done.goals))
    assert second != first


def test_failed_trials_are_survived(name):
    rng = np.random.default_rng(0)
    failed = [Trial(i, TREE.sample(rng), State.FAILED, error=Failure("E", "no")) for i in range(12)]
    assert propose(name, TREE, History(tuple(failed), (Goal("loss"),))) is not None
    mixed = [
        *failed[:6],
        *[Trial(i, TREE.sample(rng), State.DONE, {"loss": 1.0}, "loss") for i in range(6, 12)],
    ]
    assert propose(name, TREE, History(tuple(mixed), (Goal("loss"),))) is not None


@pytest.mark.parametrize("values", [[0.0] * 12, [1e300, -1e300] * 6, [1e-300] * 12, list(np.logspace(-9, 9, 12))])
def test_extreme_losses_are_survived(name, values):
    rng = np.random.default_rng(0)
    trials = tuple(Trial(i, TREE.sample(rng), State.DONE, {"loss": v}, "loss") for i, v in enumerate(values))
    config = propose(name, TREE, History(trials, (Goal("loss"),)))
    assert TREE.validate(config) == config


def test_a_small_space_is_tried_whole_and_then_ends(name):
    space = Space({"a": Int(1, 3), "b": Choice(["x", "y"]), "c": Choice([1, 2], when="b == 'y'")})
    history, seen = History((), (Goal("loss"),)), []
    while (config := propose(name, space, history)) is not None:
        seen.append(repr(config))
        trial = Trial(len(history), config, State.DONE, {"loss": float(len(seen) % 4)}, "loss")
        history = History((*history.trials, trial), history.goals)
    assert len(seen) == len(set(seen)) == 9


def test_a_space_of_one_point_has_one_proposal(name):
    space = Space({"a": Choice(["only"])})
    assert propose(name, space, History()) == {"a": "only"}
    assert propose(name, space, History((Trial(0, {"a": "only"}, State.DONE, {"value": 1.0}),))) is None


def test_edits_hold_and_earlier_trials_outside_are_survived(name):
    history = history_of(TREE, 12, loss=lambda c: abs(np.log10(c["C"])))
    edited = TREE.narrow("C", 1, 10).choose("kernel", ["rbf", "poly"]).fix("degree", 3)
    for number in range(3):
        config = propose(name, edited, history)
        assert 1 <= config["C"] <= 10 and config["kernel"] != "linear" and config.get("degree", 3) == 3
        trial = Trial(12 + number, config, State.DONE, {"loss": 0.5}, "loss")
        history = History((*history.trials, trial), history.goals)


def test_maximising_is_minimising_the_negative(name):
    up = history_of(TREE, 12)
    trials = tuple(Trial(t.number, t.config, t.state, {"loss": -t.values["loss"]}, "loss") for t in up.trials)
    down = History(trials, (Goal("loss", -1),))
    assert propose(name, TREE, up) == propose(name, TREE, down)


def test_it_says_in_one_line_what_it_will_do(name):
    text = strategy(name).sampler.explain(TREE, 40)
    assert text and "\n" not in text


def test_trials_that_run_at_once_differ(name):
    """The numbers of any two of eight, where their choice is the same, lie apart by a thousandth of the range."""
    space = Space({"x": Float(0, 1), "y": Float(0, 1), "kind": Choice(["a", "b", "c"])})
    history = history_of(space, 12, loss=lambda c: (c["x"] - 0.3) ** 2 + (c["y"] - 0.6) ** 2 + (c["kind"] == "c"))
    for number in range(12, 20):
        config = propose(name, space, history)
        assert config is not None
        history = History((*history.trials, Trial(number, config, State.RUNNING)), history.goals)
    points = np.array([[t.config["x"], t.config["y"], "abc".index(t.config["kind"])] for t in history.running])
    gaps = np.abs(points[:, None] - points[None]).max(axis=2)[~np.eye(8, dtype=bool)]
    assert gaps.min() > 1e-3
