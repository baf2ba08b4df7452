"""What a trial redirects is its own output; the user's cells and other trials print where they did."""

from __future__ import annotations

import contextlib
import io
import sys
import threading
import time

import pytest

from hpo_magic import Float, Study


def test_trials_that_overlap_redirect_what_they_print_themselves(capsys):
    both = threading.Barrier(2, timeout=20)

    def loss(config):
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            print(config["x"])
            both.wait()  # now both trials redirect
            with contextlib.redirect_stderr(sys.stdout), contextlib.redirect_stdout(io.StringIO()) as inner:
                print("deep")
                print("aside", file=sys.stderr)
            assert sys.stdout.getvalue() == told.getvalue()
            time.sleep(0.05 if config["x"] < 0.5 else 0)  # they end in another order than they began
        print("after")
        assert (told.getvalue(), inner.getvalue()) == (f"{config['x']}\naside\n", "deep\n")
        return config["x"]

    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
    stream, searching = sys.stdout, threading.Thread(target=study.optimize, args=(loss, 6), kwargs={"workers": 2})
    searching.start()
    while searching.is_alive():
        print("user", end="")
        time.sleep(0.005)
    assert sys.stdout is stream and set(capsys.readouterr().out) == set("user")
    assert [(trial.error, trial.log) for trial in study.trials] == [(None, "after")] * 6
    assert "__enter__" not in vars(contextlib.redirect_stdout)


def test_streams_that_are_redirected_to_each_other_lead_to_the_log():
    encoding = sys.stderr.encoding

    def loss(config):
        with contextlib.redirect_stdout(sys.stderr), contextlib.redirect_stderr(sys.stdout):
            print("round", end=" ")
            print("about", file=sys.stderr)
            assert sys.stderr.encoding == encoding
        with contextlib.redirect_stdout(sys.stdout):
            print("itself", flush=True)
        return config["x"]

    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
    study.optimize(loss, trials=1)
    assert (study.trials[0].error, study.trials[0].log) == (None, "round about\nitself")


def test_a_redirection_that_a_trial_leaves_by_an_error_is_over(capsys):
    def loss(config):
        with contextlib.redirect_stdout(io.StringIO()):
            raise ValueError("as it happens")

    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
    with pytest.raises(Exception, match="as it happens"):
        study.optimize(loss, trials=4)
    print("here")
    assert capsys.readouterr().out.endswith("here\n")


def test_what_the_user_redirects_is_apart_from_what_a_trial_redirects():
    """A trial's redirection begins while the user's holds, and ends after it."""
    running, ready, begun, left = (threading.Event() for _ in range(4))

    def loss(config):
        running.set()
        assert ready.wait(20)
        with contextlib.redirect_stdout(io.StringIO()) as told:
            print("of the trial")
            begun.set()
            assert left.wait(20)
            print("still")
        assert told.getvalue() == "of the trial\nstill\n"
        return config["x"]

    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
    stream, searching = sys.stdout, threading.Thread(target=study.optimize, args=(loss, 1))
    searching.start()
    assert running.wait(20)
    with contextlib.redirect_stdout(io.StringIO()) as mine:
        ready.set()
        assert begun.wait(20)
        print("mine")
    left.set()
    searching.join()
    assert (mine.getvalue(), study.trials[0].error) == ("mine\n", None)
    print("after")
    study.optimize(lambda config: config["x"], trials=1)
    assert sys.stdout is stream
