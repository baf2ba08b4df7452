"""Outage: a database that does not answer for a while, and a search that nobody is there to resume."""

from __future__ import annotations

import time
from collections.abc import Callable

from hpo_magic.errors import StoreBusy
from hpo_magic.run.runner import Runner

_LASTS = 300.0
"""Seconds for which a database is waited for: as long as a server takes to be started again."""
_OVER = 60.0
"""Seconds without trouble after which an outage is over."""
_AGAIN = 1.0


class Outage:
    """Has a search go on that its store has paused, again and again for five minutes.

    Parameters
    ----------
    tell : callable
        Hears once an outage what is waited for.
    clock : callable
        Seconds, from any beginning.
    """

    def __init__(self, tell: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._tell, self._clock = tell, clock
        self._began = self._tried = -float("inf")

    def outlast(self, runner: Runner) -> bool:
        """Resume a paused search; False where a database is not what it waits for, or has been for too long."""
        if not isinstance(runner.error, StoreBusy):
            return False
        now = self._clock()
        if now - self._tried > _OVER:
            self._began = now
            self._tell(f"{runner.message}; it is tried again for {_LASTS / 60:g} minutes")
        if now - self._began > _LASTS:
            return False
        if now - self._tried > _AGAIN:
            self._tried = now
            runner.resume()
        return True
