"""Gaussian process over mixed coordinates, a linear trend and what departs from it, fitted by maximum a posteriori.

Notation (Rasmussen 2006): X (n, d) model coordinates, y (n,) standardised losses, ℓ_j lengthscales, w_j = ℓ_j⁻²,
s² signal and σ² noise variance, Δ²_j squared differences (1 for two different unordered options),
r² = Σ w_j Δ²_j, q = √5 r, C (n, d) the centred coordinates of what is ordered, u how many columns are not,
T = trend/d CCᵀ + options/u Σ_j crowds_j [x_j = x'_j] + pairs/(d(d - 1)) ((CCᵀ)∘² - C∘²C∘²ᵀ) the trend's covariance,
K = s²(1 + q + q²/3)e^{-q} + T + σ²I (Matérn 5/2), α = K⁻¹y. θ = (ln ℓ_1 … ln ℓ_d, ln s², ln σ²).

The trend (Cowen-Rivers 2022, section 3) says early that a larger network or a smaller step is better; without it a
process that knows ten points expects its mean wherever it has not looked. To it belongs what an unordered option is
worth by itself, whatever the others are; and where there is data enough, products of two coordinates: how much a large
step hurts depends on the momentum, and on for how long is trained.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs, dtrtrs
from scipy.optimize import minimize

from hpo_magic.search.surrogates.prior import Prior

Array = NDArray[np.float64]

_JITTER = 1e-8
_STEPS, _CLOSE = 30, 1e-5
"""Of the optimiser: the most steps, and the relative gain below which it ends; closer costs more for nothing."""


@dataclass(frozen=True)
class GaussianProcess:
    """A fitted process.

    Examples
    --------
    >>> X = np.linspace(0, 1, 9)[:, None]
    >>> gp = fit(X, np.sin(6 * X[:, 0]), np.array([False]))
    >>> mean, spread = gp.predict(np.array([[0.3]]))
    >>> bool(abs(mean[0] - np.sin(1.8)) < 0.05)
    True
    """

    points: Array  # (n, d)
    unordered: NDArray[np.bool_]  # (d,)
    theta: Array  # (d + 2,)
    prior: Prior
    chol: Array  # (n, n), lower
    alpha: Array  # (n,)

    def predict(self, points: Array) -> tuple[Array, Array]:
        """Return the posterior mean and spread of the noise-free function at (m, d) points, each (m,)."""
        cross = self._kernel(points)  # (m, n)
        mean = cross @ self.alpha
        v = dtrtrs(self.chol, cross.T, lower=1)[0]  # (n, m)
        prior = np.exp(self.theta[-2]) + _trend_at(points, self.unordered, self.prior)
        variance = prior - np.einsum("ij,ij->j", v, v)
        return mean, np.sqrt(np.maximum(variance, 1e-12))

    def mean(self, points: Array) -> Array:
        """Return the posterior mean at (m, d) points, (m,): the spread takes the longer the more is known."""
        return np.asarray(self._kernel(points) @ self.alpha)

    def outcome(self, points: Array) -> tuple[Array, Array]:
        """Return mean and spread of what would be observed at (m, d) points, noise included, each (m,)."""
        mean, spread = self.predict(points)
        return mean, np.sqrt(spread**2 + np.exp(self.theta[-1]))

    def left_out(self) -> Array:
        """Return what would be expected at each of the points if it were not known, (n,) (Rasmussen 2006, eq. 5.12)."""
        inverse, _ = dpotri(self.chol, lower=1)
        known = self.chol @ (self.chol.T @ self.alpha)
        return np.asarray(known - self.alpha / inverse.diagonal())

    def average(self, groups: Array) -> tuple[Array, Array]:
        """Return mean and spread of the function's average over each group of points, (g, b, d) → two of (g,).

        What neighbours have in common does not average out: the spread is that of the joint posterior (Moosbauer 2021,
        eq. 6).
        """
        g, b, d = groups.shape
        cross = self._kernel(groups.reshape(g * b, d)).reshape(g, b, -1).mean(axis=1)  # (g, n)
        squared = np.zeros((g, b, b))
        for j, weight in enumerate(np.exp(-2 * self.theta[:-2])):
            gaps = groups[:, :, None, j] - groups[:, None, :, j]
            squared += weight * (gaps != 0 if self.unordered[j] else gaps**2)
        smooth = _matern(np.sqrt(5 * squared), self.theta[-2])[0]
        prior = (smooth + _trend(groups, groups, self.unordered, self.prior)).mean(axis=(1, 2))
        v = dtrtrs(self.chol, cross.T, lower=1)[0]
        return cross @ self.alpha, np.sqrt(np.maximum(prior - np.einsum("ij,ij->j", v, v), 1e-12))

    def sample(self, points: Array, rng: np.random.Generator) -> Array:
        """Draw one function of the posterior at (m, d) points, (m,)."""
        return np.asarray(self.samples(points, rng, 1)[0])

    def samples(self, points: Array, rng: np.random.Generator, count: int) -> Array:
        """Draw functions of the posterior at (m, d) points, (count, m)."""
        mean, _ = self.predict(points)
        v = dtrtrs(self.chol, self._kernel(points).T, lower=1)[0]
        covariance = _kernel(points, points, self.unordered, self.theta, self.prior) - v.T @ v
        values, vectors = np.linalg.eigh(covariance)
        spread = np.sqrt(np.maximum(values, 0.0))
        return np.array([mean + vectors @ (spread * rng.standard_normal(len(points))) for _ in range(count)])

    def _kernel(self, points: Array) -> Array:
        return _kernel(points, self.points, self.unordered, self.theta, self.prior)


def fit(points: Array, y: Array, unordered: NDArray[np.bool_], prior: Prior | None = None) -> GaussianProcess:
    """Fit the hyperparameters and condition on the data; arguments as of `hyperparameters`."""
    prior = prior or Prior()
    return condition(points, y, unordered, hyperparameters(points, y, unordered, prior), prior)


def hyperparameters(points: Array, y: Array, unordered: NDArray[np.bool_], prior: Prior) -> Array:
    """Return θ by maximum a posteriori, (d + 2,); remembered for the latest data, so that asking again is free.

    Parameters
    ----------
    points : (n, d) model coordinates
    y : (n,) standardised losses
    unordered : (d,) whether a column counts only as same or different
    prior : Prior
    """
    return _fitted(points.tobytes(), y.tobytes(), unordered.tobytes(), prior)


@lru_cache(maxsize=64)
def _fitted(points: bytes, y: bytes, unordered: bytes, prior: Prior) -> Array:
    flags = np.frombuffer(unordered, dtype=bool)
    coordinates, values = np.frombuffer(points).reshape(-1, len(flags)), np.frombuffer(y)
    centre, width = prior.moments(len(flags))
    trend = _trend(coordinates, coordinates, flags, prior)
    known = _squared_gaps(coordinates, flags), trend, values, centre, width
    result = minimize(
        _objective, centre, args=known, jac=True,
        bounds=list(zip(centre - 4 * width, centre + 4 * width, strict=True)), method="L-BFGS-B",
        options={"maxiter": _STEPS, "ftol": _CLOSE},
    )  # fmt: skip
    return np.asarray(result.x)


def condition(points: Array, y: Array, unordered: NDArray[np.bool_], theta: Array, prior: Prior) -> GaussianProcess:
    """Return the process with given hyperparameters, conditioned on the data."""
    chol = _cholesky(_noisy(_kernel(points, points, unordered, theta, prior), theta[-1]))
    return GaussianProcess(points, unordered, theta, prior, chol, dpotrs(chol, y, lower=1)[0])


def _kernel(points: Array, others: Array, unordered: NDArray[np.bool_], theta: Array, prior: Prior) -> Array:
    """Return K without noise at (m, d) and (n, d) points, (m, n)."""
    kernel = _between(points, others, unordered, theta)
    kernel += _trend(points, others, unordered, prior)
    return kernel


def _trend(points: Array, others: Array, unordered: NDArray[np.bool_], prior: Prior) -> Array:
    """Return T between points, (…, m, d) and (…, n, d) → (…, m, n); an option below 0 is none."""
    d, a, b = len(unordered), _centred(points, unordered), _centred(others, unordered)
    column, option = _options(others, unordered)
    worth = np.where(option >= 0, _worths(unordered, prior)[column], 0.0)
    left = np.concatenate([a * (prior.trend / d), (points[..., column] == option) * worth], axis=-1)
    right = np.concatenate([b, others[..., column] == option], axis=-1).swapaxes(-1, -2)
    trend = left @ right
    if prior.pairs and d > 1:
        b = b.swapaxes(-1, -2)
        trend += prior.pairs / (d * (d - 1)) * ((a @ b) ** 2 - a**2 @ b**2)  # twice the sum over the pairs i < j
    return np.asarray(trend)


def _trend_at(points: Array, unordered: NDArray[np.bool_], prior: Prior) -> Array:
    """Return the diagonal of T between points and themselves, (n, d) → (n,); `_trend` would take thrice as long."""
    d, squared = len(unordered), _centred(points, unordered) ** 2
    total = squared.sum(axis=1)
    trend = prior.trend / d * total + prior.pairs / max(1, d * (d - 1)) * (total**2 - (squared**2).sum(axis=1))
    return np.asarray(trend + (points[:, unordered] >= 0) @ _worths(unordered, prior)[unordered])


def _worths(unordered: NDArray[np.bool_], prior: Prior) -> Array:
    """Return the prior variance of what an option of each column is worth by itself, (d,); 0 for what has an order."""
    each = np.where(unordered, prior.options / max(1, unordered.sum()), 0.0)
    return each * np.array(prior.crowds) if prior.crowds else each


def _options(points: Array, unordered: NDArray[np.bool_]) -> tuple[NDArray[np.int_], Array]:
    """Return the options that points have, each with its column, two of (k,).

    Who has which as a matrix of 0 and 1: products of these say what is equal faster than comparing all with all.
    """
    found = [(j, option) for j in np.flatnonzero(unordered) for option in sorted(set(points[..., j].ravel().tolist()))]
    return np.array([j for j, _ in found], dtype=int), np.array([option for _, option in found])


def _centred(points: Array, unordered: NDArray[np.bool_]) -> Array:
    """Return coordinates of mean 0 and variance 1 over the cube, 0 for what has no order, (…, d) → (…, d)."""
    return np.asarray((points - 0.5) * np.where(unordered, 0.0, np.sqrt(12)))


def _between(points: Array, others: Array, unordered: NDArray[np.bool_], theta: Array) -> Array:
    """Return K without trend and noise at (m, d) and (n, d) points, (m, n)."""
    weights, flat = np.exp(-2 * theta[:-2]), ~unordered
    column, option = _options(others, unordered)
    a, b = points[:, flat], others[:, flat]
    left = np.hstack([a * (-2 * weights[flat]), (points[:, column] == option) * -weights[column]])
    squared = left @ np.hstack([b, others[:, column] == option]).T
    squared += (a**2 @ weights[flat] + weights[unordered].sum())[:, None]
    squared += b**2 @ weights[flat]
    np.maximum(squared, 0.0, out=squared)
    squared *= 5
    return _matern(np.sqrt(squared, out=squared), theta[-2])[0]


def _cholesky(kernel: Array) -> Array:
    """Return L with LLᵀ = K, by LAPACK itself: for matrices of this size scipy's wrappers take longer than it does."""
    chol, info = dpotrf(kernel, lower=1, clean=1)
    if info:
        raise np.linalg.LinAlgError(f"the leading minor {info} of the covariance is not positive")
    return np.asarray(chol)


