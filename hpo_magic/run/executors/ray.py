"""Ray, through its module once `ray.init()` has been called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hpo_magic.run.channel.ticket import Ticket
from hpo_magic.run.executors.futures import reason
from hpo_magic.run.executors.worker import work


class _StartedRay:
    def __init__(self, ray: Any, reference: Any) -> None:
        self._ray, self._reference = ray, reference

    def call_off(self) -> bool:
        """Not known in time: Ray does not say whether it has begun."""
        return False

    def told(self) -> None:
        """Nothing: Ray sees to its workers itself."""

    def kill(self, pid: int | None) -> bool:
        """End the worker process."""
        self._ray.cancel(self._reference, force=True)
        return True


class RayPool:
    """Tickets as Ray tasks of one CPU each."""

    def __init__(self, ray: Any) -> None:
        if not ray.is_initialized():
            ray.init()
        self._ray = ray
        self._work = ray.remote(num_cpus=1, max_retries=0)(work)
        self.reach, self.patience = ray.util.get_node_ip_address(), 60.0

    def size(self) -> int | None:
        """Return the number of CPUs of the cluster."""
        return int(self._ray.cluster_resources().get("CPU", 0)) or None

    def start(self, ticket: Ticket, over: Callable[[str], None]) -> _StartedRay:
        """Submit a ticket."""
        reference = self._work.remote(ticket)
        reference.future().add_done_callback(lambda ended: over(reason(ended)))
        return _StartedRay(self._ray, reference)

    def close(self) -> None:
        """Nothing: the cluster is the user's."""
