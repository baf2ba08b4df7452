"""Quiet: tells what a thread writes to input widgets from what the user does there."""

from __future__ import annotations

import threading


class Quiet:
    """Held by a thread that writes; what the user changes meanwhile, in another one, is heard all the same.

    Examples
    --------
    >>> quiet = Quiet()
    >>> with quiet:
    ...     quiet.here
    True
    >>> quiet.here
    False
    """

    def __init__(self) -> None:
        self._threads: set[int] = set()

    def __enter__(self) -> None:
        """Begin to write."""
        self._threads.add(threading.get_ident())

    def __exit__(self, *exception: object) -> None:
        """Have written."""
        self._threads.discard(threading.get_ident())

    @property
    def here(self) -> bool:
        """Whether this thread is the one that writes."""
        return threading.get_ident() in self._threads
