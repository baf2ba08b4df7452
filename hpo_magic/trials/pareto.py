"""Several goals at once: who dominates whom, in what layers, and how much a front covers. All goals are minimised.

Shapes: n points, m goals.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import comb

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def dominated(losses: Array) -> NDArray[np.bool_]:
    """Return which points another one beats: nowhere worse and somewhere better, (n, m) → (n,).

    Examples
    --------
    >>> dominated(np.array([[1.0, 2.0], [2.0, 1.0], [2.0, 2.0]])).tolist()
    [False, False, True]
    """
    beaten = np.zeros(len(losses), dtype=bool)
    front = np.empty((0, losses.shape[1]))
    for i in np.lexsort(losses.T[::-1]):  # what comes later in this order dominates nothing that came before
        row = losses[i]
        beaten[i] = bool(((front <= row).all(axis=1) & (front < row).any(axis=1)).any())
        if not beaten[i]:
            front = np.vstack([front, row])
    return beaten


def layers(losses: Array) -> NDArray[np.int_]:
    """Return the layer of each point, 0 for the front, 1 for the front without it, … (Deb 2002, section III.A)."""
    if losses.shape[1] == 1:
        return np.unique(losses[:, 0], return_inverse=True)[1].reshape(-1)
    better = _dominates(losses)  # (n, n)
    beaten = better.sum(axis=0)
    layer = np.full(len(losses), -1)
    depth = 0
    while (layer < 0).any():
        front = np.flatnonzero((beaten == 0) & (layer < 0))
        layer[front] = depth
        beaten -= better[front].sum(axis=0)
        depth += 1
    return layer


def _dominates(losses: Array) -> NDArray[np.bool_]:
    """Return whether point i dominates point j, (n, n)."""
    nowhere_worse = np.ones((len(losses), len(losses)), dtype=bool)
    somewhere_better = np.zeros_like(nowhere_worse)
    for column in losses.T:
        nowhere_worse &= column[:, None] <= column
        somewhere_better |= column[:, None] < column
    return nowhere_worse & somewhere_better


def crowding(losses: Array) -> Array:
    """Return how alone each point of a layer is, infinite at the ends (Deb 2002, section III.B), (n, m) → (n,)."""
    alone = np.zeros(len(losses))
    for column in losses.T:
        order = np.argsort(column, kind="stable")
        span = np.ptp(column) or 1.0
        alone[order[[0, -1]]] = np.inf
        alone[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / span
    return alone


def layered(losses: Array) -> tuple[NDArray[np.int_], Array]:
    """Return the layer of each point and how alone it is there, two of (n,): by these NSGA-II orders.

    Examples
    --------
    >>> layer, alone = layered(np.array([[1.0, 2.0], [2.0, 1.0], [3.0, 3.0]]))
    >>> layer.tolist(), alone.tolist()
    ([0, 0, 1], [inf, inf, inf])
    """
    layer, alone = layers(losses), np.zeros(len(losses))
    for depth in np.unique(layer):
        members = np.flatnonzero(layer == depth)
        alone[members] = crowding(losses[members])
    return layer, alone


def corner_of(losses: Array) -> Array:
    """Return the point a tenth of the range beyond the worst of all, (n, m) → (m,); where all are alike, beyond that.

    Examples
    --------
    >>> corner_of(np.array([[1.0, 2.0], [2.0, 2.0]])).round(2).tolist()
    [2.1, 2.2]
    """
    worst, span = losses.max(axis=0), np.ptp(losses, axis=0)
    return np.asarray(worst + 0.1 * np.where(span > 0, span, np.where(worst != 0, np.abs(worst), 1.0)))


def boxes(front: Array, reference: Array) -> tuple[Array, Array]:
    """Return disjoint boxes (lower, upper), each (k, m), that fill what the front leaves undominated below a reference.

    Lower ends may be -inf. The last goal is cut into slabs at the front's values, each slab is one goal less.
    """
    front = front[(front < reference).all(axis=1)]
    m = len(reference)
    if m == 1:
        top = front[:, 0].min() if len(front) else reference[0]
        return np.array([[-np.inf]]), np.array([[top]])
    cuts = np.unique(front[:, -1])
    edges = np.concatenate([[-np.inf], cuts, [reference[-1]]])
    lowers, uppers = [], []
    for low, high in pairwise(edges):
        below = front[front[:, -1] <= low, :-1]
        lower, upper = boxes(below, reference[:-1])
        lowers.append(np.hstack([lower, np.full((len(lower), 1), low)]))
        uppers.append(np.hstack([upper, np.full((len(upper), 1), high)]))
    return np.vstack(lowers), np.vstack(uppers)


def most_boxes(points: int, goals: int) -> int:
    """Return how many boxes `boxes` returns at most for a front of so many points.

    Examples
    --------
    >>> most_boxes(10, 2), most_boxes(10, 4), most_boxes(100, 4)
    (11, 286, 176851)
    """
    return comb(points + goals - 1, goals - 1)


def hypervolume(losses: Array, reference: Array) -> float:
    """Return the volume between the points and a reference that is worse than all that counts (Zitzler 1999).

    Each point adds its own box but for what the points after it cover of that box (While 2012, section III).

    Examples
    --------
    >>> hypervolume(np.array([[1.0, 2.0], [2.0, 1.0]]), np.array([3.0, 3.0]))
    3.0
    """
    inside = losses[(losses < reference).all(axis=1)]
    front = np.unique(inside[~dominated(inside)], axis=0)  # sorted by the first goal
    if len(reference) == 2:
        heights = np.diff(np.append(reference[1], front[:, 1]))
        return float((-heights * (reference[0] - front[:, 0])).sum())
    volume = 0.0
    for i, point in enumerate(front):
        volume += contribution(point, front[i + 1 :], reference)
    return volume


def contribution(point: Array, others: Array, reference: Array) -> float:
    """Return the volume that a point adds to that of others, (m,) and (n, m)."""
    own = float(np.prod(np.maximum(reference - point, 0.0)))
    return own - (hypervolume(np.maximum(others, point), reference) if len(others) else 0.0)


def volumes(losses: Array, reference: Array, ends: Sequence[int]) -> Array:
    """Return the hypervolume of the first so many points, for each of `ends`, which rise, (k,).

    Examples
    --------
    >>> volumes(np.array([[2.0, 2.0], [2.0, 1.0], [2.5, 2.5]]), np.array([3.0, 3.0]), [0, 1, 2, 3]).tolist()
    [0.0, 1.0, 2.0, 2.0]
    """
    front, volume, covered = losses[:0], 0.0, []
    for begin, end in pairwise([0, *ends]):
        new = losses[begin:end]
        for point in new[~dominated(new)]:
            volume += contribution(point, front, reference)
            front = np.vstack([front, point])
        front = front[~dominated(front)]
        covered.append(volume)
    return np.array(covered)
