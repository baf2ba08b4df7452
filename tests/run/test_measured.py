"""Threads or processes, by what trials that overlap do to each other."""

from __future__ import annotations

import os
import sys
import threading
import time

import cloudpickle
import numpy as np
import pytest

from hpo_magic import Float, Space, Study
from hpo_magic.run.limits import Limits


def pure_python(config):
    end, number = time.perf_counter() + 0.4, 0
    while time.perf_counter() < end:
        number += 1
    return config["x"]


def sleeping(config):
    time.sleep(0.3)
    return config["x"]


def in_numpy(config):
    end, matrix = time.perf_counter() + 0.4, np.ones((1500, 1500))
    while time.perf_counter() < end:
        matrix = matrix @ matrix
        matrix /= matrix.max()
    return config["x"]


def short(config):
    end, number = time.perf_counter() + 0.03, 0
    while time.perf_counter() < end:
        number += 1
    return config["x"]


@pytest.mark.parametrize(
    ("objective", "kind"),
    [(pure_python, "processes"), (sleeping, "threads"), (in_numpy, "threads"), (short, "threads")],
)
def test_the_place_is_chosen_and_said(objective, kind):
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    try:
        study = Study(Space({"x": Float(0, 1)}), minimize="loss", strategy="random")
        study.optimize(objective, trials=12 if objective is short else 6, workers=2)
    finally:
        cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
    chosen = [notice for notice in study.notices if notice.startswith("trials run in ")]
    assert len(chosen) == 1 and chosen[0].startswith(f"trials run in {kind}"), (chosen, study.notices)
    *_, last = sorted(study.trials, key=lambda trial: trial.started)
    assert last.worker.startswith("thread ") == (kind == "threads")


def test_one_worker_stays_in_threads_and_nothing_is_said():
    study = Study(Space({"x": Float(0, 1)}), minimize="loss", strategy="random")
    study.optimize(pure_python, trials=2)
    assert {trial.worker for trial in study.trials} == {"thread 1"} and study.notices == []


def test_more_workers_while_it_runs_are_measured_too():
    study = Study(Space({"x": Float(0, 1)}), minimize="loss", strategy="random")
    study.start(lambda config: sleeping(config), Limits(trials=8))
    study.set_limits(Limits(trials=8, workers=4))
    assert study.wait(30)
    assert any(notice.startswith("trials run in threads") for notice in study.notices)


class OnlyHere:
    """Can be packed, and unpacked in no other process."""

    def __reduce__(self):
        return unpacked, (os.getpid(),)


def unpacked(home):
    if os.getpid() != home:
        raise RuntimeError("there is no such device here")
    return OnlyHere()


def test_what_a_worker_cannot_unpack_goes_back_to_threads_and_loses_no_trial():
    """Four of twenty trials were done before, and the others failed."""
    here = OnlyHere()

    def objective(config):
        assert here is not None
        return pure_python(config)

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    try:
        study = Study(Space({"x": Float(0, 1)}), minimize="loss", strategy="random")
        study.optimize(objective, trials=8, workers=2)
    finally:
        cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
    assert [trial.state for trial in study.trials] == ["done"] * 8, study.notices
    first, again = [notice for notice in study.notices if notice.startswith("trials run in ")]
    assert first.startswith("trials run in processes")
    assert again.startswith("trials run in threads again") and "no such device" in again
    assert {trial.worker for trial in study.trials[-2:]} <= {"thread 1", "thread 2", "thread 3"}


def test_what_cannot_be_sent_stays_in_threads_and_says_why():
    lock = threading.Lock()

    def objective(config):
        with lock:
            pass
        return pure_python(config)

    study = Study(Space({"x": Float(0, 1)}), minimize="loss", strategy="random")
    study.optimize(objective, trials=6, workers=2)
    assert len(study.history.done) == 6
    assert any("where each waits for the others, as the objective cannot be sent" in n for n in study.notices)
