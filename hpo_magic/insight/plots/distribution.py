"""Empirical distribution: which part of the trials is at least as good as a value; early and late trials apart."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from hpo_magic.insight.plots.convergence import limits
from hpo_magic.insight.plots.style import INK, LINE, SERIES, dress, say
from hpo_magic.space import Space
from hpo_magic.trials import History


def draw(history: History, space: Space, ax: Axes) -> None:
    """Draw the empirical distribution of the finished trials' values into axes.

    A search that learns has its later half well before its earlier one.
    """
    dress(ax)
    goal = history.goals[0]
    ax.set_xlabel(goal.metric, fontsize=9, parse_math=False)
    ax.set_ylabel("part of trials as good", fontsize=9)
    ax.set_ylim(0, 1.03)
    if not history.done:
        return say(ax, "no finished trial yet")
    losses = history.losses[:, 0]
    half = len(losses) // 2
    parts = [("all", losses, LINE, 2.0)]
    if half >= 5:
        parts += [("first half", losses[:half], SERIES[1], 1.3), ("second half", losses[half:], SERIES[2], 1.3)]
    low, high = limits(goal.sign * losses, goal.sign, log=False)
    ax.set_xlim(*((low, high) if goal.sign > 0 else (high, low)))
    for name, some, colour, width in parts:
        ordered = np.sort(some)
        reached = np.arange(1, len(some) + 1) / len(some)
        marker = "o" if len(some) == 1 else None
        ax.step(
            goal.sign * ordered, reached, where="post", color=colour, linewidth=width, label=name, marker=marker,
            markersize=4,
        )  # fmt: skip
    ax.legend(loc="lower right", fontsize=8, frameon=False, labelcolor=INK)
