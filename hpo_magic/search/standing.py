"""Who is ahead of whom among trials of the same budget: what schedulers promote, copy and replace by."""

from __future__ import annotations

from collections.abc import Sequence

from hpo_magic.trials import History, State, Trial
from hpo_magic.trials.constraints import margins_of, missed
from hpo_magic.trials.pareto import layered


def best_first(history: History, trials: Sequence[Trial]) -> list[int]:
    """Return the places of the trials with a result that meets the constraints, the best first; of equals the first.

    Of several goals by the layer that dominates, then by how alone a trial is in it (Deb 2002, section III.B). Where no
    trial meets the constraints, as before much has been learnt, all with a result, by how little they miss.

    Examples
    --------
    >>> done = [Trial(i, {}, State.DONE, {"value": v}) for i, v in enumerate((3.0, 1.0, 2.0))]
    >>> best_first(History(), [*done, Trial(3, {}, State.FAILED)])
    [1, 2, 0]
    """
    told = [place for place, trial in enumerate(trials) if trial.state is State.DONE]
    fit = [place for place in told if history.feasible(trials[place])] if history.constraints else told
    if told and not fit:
        margins = margins_of(history.constraints, [trials[place].values or {} for place in told])
        keys = [(miss, history.loss(trials[place])) for miss, place in zip(missed(margins), told, strict=True)]
    elif len(history.goals) == 1:
        losses = [history.loss(trials[place]) for place in fit]
        return [fit[i] for i in sorted(range(len(fit)), key=losses.__getitem__)]
    else:
        layer, alone = layered(History(tuple(trials[place] for place in fit), history.goals).losses)
        told, keys = fit, list(zip(layer.astype(float), -alone, strict=True))
    return [told[i] for i in sorted(range(len(told)), key=keys.__getitem__)]
