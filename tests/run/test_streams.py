"""What trials print, and where they send it, stays theirs; what the user prints and redirects meanwhile, the user's."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import threading

from hpo_magic import Float, Study
from hpo_magic.run.limits import Limits


def test_redirections_of_trials_that_overlap_touch_neither_each_other_nor_the_user(capsys):
    """Two trials, the first to begin the first to end; the user prints and redirects in between."""
    first_in, second_in, first_out = threading.Event(), threading.Event(), threading.Event()
    held = {}

    def trial(config):
        own = io.StringIO()
        number = len(held)
        held[number] = own
        print(f"before {number}")
        with contextlib.redirect_stdout(own), contextlib.redirect_stderr(own):
            print(f"inside {number}")
            print(f"error {number}", file=sys.stderr)
            if number == 0:
                first_in.set()
                assert second_in.wait(10)
            else:
                second_in.set()
                assert first_out.wait(10)
                print("still mine")
        print(f"after {number}")
        if number == 0:
            first_out.set()
        return config["x"]

    was = sys.stdout, sys.stderr, type(sys)
    study = Study({"x": Float(0, 1)}, strategy="random")
    study.start(trial, Limits(trials=2, workers=2), on="threads")
    assert first_in.wait(10)
    print("the user's")
    mine = io.StringIO()
    with contextlib.redirect_stdout(mine):
        print("redirected by the user")
        assert study.wait(20)
    print("the user's again")
    assert (sys.stdout, sys.stderr, type(sys)) == was
    assert held[0].getvalue() == "inside 0\nerror 0\n"
    assert held[1].getvalue() == "inside 1\nerror 1\nstill mine\n"
    assert mine.getvalue() == "redirected by the user\n"
    assert capsys.readouterr().out == "the user's\nthe user's again\n"
    assert sorted(study.log(number) for number in (0, 1)) == ["before 0\nafter 0", "before 1\nafter 1"]


def test_a_stream_that_a_trial_leaves_in_place_ends_with_it(capsys):
    def trial(config):
        print("seen")
        sys.stdout = io.StringIO()
        print("swallowed")
        return config["x"]

    study = Study({"x": Float(0, 1)}, strategy="random")
    study.optimize(trial, trials=2)
    print("the user's")
    assert [study.log(number) for number in (0, 1)] == ["seen", "seen"]
    assert capsys.readouterr().out == "the user's\n"


def test_a_stream_that_the_user_sets_while_trials_run_stays():
    go = threading.Event()

    def trial(config):
        go.wait(10)
        print("a trial's")
        return config["x"]

    was = sys.stdout
    study = Study({"x": Float(0, 1)}, strategy="random")
    study.start(trial, Limits(trials=1), on="threads")
    mine = sys.stdout = io.StringIO()
    try:
        go.set()
        assert study.wait(20)
        assert sys.stdout is mine
        print("to mine")
    finally:
        sys.stdout = was
    assert mine.getvalue() == "to mine\n"


def test_what_a_trial_logs_goes_to_its_log_also_by_handlers_that_were_there_before(capsys):
    handler = logging.StreamHandler()
    logger = logging.getLogger("hpo_magic_test")
    logger.addHandler(handler)
    stream = handler.stream
    try:
        study = Study({"x": Float(0, 1)}, strategy="random")

        def trial(config):
            logger.warning("a trial's")
            return config["x"]

        study.optimize(trial, trials=1)
        assert study.log(0) == "a trial's" and handler.stream is stream
        logger.warning("the user's")
        assert capsys.readouterr().err == "the user's\n"
    finally:
        logger.removeHandler(handler)
