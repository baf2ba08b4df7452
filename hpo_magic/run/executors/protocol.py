"""What a runner needs of the place where trials run, and what a remote executor needs of a pool of workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from hpo_magic.run.channel.ticket import Ticket
from hpo_magic.run.trial_run import Outcome, Task


class Job(Protocol):
    """A trial on its way."""

    def interrupt(self) -> None:
        """Send a stop into the trial, again if need be; nothing happens after its end."""

    def abandon(self) -> bool:
        """Let go of a trial that does not heed a stop, its late outcome thrown away; whether others have its worker."""


class Executor(Protocol):
    """Runs trials at the same time, as many as are submitted."""

    @property
    def own_threads(self) -> bool:
        """Whether `done` is called by the trial's own thread, which then may go on with the search itself."""

    @property
    def places(self) -> int | None:
        """How many trials its workers can run at once; None where each trial has a worker."""

    def submit(self, task: Task, done: Callable[[Outcome], None]) -> Job:
        """Start a trial; `done` hears its outcome, from any thread."""

    def close(self) -> None:
        """Start nothing more and let idle workers go."""


class Started(Protocol):
    """A ticket that a pool has taken."""

    def call_off(self) -> bool:
        """Take it back before it has begun; whether that was possible."""

    def told(self) -> None:
        """Its trial has told how it ended: the worker is free in a moment."""

    def kill(self, pid: int | None) -> bool:
        """End it by force where the pool can, and say so; `pid` is its process, once it has begun."""


class Pool(Protocol):
    """Workers that `worker.work` can be sent to."""

    reach: str
    """A host on the workers' network; 127.0.0.1 where all are on this machine."""
    patience: float
    """Seconds for which a trial goes on while its search does not answer."""

    def size(self) -> int | None:
        """Return how many trials it runs at once; None for as many as are sent."""

    def start(self, ticket: Ticket, over: Callable[[str], None]) -> Started:
        """Run a ticket; `over` hears when nothing more will come of it, and why ("" where the worker is well)."""

    def close(self) -> None:
        """Let go of the workers that the pool has started itself."""
