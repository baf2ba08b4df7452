"""What a Gaussian process believes before it has seen a trial; notation as in `gaussian_process`."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_FEW = 9
"""Parameters up to which the prior on lengthscales is the same."""


@dataclass(frozen=True)
class Prior:
    """Mean and spread of the normal priors on ln ℓ, ln s² and ln σ²; the trend's variances, on average over the cube.

    Those of the trend are of its linear part, of what options are worth, and of the products of two coordinates;
    `crowds` is the part of that of options that each column has, (d,), or () where all have it.
    """

    length: tuple[float, float] = (-0.7, 1.0)
    signal: tuple[float, float] = (0.0, 1.0)
    noise: tuple[float, float] = (-5.0, 2.0)
    trend: float = 2.0
    options: float = 4.0
    crowds: tuple[float, ...] = ()
    pairs: float = 0.0

    def stretched(self, breadth: int, power: float) -> Prior:
        """Return the prior for configs of so many parameters: distances add up, and in all of many all is far away.

        Beyond nine parameters lengthscales grow with a power of their number, half for distances that stay the same
        (Hvarfner 2024, section 4.2).

        Examples
        --------
        >>> prior = Prior()
        >>> prior.stretched(5, 0.5) == prior, round(prior.stretched(36, 0.5).length[0] - prior.length[0], 2)
        (True, 0.69)
        """
        longer = power * math.log(max(breadth / _FEW, 1.0))
        return replace(self, length=(self.length[0] + longer, self.length[1]))

    def moments(self, dimensions: int) -> tuple[Array, Array]:
        """Return means and spreads of θ, each (d + 2,)."""
        pairs = np.array([self.length] * dimensions + [self.signal, self.noise])
        return pairs[:, 0], pairs[:, 1]
