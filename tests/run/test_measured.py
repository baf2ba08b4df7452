"""Threads or processes, by what trials that overlap do to each other."""

from __future__ import annotations

import threading
import time

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
    import sys

    import cloudpickle

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
