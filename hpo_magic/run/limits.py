"""How much a search may spend; may be changed while it runs."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass

from hpo_magic.errors import StudyError, flag


@dataclass(frozen=True)
class Limits:
    """Limits of a search; None means no limit.

    Parameters
    ----------
    trials : int
        Trials that the study shall have in the end, those of earlier runs included.
    timeout : float
        Seconds that this run may take, pauses not counted.
    trial_timeout : float
        Seconds that one trial may take.
    workers : int
        Trials at the same time.
    target : float
        The search ends when the metric has reached it.
    no_gain : int
        It ends when so many trials in a row have not beaten the best; those on less than its budget do not count.
    to_noise : bool
        It ends when what is left to gain is less than the noise of one trial (Makarova 2022).

    Examples
    --------
    >>> Limits(trials=0)
    Traceback (most recent call last):
    ...
    hpo_magic.errors.StudyError: trials=0 must be a whole number above 0
    """

    trials: int | None = None
    timeout: float | None = None
    trial_timeout: float | None = None
    workers: int = 1
    target: float | None = None
    no_gain: int | None = None
    to_noise: bool = False

    def check(self, goals: int) -> None:
        """Refuse what means nothing for so many metrics.

        Raises
        ------
        StudyError
            Where a limit watches the best value and there is none such, as trials are measured by several metrics.
        """
        given = {"target": self.target, "no_gain": self.no_gain, "to_noise": self.to_noise or None}
        watching = [f"{name}={value!r}" for name, value in given.items() if value is not None]
        if goals > 1 and watching:
            raise StudyError(
                f"{watching[0]} watches the best value of one metric, but there are {goals}; limit trials or timeout "
                "instead, or keep one metric and make limits of the others with subject_to"
            )

    def __post_init__(self) -> None:
        flag("to_noise", self.to_noise)
        for name in ("trials", "workers", "no_gain"):
            value = getattr(self, name)
            if value is None and name != "workers":
                continue
            if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 1:
                raise StudyError(f"{name}={value!r} must be a whole number above 0")
        real = isinstance(self.target, numbers.Real) and not isinstance(self.target, bool)
        if self.target is not None and not (real and math.isfinite(self.target)):
            raise StudyError(f"target={self.target!r} must be a finite number")
        for name in ("timeout", "trial_timeout"):
            value = getattr(self, name)
            if value is None:
                continue
            if not isinstance(value, numbers.Real) or isinstance(value, bool) or not 0 < float(value) < math.inf:
                raise StudyError(f"{name}={value!r} must be a number of seconds above 0")
