"""Acquisition functions: what a point is worth, from the surrogate's mean and spread. All are maximised.

Notation: mu, sigma of shape (n,); best is the incumbent's value; u = (best - mu) / sigma; φ, Φ the normal density
and distribution.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx, log_ndtr, ndtr

from hpo_magic.trials.pareto import boxes

Array = NDArray[np.float64]
_LOG_SQRT_2PI = 0.5 * np.log(2 * np.pi)


def log_expected_improvement(mu: Array, sigma: Array, best: float) -> Array:
    """Return log E[max(best - f, 0)], exact also where that underflows (Jones 1998, eq. 15; Ament 2023, eq. 9).

    Examples
    --------
    >>> log_expected_improvement(np.array([0.0, 40.0]), np.ones(2), 0.0).round(1)
    array([  -0.9, -808.3])
    """
    u = (best - mu) / sigma
    near = np.maximum(u, -1.0)
    log_h = np.log(np.exp(-0.5 * near**2 - _LOG_SQRT_2PI) + near * ndtr(near))
    far = np.minimum(u, -1.0)
    tail = np.log1p(np.maximum(far * np.sqrt(np.pi / 2) * erfcx(-far / np.sqrt(2)), -1 + 1e-16))
    log_h = np.where(u < -1, -0.5 * far**2 - _LOG_SQRT_2PI + tail, log_h)
    return np.asarray(log_h + np.log(sigma))


def log_probability_of_improvement(mu: Array, sigma: Array, best: float) -> Array:
    """Return log P(f < best), exact also where the chance underflows (Kushner 1964).

    Examples
    --------
    >>> log_probability_of_improvement(np.array([0.0, 40.0]), np.ones(2), 0.0).round(1).tolist()
    [-0.7, -804.6]
    """
    return np.asarray(log_ndtr((best - mu) / sigma))


def lower_confidence_bound(mu: Array, sigma: Array, best: float) -> Array:
    """Return -(mu - 1.8 sigma), the optimist's value; 1.8 as in Song 2024, section 3.3.

    Examples
    --------
    >>> lower_confidence_bound(np.zeros(1), np.ones(1), 0.0)
    array([1.8])
    """
    return 1.8 * sigma - mu


ACQUISITIONS: Mapping[str, Callable[[Array, Array, float], Array]] = MappingProxyType(
    {
        "logei": log_expected_improvement,
        "ei": log_expected_improvement,
        "pi": log_probability_of_improvement,
        "lcb": lower_confidence_bound,
    }
)
"""By name. Improvements are maximised by their logarithm, to which that of a constraint's chance is added: where both
are largest does not change, and far from the incumbent there is still a slope (Ament 2023)."""


def log_hypervolume_improvement(front: Array, reference: Array) -> Callable[[Array, Array], Array]:
    """Return log E[hypervolume that a point adds to a front], for independent goals, exact (Yang 2019, eq. 11).

    Parameters
    ----------
    front : (k, m) losses that dominate each other nowhere
    reference : (m,) a point worse than all that counts

    Returns
    -------
    callable
        From means and spreads, each (n, m), to the logarithm, (n,).

    Examples
    --------
    >>> gain = log_hypervolume_improvement(np.array([[1.0, 1.0]]), np.array([2.0, 2.0]))
    >>> near, far = gain(np.array([[0.5, 0.5], [3.0, 3.0]]), np.full((2, 2), 0.1))
    >>> round(float(np.exp(near)), 2), bool(far < -20)
    (1.25, True)
    """
    lower, upper = boxes(front, reference)  # each (b, m)

    def gain(mu: Array, sigma: Array) -> Array:
        def reach(edge: Array) -> Array:  # E[max(edge - y, 0)], (n, b, m); 0 at an edge of -inf
            u = (edge[None] - mu[:, None]) / sigma[:, None]
            finite = np.where(np.isfinite(u), u, 0.0)
            value = sigma[:, None] * (np.exp(-0.5 * finite**2 - _LOG_SQRT_2PI) + finite * ndtr(finite))
            return np.where(np.isfinite(u), value, 0.0)

        sides = np.maximum(reach(upper) - reach(lower), 0.0)
        return np.asarray(np.log(np.prod(sides, axis=2).sum(axis=1) + 1e-300))

    return gain
