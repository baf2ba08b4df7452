"""Where a function over the space is largest: scattered points, points near the best trials, and rounds of mutation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hpo_magic.search.cube import Cube
from hpo_magic.search.scalar import scalar_losses
from hpo_magic.search.variation import mutate
from hpo_magic.trials import History

Array = NDArray[np.float64]

_SCATTERED, _LOCAL, _ROUNDS, _ELITE, _LEADERS = 600, 150, 3, 10, 5
_PER_DIMENSION = 0.25
"""Share of the points that each dimension adds, up to four: a line or a square needs fewer."""
_RETURNED = 200
_NEAR_FROM = 20
"""From so many trials on every second proposal lies near the best, where a surrogate knows most."""


def maximise(value: Callable[[Array], Array], cube: Cube, history: History, rng: np.random.Generator) -> Array:
    """Return points in proposal coordinates, those of the largest value first, (200, d).

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
    near = len(history) >= _NEAR_FROM and len(history) % 2 == 1
    leaders = np.argsort(scalar_losses(history, rng), kind="stable")[: 1 if near else _LEADERS]
    anchors = cube.filled(cube.encode([history.done[i] for i in leaders]), rng)
    share = min(1.0, _PER_DIMENSION * len(cube.space))
    local, scattered = int(share * _LOCAL), int(share * _SCATTERED)
    around = mutate(anchors, 2 * local if near else local, 0.1, cube, rng)
    points = np.vstack([around, rng.random((0 if near else scattered, len(cube.space)))])
    scores = value(cube.model(points))
    for round_ in range(_ROUNDS):
        elite = points[np.argsort(-scores, kind="stable")[:_ELITE]]
        children = mutate(elite, local, 0.05 / 2.5**round_, cube, rng)
        points, scores = np.vstack([points, children]), np.append(scores, value(cube.model(children)))
    return np.asarray(points[np.argsort(-scores, kind="stable")[:_RETURNED]])
