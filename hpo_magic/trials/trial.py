"""Trial: the frozen record of one run of a config."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from hpo_magic.space import Config


class State(StrEnum):
    """Where a trial stands.

    Examples
    --------
    >>> State.DONE == "done", State.LOST.ended
    (True, True)
    """

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    LOST = "lost"

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of the trial."""
        return self not in (State.WAITING, State.RUNNING)


_VALUES = re.compile(r"\(.*\)|\[.*\]|\d[\d.e+-]*", re.DOTALL)


class Report(NamedTuple):
    """An intermediate value: the step it was reported at, and the value as the user counts it."""

    step: int
    value: float


@dataclass(frozen=True)
class Failure:
    """Why a trial failed: the exception's type and message, the line of the cell, and the traceback."""

    kind: str
    message: str
    line: int | None = None
    source: str = ""
    traceback: str = field(default="", repr=False)

    def __str__(self) -> str:
        where = f" at line {self.line}: {self.source.strip()}" if self.line is not None else ""
        return f"{self.kind}: {self.message}{where}" if self.kind else self.message

    @property
    def likeness(self) -> tuple[str, int | None, str]:
        """What makes two failures alike: type and line, or where no line is known the text without its values."""
        return (self.kind, self.line, "" if self.line is not None else _VALUES.sub("", self.message))


@dataclass(frozen=True)
class Trial:
    """One run of a config.

    Attributes
    ----------
    number : int
        Counted from 0 within its study.
    config : dict
        The active parameters, the budget among them.
    state : State
    values : dict of str to float, or None
        Every metric that the trial returned, as the user counts it (not flipped).
    metric : str
        Name of the metric that :attr:`value` reads.
    budget : int or None
        What the trial may spend.
    reports : tuple of Report
    parent : int or None
        The trial that this one repeats or goes on from.
    error : Failure or None
    started, finished : float or None
        Seconds since the epoch.
    log : str
        The end of what the trial printed.

    Examples
    --------
    >>> Trial(0, {"lr": 0.1}, State.DONE, values={"loss": 0.5}, metric="loss").value
    0.5
    """

    number: int
    config: Config
    state: State = State.WAITING
    values: Mapping[str, float] | None = None
    metric: str = "value"
    budget: int | None = None
    reports: tuple[Report, ...] = ()
    parent: int | None = None
    error: Failure | None = None
    started: float | None = None
    finished: float | None = None
    log: str = field(default="", repr=False)

    @property
    def value(self) -> float | None:
        """The metric, or None where the trial has none yet."""
        return None if self.values is None else self.values.get(self.metric)

    @property
    def duration(self) -> float | None:
        """Seconds from start to end, or None where the trial has not ended."""
        return None if self.started is None or self.finished is None else self.finished - self.started


def trial_to_json(trial: Trial) -> dict[str, Any]:
    """Return a trial as JSON data, for exports."""
    return {
        "number": trial.number,
        "state": str(trial.state),
        "config": trial.config,
        "values": dict(trial.values) if trial.values is not None else None,
        "budget": trial.budget,
        "reports": [list(report) for report in trial.reports],
        "parent": trial.parent,
        "error": str(trial.error) if trial.error else None,
        "started": trial.started,
        "duration": trial.duration,
    }
