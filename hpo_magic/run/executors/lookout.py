"""A lookout: clusters that are lost keep what was sent to them pending for good, so somebody looks now and then."""

from __future__ import annotations

import threading
from collections.abc import Callable

_LOOK, _GONE = 1.0, 3
"""Seconds between two looks, and looks in a row that find nobody after which a cluster counts as lost."""


class Lookout:
    """Tells those who wait for a cluster that it is gone.

    Parameters
    ----------
    gone : callable
        Whether nobody is there now.
    why : str
        What they are told.
    """

    def __init__(self, gone: Callable[[], bool], why: str) -> None:
        self._gone, self._why = gone, why
        self._waiting: dict[str, Callable[[str], None]] = {}
        self._closed, self._thread = threading.Event(), threading.Thread(target=self._main, daemon=True)

    def expect(self, token: str, over: Callable[[str], None]) -> None:
        """Wait for a trial from now on."""
        if not self._thread.is_alive():
            self._thread.start()
        self._waiting[token] = over

    def heard(self, token: str) -> None:
        """Wait for a trial no more."""
        self._waiting.pop(token, None)

    def close(self) -> None:
        """Look no more."""
        self._closed.set()

    def _main(self) -> None:
        missed = 0
        while not self._closed.wait(_LOOK):
            missed = missed + 1 if self._gone() else 0
            while missed >= _GONE and self._waiting:
                self._waiting.popitem()[1](self._why)
