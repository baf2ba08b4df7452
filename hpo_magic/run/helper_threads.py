"""Threads that a trial starts belong to it: what they print, report and keep is the trial's."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Lock, Thread
from typing import Any

from hpo_magic.run.context import TrialStop, current, running


class HelperThreads:
    """Hands trials on to the threads that they start, while at least one search runs.

    Examples
    --------
    >>> usual = Thread.start
    >>> with HelperThreads():
    ...     Thread.start is usual
    False
    >>> Thread.start is usual
    True
    """

    def __init__(self) -> None:
        self._users, self._lock = 0, Lock()
        self._usual: Any = Thread.start
        self._ours: Any = self._usual

    def __enter__(self) -> None:
        with self._lock:
            self._users += 1
            if self._users == 1:
                self._usual = Thread.start
                self._ours = _starting(self._usual)
                Thread.start = self._ours  # type: ignore[method-assign]

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0 and Thread.start is self._ours:  # what others have put in its place is left alone
                Thread.start = self._usual  # type: ignore[method-assign]


def _starting(usual: Callable[[Thread], None]) -> Callable[[Thread], None]:
    """Return what starts a thread, for the trial that starts it where one does."""

    def start(self: Thread) -> None:
        context, run = running(), self.run
        if context is not None:

            def run_for_trial() -> None:
                current.set(context)
                with suppress(TrialStop):  # from `report`: the trial hears of it by its own
                    run()

            self.run = run_for_trial  # type: ignore[method-assign]
        usual(self)

    return start


helper_threads = HelperThreads()
