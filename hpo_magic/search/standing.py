"""Who is ahead of whom among trials of the same budget: what schedulers promote, copy and replace by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hpo_magic.trials import History, State, Trial
from hpo_magic.trials.constraints import margins_of, missed
from hpo_magic.trials.pareto import crowding, layers


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
    fit = [place for place in told if history.feasible(trials[place])]
    if told and not fit:
        margins = margins_of(history.constraints, [trials[place].values or {} for place in told])
        keys = [(miss, history.loss(trials[place])) for miss, place in zip(missed(margins), told, strict=True)]
    elif len(history.goals) == 1:
        told, keys = fit, [(0.0, history.loss(trials[place])) for place in fit]
    else:
        told, keys = fit, _by_layer(history, [trials[place] for place in fit])
    return [told[i] for i in sorted(range(len(told)), key=keys.__getitem__)]


def _by_layer(history: History, trials: Sequence[Trial]) -> list[tuple[float, float]]:
    if not trials:
        return []
    known = History(tuple(trials), history.goals)
    layer, alone = layers(known.losses), np.zeros(len(trials))
    for depth in range(int(layer.max()) + 1):
        members = np.flatnonzero(layer == depth)
        alone[members] = crowding(known.losses[members])
    return [(float(depth), -float(room)) for depth, room in zip(layer, alone, strict=True)]
