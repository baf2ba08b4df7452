"""One suite for every scheduler: what any of them must hold to, with any sampler."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpo_magic import Budget, Float, Space, Study
from hpo_magic.errors import StrategyError
from hpo_magic.run.trial_run import Outcome
from hpo_magic.search.fidelity import rungs_of
from hpo_magic.search.recipes import SCHEDULERS
from hpo_magic.search.strategy import strategy
from hpo_magic.trials import State

pytestmark = pytest.mark.parametrize("name", sorted(SCHEDULERS))
SPACE = Space({"x": Float(0, 1), "epochs": Budget(1, 27)})


POPULATIONS = ("pbt", "pb2")


def curve(x: float, epoch: int) -> float:
    return abs(x - 0.3) + 1 / epoch


def play(study: Study, trials: int, workers: int, seed: int, fails: float = 0.0, dies: float = 0.0) -> None:
    """Run trials, up to `workers` at once, that end in random order; some fail, some are lost with their process."""
    rng = np.random.default_rng(seed)
    running = []
    for _ in range(trials):
        while len(running) < workers and (trial := study.ask()) is not None:
            running.append(trial)
        assert running, "nothing runs and nothing is to be started"
        trial = running.pop(int(rng.integers(len(running))))
        draw = rng.random()
        if draw < fails:
            study.fail(trial, "by chance")
        elif draw < fails + dies:
            study.ledger.journal.save(dataclasses.replace(study.ledger.journal.get(trial.number), state=State.LOST))
            study.ledger.queue(trial.config, trial.number)
        else:
            study.tell(trial, curve(trial.config["x"], trial.budget))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), workers=st.integers(1, 8), fails=st.floats(0, 0.3), dies=st.floats(0, 0.2))
def test_a_search_never_stalls_and_budgets_are_rungs(name, seed, workers, fails, dies):
    study = Study(SPACE, strategy=f"random+{name}", seed=seed)
    play(study, 60, workers, seed, fails, dies)
    scheduler = study.strategy.scheduler
    steps = set(scheduler.steps(SPACE) if name in POPULATIONS else rungs_of(SPACE))
    for trial in study.trials:
        assert trial.budget in steps
        assert trial.config["epochs"] == trial.budget
        if trial.parent is not None:
            parent = study.trials[trial.parent]
            assert parent.budget <= trial.budget
            assert name in POPULATIONS or parent.config["x"] == trial.config["x"]
            if parent.budget == trial.budget:
                assert parent.state is State.LOST


def test_decisions_are_functions_of_the_history(name):
    study = Study(SPACE, strategy=f"random+{name}")
    play(study, 30, 3, seed=1)
    scheduler = strategy(f"random+{name}").scheduler
    assert scheduler.next(SPACE, study.history) == scheduler.next(SPACE, study.history)
    assert scheduler.next(SPACE, study.history) == SCHEDULERS[name](0).next(SPACE, study.history)


def test_a_space_without_a_budget_is_searched_whole(name):
    study = Study({"x": Float(0, 1)}, strategy=f"random+{name}")
    if name in POPULATIONS:
        with pytest.raises(StrategyError, match="the space needs a budget"):
            study.ask()
        return
    begun = [study.ask() for _ in range(3)]
    assert all(trial is not None and trial.budget is None and trial.parent is None for trial in begun)


def test_a_trial_that_reports_nothing_is_never_stopped(name):
    study = Study(SPACE, strategy=f"random+{name}")
    for _ in range(20):
        trial = study.ask()
        assert study.strategy.scheduler.keep(study.space, study.history, trial)
        assert study.tell(trial, trial.config["x"]).state is State.DONE


def test_the_best_of_a_rung_is_never_stopped(name):
    space = SPACE if name in POPULATIONS else {"x": Float(0, 1)}
    study = Study(space, strategy=f"random+{name}")
    for number in range(12):
        trial = study.ask()
        # each trial is better than all before it, and improves at every step
        assert all(study.report(trial, 100 - number - step / 100, step) for step in range(27))
        study.tell(trial, 100 - number)
    assert all(trial.state is State.DONE for trial in study.trials)


def test_it_says_in_words_what_it_does(name):
    words = SCHEDULERS[name](0).explain(SPACE)
    assert (words == "") == (name == "full")
    assert "\n" not in words


def test_an_interrupted_trial_counts_nowhere(name):
    study = Study(SPACE, strategy=f"random+{name}")
    before = study.strategy.scheduler.next(SPACE, study.history)
    trial = study.ask()
    study.ledger.finish(trial.number, Outcome())
    assert study.trials[0].state is State.STOPPED
    assert study.strategy.scheduler.next(SPACE, study.history) == before
