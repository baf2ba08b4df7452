"""Which of the tried configs is the best in expectation: noise makes the best observed one a lucky one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpo_magic.insight.measured import FEWEST
from hpo_magic.search.cube import cube_of
from hpo_magic.search.one_thread import one_thread
from hpo_magic.search.surrogates.belief import informative, of_constraint, of_goal, prior_of
from hpo_magic.space import Space
from hpo_magic.trials import History, Trial

_NONE = 1e-3
"""Noise variance, in parts of that of all losses, below which the best observed was not lucky: what sets the best apart
is less than how closely a model follows them."""


def recommend(history: History, space: Space) -> Trial | None:
    """Return the feasible trial with the smallest posterior mean of the first goal; None where none is feasible.

    Where the model sees no noise it is the best observed. Where a constraint is noisy, a trial that met it once may
    have been lucky: it must be expected to meet it, or where none is, to miss it least.
    Repeats of a config are averaged by the model, whose noise they tell. Where trials have budgets, it is one of those
    with the largest that has been reached.
    """
    best = history.incumbent
    if len(history.done) < FEWEST or best is None:
        return best
    finished = History(history.done, history.goals, history.constraints)
    which = informative(finished)
    fit = np.isin(which, finished.comparable)
    if not fit.any():
        return best
    with one_thread():
        process, told = of_goal(cube_of(space), finished, 0, prior_of(finished), "power")
        missed = _missed(finished, space, which)
        sound = fit & (missed <= 0)
        if not sound.any():
            means, sound = missed, fit
        elif np.exp(process.theta[-1]) >= _NONE:
            means = process.mean(process.points[: len(told)])
        elif best in [finished.done[i] for i in which[sound]]:
            return best
        else:
            means = finished.losses[which, 0]
    return finished.done[int(which[np.argmin(np.where(sound, means, np.inf))])]


def _missed(history: History, space: Space, which: NDArray[np.int_]) -> NDArray[np.float64]:
    """Return by how much finished trials are expected to miss a noisy constraint, 0 where they meet all, (n,)."""
    cube, prior = cube_of(space), prior_of(history)
    points = cube.encode([history.done[i] for i in which])
    margins = [of_constraint(cube, history, i, prior) for i in range(len(history.constraints))]
    noisy = [margin.predict(points)[0] for margin in margins if np.exp(margin.process.theta[-1]) >= _NONE]
    return np.asarray(np.max([np.zeros(len(which)), *noisy], axis=0))