def _squared_gaps(points: Array, unordered: NDArray[np.bool_]) -> Array:
    gaps = points.T[:, :, None] - points.T[:, None, :]
    return np.where(unordered[:, None, None], gaps != 0, gaps**2)


def _matern(q: Array, log_signal: Any) -> tuple[Array, Array, Array]:
    """Return K without trend and noise, 1 + q and e^{ln s² - q}; in place where it can be: it takes half the time."""
    decay = np.subtract(log_signal, q)
    np.exp(decay, out=decay)
    slope = 1 + q
    q *= q
    q /= 3
    q += slope
    q *= decay
    return q, slope, decay


def _covariance(gaps: Array, theta: Array) -> tuple[Array, Array, Array]:
    """Return K without trend and noise, 1 + q and e^{ln s² - q}, each (n, n)."""
    dimensions, n, _ = gaps.shape
    q = (5 * np.exp(-2 * theta[:-2]) @ gaps.reshape(dimensions, -1)).reshape(n, n)
    return _matern(np.sqrt(q, out=q), theta[-2])


def _noisy(kernel: Array, log_noise: Any) -> Array:
    noisy = kernel.copy()
    noisy.flat[:: len(kernel) + 1] += np.exp(log_noise) + _JITTER
    return noisy


def _objective(
    theta: Array, gaps: Array, trend: Array, y: Array, centre: Array, width: Array
) -> tuple[float, Array]:  # fmt: skip
    """Return the negative log posterior of θ and its gradient (Rasmussen 2006, eqs 2.30 and 5.9)."""
    kernel, slope, decay = _covariance(gaps, theta)
    deviation = (theta - centre) / width
    try:
        chol = _cholesky(_noisy(kernel + trend, theta[-1]))
    except np.linalg.LinAlgError:
        return 1e10, np.zeros_like(theta)
    alpha = dpotrs(chol, y, lower=1)[0]
    value = 0.5 * y @ alpha + np.log(chol.diagonal()).sum() + 0.5 * deviation @ deviation
    inverse, _ = dpotri(chol, lower=1)  # the lower half; above it are zeros
    diagonal = inverse.diagonal()
    # Everything that g = ααᵀ - K⁻¹ is summed with is symmetric, so half of K⁻¹, counted twice, will do.
    g = np.multiply.outer(alpha, alpha)
    g -= 2 * inverse
    g.flat[:: len(y) + 1] += diagonal
    signal = np.vdot(g, kernel)
    trace = alpha @ alpha - diagonal.sum()
    g *= slope
    g *= decay
    lengths = gaps.reshape(len(gaps), -1) @ g.ravel()
    gradient = np.append(-5 / 6 * np.exp(-2 * theta[:-2]) * lengths, [-0.5 * signal, -0.5 * np.exp(theta[-1]) * trace])
    return float(value), gradient + deviation / width
