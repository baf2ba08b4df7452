"""Parzen estimator over mixed and conditional coordinates: a mixture of one kernel a trial and a uniform prior.

Notation (Watanabe 2023): X (n, d) model coordinates, b (d,) bandwidths, w (n + 1,) weights, the prior's last.
A number's kernel is a Gaussian cut off at the ends of [0, 1]; an unordered choice's is 1 - b on its own option and
b spread over the others. Where a parameter is inactive in a trial, that trial says nothing of it: its kernel there is
the prior. So one estimator covers the whole tree of conditions, and branches share what they share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, ndtr, ndtri

from hpo_magic.search.cube import Cube

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Parzen:
    """A density over the active coordinates.

    Examples
    --------
    >>> from hpo_magic.space import Float, Space
    >>> cube = Cube(Space({"x": Float(0, 1)}))
    >>> density = estimate(cube, np.array([[0.2], [0.25]]), np.ones(2))
    >>> near, far = density.log_density(np.array([[0.22], [0.9]]))
    >>> bool(near > far)
    True
    """

    cube: Cube
    points: Array  # (n, d)
    active: NDArray[np.bool_]  # (n, d)
    bandwidths: Array  # (d,)
    log_weights: Array  # (n + 1,)

    def log_density(self, points: Array) -> Array:
        """Return log p at (m, d) model coordinates, (m,)."""
        active = self.cube.active(points)
        flat = ~self.cube.unordered
        both = self.active[:, flat].astype(float)  # (n, k)
        scale = 1 / self.bandwidths[flat]
        known = self.points[:, flat]
        mass = ndtr((1 - known) * scale) - ndtr(-known * scale)  # of the kernel inside [0, 1]
        constant = -np.log(mass * self.bandwidths[flat] * np.sqrt(2 * np.pi))  # (n, k)
        here = active[:, flat].astype(float)  # (m, k)
        a, x = both * scale**2, points[:, flat]
        # Σ_j here·both·(x - known)²/b², as three products of matrices.
        squares = (here * x**2) @ a.T - 2 * (here * x) @ (a * known).T + here @ (a * known**2).T
        log_kernel = -0.5 * squares + here @ (both * constant).T  # (m, n)
        for j in map(int, np.flatnonzero(self.cube.unordered)):
            log_kernel += self._choice(j, points[:, j], active[:, j])
        prior = np.full((len(points), 1), self.log_weights[-1])
        return np.asarray(logsumexp(np.hstack([log_kernel + self.log_weights[:-1], prior]), axis=1))

    def _choice(self, j: int, x: Array, active: NDArray[np.bool_]) -> Array:
        """Log of the kernel of an unordered choice against the uniform prior, (m, n)."""
        count, b = self.cube.options[j], self.bandwidths[j]
        same, other = np.log((1 - b) * count + b), np.log(b)
        log_kernel = np.where(np.abs(x[:, None] - self.points[None, :, j]) < 1e-9, same, other)
        return np.asarray(np.where(active[:, None] & self.active[None, :, j], log_kernel, 0.0))

    def sample(self, count: int, rng: np.random.Generator) -> Array:
        """Draw points in model coordinates, (count, d): a kernel each, or the prior; inactive ones are drawn too."""
        n, d = self.points.shape
        which = rng.choice(n + 1, size=count, p=np.exp(self.log_weights))
        draws = rng.random((count, d))
        kernel = np.minimum(which, n - 1)
        own, b = self.points[kernel], self.bandwidths
        low, high = ndtr(-own / b), ndtr((1 - own) / b)
        near = own + b * ndtri(np.clip(low + draws * (high - low), 1e-12, 1 - 1e-12))
        stay = rng.random((count, d)) >= b
        near = np.where(self.cube.unordered, np.where(stay, own, draws), np.clip(near, 0.0, 1.0))
        known = self.active[kernel] & (which < n)[:, None]
        return np.where(known, near, draws)


def estimate(cube: Cube, points: Array, weights: Array) -> Parzen:
    """Return the estimator of (n, d) points with (n,) weights, the prior counting as one point of mean weight.

    Bandwidths are Scott's rule on each coordinate's spread among the points where it is active, at least a
    hundredth of the range and a third of a level (the "magic clip" of Watanabe 2023, section 3.3.4).
    """
    active = cube.active(points)
    count = np.maximum(active.sum(axis=0), 1)  # (d,)
    mean = np.where(active, points, 0.0).sum(axis=0) / count
    spread = np.sqrt(np.where(active, (points - mean) ** 2, 0.0).sum(axis=0) / count + 0.25 / (count + 1) ** 2)
    dimensions = max(int((~cube.held).sum()), 1)
    scott = spread * count ** (-1 / (dimensions + 4))
    least = np.maximum(1 / np.minimum(100, len(points) + 2) ** 1.0, 0.33 / cube.options)
    numeric = np.clip(scott, np.minimum(least, 0.3), 0.5)
    choice = np.clip(1.0 / (1 + 0.5 * count), 0.05, 0.8)
    total = weights.sum() + weights.mean()
    log_weights = np.log(np.append(weights, weights.mean()) / total)
    return Parzen(cube, points, active, np.where(cube.unordered, choice, numeric), log_weights)
