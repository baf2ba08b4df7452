"""One number a trial for samplers that can weigh one only: goals scalarised, missed constraints penalised."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpo_magic.search.fidelity import places
from hpo_magic.trials import History
from hpo_magic.trials.constraints import missed
from hpo_magic.trials.pareto import layered

Array = NDArray[np.float64]

MOST_GOALS = 4
"""With more goals a hypervolume's improvement takes seconds, and they are weighed instead."""
_LAYERED = 1000
"""Trials that are sorted into layers at most, which takes the square of their number."""


def scalar_losses(history: History, rng: np.random.Generator) -> Array:
    """Return a loss a finished trial, (n_done,).

    Several goals become an augmented Chebyshev sum with random weights, new at every proposal (Knowles 2006, eq. 2).
    Where budgets differ, losses become places among those of the same budget.
    Trials that miss a constraint are worse than all that meet them, the more so the more they miss.

    Examples
    --------
    >>> from hpo_magic.trials import State, Trial
    >>> done = Trial(0, {"x": 1}, State.DONE, {"value": 2.0})
    >>> scalar_losses(History((done,)), np.random.default_rng(0))
    array([2.])
    """
    losses = _comparable(history)
    if losses.shape[1] == 1:
        scalar = losses[:, 0]
    else:
        low, span = losses.min(axis=0), np.ptp(losses, axis=0)
        weighted = rng.dirichlet(np.ones(losses.shape[1])) * (losses - low) / np.where(span > 0, span, 1.0)
        scalar = weighted.max(axis=1) + 0.05 * weighted.sum(axis=1)
    return penalised(scalar, history.margins)


def by_front(history: History) -> Array:
    """Return a loss a finished trial, (n_done,): of several goals its place by layer of domination, then by crowding.

    Trials that meet the constraints are sorted among themselves, and come first; the others by how much they miss
    (Deb 2002, sections III and VI). Of more than a thousand trials the rest comes last.

    Examples
    --------
    >>> from hpo_magic.trials import Goal, State, Trial
    >>> told = ((3.0, 3.0), (1.0, 2.0), (2.0, 1.0))
    >>> done = tuple(Trial(i, {}, State.DONE, {"a": a, "b": b}) for i, (a, b) in enumerate(told))
    >>> by_front(History(done, (Goal("a"), Goal("b")))).tolist()
    [2.0, 0.0, 1.0]
    """
    losses, excess = _comparable(history), missed(history.margins)
    if losses.shape[1] == 1:
        return penalised(losses[:, 0], history.margins)
    known = leading_and_latest(losses, history.margins, _LAYERED)
    layer, alone = np.zeros(len(losses)), np.zeros(len(losses))
    fit = known[excess[known] == 0]
    layer[fit], alone[fit] = layered(losses[fit])
    place = np.full(len(losses), float(len(losses)))
    place[known[np.lexsort((-alone[known], layer[known], excess[known]))]] = np.arange(len(known))
    return place


def _comparable(history: History) -> Array:
    """Return the losses, (n_done, m), as places where budgets differ."""
    whole = history.whole or history
    return np.column_stack([
        places(column, history.budgets, (among, whole.budgets))
        for column, among in zip(history.losses.T, whole.losses.T, strict=True)
    ])  # fmt: skip


def penalised(losses: Array, margins: Array) -> Array:
    """Return losses, (n,), in which those of trials that miss a constraint are worse than all others, by how much.

    Examples
    --------
    >>> penalised(np.array([3.0, 1.0, 2.0]), np.array([[-1.0], [1.0], [-1.0]])).tolist()
    [3.0, 5.0, 2.0]
    """
    excess = missed(margins)
    if not excess.any():
        return losses
    return np.asarray(np.where(excess > 0, losses.max() + (np.ptp(losses) or 1.0) * excess, losses))


def leading(losses: Array, margins: Array) -> NDArray[np.int_]:
    """Return the order of trials from best to worst: by missed constraints, then by places summed over the goals.

    Examples
    --------
    >>> leading(np.array([[3.0], [1.0], [2.0]]), np.array([[-1.0], [1.0], [-1.0]])).tolist()
    [2, 0, 1]
    """
    if losses.shape[1] == 1:
        places = losses[:, 0]
    else:
        places = losses.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable").sum(axis=1)
    return np.lexsort((places, missed(margins))) if margins.size else np.argsort(places, kind="stable")


def leading_and_latest(losses: Array, margins: Array, most: int) -> NDArray[np.int_]:
    """Return the places of all trials, or of more than `most` the leading half of so many and the latest, in order.

    Examples
    --------
    >>> leading_and_latest(np.array([[1.0], [3.0], [4.0], [5.0]]), np.empty((4, 0)), 2).tolist()
    [0, 3]
    """
    count = len(losses)
    if count <= most:
        return np.arange(count)
    return np.union1d(leading(losses, margins)[: most // 2], np.arange(count - most // 2, count))


def weighed(goals: int) -> str:
    """Say how a sampler that weighs one number only treats several goals; nothing for one.

    Examples
    --------
    >>> weighed(1), weighed(2)
    ('', ' of 2 metrics weighed anew each time')
    """
    return f" of {goals} metrics weighed anew each time" if goals > 1 else ""
