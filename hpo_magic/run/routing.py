"""Routing: streams that tell trials apart are in place while searches run, and nothing of it is left after the last."""

from __future__ import annotations

from threading import Lock

from hpo_magic.run import redirection
from hpo_magic.run.streams import route, unroute

_CHANNELS = ("stdout", "stderr")


class Routing:
    """Puts routed streams in place while at least one search runs, and takes them away after the last."""

    def __init__(self) -> None:
        self._users, self._lock = 0, Lock()

    def __enter__(self) -> None:
        with self._lock:
            self._users += 1
            if self._users == 1:
                redirection.install()
                for channel in _CHANNELS:
                    unroute(channel)  # a redirection of the user's that outlived a search puts its stream back
                    route(channel)

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                redirection.uninstall()
                for channel in _CHANNELS:
                    unroute(channel)  # a redirection of the user's is left alone


routing = Routing()
