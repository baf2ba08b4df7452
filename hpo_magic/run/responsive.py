"""While a search runs, threads take turns more often, so that the notebook answers also beside pure-Python trials."""

from __future__ import annotations

import sys
import threading
from types import TracebackType

TURN = 0.001
"""Seconds after which a thread that computes lets another one go on; Python's own 5 ms make a kernel's answer, which
changes threads some twenty times, take 0.1 s."""


class _Responsive:
    """A context that may be entered by several searches; the last one to leave puts the interval back.

    Examples
    --------
    >>> before = sys.getswitchinterval()
    >>> with responsive:
    ...     inside = sys.getswitchinterval()
    >>> inside == TURN, sys.getswitchinterval() == before
    (True, True)
    """

    def __init__(self) -> None:
        self._lock, self._inside, self._before = threading.Lock(), 0, 0.0

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._before = sys.getswitchinterval()
                sys.setswitchinterval(min(TURN, self._before))
            self._inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                sys.setswitchinterval(self._before)


responsive = _Responsive()
