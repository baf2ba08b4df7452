"""Threads that a trial starts belong to it: what they print, report and keep is the trial's."""

from __future__ import annotations

import threading
from contextlib import suppress
from threading import Lock, Thread

from hpo_magic.run.context import TrialStop, current, running

_usual = Thread.start


def _start(self: Thread) -> None:
    """Start a thread, for the trial that starts it where one does."""
    context, run = running(), self.run
    if context is not None:

        def run_for_trial() -> None:
            current.set(context)
            with suppress(TrialStop):  # from `report`: the trial hears of it by its own
                run()

        self.run = run_for_trial  # type: ignore[method-assign]
    _usual(self)


class HelperThreads:
    """Hands trials on to the threads that they start, while at least one search runs.

    Examples
    --------
    >>> with HelperThreads():
    ...     Thread.start is _start
    True
    >>> Thread.start is _start
    False
    """

    def __init__(self) -> None:
        self._users, self._lock = 0, Lock()

    def __enter__(self) -> None:
        with self._lock:
            self._users += 1
            threading.Thread.start = _start  # type: ignore[method-assign]

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                threading.Thread.start = _usual  # type: ignore[method-assign]


helper_threads = HelperThreads()
