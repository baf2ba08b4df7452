"""Branches of a space: configs with the same parameters. A search that gains nothing in one looks into others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpo_magic.search.cube import Cube
from hpo_magic.trials import History

if TYPE_CHECKING:
    from hpo_magic.search.expectation import Value  # which loads what fits: not at a cell's start

Array = NDArray[np.float64]

_GAIN = 0.02
"""What counts as a gain, in parts of the way from the median to the best."""
_LATEST = 4
"""Branches of so many latest trials are left out too, or the second best would have every second trial."""
_HOME, _SEEN = 2e5, 1e5
"""What a point loses in the branch of the incumbent, and in those of the latest and running trials: more than any two
improvements differ by, whose logarithm may be as low as -1e3."""


def gains_nothing(history: History, patience: int) -> bool:
    """Whether a search for one goal has gained nothing worth speaking of for `patience` finished trials.

    Examples
    --------
    >>> from hpo_magic.trials import State, Trial
    >>> losses = [3.0, 2.0, 1.0, 2.0, 2.0, 2.0]
    >>> history = History(tuple(Trial(i, {}, State.DONE, {"value": y}) for i, y in enumerate(losses)))
    >>> gains_nothing(history, 3), gains_nothing(history, 4)
    (True, False)
    """
    losses = history.losses[:, 0]
    if len(history.goals) > 1 or len(losses) <= patience:
        return False
    near = losses <= losses.min() + _GAIN * (np.median(losses) - losses.min())
    return len(losses) - 1 - int(np.argmax(near)) >= patience


def elsewhere(value: Value, cube: Cube, history: History) -> Value:
    """Return a value by which other branches than those of the best, the latest and the running trials come first.

    Points of one branch keep their order, but at every second such look they are worth the same: a model that sees no
    reason to look there may be wrong. Where every branch is one of these, others than that of the best come first.

    Examples
    --------
    >>> from hpo_magic.space import Choice, Float, Space
    >>> from hpo_magic.trials import State, Trial
    >>> space = Space({"model": Choice(["tree", "svm"]), "C": Float(0, 1, when="model == 'svm'")})
    >>> done = (Trial(0, {"model": "tree"}, State.DONE, {"value": 1.0}),)
    >>> worth = elsewhere(lambda points: points[:, 1], cube := Cube(space), History(done))
    >>> worth(cube.model(np.array([[0.1, 0.5], [0.9, 0.3]]))).round(1).tolist()
    [-299999.5, 0.3]
    """
    best = history.incumbent
    if best is None:  # nothing meets the constraints: there is no branch to leave
        return value
    home, *seen = cube.active(cube.encode([best, *history.done[-_LATEST:], *history.running]))
    worth = value if history.turns // 2 % 2 == 0 else lambda model: np.zeros(len(model))

    def away(model: Array) -> Array:
        active = cube.active(model)  # (n, d)
        known = np.any([(active == branch).all(axis=1) for branch in seen], axis=0)
        return np.asarray(worth(model) - _HOME * (active == home).all(axis=1) - _SEEN * known)

    return away
