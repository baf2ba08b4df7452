"""A Dask cluster, through a dask.distributed.Client."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from hpo_magic.errors import StudyError, first_line
from hpo_magic.run.channel.ticket import Ticket
from hpo_magic.run.executors.futures import StartedFuture
from hpo_magic.run.executors.worker import work

_LOOK, _GONE = 1.0, 3
"""Seconds between two looks at the connection to the scheduler, and looks in a row after which it counts as lost."""


class DaskPool:
    """Tickets as Dask tasks of one key each; the client stays its owner's.

    A client whose scheduler is lost keeps its futures pending for good, so the connection is looked at now and then.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        address = urlsplit(client.scheduler.address if client.scheduler is not None else "").hostname
        self.reach, self.patience = address or "127.0.0.1", 60.0
        self._open: dict[str, Callable[[str], None]] = {}
        self._closed, self._watch = threading.Event(), threading.Thread(target=self._main, daemon=True)

    def size(self) -> int | None:
        """Return the number of threads of the cluster."""
        return sum(self._client.nthreads().values()) or None

    def start(self, ticket: Ticket, over: Callable[[str], None]) -> StartedFuture:
        """Submit a ticket."""
        if self._client.status != "running":
            raise StudyError(
                "the Dask cluster takes no trials: its scheduler cannot be reached; "
                "make a new client and run the search on that"
            )
        if not self._watch.is_alive():
            self._watch.start()
        future = self._client.submit(work, ticket, pure=False, key=f"hpo-{ticket.number}-{ticket.token}", retries=0)
        self._open[ticket.token] = over

        def ended(_future: Any) -> None:
            self._open.pop(ticket.token, None)
            over(_reason(future))

        future.add_done_callback(ended)
        return StartedFuture(future)

    def close(self) -> None:
        """Look no more; the cluster is the user's."""
        self._closed.set()

    def _main(self) -> None:
        missed = 0
        while not self._closed.wait(_LOOK):
            missed = missed + 1 if self._client.status != "running" else 0
            while missed >= _GONE and self._open:
                self._open.popitem()[1]("the Dask scheduler cannot be reached")


def _reason(future: Any) -> str:
    if future.status == "finished":
        return ""
    if future.status in ("cancelled", "lost"):
        return f"Dask has {future.status} it"
    error = future.exception()
    return f"its Dask worker is gone: {type(error).__name__}: {first_line(error)}"
