"""Engines of ipyparallel, through a Client or a view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from hpo_magic.errors import StudyError
from hpo_magic.run.channel.ticket import Ticket
from hpo_magic.run.executors.futures import StartedFuture, watch
from hpo_magic.run.executors.lookout import Lookout
from hpo_magic.run.executors.worker import work


class ParallelPool:
    """Tickets through a load-balanced view over the engines of a client or a view; they stay their owner's."""

    def __init__(self, on: Any) -> None:
        self._client = on if hasattr(on, "load_balanced_view") else on.client
        targets = None if on is self._client else on.targets
        # A direct view would run a trial on each of its engines.
        self._view = self._client.load_balanced_view(targets=targets)
        url = urlsplit(str(self._client._config["registration"] or ""))
        self.reach, self.patience = url.hostname or "127.0.0.1", 60.0
        self._lookout = Lookout(lambda: not self._engines(), "no ipyparallel engine is left")

    def size(self) -> int | None:
        """Return the number of engines."""
        return len(self._engines()) or None

    def start(self, ticket: Ticket, over: Callable[[str], None]) -> StartedFuture:
        """Submit a ticket."""
        if not self._engines():  # the cluster would take it and wait for engines
            raise StudyError(
                "the ipyparallel cluster takes no trials: no engine is left; start engines and resume, or run the "
                "search on another client"
            )
        try:
            result = self._view.apply_async(work, ticket)
        except Exception as error:
            raise StudyError(f"the ipyparallel cluster takes no trials: {type(error).__name__}: {error}") from error
        self._lookout.expect(ticket.token, over)

        def ended(why: str) -> None:
            self._lookout.heard(ticket.token)
            over(why)

        return watch(result, ended)

    def close(self) -> None:
        """Look no more; the cluster is the user's."""
        self._lookout.close()

    def _engines(self) -> list[int]:
        """Return the engines of the view that are there."""
        targets = self._view.targets
        return [engine for engine in self._client.ids if targets is None or engine in targets]
