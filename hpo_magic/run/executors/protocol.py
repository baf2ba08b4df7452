"""What a runner needs of the place where trials run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from hpo_magic.run.trial_run import Outcome


class Job(Protocol):
    """A trial on its way."""

    def interrupt(self) -> None:
        """Send a stop into the trial, again if need be; nothing happens after its end."""

    def abandon(self) -> None:
        """Let go of a trial that does not heed a stop; its late outcome is thrown away."""


class Executor(Protocol):
    """Runs calls at the same time, up to `workers` of them."""

    def submit(self, call: Callable[[], Outcome], done: Callable[[Outcome], None]) -> Job:
        """Start a call; `done` hears its outcome, from any thread."""

    def close(self) -> None:
        """Start nothing more and let idle workers go."""
