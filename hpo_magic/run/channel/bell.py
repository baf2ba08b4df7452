"""Bell: how other threads wake the one thread that a socket belongs to."""

from __future__ import annotations

import socket
from contextlib import suppress


class Bell:
    """A pair of sockets; one end may be polled beside others.

    Examples
    --------
    >>> bell = Bell()
    >>> bell.ring(); bell.ring()
    >>> bell.answer({bell.fileno(): 1})
    >>> bell.close()
    """

    def __init__(self) -> None:
        self._button, self._door = socket.socketpair()
        self._button.setblocking(False)
        self._door.setblocking(False)

    def ring(self) -> None:
        """Wake the thread that polls."""
        with suppress(BlockingIOError, OSError):  # it rings already, or nobody is there any more
            self._button.send(b"!")

    def fileno(self) -> int:
        """Return what to poll."""
        return self._door.fileno()

    def answer(self, ready: dict[int, int]) -> None:
        """Silence the bell where it is among what a poll has found ready."""
        if self.fileno() in ready:
            self._door.recv(4096)

    def close(self) -> None:
        """Ring no more."""
        self._button.close()
        self._door.close()
