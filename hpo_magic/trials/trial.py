"""Trial: the frozen record of one run of a config."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple, overload

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


LARGEST = 1e100
"""Values beyond, as penalties may be, count as this: sums and squares of them would overflow."""


def bounded(value: float) -> float:
    """Return a value as it counts.

    Examples
    --------
    >>> bounded(0.5), bounded(-1e300)
    (0.5, -1e+100)
    """
    return value if -LARGEST <= value <= LARGEST else max(-LARGEST, min(value, LARGEST))


class Report(NamedTuple):
    """An intermediate value: the step it was reported at, and the value as the user counts it."""

    step: int
    value: float


_MOST_REPORTS = 1024


def appended(reports: tuple[Report, ...], new: Report) -> tuple[Report, ...]:
    """Return reports with one more; a step reported again counts as reported last, and too many are thinned to half.

    Examples
    --------
    >>> few = appended((Report(0, 1.0),), Report(0, 2.0))
    >>> many = tuple(Report(step, 0.0) for step in range(1024))
    >>> few, len(appended(many, Report(1024, 0.0)))
    ((Report(step=0, value=2.0),), 513)
    """
    if reports and new.step == reports[-1].step:
        return (*reports[:-1], new)
    return (*(reports if len(reports) < _MOST_REPORTS else reports[::2]), new)


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
class Curve:
    """What a trial reported, step by step, in columns: the steps, lowest and highest values up to each."""

    steps: tuple[int, ...]
    lowest: tuple[float, ...]
    highest: tuple[float, ...]


@dataclass(frozen=True, repr=False)
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
        By step; of very many, every second, fourth … is kept.
    kept : bool
        Whether it used its checkpoint folder.
    resumed : int
        The budget at which the files that it found there had been written; 0 where it began anew.
    trusted : bool
        False where the user has marked it: it stays in the record, and nobody learns from it.
    worker : str
        Who ran it: a thread of the kernel, or host and process; of those that search together, after the search's name.
    parent : int or None
        The trial that this one repeats or goes on from.
    error : Failure or None
    started, finished : float or None
        Seconds since the epoch.
    log : str
        The end of what the trial printed.

    Examples
    --------
    >>> trial = Trial(0, {"lr": 0.1}, State.DONE, values={"loss": 0.5}, metric="loss")
    >>> trial, trial.value
    (Trial(0, done, loss=0.5, {'lr': 0.1}), 0.5)
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
    kept: bool = False
    resumed: int = 0
    trusted: bool = True
    worker: str = ""

    @cached_property
    def curve(self) -> Curve:
        """What was reported, in columns."""
        values = [bounded(report.value) for report in self.reports]
        steps = tuple(report.step for report in self.reports)
        return Curve(steps, tuple(accumulate(values, min)), tuple(accumulate(values, max)))

    def __repr__(self) -> str:
        values = [f"{metric}={value:.6g}" for metric, value in (self.values or {}).items()]
        parent = [] if self.parent is None else [f"parent={self.parent}"]
        error = [] if self.error is None else [str(self.error)]
        state = str(self.state) if self.trusted else f"{self.state} (not trusted)"
        return f"Trial({', '.join([str(self.number), state, *values, *parent, repr(self.config), *error])})"

    @property
    def cut(self) -> bool:
        """Whether a scheduler stopped it early; its values are what it had reported last."""
        return self.state is State.STOPPED and self.values is not None

    @property
    def gone(self) -> bool:
        """Whether it was lost or interrupted, and left its place to another one."""
        return self.state is State.LOST or (self.state is State.STOPPED and self.values is None)

    @property
    def void(self) -> bool:
        """Whether it ended without saying anything of its config: lost, interrupted, or not to be trusted."""
        return self.gone or not self.trusted

    @property
    def cost(self) -> int:
        """What it spent of its budget itself, 0 where it has none; of one that did not end, as far as it reported.

        Examples
        --------
        >>> cut = Trial(0, {}, State.STOPPED, {"value": 1.0}, budget=27, reports=(Report(0, 2.0), Report(1, 1.0)))
        >>> cut.cost, changed(cut, state=State.DONE).cost
        (2, 27)
        """
        if self.budget is None:
            return 0
        whole = max(self.budget - self.resumed, 0)
        if self.state is State.DONE or not self.reports:
            return whole
        first, last = self.reports[0].step, self.reports[-1].step
        return min(last - self.resumed + (first == self.resumed), whole)  # steps are counted from 0 or from 1

    @property
    def value(self) -> float | None:
        """The metric, or None where the trial has none yet."""
        return None if self.values is None else self.values.get(self.metric)

    @property
    def duration(self) -> float | None:
        """Seconds from start to end, or None where the trial has not ended."""
        return None if self.started is None or self.finished is None else self.finished - self.started


def changed(trial: Trial, **changes: Any) -> Trial:
    """Return a trial with other values in some fields, in a fifth of the time that `dataclasses.replace` takes.

    Examples
    --------
    >>> changed(Trial(0, {"lr": 0.1}), state=State.DONE).state.value
    'done'
    """
    if not changes.keys() <= Trial.__dataclass_fields__.keys():
        raise TypeError(f"a trial has no {', '.join(sorted(changes.keys() - Trial.__dataclass_fields__.keys()))}")
    made = object.__new__(Trial)
    fields = made.__dict__
    fields.update(trial.__dict__)
    fields.pop("curve", None)  # what was worked out from the reports
    fields.update(changes)
    return made


@overload
def detached(trial: Trial) -> Trial: ...
@overload
def detached(trial: None) -> None: ...
@overload
def detached(trial: Trial | None) -> Trial | None: ...
def detached(trial: Trial | None) -> Trial | None:
    """Return a trial whose config the caller may change: what is taken out of it stays in the record.

    Examples
    --------
    >>> kept = Trial(0, {"lr": 0.1})
    >>> taken = detached(kept).config.pop("lr")
    >>> kept.config
    {'lr': 0.1}
    """
    return None if trial is None else changed(trial, config=copied(trial.config))


def copied(config: Config) -> Config:
    """Return a copy of a config, of its lists and dicts too."""
    nested = (list, tuple, dict)
    return {name: copy.deepcopy(value) if isinstance(value, nested) else value for name, value in config.items()}


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
        "trusted": trial.trusted,
        "worker": trial.worker,
        "error": str(trial.error) if trial.error else None,
        "started": trial.started,
        "duration": trial.duration,
    }
