"""Budgets: the rungs that they are tried at, and how losses of different ones compare.

Notation (Li 2018): R the largest budget, r the smallest, η how many compete for one place on the next rung.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpo_magic.errors import StrategyError, whole
from hpo_magic.space import Budget, Space

ETA = 3
"""How many compete for one place on the next rung, unless told otherwise (Li 2018, section 2.6)."""


def budget_of(space: Space) -> Budget | None:
    """Return the budget of a space, or None where it has none."""
    domain = space[space.budget] if space.budget is not None else None
    return domain if isinstance(domain, Budget) else None


def rungs(low: int, high: int, eta: int = ETA) -> tuple[int, ...]:
    """Return the budgets of the rungs, the largest being `high`, each `eta` times the one below (Li 2018, algorithm 1).

    Examples
    --------
    >>> rungs(1, 81), rungs(500, 10_000), rungs(5, 8)
    ((1, 3, 9, 27, 81), (1111, 3333, 10000), (8,))
    """
    count = 0
    while low * eta ** (count + 1) <= high:
        count += 1
    return tuple(max(low, round(high / eta**k)) for k in range(count, -1, -1))


def rungs_of(space: Space, eta: int = ETA) -> tuple[int, ...]:
    """Return the rungs of a space's budget: one where it is fixed, none where there is no budget."""
    budget = budget_of(space)
    if budget is None:
        return ()
    fixed = space.fixed.get(str(space.budget))
    return rungs(budget.low, budget.high, eta) if fixed is None else (int(fixed),)


def check_eta(eta: int) -> None:
    """Raise StrategyError where so many cannot compete for one place."""
    whole("eta", eta, 2, StrategyError)


def growth(space: Space, eta: int) -> str:
    """Say from where to where the budget grows, and for which part of a rung."""
    steps = rungs_of(space, eta)
    return f"{space.budget} grows from {steps[0]} to {steps[-1]} for the best 1/{eta} of each rung"


def places(
    losses: NDArray[np.float64],
    budgets: NDArray[np.int_],
    among: tuple[NDArray[np.float64], NDArray[np.int_]] | None = None,
) -> NDArray[np.float64]:
    """Return the place of each loss among those of its budget, (n,), where budgets differ; else the losses.

    Losses at different budgets cannot be compared, places can: those who reached a rung were the best of the one below.
    Of two with the same place the one with the larger budget is ahead.

    Parameters
    ----------
    losses, budgets : (n,)
    among : pair of (m,), optional
        Losses and budgets of all runs, where some are left out of `losses` and still count on their rung.

    Examples
    --------
    >>> everyone = np.array([5.0, 4.0, 6.0, 2.0]), np.array([1, 1, 1, 3])
    >>> places(np.array([5.0, 6.0, 2.0]), np.array([1, 1, 3]), everyone).tolist()
    [0.75, 1.75, -0.75]
    """
    if not len(budgets) or (budgets == budgets[0]).all():
        return losses
    told, spent = among or (losses, budgets)
    place = np.empty(len(losses))
    for budget in np.unique(budgets):
        which = np.flatnonzero(budgets == budget)
        place[which] = np.searchsorted(np.sort(told[spent == budget]), losses[which])
    return np.asarray(place - budgets / (budgets.max() + 1.0))
