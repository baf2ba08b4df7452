"""Random forest with spread, from scikit-optimize: variance in and between its trees (Hutter 2014, section 4.3.2)."""

from __future__ import annotations

from typing import Any

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
    trees : int
    features : float
        The part of the coordinates that each split may choose from.
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

    def __init__(
        self, points: Array, losses: Array, seed: int, trees: int = 24, features: float = 5 / 6, drawn: bool = False
    ) -> None:
        from skopt.learning import ExtraTreesRegressor, RandomForestRegressor

        # One thread: a pool costs more than a hundred rows.
        self._forest = (ExtraTreesRegressor if drawn else RandomForestRegressor)(
            n_estimators=trees,
            min_samples_split=3,
            max_features=features,
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

    def leaves(self) -> list[tuple[Array, Array, Array]]:
        """Return each tree as the boxes of its leaves in the unit cube: lows (L, d), highs (L, d) and values (L,)."""
        return [_leaves(estimator.tree_) for estimator in self._forest.estimators_]


def _leaves(tree: Any) -> tuple[Array, Array, Array]:
    left, right, feature, threshold = tree.children_left, tree.children_right, tree.feature, tree.threshold
    lows, highs = np.zeros((tree.node_count, tree.n_features)), np.ones((tree.node_count, tree.n_features))
    for node in range(tree.node_count):  # parents come before their children
        if left[node] < 0:
            continue
        for child in (left[node], right[node]):
            lows[child], highs[child] = lows[node], highs[node]
        j, cut = feature[node], min(max(threshold[node], 0.0), 1.0)
        highs[left[node], j] = min(highs[node, j], cut)
        lows[right[node], j] = max(lows[node, j], cut)
    ends = left < 0
    return lows[ends], highs[ends], np.asarray(tree.value[ends, 0, 0], dtype=float)
