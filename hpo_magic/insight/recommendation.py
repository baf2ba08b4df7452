"""Which of the tried configs is the best in expectation: noise makes the best observed one a lucky one."""

from __future__ import annotations

import numpy as np

from hpo_magic.insight.measured import FEWEST
from hpo_magic.search.cube import cube_of
from hpo_magic.search.one_thread import one_thread
from hpo_magic.search.surrogates.belief import informative, of_goal, prior_of
from hpo_magic.space import Space
from hpo_magic.trials import History, Trial

_NONE = 1e-3
"""Noise variance, in parts of that of all losses, below which the best observed was not lucky: what sets the best apart
is less than how closely a model follows them."""


def recommend(history: History, space: Space) -> Trial | None:
    """Return the feasible trial with the smallest posterior mean of the first goal; None where none is feasible.

    Where the model sees no noise it is the best observed.
    Repeats of a config are averaged by the model, whose noise they tell. Where trials have budgets, it is one of those
    with the largest that has been reached.
    """
    if len(history.done) < FEWEST or history.incumbent is None:
        return history.incumbent
    finished = History(history.done, history.goals, history.constraints)
    with one_thread():
        process, told = of_goal(cube_of(space), finished, 0, prior_of(finished), "power")
        if np.exp(process.theta[-1]) < _NONE:
            return history.incumbent
        means = process.predict(process.points[: len(told)])[0]
    which = informative(finished)
    fit = np.isin(which, finished.comparable)
    return finished.done[which[np.argmin(np.where(fit, means, np.inf))]] if fit.any() else history.incumbent
