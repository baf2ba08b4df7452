"""Threads that a trial starts: what they report, keep, draw and print is the trial's."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hpo_magic import Float, Study, checkpoint, report, seed


def helped():
    """Return an objective that leaves all to a helper thread; it is sent by value."""

    def train(config):
        file = checkpoint() / "begun"
        begun = file.exists()
        file.write_text("")
        print("seed", seed())
        for step in range(5):
            report(config["x"], step)
        return 9.0 if begun else config["x"]

    def objective(config):
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(train, config).result()

    return objective


@pytest.mark.parametrize("on", ["threads", "processes"])
def test_a_helper_thread_is_the_trials(on):
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
    study.optimize(helped(), trials=4, workers=2, on=on)
    assert [trial.value for trial in study.trials] == [trial.config["x"] for trial in study.trials]
    assert all(len(trial.reports) == 5 for trial in study.trials)
    assert len({study.log(trial.number) for trial in study.trials}) == 4
    assert all(study.log(trial.number).startswith("seed ") for trial in study.trials)


def test_a_trial_that_is_stopped_through_its_helper_is_stopped():
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random+median")
    study.optimize(helped(), trials=12)
    cut = [trial for trial in study.trials if trial.cut]
    assert cut and all(len(trial.reports) < 5 for trial in cut)


def test_a_thread_that_outlasts_its_trial_belongs_to_nobody_and_start_is_as_it_was():
    pool, usual = ThreadPoolExecutor(1), threading.Thread.start
    folders = []
    try:
        study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
        study.optimize(lambda c: folders.append(pool.submit(checkpoint).result()) or c["x"], trials=2)
    finally:
        pool.shutdown()
    assert folders[0] != folders[1] and folders[1].name == "outside"
    assert threading.Thread.start is usual
