"""Random forest with spread, from scikit-optimize: variance in and between its trees (Hutter 2014, section 4.3.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_TREES, _FEATURES = 24, 5 / 6
"""Trees, and the part of the coordinates that each split may choose from."""


class Forest:
    """A forest over coordinates, fitted to losses.

    Parameters
    ----------
    points : (n, d) coordinates
    losses : (n,)
    seed : int
    drawn : bool
        Draw where to cut (Geurts 2006). Cut halfway between two losses, all trees agree next to the best of them, and
        an acquisition is largest there whatever lies further out; SMAC's forests draw their cuts too.

    Examples
    --------
    >>> X = np.linspace(0, 1, 40)[:, None]
    >>> mean, spread = Forest(X, X[:, 0] ** 2, seed=0).predict(np.array([[0.1], [0.9]]))
    >>> bool(mean[0] < mean[1])
    True
    """

    def __init__(self, points: Array, losses: Array, seed: int, drawn: bool = False) -> None:
        from skopt.learning import ExtraTreesRegressor, RandomForestRegressor

        # One thread: a pool costs more than a hundred rows.
        self._forest = (ExtraTreesRegressor if drawn else RandomForestRegressor)(
            n_estimators=_TREES,
            min_samples_split=3,
            max_features=_FEATURES,
            min_variance=1e-6,
            bootstrap=True,
            random_state=seed,
            n_jobs=1,
        )
        self._forest.fit(points, losses)

    def predict(self, points: Array) -> tuple[Array, Array]:
        """Return mean and spread at (m, d) points, each (m,)."""
        mean, spread = self._forest.predict(points, return_std=True)
        return np.asarray(mean), np.maximum(np.asarray(spread), 1e-6)
