"""Repeats: runs of one config on one budget, which count at their mean."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hpo_magic.trials import History, State, Trial
from hpo_magic.trials.trial import changed


def averaged(history: History) -> History:
    """Return the history in which each finished run of a repeated config has the mean values of all of them.

    For samplers without a notion of noise, which would take the luckiest run at its word.

    Examples
    --------
    >>> from hpo_magic.trials import State
    >>> first = Trial(0, {"x": 1}, State.DONE, {"value": 1.0})
    >>> again = Trial(1, {"x": 1}, State.DONE, {"value": 3.0}, parent=0)
    >>> averaged(History((first, again))).losses[:, 0].tolist()
    [2.0, 2.0]
    """
    if not history.repeats:
        return history
    known = {trial.number: trial for trial in history.trials}
    if not any(_first(known, trial) != trial.number for trial in history.done if trial.parent is not None):
        return history
    runs: dict[int, list[Trial]] = {}
    for trial in history.done:
        runs.setdefault(_first(known, trial), []).append(trial)
    means = {trial.number: _mean(same) for same in runs.values() if len(same) > 1 for trial in same}
    told = tuple(
        changed(trial, values=means[trial.number]) if trial.number in means else trial for trial in history.trials
    )
    return History(told, history.goals, history.constraints) if means else history


def is_repeat(history: History, trial: Trial) -> bool:
    """Whether a trial runs a config once more that has a result on the same budget.

    Examples
    --------
    >>> from hpo_magic.trials import State
    >>> first, again = Trial(0, {"x": 1}, State.DONE, {"value": 1.0}), Trial(1, {"x": 1}, parent=0)
    >>> is_repeat(History((first, again)), again)
    True
    """
    origin = history.origin(trial)
    same = origin is not None and origin.budget == trial.budget and origin.config == trial.config
    return same and origin is not None and origin.state is State.DONE


def tries(history: History, number: int) -> list[Trial]:
    """Return the trials after one that ended and might have gained something: all but repeats.

    Examples
    --------
    >>> from hpo_magic.trials import State
    >>> first, other = (Trial(i, {"x": i}, State.DONE, {"value": 1.0}) for i in (0, 2))
    >>> again = Trial(1, {"x": 0}, State.DONE, {"value": 1.0}, parent=0)
    >>> [trial.number for trial in tries(History((first, again, other)), 0)]
    [2]
    """
    later = [trial for trial in history.trials[number + 1 :] if trial.state.ended and not trial.void]
    return [trial for trial in later if trial.parent is None or not is_repeat(history, trial)]


def _first(known: Mapping[int, Trial], trial: Trial) -> int:
    """Return the number of the run that a trial repeats, by however many steps."""
    before = None if trial.parent is None else known.get(trial.parent)
    # A promotion has another budget, a member of a population other values; most parents differ in the budget already.
    while before is not None and before.budget == trial.budget and before.config == trial.config:
        trial, before = before, None if before.parent is None else known.get(before.parent)
    return trial.number


def _mean(same: list[Trial]) -> dict[str, float]:
    names = set.intersection(*(set(trial.values or {}) for trial in same))
    return {name: float(np.mean([(trial.values or {})[name] for trial in same])) for name in sorted(names)}
