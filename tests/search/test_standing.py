"""Who goes up: by constraints that only trained models meet, by several metrics, and without what is distrusted."""

from __future__ import annotations

import numpy as np
import pytest

from hpo_magic import Budget, Float, Study, checkpoint, report
from hpo_magic.trials import State

SPACE = {"x": Float(0, 1), "epochs": Budget(1, 27)}


@pytest.mark.parametrize("strategy", ["halving", "hyperband", "asha", "bohb", "auto", "asha-gp", "pbt"])
def test_a_constraint_that_only_trained_models_meet_keeps_nobody_down(strategy):
    """Recall grows with the epochs, and is met from 18 of 27 on; with few epochs by nobody."""
    study = Study(SPACE, minimize="loss", subject_to="recall > 0.5", strategy=strategy)
    study.optimize(lambda c: {"loss": 1 - c["x"], "recall": c["epochs"] / 27 * (0.7 + 0.3 * c["x"])}, trials=100)
    assert study.best is not None and study.best.budget > 13
    assert study.best.config["x"] > 0.8  # of those who miss it, those go up who miss it by less


def test_a_constraint_that_some_meet_at_once_is_not_bought_by_a_budget():
    """Where somebody meets it, nobody who does not goes up."""
    study = Study(SPACE, minimize="loss", subject_to="size < 0.5", strategy="asha")
    study.optimize(lambda c: {"loss": 1 - c["x"], "size": c["x"]}, trials=60)
    first = next(trial.number for trial in study.trials if trial.budget == 1 and trial.values["size"] < 0.5)
    promoted = [trial for trial in study.trials[first + 1 :] if trial.parent is not None]
    assert promoted and all(trial.values["size"] < 0.5 for trial in promoted)


@pytest.mark.parametrize("strategy", ["halving", "asha", "pbt"])
def test_of_several_metrics_both_ends_of_the_front_go_up(strategy):
    """x is good for one metric and bad for the other; by the first alone only small x would go up."""
    study = Study(SPACE, minimize=["a", "b"], strategy=strategy)
    study.optimize(lambda c: {"a": c["x"] + 1 / c["epochs"], "b": 1 - c["x"] + 1 / c["epochs"]}, trials=90)
    full = [trial.config["x"] for trial in study.trials if trial.budget == 27]
    assert len(full) >= 2 and min(full) < 0.3 and max(full) > 0.7


@pytest.mark.parametrize("strategy", ["halving", "hyperband"])
def test_a_bracket_ends_though_the_first_trial_of_a_promoted_config_is_distrusted(strategy):
    study = Study(SPACE, minimize="loss", strategy=strategy)
    study.optimize(lambda c: c["x"], trials=27 + 5)
    promoted = study.trials[-1]
    assert promoted.parent is not None
    study.distrust(promoted.parent)
    study.optimize(lambda c: c["x"], trials=27 + 9 + 3 + 1)  # it does not count; somebody else goes up in its place
    assert [sum(t.budget == b for t in study.trials) for b in (1, 3, 9, 27)] == [27, 10, 3, 1]


@pytest.mark.parametrize("every", [1, 5, 7])
def test_asynchronous_halving_stops_trials_that_report_seldom(every):
    def trained(config):
        for step in range(every - 1, 100, every):
            report(config["x"] + 1 / (step + 1), step)
        return config["x"]

    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random+asha")
    study.optimize(trained, trials=40)
    cut = [trial for trial in study.trials if trial.state is State.STOPPED]
    assert len(cut) > 20  # of 40, as two of three go at each rung; with steps 5 or 7 apart none went
    kept = [trial.config["x"] for trial in study.history.done]
    assert np.median(kept) < np.median([trial.config["x"] for trial in cut])


def test_distrusted_trials_stop_nobody():
    """Five trials with a wrong sign, distrusted: by them the median would cut all that follow."""

    def trained(config):
        wrong = len(study.trials) <= 5
        for step in range(10):
            report(-100.0 if wrong else config["x"], step)
        return -100.0 if wrong else config["x"]

    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random+median")
    study.optimize(trained, trials=5)
    for trial in study.trials:
        study.distrust(trial)
    study.optimize(trained, trials=20)
    assert len(study.history.done) >= 8 and study.best.value >= 0


def test_cheap_runs_do_not_count_as_without_a_gain():
    study = Study(SPACE, minimize="loss", strategy="hyperband")
    study.optimize(lambda c: c["x"] + 1 / c["epochs"], trials=400, no_gain=6)
    best = study.best
    rivals = [trial for trial in study.trials[best.number + 1 :] if trial.budget >= best.budget]
    assert best.budget == 27 and len(rivals) == 6 < len(study.trials) - best.number - 1


def test_an_empty_folder_is_nothing_to_go_on_from(tmp_path):
    def trained(config):
        checkpoint()
        return config["x"]

    study = Study(SPACE, minimize="loss", strategy="halving", store=f"sqlite:///{tmp_path / 'hpo.db'}")
    study.optimize(trained, trials=30)
    assert any(trial.parent is not None for trial in study.trials)
    assert all(trial.resumed == 0 and not trial.kept and trial.cost == trial.budget for trial in study.trials)
