"""Zoom: the space narrowed to where the best configs lie."""

from __future__ import annotations

import numpy as np

from hpo_magic.errors import StudyError
from hpo_magic.search.climbers import matured
from hpo_magic.search.fidelity import places
from hpo_magic.space import Budget, Choice, Space
from hpo_magic.space.domains import levels
from hpo_magic.space.encoding import from_unit, to_unit
from hpo_magic.space.shown import near
from hpo_magic.trials import History
from hpo_magic.trials.pareto import layers

_LEAST = 0.25
"""Of a range so much is left at least where it is narrowed to the best."""


def best_quarter(history: History, space: Space) -> Space:
    """Return the space narrowed to where the best quarter of the configs lies, a little wider; options are kept.

    Of several metrics the best are those of the front, then those of the front without it, and so on. The best itself
    is always within, and of each range a quarter is left at least: where a model searched, trials crowd at one place.
    Where trials have budgets, each config counts by its largest, at its place among those of the same.

    Raises
    ------
    StudyError
        For fewer than eight finished trials.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> from hpo_magic.trials import State, Trial
    >>> done = tuple(Trial(i, {"x": i / 10}, State.DONE, {"value": i / 10}) for i in range(20))
    >>> best_quarter(History(done), Space({"x": Float(0, 2)}))["x"].high
    0.45
    """
    history = matured(history)
    fit = [i for i, trial in enumerate(history.done) if history.feasible(trial)]
    if len(fit) < 8:
        raise StudyError(f"{len(fit)} finished trials say too little of where the best quarter lies; 8 are needed")
    losses = np.column_stack([places(column, history.budgets) for column in history.losses.T])[fit]
    order = np.argsort(losses[:, 0] if len(history.goals) == 1 else layers(losses), kind="stable")
    good = [history.done[fit[i]] for i in order[: max(len(fit) // 4, 3)]]
    best = history.incumbent
    good += [best] if best is not None and best not in good else []
    for name, domain in space.items():
        values = [trial.config[name] for trial in good if name in trial.config]
        if isinstance(domain, (Choice, Budget)) or name in space.fixed or len(values) < 3:
            continue
        units = [to_unit(domain, value) for value in values]
        low, high = min(units), max(units)
        margin = max(0.1 * (high - low), (_LEAST - (high - low)) / 2)
        bounds = from_unit(domain, max(low - margin, 0.0)), from_unit(domain, min(high + margin, 1.0))
        if levels(domain) is None:
            off = 0.01 * (bounds[1] - bounds[0])
            bounds = max(near(bounds[0], off), domain.low), min(near(bounds[1], off), domain.high)
        if domain.low <= bounds[0] < bounds[1] <= domain.high:
            space = space.narrow(name, *bounds)
    return space
