"""Where a function over the space is largest: scattered points, points near the best trials, and rounds of mutation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hpo_magic.search.cube import Cube
from hpo_magic.search.novelty import once
from hpo_magic.search.scalar import scalar_losses
from hpo_magic.search.variation import mutate
from hpo_magic.trials import History

Array = NDArray[np.float64]

_SCATTERED, _LOCAL, _ROUNDS, _ELITE, _LEADERS = 600, 150, 3, 10, 5
_CLOSER = 4
"""Rounds more where there are constraints: what is worth most may be a sliver along a bound."""
_PER_DIMENSION = 0.25
"""Share of the points that each dimension adds, up to four: a line or a square needs fewer."""
_RETURNED = 200
_NEAR_FROM = 20
"""From so many trials on every second proposal lies near the best, where a surrogate knows most."""


def maximise(value: Callable[[Array], Array], cube: Cube, history: History, rng: np.random.Generator) -> Array:
    """Return points in proposal coordinates, those of the largest value first, (200, d).

    Where configs can be the same no two points are, and what has been tried comes last: with few levels a parameter
    the best points would all be the config that is best already.

    Parameters
    ----------
    value : callable
        From model coordinates, (n, d), to what each point is worth, (n,).
    cube : Cube
    history : History
        Its best trials are where the local part begins.
    rng : numpy.random.Generator

    Examples
    --------
    >>> from hpo_magic.space import Float, Space
    >>> from hpo_magic.trials import State, Trial
    >>> done = Trial(0, {"x": 0.2}, State.DONE, {"value": 1.0})
    >>> cube = Cube(Space({"x": Float(0, 1)}))
    >>> top = maximise(lambda x: -abs(x[:, 0] - 0.7), cube, History((done,)), np.random.default_rng(0))
    >>> round(float(top[0, 0]), 2)
    0.7
    """
    near = len(history) >= _NEAR_FROM and history.turns % 2 == 1
    leaders = np.argsort(scalar_losses(history, rng), kind="stable")[: 1 if near else _LEADERS]
    anchors = cube.filled(cube.encode([history.done[i] for i in leaders]), rng)
    share = min(1.0, _PER_DIMENSION * len(cube.space))
    local, scattered = int(share * _LOCAL), int(share * _SCATTERED)
    around = mutate(anchors, 2 * local if near else local, 0.1, cube, rng)
    found = _Found(value, cube, history)
    found.add(np.vstack([around, rng.random((0 if near else scattered, len(cube.space)))]))
    for round_ in range(_ROUNDS + (_CLOSER if history.constraints else 0)):
        found.add(mutate(found.best(_ELITE), local, 0.05 / 2.5**round_, cube, rng))
    return found.best(_RETURNED)


class _Found:
    """Points with what they are worth."""

    def __init__(self, value: Callable[[Array], Array], cube: Cube, history: History) -> None:
        self._value, self._cube = value, cube
        # A number for each config, by which thousands are told apart at once.
        self._weights = np.random.default_rng(0).uniform(1, 2, len(cube.space))
        self._tried = None if cube.endless else self._marks(cube.at_full_budget(cube.encode(once(history))))
        self._points, self._scores, self._known = np.empty((0, len(cube.space))), np.empty(0), np.empty(0)

    def add(self, points: Array) -> None:
        model = self._cube.model(points)
        scores = self._value(model)
        if self._tried is not None:
            marks = self._marks(model)
            scores = np.where(np.isin(marks, self._tried), -np.inf, scores)
            self._known = np.append(self._known, marks)
        self._points, self._scores = np.vstack([self._points, points]), np.append(self._scores, scores)

    def best(self, count: int) -> Array:
        order = np.argsort(-self._scores, kind="stable")
        if self._tried is not None:
            order = order[np.sort(np.unique(self._known[order], return_index=True)[1])]
        return np.asarray(self._points[order[:count]])

    def _marks(self, model: Array) -> Array:
        return np.asarray(np.round(model @ self._weights, 9))  # the same coordinates may differ in their last digit
