"""Trials so short that their own thread takes the search's next step."""

from __future__ import annotations

import threading
import time

import pytest

from hpo_magic import Float, Study
from hpo_magic.errors import StoreError, StudyError
from hpo_magic.run.limits import Limits
from hpo_magic.trials import State
from hpo_magic.trials.memory_store import MemoryStore

LINE = {"x": Float(0, 1)}


def brief(config):
    return config["x"]


def test_one_thread_runs_them_all_and_each_is_stored():
    study = Study(LINE, strategy="random")
    study.optimize(brief, trials=300)
    assert [trial.number for trial in study.trials] == list(range(300))
    assert {trial.state for trial in study.trials} == {State.DONE}
    assert {trial.worker for trial in study.trials} == {"thread 1"}
    assert len({trial.value for trial in study.trials}) == 300
    times = [time for trial in study.trials for time in (trial.started, trial.finished)]
    assert times == sorted(times)


@pytest.mark.parametrize("workers", [2, 5])
def test_several_at_once_end_as_many_as_were_asked_for(workers):
    study = Study(LINE, strategy="random")
    study.optimize(brief, trials=400, workers=workers, on="threads")
    assert [trial.state for trial in study.trials] == [State.DONE] * 400
    assert len({trial.worker for trial in study.trials}) <= workers


def test_brief_and_long_ones_take_turns():
    ran = []

    def objective(config):
        ran.append(threading.current_thread().name)
        if len(ran) % 10 == 0:
            time.sleep(0.02)
        return config["x"]

    study = Study(LINE, strategy="random")
    study.optimize(objective, trials=60)
    assert [trial.worker for trial in study.trials] == ran


def test_pause_resume_and_stop_hold_between_them():
    study = Study(LINE, strategy="random")
    study.start(brief, Limits())
    deadline = time.monotonic() + 10
    while len(study.trials) < 50 and time.monotonic() < deadline:
        time.sleep(0.01)
    study.pause()
    while study.phase != "paused" and time.monotonic() < deadline:
        time.sleep(0.01)
    paused = len(study.trials)
    time.sleep(0.2)
    assert len(study.trials) == paused >= 50 and study.trials[-1].state is State.DONE
    study.resume()
    while len(study.trials) < paused + 50 and time.monotonic() < deadline:
        time.sleep(0.01)
    study.stop()
    assert study.wait(1) and study.phase == "stopped"
    assert all(trial.state.ended for trial in study.trials)
    assert not [t for t in threading.enumerate() if t.name == "hpo_magic-runner"]


def test_a_search_inside_a_trial():
    def objective(config):
        inner = Study(LINE, strategy="random", seed=int(1e6 * config["x"]))
        inner.optimize(brief, trials=3)
        return inner.best.value

    study = Study(LINE, strategy="random")
    study.optimize(objective, trials=5)
    assert [trial.state for trial in study.trials] == [State.DONE] * 5


def test_a_store_that_fails_between_two_of_them_pauses_the_search_and_loses_nothing():
    class Full(MemoryStore):
        room = 20

        def add_trial(self, study, trial, ended=()):
            if trial.number >= self.room:
                raise StoreError("the disk is full")
            return super().add_trial(study, trial, ended)

    store = Full()
    study = Study(LINE, strategy="random", store=store)
    with pytest.raises(StudyError, match="the disk is full"):
        study.optimize(brief, trials=30)
    assert [trial.state for trial in study.trials] == [State.DONE] * 20
    store.room = 30
    study.optimize(brief, trials=30)
    assert [trial.state for trial in study.trials] == [State.DONE] * 30
