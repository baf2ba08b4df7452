"""A Dask cluster, through a dask.distributed.Client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from hpo_magic.errors import StudyError
from hpo_magic.run.channel.ticket import Ticket
from hpo_magic.run.executors.futures import StartedFuture
from hpo_magic.run.executors.worker import work


class DaskPool:
    """Tickets as Dask tasks of one key each; the client stays its owner's."""

    def __init__(self, client: Any) -> None:
        self._client = client
        address = urlsplit(client.scheduler.address if client.scheduler is not None else "").hostname
        self.reach, self.patience = address or "127.0.0.1", 60.0

    def size(self) -> int | None:
        """Return the number of threads of the cluster."""
        return sum(self._client.nthreads().values()) or None

    def start(self, ticket: Ticket, over: Callable[[str], None]) -> StartedFuture:
        """Submit a ticket."""
        try:
            # Dask would run a task of a dead worker again by itself, three times; who tries again is the search.
            future = self._client.submit(work, ticket, pure=False, key=f"hpo-{ticket.number}-{ticket.token}", retries=0)
        except Exception as error:
            raise StudyError(f"the Dask cluster takes no trials: {type(error).__name__}: {error}") from error
        future.add_done_callback(lambda ended: over(_reason(ended)))
        return StartedFuture(future)

    def close(self) -> None:
        """Nothing: the cluster is the user's."""


def _reason(future: Any) -> str:
    if future.status == "finished":
        return ""
    if future.status in ("cancelled", "lost"):
        return f"Dask has {future.status} it"
    error = future.exception()
    return f"its Dask worker is gone: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
