"""The default strategy: what it takes, and that it starts from the cell's own values."""

from __future__ import annotations

import numpy as np
import pytest

from hpo_magic.search.cube import Cube
from hpo_magic.search.samplers.auto import AutoSampler
from hpo_magic.search.samplers.evolution import EvolutionSampler
from hpo_magic.search.samplers.gp import GaussianProcessSampler
from hpo_magic.search.samplers.random import RandomSampler
from hpo_magic.search.samplers.tpe import TpeSampler
from hpo_magic.space import Budget, Choice, Float, Space
from hpo_magic.study import Study
from hpo_magic.trials import Goal, History, State, Trial
from tests.strategies import random_history

SMALL = Space({"x": Float(0, 1, default=0.25), "y": Float(0, 1, default=0.5)})
WIDE = Space({f"x{i}": Float(0, 1) for i in range(61)})


def test_the_cells_own_values_are_the_first_trial():
    assert AutoSampler().propose(SMALL, History(), np.random.default_rng(0)) == {"x": 0.25, "y": 0.5}


def falling(count):
    """Return a history that gets better with every trial."""
    trials = [Trial(i, {"x": i / 100, "y": 0.5}, State.DONE, {"value": -float(i)}) for i in range(count)]
    return History(tuple(trials), (Goal("value"),))


def test_few_trials_of_few_parameters_are_for_the_process_alone():
    assert {type(AutoSampler()._part(SMALL, falling(n))) for n in range(60)} == {GaussianProcessSampler}


def test_where_nothing_is_gained_for_very_long_in_branches_that_share_much_spread_points_come_in_turns():
    stuck = falling(20).trials + tuple(
        Trial(i, {"x": 0.9, "y": i / 100}, State.DONE, {"value": -18.9}) for i in range(20, 60)
    )
    tree = Space({"x": Float(0, 1), "y": Float(0, 1), "z": Float(0, 1, when="x > 0.5")})
    apart = Space({"x": Float(0, 1), "y": Float(0, 1, when="x > 0"), "z": Float(0, 1, when="x > 0.5")})
    for space, spread in ((tree, RandomSampler), (apart, GaussianProcessSampler), (SMALL, GaussianProcessSampler)):
        parts = [type(AutoSampler()._part(space, History(stuck[:n], (Goal("value"),)))) for n in range(41, 49)]
        assert parts == [GaussianProcessSampler] * 4 + [spread, GaussianProcessSampler, spread, GaussianProcessSampler]


def test_spread_points_in_turns_fill_the_whole_space():
    """Every second point of Sobol's lies in one half of one dimension. Of 40 fair draws fewer than 8 in one half: 1e-5."""
    tree = Space({"x": Float(0, 1), "m": Choice(["a", "b"]), "y": Float(0, 1), "z": Float(0, 1, when="m == 'b'")})
    rng = np.random.default_rng(2)
    done = [Trial(i, {**tree.sample(rng)}, State.DONE, {"value": float(i > 0)}) for i in range(120)]
    spread = []
    for count in range(41, 121, 2):
        history = History(tuple(done[:count]), (Goal("value"),))
        part = AutoSampler()._part(tree, history)
        assert isinstance(part, RandomSampler)
        spread.append(part.propose(tree, history, np.random.default_rng(count)))
    for low in ([c["x"] < 0.5 for c in spread], [c["m"] == "a" for c in spread], [c["y"] < 0.5 for c in spread]):
        assert 8 <= sum(low) <= 32


def test_in_a_space_with_branches_and_no_budget_less_of_a_trend_is_believed():
    tree = Space({"x": Float(0, 1), "y": Float(0, 1), "z": Float(0, 1, when="x > 0.5")})
    cheap = Space({**tree, "epochs": Budget(1, 9)})
    trends = [GaussianProcessSampler()._prior(Cube(space), falling(9)).trend for space in (tree, SMALL, cheap)]
    assert trends == [0.5, 2.0, 2.0]


def test_a_better_branch_of_the_space_is_found_though_the_first_one_pleases():
    """The good branch is flat but for one tenth of one parameter: a model that has settled elsewhere sees no reason.

    Of twelve seeds, 0 to 11, all found it within 108 trials; a process that stays where it is with four, three of them
    among their first points.
    Seeds are fixed, so the first six do so again, but for one should arithmetic differ on another machine.
    """
    space = Space(
        {
            "kind": Choice(["easy", "hard"]),
            "u": Float(0, 1, when="kind == 'easy'"),
            "v": Float(0, 1, when="kind == 'hard'"),
        }
    )

    def loss(config):
        if config["kind"] == "easy":
            return 0.2 + 0.1 * (config["u"] - 0.4) ** 2
        return 0.0 if 0.6 < config["v"] < 0.7 else 1.0

    found = 0
    for seed in range(6):
        study = Study(space, minimize="loss", seed=seed)
        study.optimize(loss, trials=120)
        found += study.best.value == 0.0
    assert found >= 5


def test_beyond_what_a_process_can_learn_the_parts_take_turns():
    for space, first in ((SMALL, 400), (WIDE, 8)):
        parts = [type(AutoSampler()._part(space, random_history(space, n))) for n in range(first, first + 4)]
        assert parts == [GaussianProcessSampler, TpeSampler, GaussianProcessSampler, EvolutionSampler]
        config = AutoSampler().propose(space, random_history(space, first + 1), np.random.default_rng(1))
        assert space.validate(config) == config


def test_many_parameters_of_which_a_config_has_few_are_learnt_by_one_process():
    learners = [f"learner{i}" for i in range(6)]
    own = {f"{one}_{j}": Float(0, 1, when=f"learner == '{one}'") for one in learners for j in range(6)}
    space = Space({"learner": Choice(learners), **own})
    parts = [type(AutoSampler()._part(space, random_history(space, n))) for n in range(8, 12)]
    assert len(space) == 37 and parts == [GaussianProcessSampler] * 4
    assert "are many" not in AutoSampler().explain(space, 50)


def test_it_says_what_it_chose_and_why():
    assert "as 61 parameters are many" in AutoSampler().explain(WIDE, 50)
    assert "from trial 400 on in turns" in AutoSampler().explain(SMALL, 1000)
    assert AutoSampler(cost_aware=True).explain(SMALL, 50).endswith("expected improvement per second")


PLATEAU = Space({
    "lr": Float(1e-6, 1, log=True), "wd": Float(1e-6, 0.1, log=True), "drop": Float(0, 0.9), "mom": Float(0, 0.99),
    "opt": Choice(["sgd", "adam", "rms"]),
})  # fmt: skip


@pytest.mark.parametrize("subject_to", [None, "ok > 0.5"])
def test_a_small_basin_in_a_plateau_is_found(subject_to):
    """Chance level, or a constraint missed alike, everywhere but in 3.1 % of the space.

    None of 100 spread points lies in it with probability 0.04; the seeds are fixed. A model that has seen no difference
    is least certain of the space's corners, and stays there.
    """
    for seed in range(4):
        study = Study(PLATEAU, minimize="loss", subject_to=subject_to, seed=seed)
        for _ in range(100):
            trial = study.ask()
            config = trial.config
            inside = 1e-3 < config["lr"] < 1e-2 and config["drop"] < 0.5 and config["opt"] == "adam"
            study.tell(trial, {"loss": 0.1 if inside else 0.9} if subject_to is None else {"loss": 1, "ok": inside})
            if inside:
                break
        assert inside, f"seed {seed}"
