"""Squeezing bad values together, and back: how bad a bad trial is would drown all that can be learnt of good ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_FAR, _MOST = 5.0, 4.0
"""Times the way from the median to the best at which the knee lies above the median; reaches above it at most."""


@dataclass(frozen=True)
class Squeeze:
    """The identity up to a knee; above it, logarithmic.

    Attributes
    ----------
    knee, reach : float
        Where it begins, and the way over which a value that is twice as far counts as one more.

    Examples
    --------
    >>> squeeze = Squeeze.of(np.array([1.0, 2.0, 3.0, 500.0]))
    >>> squeeze.knee, squeeze.squeezed(np.array([2.0, 500.0])).round(0).tolist()
    (127.25, [2.0, 300.0])
    >>> squeeze.stretched(squeeze.squeezed(np.array([2.0, 500.0]))).round(6).tolist()
    [2.0, 500.0]
    """

    knee: float
    reach: float

    @classmethod
    def of(cls, losses: Array) -> Squeeze:
        """Return the squeeze that suits losses, (n,): its knee lies above the median and the third quartile."""
        middle = float(np.median(losses))
        reach = max(_FAR * (middle - float(losses.min())), float(np.quantile(losses, 0.75)) - middle) or 1.0
        return cls(middle + reach, reach)

    def squeezed(self, losses: Array) -> Array:
        """Return losses squeezed, and cut where they lie absurdly far off."""
        above = np.log1p(np.maximum(losses - self.knee, 0.0) / self.reach)
        return np.asarray(np.minimum(losses, self.knee) + self.reach * np.minimum(above, _MOST))

    def stretched(self, told: Array) -> Array:
        """Return what was squeezed as it was."""
        above = np.maximum(told - self.knee, 0.0) / self.reach
        return np.asarray(np.minimum(told, self.knee) + self.reach * np.expm1(np.minimum(above, 2 * _MOST)))
