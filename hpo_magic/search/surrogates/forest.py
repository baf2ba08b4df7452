"""Random forest with spread, from scikit-optimize: variance in and between its trees (Hutter 2014, section 4.3.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Forest:
    """A forest over coordinates, fitted to losses.

    Parameters
    ----------
    points : (n, d) coordinates
    losses : (n,)
    seed : int

    Examples
    --------
    >>> X = np.linspace(0, 1, 40)[:, None]
    >>> mean, spread = Forest(X, X[:, 0] ** 2, seed=0).predict(np.array([[0.1], [0.9]]))
    >>> bool(mean[0] < mean[1])
    True
    """

    def __init__(self, points: Array, losses: Array, seed: int) -> None:
        from skopt.learning import RandomForestRegressor

        # One thread: a pool costs more than a hundred rows.
        self._forest = RandomForestRegressor(
            n_estimators=24, min_samples_split=3, max_features=5 / 6, min_variance=1e-6, random_state=seed, n_jobs=1
        )
        self._forest.fit(points, losses)

    def predict(self, points: Array) -> tuple[Array, Array]:
        """Return mean and spread at (m, d) points, each (m,)."""
        mean, spread = self._forest.predict(points, return_std=True)
        return np.asarray(mean), np.maximum(np.asarray(spread), 1e-6)
