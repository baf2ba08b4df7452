"""Engines of ipyparallel, through a Client or a view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from hpo_magic.errors import StudyError
from hpo_magic.run.channel.ticket import Ticket
from hpo_magic.run.executors.futures import StartedFuture, watch
from hpo_magic.run.executors.worker import work


class ParallelPool:
    """Tickets through a load-balanced view, or the view that was given; the client stays its owner's."""

    def __init__(self, on: Any) -> None:
        balanced = hasattr(on, "load_balanced_view")
        self._client = on if balanced else on.client
        self._view = on.load_balanced_view() if balanced else on
        url = str(getattr(self._client, "_connection_info", None) or "")
        host = getattr(getattr(self._client, "_config", None), "get", lambda key, default: default)("location", "")
        self.reach, self.patience = host or urlsplit(url).hostname or "127.0.0.1", 60.0

    def size(self) -> int | None:
        """Return the number of engines."""
        targets = getattr(self._view, "targets", None)
        return len(targets) if isinstance(targets, list) else len(self._client.ids) or None

    def start(self, ticket: Ticket, over: Callable[[str], None]) -> StartedFuture:
        """Submit a ticket."""
        try:
            result = self._view.apply_async(work, ticket)
        except Exception as error:
            raise StudyError(f"the ipyparallel cluster takes no trials: {type(error).__name__}: {error}") from error
        return watch(result, over)

    def close(self) -> None:
        """Nothing: the cluster is the user's."""
