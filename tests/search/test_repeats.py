"""Repeats: runs of one config count at their mean, whatever the sampler."""

from __future__ import annotations

import numpy as np
import pytest

from hpo_magic import Budget, Float, Space, Study
from hpo_magic.search.repeats import averaged
from hpo_magic.search.strategy import strategy
from hpo_magic.trials import Goal, History, State, Trial

GOALS = (Goal("loss"),)


def trial(number, x, loss, parent=None, **more):
    return Trial(number, {"x": x}, State.DONE, {"loss": loss}, "loss", parent=parent, **more)


def test_repeats_of_repeats_count_together_and_others_stay_as_they_are():
    trials = (trial(0, 0.1, 1.0), trial(1, 0.2, 5.0), trial(2, 0.1, 2.0, 0), trial(3, 0.1, 6.0, 2))
    told = averaged(History(trials, GOALS))
    assert told.losses[:, 0].tolist() == [3.0, 5.0, 3.0, 3.0]
    assert [t.number for t in told.trials] == [0, 1, 2, 3] and told.trials[1] is trials[1]


def test_promotions_and_members_of_a_population_are_no_repeats():
    low = Trial(0, {"x": 0.1, "n": 1}, State.DONE, {"loss": 1.0}, "loss", budget=1)
    high = Trial(1, {"x": 0.1, "n": 3}, State.DONE, {"loss": 2.0}, "loss", budget=3, parent=0)
    other = Trial(2, {"x": 0.3, "n": 3}, State.DONE, {"loss": 9.0}, "loss", budget=3, parent=1)
    history = History((low, high, other), GOALS)
    assert averaged(history) is history and history.turns == 3


def test_a_failed_repeat_says_nothing_of_the_mean():
    failed = Trial(1, {"x": 0.1}, State.FAILED, parent=0)
    history = History((trial(0, 0.1, 1.0), failed, trial(2, 0.1, 3.0, 0)), GOALS)
    assert averaged(history).losses[:, 0].tolist() == [2.0, 2.0]


@pytest.mark.parametrize("name", ["tpe", "forest"])
def test_a_lucky_run_that_repeats_disprove_does_not_lead(name):
    """With the lucky run at its word these would propose around x = 0.9; seeds 0 to 4, the means lie near 0.2."""
    rng = np.random.default_rng(0)
    space = Space({"x": Float(0, 1)})
    trials = [trial(n, x, (x - 0.2) ** 2) for n, x in enumerate(rng.uniform(0, 0.7, 19).tolist())]
    trials.append(trial(19, 0.9, -5.0))
    trials += [trial(20 + n, 0.9, 4.0, 19) for n in range(5)]
    history = History(tuple(trials), GOALS)
    proposed = [strategy(name, seed).propose(space, history)["x"] for seed in range(5)]
    assert np.median(proposed) < 0.5


def test_a_repeat_that_a_study_makes_counts_with_its_first():
    study = Study({"x": Float(0, 1), "n": Budget(1, 3)}, minimize="loss", strategy="tpe+full")
    first = study.ask()
    study.tell(first, 1.0)
    again = study.repeat(first)
    study.tell(study.ask(), 3.0)
    assert study.trials[again.number].parent == first.number
    assert averaged(study.history).losses[:, 0].tolist() == [2.0, 2.0]


def twice(strategy, trials):
    """Return a study in which every config has been run twice."""
    study = Study({"x": Float(0, 1), "y": Float(0, 1), "z": Float(0, 1)}, minimize="loss", strategy=strategy, seed=1)
    for _ in range(trials):
        first = study.ask()
        study.tell(first, first.config["x"])
        study.repeat(first)
        study.tell(study.ask(), first.config["x"])
    return study


def test_points_of_a_sequence_fill_the_space_though_every_config_is_run_twice():
    """Every second point of Sobol's has the same first bit in one dimension; of 32 in a row each half holds 16."""
    configs = [trial.config for trial in twice("random", 32).trials[::2]]
    for name in "xyz":
        assert sum(config[name] < 0.5 for config in configs) == 16


def test_repeats_take_no_turns():
    history = twice("gp", 12).history
    assert history.turns == 12 and len(history) == 24
    assert [History(history.trials[:n], GOALS).turns for n in range(5)] == [0, 1, 1, 2, 2]
