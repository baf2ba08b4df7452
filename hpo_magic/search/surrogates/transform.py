"""Output transform: losses made fit for a Gaussian process, whatever their scale, skew and outliers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_LAMBDAS = np.linspace(-2.0, 0.5, 41)
"""Powers that draw the bad side together and the good side apart: how good the best are must not be squeezed."""
_FAR = 5.0


def standardise(losses: Array) -> Array:
    """Clip bad outliers, apply the best Yeo-Johnson power, and scale to mean 0 and spread 1; (n,) → (n,).

    The power is the best of a grid by likelihood (Yeo 2000, eq. 3.1), which costs a hundredth of an exact fit. The
    order of the losses is kept.

    Examples
    --------
    >>> standardise(np.array([1.0, 2.0, 4.0, 7.0])).round(1).tolist()
    [-1.2, -0.6, 0.4, 1.4]
    >>> standardise(np.array([4.0, 4.0]))
    array([0., 0.])
    """
    scaled = clipped(losses)
    if not scaled.any():
        return scaled
    powered = _best_power(scaled)
    return np.asarray((powered - powered.mean()) / powered.std())


def clipped(losses: Array) -> Array:
    """Clip bad outliers, and scale to mean 0 and spread 1, nothing more; (n,) → (n,).

    What lies further above the median than 5 times the distance from the median to the best is pulled in: how bad
    a bad trial is carries no information about where the good ones are.

    Examples
    --------
    >>> clipped(np.array([1.0, 2.0, 3.0, 1e9])).round(1).tolist()
    [-0.8, -0.6, -0.3, 1.7]
    """
    scaled = losses / (np.abs(losses).max() or 1.0)  # squares of what follows must not overflow
    reach = np.median(scaled) - scaled.min()
    near = np.minimum(scaled, np.median(scaled) + _FAR * reach) if reach > 0 else scaled
    spread = near.std()
    if spread <= 1e-12 * np.abs(near).max():  # beside one loss of 1e15 all others are small, and still differ
        return np.zeros_like(losses)
    return np.asarray((near - near.mean()) / spread)


def _best_power(x: Array) -> Array:
    candidates = _yeo_johnson(x, _LAMBDAS[:, None])  # (51, n)
    jacobian = (_LAMBDAS - 1) * np.sum(np.sign(x) * np.log1p(np.abs(x)))
    likelihood = -0.5 * len(x) * np.log(candidates.var(axis=1)) + jacobian
    return np.asarray(candidates[int(np.argmax(likelihood))])


def _yeo_johnson(x: Array, power: Array) -> Array:
    """Return Yeo 2000, eq. 2.1, for every power; the limits at 0 and 2 are logarithms."""
    up, down = np.log1p(np.maximum(x, 0)), np.log1p(np.maximum(-x, 0))
    positive = np.where(np.abs(power) < 1e-9, up, np.expm1(power * up) / np.where(power == 0, 1, power))
    other = 2 - power
    negative = np.where(np.abs(other) < 1e-9, down, np.expm1(other * down) / np.where(other == 0, 1, other))
    return np.where(x >= 0, positive, -negative)
