"""A Dask cluster, through a dask.distributed.Client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from hpo_magic.errors import StudyError, first_line
from hpo_magic.run.channel.ticket import Ticket
from hpo_magic.run.executors.futures import StartedFuture
from hpo_magic.run.executors.lookout import Lookout
from hpo_magic.run.executors.worker import work


class DaskPool:
    """Tickets as Dask tasks of one key each; the client stays its owner's.

    A client whose scheduler is lost keeps its futures pending for good, so the connection is looked at now and then.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        address = urlsplit(client.scheduler.address if client.scheduler is not None else "").hostname
        self.reach, self.patience = address or "127.0.0.1", 60.0
        self._lookout = Lookout(lambda: client.status != "running", "the Dask scheduler cannot be reached")

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
        future = self._client.submit(work, ticket, pure=False, key=f"hpo-{ticket.number}-{ticket.token}", retries=0)
        self._lookout.expect(ticket.token, over)

        def ended(_future: Any) -> None:
            self._lookout.heard(ticket.token)
            over(_reason(future))

        future.add_done_callback(ended)
        return StartedFuture(future)

    def close(self) -> None:
        """Look no more; the cluster is the user's."""
        self._lookout.close()


def _reason(future: Any) -> str:
    if future.status == "finished":
        return ""
    if future.status in ("cancelled", "lost"):
        return f"Dask has {future.status} it"
    error = future.exception()
    return f"its Dask worker is gone: {type(error).__name__}: {first_line(error)}"
