"""What trials that a scheduler stopped count as, so that samplers learn from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from hpo_magic.trials.trial import State, Trial, changed

if TYPE_CHECKING:
    from hpo_magic.trials.history import History


def as_ended(history: History) -> tuple[Trial, ...]:
    """Return the trials of a history, those that were stopped as if they had ended.

    They count with what they reported last, at best with the middle of those that ended on their budget. What they do
    not tell counts as the worst of another goal, and as the middle of what a constraint reads; where nobody has ended
    a trial that does not tell all stays as it is.

    Examples
    --------
    >>> from hpo_magic.trials import Goal, History
    >>> ended = [Trial(i, {}, State.DONE, {"loss": 1.0 + i, "size": 5.0 - i}) for i in range(2)]
    >>> stopped = Trial(2, {}, State.STOPPED, {"loss": 9.0})
    >>> as_ended(History((*ended, stopped), (Goal("loss"), Goal("size"))))[2]
    Trial(2, done, loss=9, size=5, {})
    """
    assumed, middle = _assumed(history), _middle(history)
    metrics = {goal.metric for goal in history.goals} | {limit.metric for limit in history.constraints}
    first = history.goals[0]

    def ended(trial: Trial) -> Trial:
        values = {**(trial.values or {})}
        values.update({metric: value for metric, value in assumed.items() if metric not in values})
        if not values.keys() >= metrics:
            return trial
        if (least := middle.get(trial.budget or 0)) is not None:
            values[first.metric] = first.sign * max(first.sign * values[first.metric], least)
        return changed(trial, state=State.DONE, values=values)

    return tuple(ended(trial) if trial.cut else trial for trial in history.trials)


def _assumed(history: History) -> Mapping[str, float]:
    """Return what counts for a trial that was stopped before it told it: what it reports is the first goal."""
    ended = [trial.values for trial in history.done if trial.values is not None]
    if not ended:
        return {}
    middle = {limit.metric: float(np.median([told[limit.metric] for told in ended])) for limit in history.constraints}
    return {g.metric: g.sign * max(g.sign * told[g.metric] for told in ended) for g in history.goals[1:]} | middle


def _middle(history: History) -> dict[int, float]:
    """Return the median of the first goal, minimise-oriented, of the finished trials, by their budget."""
    metric, sign = history.goals[0].metric, history.goals[0].sign
    told: dict[int, list[float]] = {}
    for trial in history.done:
        if trial.values is not None and metric in trial.values:
            told.setdefault(trial.budget or 0, []).append(sign * trial.values[metric])
    return {budget: float(np.median(losses)) for budget, losses in told.items()}
