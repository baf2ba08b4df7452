"""What a running trial may ask and say: report, should_stop, checkpoint, seed, … Outside a trial they do no harm."""

from __future__ import annotations

import math
import numbers
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TextIO

from hpo_magic.errors import StudyError
from hpo_magic.run.logs import TrialLog
from hpo_magic.run.scratch import scratch


class TrialStop(BaseException):
    """Ends a trial from within: raised by `report`, or sent into the trial's thread.

    A BaseException, so that ``except Exception`` in a training loop does not swallow it.
    """


@dataclass
class TrialContext:
    """The live side of one running trial."""

    number: int
    draw_seed: Callable[[], int] = lambda: 0
    log: TrialLog = field(default_factory=TrialLog)
    on_report: Callable[[float, int], bool] = lambda value, step: True
    on_begin: Callable[[str], None] = lambda who: None
    find_folder: Callable[[], Path | None] = lambda: None
    worker: str = ""
    slot: int = 0
    begun: float | None = None
    stopping: bool = False
    over: bool = False
    steps: int = 0
    last: int | None = None
    redirected: dict[str, list[TextIO]] = field(default_factory=dict)
    """Where the trial itself has sent its stdout and stderr, by name, the innermost last."""

    @cached_property
    def seed(self) -> int:
        """A number of the trial's own, drawn when it is first asked for."""
        return self.draw_seed()

    @cached_property
    def folder(self) -> Path | None:
        """Where the trial keeps its files."""
        return self.find_folder()

    @property
    def asked_for_folder(self) -> bool:
        """Whether anybody wanted to know where the trial keeps its files."""
        return "folder" in vars(self)

    def begin(self, who: str) -> None:
        """Say who has taken the trial up; from now on its time runs."""
        self.begun = time.monotonic()
        if who != self.worker:  # else it is known already
            self.on_begin(who)


current: ContextVar[TrialContext | None] = ContextVar("hpo_magic_trial", default=None)


def running() -> TrialContext | None:
    """Return the live side of the trial that runs here, None where none does; a thread may outlast its trial."""
    context = current.get()
    return None if context is None or context.over else context


def trial_number() -> int | None:
    """Return the number of the trial that runs here; None outside a trial.

    Examples
    --------
    >>> trial_number() is None
    True
    """
    context = running()
    return None if context is None else context.number


def trial_slot() -> int:
    """Return a number from 0 to below that of the workers, which no other trial of the search has while this one runs.

    To choose one of several GPUs by, as in ``torch.device("cuda", trial_slot())``: with two workers it is 0 or 1. Each
    search counts for itself, and does not tell the machines of a cluster apart. 0 outside a trial.

    Examples
    --------
    >>> trial_slot()
    0
    """
    context = running()
    return 0 if context is None else context.slot


def report(value: float, step: int | None = None) -> None:
    """Report an intermediate value of the metric.

    Parameters
    ----------
    value : float
        As the user counts it.
    step : int, optional
        Epoch, batch or fold; default: one more than the last.

    Raises
    ------
    TrialStop
        Inside a trial that should stop. Outside a trial nothing happens.
    StudyError
        Where the step is no whole number, or below the last one.

    Examples
    --------
    >>> report(0.9)
    """
    context = running()
    if context is None:
        return
    from hpo_magic.run.metric import as_number

    at = context.steps if step is None else _whole(step)
    if context.last is not None and at < context.last:
        raise StudyError(
            f"report(step={at}) after step {context.last}: steps may not go back; leave step out to have it counted"
        )
    context.steps, context.last = at + 1, at
    go_on = context.on_report(as_number(value, "the reported value"), at)
    if not go_on or context.stopping:
        raise TrialStop(f"stopped at step {at}")


def _whole(step: object) -> int:
    if isinstance(step, (numbers.Integral, float)) and not isinstance(step, bool) and 0 <= float(step) < math.inf:
        whole = int(step)
        if whole == step:
            return whole
    raise StudyError(
        f"report(step={step!r}) must be a whole number, 0 or above; the value comes first, as in report(loss, epoch)"
    )


def should_stop() -> bool:
    """Whether the trial was asked to stop; False outside a trial.

    Examples
    --------
    >>> should_stop()
    False
    """
    context = running()
    return context is not None and context.stopping


def checkpoint() -> Path:
    """Return the trial's folder for files, made on first use; outside a trial a temporary one.

    Examples
    --------
    >>> checkpoint().is_dir()
    True
    """
    context = running()
    if context is None or context.folder is None:
        folder = outside()  # one may delete it, to begin anew
    else:
        folder = context.folder
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def outside() -> Path:
    """Return the folder that `checkpoint` returns outside a trial."""
    return scratch() / "outside"


def seed() -> int:
    """Return a number that is the trial's own and the same on every run of it; 0 outside a trial.

    Examples
    --------
    >>> seed()
    0
    """
    context = running()
    return 0 if context is None else context.seed
