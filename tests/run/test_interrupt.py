"""Ctrl-C while a script waits in `optimize`: a real process, a real signal."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

SCRIPT = """
import itertools, signal, sys, time
from hpo_magic import Float, Study

begun = itertools.count(1)

def objective(config):
    if next(begun) == 3:
        print("third trial", file=sys.__stdout__, flush=True)  # sys.stdout is the log of the trial
    time.sleep({seconds})
    return config["x"]

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background of a shell begins with it ignored
study = Study({{"x": Float(0, 1)}}, strategy="random")
try:
    study.optimize(objective)
except KeyboardInterrupt:
    print(study.phase, *sorted({{trial.state for trial in study.trials}}))
before = study.ledger.counted()
study.optimize(objective, trials=before + 3)
print(study.phase, study.ledger.counted() - before)
"""


@pytest.mark.parametrize("seconds", [0, 0.3])
def test_an_interrupt_stops_the_search_and_it_can_be_gone_on_with(seconds):
    script = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(seconds=seconds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert script.stdout.readline() == "third trial\n"  # the first is done by now, however slow the machine
        script.send_signal(signal.SIGINT)
        out, errors = script.communicate(timeout=30)
    finally:
        script.kill()
        script.communicate()
    assert errors == ""
    first, second = out.splitlines()
    assert first == "stopped done stopped" or (seconds == 0 and first == "stopped done")  # there may be none to stop
    assert second == "finished 3"
