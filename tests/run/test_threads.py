"""Whose turn it is among the threads that run trials."""

from __future__ import annotations

import threading
from queue import SimpleQueue

from hpo_magic.run.executors.threads import ThreadExecutor
from hpo_magic.run.trial_run import Outcome


def named():
    return Outcome({"thread": threading.current_thread().name})


def test_who_hears_of_an_end_finds_that_worker_free():
    heard, go = SimpleQueue(), threading.Event()
    executor = ThreadExecutor()

    def slow_to_return(outcome):
        heard.put(outcome)
        go.wait(10)

    executor.submit(named, slow_to_return)
    first = heard.get(timeout=10).values
    executor.submit(named, heard.put)  # asked for while the worker still tells the end of the first
    go.set()
    assert heard.get(timeout=10).values == first
    executor.close()


def test_a_worker_that_asks_at_the_end_of_its_trial_gets_the_next_itself():
    heard, started, other_free = SimpleQueue(), threading.Event(), threading.Event()
    executor = ThreadExecutor()

    def until_started():
        started.wait(10)
        return named()

    def after_the_other():
        started.set()
        other_free.wait(10)
        return named()

    def ask(outcome):
        executor.submit(named, lambda after: heard.put((outcome.values, after.values)))

    executor.submit(until_started, lambda outcome: other_free.set())
    executor.submit(after_the_other, ask)
    own, next_one = heard.get(timeout=10)
    assert next_one == own
    executor.close()
