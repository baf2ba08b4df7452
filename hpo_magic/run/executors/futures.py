"""Any executor of concurrent.futures: a user's own process or thread pool, an MPI or Slurm executor, …"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

from hpo_magic.errors import StudyError, first_line
from hpo_magic.run.channel.ticket import Ticket
from hpo_magic.run.executors.worker import work


class StartedFuture:
    """A ticket behind a future."""

    def __init__(self, future: Any) -> None:
        self._future = future

    def call_off(self) -> bool:
        """Cancel what has not begun."""
        return bool(self._future.cancel())

    def told(self) -> None:
        """Nothing: the executor sees to its workers itself."""

    def kill(self, pid: int | None) -> bool:
        """Only what has not begun can be ended; the rest is let go."""
        self._future.cancel()
        return pid is None


def watch(future: Any, over: Callable[[str], None]) -> StartedFuture:
    """Tell `over` of the end of a future."""
    future.add_done_callback(lambda ended: over(reason(ended)))
    return StartedFuture(future)


def reason(future: Future[Any]) -> str:
    """Return why a future has no result; "" where it has one."""
    if future.cancelled():
        return "it was cancelled"
    try:
        error = future.exception()
    except CancelledError:
        return "it was cancelled"
    return "" if error is None else f"its worker is gone: {type(error).__name__}: {first_line(error)}"


class FuturesPool:
    """Tickets through `submit`; the executor stays its owner's."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        local = isinstance(executor, (ProcessPoolExecutor, ThreadPoolExecutor))
        # Where workers are is not known: they are given the address that this machine has towards the outside.
        self.reach, self.patience = ("127.0.0.1", 20.0) if local else ("8.8.8.8", 60.0)

    def size(self) -> int | None:
        """Return the executor's own number of workers, where it says so."""
        count = getattr(self._executor, "_max_workers", None)
        return count if isinstance(count, int) else None

    def start(self, ticket: Ticket, over: Callable[[str], None]) -> StartedFuture:
        """Submit a ticket."""
        try:
            future = self._executor.submit(work, ticket)
        except RuntimeError as error:  # shut down, or broken by a dead worker: no trial of this search can run there
            raise StudyError(f"{type(self._executor).__name__} takes no trials: {error}; make a new one") from error
        return watch(future, over)

    def close(self) -> None:
        """Nothing: the executor is the user's."""
