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
from scipy.special import ndtr, ndtri

from hpo_magic.search.cube import Cube

Array = NDArray[np.float64]

_SHARPER = 0.6
"""Of what the rules for bandwidths say: around a few good points they leave little of what sets these apart."""


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
        parts = [self._numbers(points, active)]
        parts += [self._choice(int(j), points[:, j], active[:, j]) for j in np.flatnonzero(self.cube.unordered)]
        # One product of matrices for all parameters: sums over (m, n) at a time take five times as long.
        log_kernel = np.hstack([here for here, _ in parts]) @ np.hstack([known for _, known in parts]).T  # (m, n)
        log_kernel += self.log_weights[:-1]
        return _log_sum(log_kernel, self.log_weights[-1])

    def _numbers(self, points: Array, active: NDArray[np.bool_]) -> tuple[Array, Array]:
        """Return factors of the log kernel of all numbers against the uniform prior, (m, 3k) and (n, 3k).

        Σ_j here·both·(x - known)²/b² in three products.
        """
        flat = ~self.cube.unordered
        both, here = self.active[:, flat].astype(float), active[:, flat].astype(float)  # (n, k), (m, k)
        known, x, b = self.points[:, flat], points[:, flat], self.bandwidths[flat]
        mass = ndtr((1 - known) / b) - ndtr(-known / b)  # of the kernel inside [0, 1]
        a = -0.5 * both / b**2
        constant = a * known**2 - both * np.log(mass * b * np.sqrt(2 * np.pi))
        return np.hstack([here * x**2, here * x, here]), np.hstack([a, -2 * a * known, constant])

    def _choice(self, j: int, x: Array, active: NDArray[np.bool_]) -> tuple[Array, Array]:
        """Return factors of the log kernel of an unordered choice against the uniform prior, (m, k) and (n, k)."""
        count, b = self.cube.options[j], self.bandwidths[j]
        same, other = np.log((1 - b) * count + b), np.log(b)
        options = np.unique(x[active])
        here, known = (
            np.column_stack([has, has[:, None] & (np.abs(at[:, None] - options) < 1e-9)]).astype(float)
            for at, has in ((x, active), (self.points[:, j], self.active[:, j]))
        )
        return here, known * np.append(other, np.full(len(options), same - other))

    def sample(self, count: int, rng: np.random.Generator) -> Array:
        """Draw points in model coordinates, (count, d); inactive ones are drawn too.

        Every second one from a kernel, or the prior; the others from a kernel for each coordinate, which brings
        together what different points are good for.
        """
        n, d = self.points.shape
        which = rng.choice(n + 1, size=(count, d), p=np.exp(self.log_weights))
        which[::2] = which[::2, :1]
        draws = rng.random((count, d))
        kernel = np.minimum(which, n - 1), np.arange(d)
        own, b = self.points[kernel], self.bandwidths
        low, high = ndtr(-own / b), ndtr((1 - own) / b)
        near = own + b * ndtri(np.clip(low + draws * (high - low), 1e-12, 1 - 1e-12))
        stay = rng.random((count, d)) >= b
        near = np.where(self.cube.unordered, np.where(stay, own, draws), np.clip(near, 0.0, 1.0))
        return np.where(self.active[kernel] & (which < n), near, draws)


def estimate(cube: Cube, points: Array, weights: Array) -> Parzen:
    """Return the estimator of (n, d) points with (n,) weights, the prior counting as one point of mean weight.

    Bandwidths are Scott's rule on each coordinate's spread among the points where it is active, at least a
    hundredth of the range and a third of a level (the "magic clip" of Watanabe 2023, section 3.3.4); of a number,
    0.6 of that.
    """
    active = cube.active(points)
    # Trials from before a range was narrowed count at its end: of a kernel far off nothing would lie inside.
    points = np.where(cube.unordered, points, np.clip(points, 0.0, 1.0))
    count = np.maximum(active.sum(axis=0), 1)  # (d,)
    mean = np.where(active, points, 0.0).sum(axis=0) / count
    spread = np.sqrt(np.where(active, (points - mean) ** 2, 0.0).sum(axis=0) / count + 0.25 / (count + 1) ** 2)
    dimensions = max(int((~cube.held).sum()), 1)
    scott = spread * count ** (-1 / (dimensions + 4))
    least = np.maximum(1 / np.minimum(100, len(points) + 2), 0.33 / cube.options)
    numeric = _SHARPER * np.clip(scott, np.minimum(least, 0.3), 0.5)
    choice = np.clip(1.0 / (1 + 0.5 * count), 0.05, 0.8)
    total = weights.sum() + weights.mean()
    log_weights = np.log(np.append(weights, weights.mean()) / total)
    return Parzen(cube, points, active, np.where(cube.unordered, choice, numeric), log_weights)


def _log_sum(log_kernel: Array, log_prior: float) -> Array:
    """Return the logarithm of each row's sum and the prior, (m, n) → (m,); in place."""
    top = log_kernel.max(axis=1, initial=log_prior)
    log_kernel -= top[:, None]
    np.exp(log_kernel, out=log_kernel)
    return np.asarray(np.log(log_kernel.sum(axis=1) + np.exp(log_prior - top)) + top)
