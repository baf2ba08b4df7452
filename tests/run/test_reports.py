"""What trials report when the store cannot take it: the search hears of it, the trial does not, and nothing is lost."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import pytest

from hpo_magic import Float, Study, report, trial_number
from hpo_magic.errors import StudyError
from hpo_magic.run import reports
from hpo_magic.trials import State


@pytest.fixture(autouse=True)
def every_report_is_stored(monkeypatch):
    monkeypatch.setattr(reports, "SAVED", 0.0)


@pytest.mark.parametrize("last", [False, True])
def test_a_store_that_is_deleted_while_a_trial_reports_loses_nothing(tmp_path, last):
    """The report that meets the deleted file may be the last one that is stored before the result."""
    path, seen = tmp_path / "hpo.db", []

    def objective(config):
        seen.append(config["x"])
        for step in range(3):
            if len(seen) == 2 and step == (2 if last else 1):
                for file in tmp_path.iterdir():
                    file.unlink()
            report(config["x"], step)
        return config["x"]

    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random", store=path)
    with pytest.raises(StudyError, match="was deleted while it was open"):
        study.optimize(objective, trials=3)
    study.optimize(objective, trials=3)
    again = Study.load("study", path)
    assert [trial.value for trial in again.trials] == seen and len(seen) == 3
    assert all(len(trial.reports) == 3 for trial in again.trials)


@pytest.mark.parametrize("on", ["threads", "processes"])
def test_a_store_that_is_locked_for_a_while_costs_no_trial(tmp_path, on):
    path = tmp_path / "hpo.db"
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random", store=f"sqlite:///{path}?timeout=0.2")

    def objective(config, path=str(path)):
        with closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            for step in range(3):
                report(config["x"], step)
            other.rollback()
        return config["x"]

    for _ in range(3):
        try:
            study.optimize(objective, trials=3, on=on)
        except StudyError as error:  # the search too may come to it while it is locked
            assert "database is locked" in str(error)
    done = study.history.done
    assert len(done) == len(study.trials) == 3
    assert [trial.value for trial in Study.load("study", path).trials] == [trial.value for trial in done]
    assert all(len(trial.reports) == 3 for trial in done)


def test_who_asks_and_tells_hears_of_it_at_once(tmp_path):
    path = tmp_path / "hpo.db"
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random", store=f"sqlite:///{path}?timeout=0.2")
    trial = study.ask()
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Exception, match="database is locked"):
            study.report(trial, 0.5, 0)
        other.rollback()
    study.tell(trial, 0.5)
    assert [len(one.reports) for one in Study.load("study", path).trials] == [1]


def test_a_trial_that_has_had_its_time_counts_with_what_it_reported():
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="tpe+median")

    def objective(config):
        for step in range(1000 if trial_number() == 1 else 3):
            time.sleep(0.02)
            report(1 / (step + 1), step)
        return 1 / 3

    study.optimize(objective, trials=3, trial_timeout=0.5)
    slow = study.trials[1]
    assert slow.state is State.STOPPED and slow.value == slow.reports[-1].value and slow.error is None
    assert "trials that reach their limit of 0.5 s count with the last value that they reported" in study.notices


def test_a_trial_that_has_had_its_time_and_reported_nothing_has_failed():
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
    study.optimize(lambda config: [time.sleep(0.02) for _ in range(500)], trials=1, trial_timeout=0.3)
    assert study.trials[0].error.kind == "TimeLimit"


def test_reports_of_another_quantity_than_the_metric_are_said_once():
    study = Study({"x": Float(0, 1)}, maximize="acc", strategy="random+median")

    def objective(config):
        report(2.3 - config["x"], 0)
        return config["x"]

    study.optimize(objective, trials=4)
    told = [
        notice for notice in study.notices if "reports are taken for acc, and random+median stops by them" in notice
    ]
    assert len(told) == 1


def test_who_stops_by_one_metric_of_several_says_so():
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="tpe+asha", subject_to="latency < 5")
    study.optimize(lambda config: {"loss": config["x"], "latency": 1.0}, trials=2)
    assert any(notice.startswith("tpe+asha stops trials by loss alone") for notice in study.notices)
