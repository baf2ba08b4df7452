"""How much a search may spend; may be changed while it runs."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass

from hpo_magic.errors import StudyError


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

    def __post_init__(self) -> None:
        for name in ("trials", "workers"):
            value = getattr(self, name)
            if value is None and name == "trials":
                continue
            if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 1:
                raise StudyError(f"{name}={value!r} must be a whole number above 0")
        for name in ("timeout", "trial_timeout"):
            value = getattr(self, name)
            if value is None:
                continue
            if not isinstance(value, numbers.Real) or isinstance(value, bool) or not 0 < float(value) < math.inf:
                raise StudyError(f"{name}={value!r} must be a number of seconds above 0")
