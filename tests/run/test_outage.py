"""A database that does not answer for a while, and a script that nobody is there to resume."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from types import SimpleNamespace

import pytest

from hpo_magic import Float, Study
from hpo_magic.errors import StoreBusy, StoreError
from hpo_magic.run.outage import Outage


def test_a_script_goes_on_when_the_database_is_no_longer_locked(tmp_path, monkeypatch):
    monkeypatch.setattr("hpo_magic.trials.sql_engine.BUSY_SECONDS", 0.2)
    path, begun = tmp_path / "hpo.db", threading.Event()
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random", store=f"sqlite:///{path}")

    def lock():
        begun.wait(20)
        with closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            time.sleep(2)
            other.rollback()

    def objective(config):
        begun.set()
        time.sleep(0.3)
        return config["x"]

    locker = threading.Thread(target=lock)
    locker.start()
    study.optimize(objective, trials=8)
    locker.join()
    assert len(study.history.done) == len(study.trials) == 8
    assert len(Study.load("study", path).history.done) == 8
    told = [notice for notice in study.notices if "it is tried again for 5 minutes" in notice]
    assert len(told) == 1 and "locked" in told[0]


@pytest.mark.parametrize(
    ("error", "pace", "outlasted"),
    [
        (StoreBusy("locked"), 2.0, 150),  # five minutes, every two seconds
        (StoreBusy("locked"), 90.0, 1000),  # another outage each time
        (StoreError("the disk is full"), 2.0, 0),
        (None, 2.0, 0),
    ],
)
def test_an_outage_is_outlasted_for_five_minutes(error, pace, outlasted):
    now, resumed = [0.0], []
    runner = SimpleNamespace(error=error, message="the store is locked", resume=lambda: resumed.append(now[0]))
    outage = Outage(lambda told: None, clock=lambda: now[0])
    count = 0
    while count < 1000 and outage.outlast(runner):
        count += 1
        now[0] += pace
    assert abs(count - outlasted) <= 1 and len(resumed) == count
