"""How far a search has come, on one line of a terminal: scripts have no panel."""

from __future__ import annotations

import builtins
import math
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from typing import TextIO

from hpo_magic.run.limits import Limits
from hpo_magic.trials import History

_PACE = 0.5
"""Seconds between two looks."""


def told(name: str, ended: int, history: History, limits: Limits, seconds: float) -> str:
    """Return in words how far a search has come, with so many trials ended and so many seconds after it began.

    Examples
    --------
    >>> from hpo_magic.trials import State, Trial
    >>> done = Trial(0, {"x": 1}, State.DONE, {"value": 0.25})
    >>> told("svm", 1, History((done,)), Limits(trials=40), 75)
    'svm: 1 of 40 trials, best value 0.25 (trial 0), 1:15'
    """
    parts = [f"{name}: {ended:,} trials" if limits.trials is None else f"{name}: {ended:,} of {limits.trials:,} trials"]
    best = history.incumbent
    if best is not None and len(history.goals) > 1:
        parts.append(f"{len(history.front)} on the Pareto front")
    elif best is not None:
        parts.append(f"best {history.goals[0].metric} {best.value:.6g} (trial {best.number})")
    if history.failed:
        parts.append(f"{len(history.failed)} failed")
    minutes, rest = divmod(int(seconds), 60)
    return ", ".join([*parts, f"{minutes}:{rest:02}"])


class ProgressLine:
    """A line that is written anew in its place, notices above it; in a script's log notices alone.

    Parameters
    ----------
    wanted : bool or None
        None: where the stream is a terminal; elsewhere notices alone, and in a notebook, which has a panel, nothing.
    say : callable
        From seconds since the beginning to the text.
    notices : list of str
        Those that come are written once.
    stream : file, optional
        By default standard error.
    """

    def __init__(
        self, wanted: bool | None, say: Callable[[float], str], notices: Sequence[str], stream: TextIO | None = None
    ) -> None:
        self.stream = stream or sys.stderr
        seen = self.stream is not None  # a program without a console has no standard error
        self.wanted = seen and (self.stream.isatty() if wanted is None else wanted)
        self.plain = seen and wanted is None and not self.wanted and not hasattr(builtins, "__IPYTHON__")
        self.say, self.notices, self.noticed = say, notices, len(notices)
        self.began, self.looked, self.shown = time.monotonic(), -math.inf, ""

    def update(self) -> None:
        """Write it, unless it was written a moment ago."""
        if self.wanted and time.monotonic() - self.looked >= _PACE:
            self._write()
            self.looked = time.monotonic()
        elif self.plain:
            self._tell()

    def end(self) -> None:
        """Write it for the last time, where it has been written at all."""
        if self.plain:
            self._tell()
        if self.shown:
            self._write()
            self.stream.write("\n")
            self.stream.flush()

    def _tell(self, before: str = "") -> None:
        new, self.noticed = self.notices[self.noticed :], len(self.notices)
        for notice in new:
            self.stream.write(f"{before}{notice.ljust(len(self.shown))}\n")
            self.stream.flush()

    def _write(self) -> None:
        self._tell("\r")
        text = self.say(time.monotonic() - self.began)[: shutil.get_terminal_size().columns - 1]
        self.stream.write(f"\r{text.ljust(len(self.shown))}")
        self.stream.flush()
        self.shown = text
