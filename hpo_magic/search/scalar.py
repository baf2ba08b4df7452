"""One number a trial for samplers that can weigh one only: goals scalarised, missed constraints penalised."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpo_magic.search.fidelity import places
from hpo_magic.trials import History

Array = NDArray[np.float64]


def scalar_losses(history: History, rng: np.random.Generator) -> Array:
    """Return a loss a finished trial, (n_done,).

    Several goals become an augmented Chebyshev sum with random weights, new at every proposal (Knowles 2006, eq. 2).
    Where budgets differ, losses become places among those of the same budget.
    Trials that miss a constraint are worse than all that meet them, the more so the more they miss.

    Examples
    --------
    >>> from hpo_magic.trials import State, Trial
    >>> done = Trial(0, {"x": 1}, State.DONE, {"value": 2.0})
    >>> scalar_losses(History((done,)), np.random.default_rng(0))
    array([2.])
    """
    losses = history.losses
    if losses.shape[1] == 1:
        scalar = places(history, losses[:, 0].copy())
    else:
        low, span = losses.min(axis=0), np.ptp(losses, axis=0)
        weighted = rng.dirichlet(np.ones(losses.shape[1])) * (losses - low) / np.where(span > 0, span, 1.0)
        scalar = weighted.max(axis=1) + 0.05 * weighted.sum(axis=1)
    missed = np.maximum(history.margins, 0.0)
    if missed.any():
        scale = np.abs(history.margins).max(axis=0)
        excess = (missed / np.where(scale > 0, scale, 1.0)).sum(axis=1)
        worst = scalar.max()
        scalar = np.where(excess > 0, worst + (np.ptp(scalar) or 1.0) * excess, scalar)
    return np.asarray(scalar)
