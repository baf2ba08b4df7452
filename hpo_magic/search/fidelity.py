"""Budgets: the rungs that they are tried at, and which trials are one config on its way up.

Notation (Li 2018): R the largest budget, r the smallest, η how many compete for one place on the next rung.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from hpo_magic.errors import StrategyError, whole
from hpo_magic.search.novelty import key
from hpo_magic.search.standing import best_first
from hpo_magic.space import Budget, Space
from hpo_magic.trials import History, State, Trial

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


@dataclass(frozen=True)
class Climber:
    """One config on its way up: its trials by budget.

    Attributes
    ----------
    root : Trial
        Its first trial.
    at : dict of int to Trial
        The trial that counts at each budget: one that ended with a value, else one to come, else one that failed.
    """

    root: Trial
    at: dict[int, Trial] = field(default_factory=dict)


def climbers(history: History) -> list[Climber]:
    """Return the configs of a history with budgets, in the order in which they were begun.

    A trial belongs to its parent's climber: as its promotion where its budget is larger, as its repeat where it is the
    same. Lost and interrupted trials count nowhere: they are tried again.
    """
    for seen, latest in _LATEST:
        if seen() is history:
            return latest
    found: dict[int, Climber] = {}
    ordered: list[Climber] = []
    for trial in history.trials:
        if trial.budget is None:
            continue
        parent = None if trial.parent is None else found.get(trial.parent)
        if parent is None:
            parent = Climber(trial)
            ordered.append(parent)
        found[trial.number] = parent
        known, weight = parent.at.get(trial.budget), _weight(trial)
        if weight and (known is None or weight > _weight(known)):
            parent.at[trial.budget] = trial
    made = [climber for climber in ordered if climber.at]
    _LATEST[:] = [(ref(history), made)]
    return made


_LATEST: list[tuple[ref[History], list[Climber]]] = []
"""The climbers of the latest history: scheduler and sampler ask for the same ones in turn."""


def by_rung(group: Sequence[Climber]) -> dict[int, list[Climber]]:
    """Return who has a trial at each budget, in the order of the group."""
    found: dict[int, list[Climber]] = {}
    for climber in group:
        for budget in climber.at:
            found.setdefault(budget, []).append(climber)
    return found


def _weight(trial: Trial) -> int:
    if trial.state is State.DONE:
        return 3 if trial.trusted else 0
    if trial.state is State.RUNNING or trial.state is State.WAITING:
        return 2
    return 0 if trial.void else 1


def pending(climber: Climber, budget: int) -> bool:
    """Whether a climber's result at a rung is still to come."""
    trial = climber.at.get(budget)
    return trial is not None and not trial.state.ended


def ended_at(group: Sequence[Climber], budget: int) -> list[Climber]:
    """Return those of a group that have ended at a rung, be it without a result."""
    came = [(climber, climber.at[budget].state) for climber in group if budget in climber.at]
    return [climber for climber, state in came if state is not State.RUNNING and state is not State.WAITING]


def ranked(history: History, group: Sequence[Climber], budget: int) -> list[Climber]:
    """Return those of a group that have ended at a rung with a result, the best first; of equals who began earlier."""
    ended = ended_at(group, budget)
    ended.sort(key=lambda climber: climber.root.number)
    return [ended[place] for place in best_first(history, [climber.at[budget] for climber in ended])]


def last_way_up(space: Space, history: History, eta: int | None) -> tuple[Trial, int] | None:
    """Return whom to give more, and how much, where nothing new is left to begin: the best of the highest rung first.

    None where all whose config the space still holds have had the full budget, have failed, or are on their way.

    Parameters
    ----------
    space : Space
    history : History
    eta : int or None
        The scheduler's; None where it has no rungs: then the best goes on at once, and only while nobody has had the
        full budget.

    Examples
    --------
    >>> space = Space({"n": Budget(1, 3)})
    >>> done = tuple(Trial(i, {"n": 1}, State.DONE, {"value": 2.0 - i}, budget=1) for i in range(2))
    >>> last_way_up(space, History(done), 3)
    (Trial(1, done, value=1, {'n': 1}), 3)
    """
    steps = rungs_of(space)[-1:] if eta is None else rungs_of(space, eta)
    group = [climber for climber in climbers(history) if _held(space, climber.root)]
    if eta is None and (history.running or any(max(climber.at) >= step for climber in group for step in steps)):
        return None
    for budget in sorted({budget for climber in group for budget in climber.at}, reverse=True):
        above = [step for step in steps if step > budget]
        best = ranked(history, [climber for climber in group if max(climber.at) == budget], budget)
        if above and best:
            return best[0].at[budget], above[0]
    return None


def _held(space: Space, trial: Trial) -> bool:
    """Whether a space, as it is edited now, still holds a trial's config."""
    return key(space.clip(trial.config), space) == key(trial.config, space)


def matured(history: History) -> History:
    """Return the history without the trials of a config that has a value at a larger budget.

    For samplers that learn one thing of a config.

    Examples
    --------
    >>> small = Trial(0, {"x": 1, "n": 1}, State.DONE, {"value": 2.0}, budget=1)
    >>> large = Trial(1, {"x": 1, "n": 3}, State.DONE, {"value": 1.0}, budget=3, parent=0)
    >>> len(matured(History((small, large))).trials)
    1
    """
    outdone = {
        trial.number
        for climber in climbers(history)
        if len(climber.at) > 1
        for budget, trial in climber.at.items()
        if any(other > budget and above.state is State.DONE for other, above in climber.at.items())
    }
    if not outdone:
        return history
    return dataclasses.replace(history.having(lambda trial: trial.number not in outdone), whole=history)


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
