"""A belief about where good configs lie: within the ranges rather than at their ends, until trials have told more.

A linear trend is least certain at the ends of the ranges, so expected improvement begins there: in a flat space, where
each trial tells of every parameter, soon with reason; in a space with branches, where few trials tell of each, for long
at a loss (benchmarks.ablation, "no belief in the interior").
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpo_magic.search.cube import Cube

Array = NDArray[np.float64]

_AT_AN_END = 0.05
"""Density at the end of a range, in parts of the centre's: what is best may lie there."""


def log_interior(model: Array, cube: Cube) -> Array:
    """Return the logarithm of the belief at model coordinates, up to a constant, (n, d) → (n,).

    Each number has the density of a Beta(2, 2) over its range; unordered choices and what a config lacks do not count.

    Examples
    --------
    >>> from hpo_magic.space import Choice, Float, Space
    >>> cube = Cube(Space({"act": Choice(["relu", "tanh"]), "lr": Float(0, 1)}))
    >>> log_interior(np.array([[0.25, 0.5], [0.75, 0.5], [0.25, 0.1], [0.25, 1.0]]), cube).round(1).tolist()
    [0.0, 0.0, -0.9, -3.0]
    """
    numbers = model[:, ~cube.unordered]
    return np.asarray(np.log(4 * numbers * (1 - numbers) + _AT_AN_END).sum(axis=1))
