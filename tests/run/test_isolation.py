"""The process is after a search as it was before."""

from __future__ import annotations

import os
import random
import sys
import warnings

import numpy as np

from hpo_magic import Float, Study
from hpo_magic.run.isolation import ProcessState
from hpo_magic.run.logs import TrialLog


def harms(config):
    os.chdir("/")
    os.environ["SET_BY_A_TRIAL"] = "1"
    os.environ.pop("SET_BY_THE_USER", None)
    random.seed(1)
    np.random.seed(1)
    warnings.simplefilter("ignore")
    sys.stdout.write("to stdout\n")
    sys.stderr.write("to stderr\n")
    return config["x"]


def state():
    return os.getcwd(), dict(os.environ), random.getstate(), np.random.get_state()[1].tolist(), list(warnings.filters)


def test_folder_environment_random_states_and_filters_stay(capsys, monkeypatch):
    monkeypatch.setenv("SET_BY_THE_USER", "grün")
    study = Study({"x": Float(0, 1)}, strategy="random")
    study.strategy.sampler.ahead(study.space, study.history)  # importing scipy adds filters of its own
    before = state()
    study.optimize(harms, trials=3)
    assert state() == before
    assert capsys.readouterr() == ("", "")
    assert study.trials[0].log == "to stdout\nto stderr"


def test_a_cell_of_the_users_sees_its_own_state_while_a_trial_runs():
    kept = ProcessState()
    random.seed(5)
    expected = [random.random() for _ in range(4)]
    random.seed(5)
    drawn = []
    with kept.trial():
        random.seed(99)  # the trial
        for _ in range(2):  # two cells of the user's, run meanwhile
            kept.cell_begins()
            drawn.append(random.random())
            kept.cell_ends()
            random.random()
    drawn.append(random.random())
    with kept.trial():
        random.seed(98)
    drawn.append(random.random())
    assert drawn == expected


def test_a_log_is_bounded_and_keeps_the_end():
    log = TrialLog(limit=1000)
    for i in range(100_000):
        log.write(f"{i}\n")
    log.write("y" * 5000)
    log.write("the end")
    assert len(log.text()) < 1100 and log.text().endswith("the end")
