"""Climbers: which trials are one config on its way up through the rungs, and who is ahead on each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from hpo_magic.search.fidelity import rungs_of
from hpo_magic.search.novelty import key
from hpo_magic.search.standing import best_first
from hpo_magic.space import Space
from hpo_magic.trials import History, State, Trial


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
    latest = _LATEST[0]
    if latest.trials is not history.trials:
        _LATEST[0] = latest = latest.followed_by(history.trials)
    return latest.climbers


@dataclass(frozen=True)
class _Known:
    """The climbers of some trials; those of the next history are made from them, as few of its trials are others."""

    trials: Sequence[Trial] = ()
    roots: dict[int, int] = field(default_factory=dict)  # of each trial: the number of its config's first one
    runs: dict[int, tuple[int, ...]] = field(default_factory=dict)  # of each such: the places of all of its trials
    found: dict[int, Climber] = field(default_factory=dict)  # of each such
    climbers: list[Climber] = field(default_factory=list)

    def followed_by(self, trials: Sequence[Trial]) -> _Known:
        """Return what is known of the trials of another history."""
        pairs = enumerate(zip(self.trials, trials, strict=False))
        other = [place for place, (old, new) in pairs if old is not new]
        if len(trials) < len(self.trials) or any(_kin(self.trials[i]) != _kin(trials[i]) for i in other):
            return _Known().followed_by(trials)
        roots, runs, found = self.roots.copy(), self.runs.copy(), self.found.copy()
        for place, trial in enumerate(islice(trials, len(self.trials), None), len(self.trials)):
            if trial.budget is not None:
                before = None if trial.parent is None else roots.get(trial.parent)
                root = roots[trial.number] = trial.number if before is None else before
                runs[root] = (*runs.get(root, ()), place)
                other.append(place)
        for root in dict.fromkeys(roots[trials[i].number] for i in other if trials[i].budget is not None):
            found[root] = _climber([trials[i] for i in runs[root]])
        return _Known(trials, roots, runs, found, [climber for climber in found.values() if climber.at])


_LATEST = [_Known()]
"""Of the latest history: scheduler and sampler ask for the same one in turn, and for the next one soon."""


def _kin(trial: Trial) -> tuple[int, int | None, int | None]:
    """Return by what a trial belongs to its climber."""
    return trial.number, trial.parent, trial.budget


def _climber(runs: Sequence[Trial]) -> Climber:
    """Return the climber of the trials of one config."""
    made = Climber(runs[0])
    for trial in runs:
        known, weight = made.at.get(trial.budget or 0), _weight(trial)
        if weight and (known is None or weight > _weight(known)):
            made.at[trial.budget or 0] = trial
    return made


def _weight(trial: Trial) -> int:
    if trial.state is State.DONE:
        return 3 if trial.trusted else 0
    if trial.state is State.RUNNING or trial.state is State.WAITING:
        return 2
    return 0 if trial.void else 1


def by_rung(group: Iterable[Climber]) -> dict[int, list[Climber]]:
    """Return who has a trial at each budget, in the order of the group."""
    found: dict[int, list[Climber]] = {}
    for climber in group:
        for budget in climber.at:
            found.setdefault(budget, []).append(climber)
    return found


def pending(climber: Climber, budget: int) -> bool:
    """Whether a climber's result at a rung is still to come."""
    trial = climber.at.get(budget)
    return trial is not None and not trial.state.ended


def ended_at(group: Sequence[Climber], budget: int) -> list[Climber]:
    """Return those of a group that have ended at a rung, be it without a result."""
    running, waiting = State.RUNNING, State.WAITING
    here = [(climber, climber.at[budget].state) for climber in group if budget in climber.at]
    return [climber for climber, state in here if state is not running and state is not waiting]


def ranked(history: History, group: Sequence[Climber], budget: int) -> list[Climber]:
    """Return those of a group that have ended at a rung with a result, the best first; of equals who began earlier."""
    here = [climber for climber in group if budget in climber.at]
    here.sort(key=lambda climber: climber.root.number)
    return [here[place] for place in best_first(history, [climber.at[budget] for climber in here])]


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
    >>> from hpo_magic.space import Budget
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
    outdone = {trial.number for climber in climbers(history) if len(climber.at) > 1 for trial in _outdone(climber)}
    if not outdone:
        return history
    return dataclasses.replace(history.having(lambda trial: trial.number not in outdone), whole=history)


def _outdone(climber: Climber) -> list[Trial]:
    top = max((budget for budget, trial in climber.at.items() if trial.state is State.DONE), default=0)
    return [trial for budget, trial in climber.at.items() if budget < top]
