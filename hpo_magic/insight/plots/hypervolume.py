"""Hypervolume: how much the front covers after each trial; for several metrics what convergence is for one."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hpo_magic.insight.plots.style import LINE, dress, say
from hpo_magic.space import Space
from hpo_magic.trials import History
from hpo_magic.trials.pareto import corner_of, volumes

_MOST = 60


def draw(history: History, space: Space, ax: Axes) -> None:
    """Draw the hypervolume over the trials into axes; the reference lies a tenth of the range beyond the worst."""
    dress(ax)
    ax.set_xlabel("trial", fontsize=9)
    ax.set_ylabel("hypervolume", fontsize=9)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    if len(history.goals) < 2:
        return say(ax, "one metric has no hypervolume: name two to minimise or maximise")
    fit = history.comparable
    if not fit:
        return say(ax, "no finished trial that meets the constraints yet")
    losses, numbers = history.losses[fit], [history.done[i].number for i in fit]
    corner = corner_of(losses)
    steps = np.unique(np.linspace(1, len(fit), _MOST).astype(int))
    covered = volumes(losses, corner, steps.tolist())
    ax.step([numbers[count - 1] for count in steps], covered, where="post", color=LINE, linewidth=1.8)
    ax.set_ylim(0, float(covered.max()) * 1.06 or 1.0)
