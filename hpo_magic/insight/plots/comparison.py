"""Comparison: the best so far of two kinds of search, means with bands over their runs."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hpo_magic.insight.comparison import Comparison
from hpo_magic.insight.plots.convergence import limits
from hpo_magic.insight.plots.scale import short
from hpo_magic.insight.plots.style import INK, SERIES, dress

_TITLE = 90
"""Characters that a line of the title holds."""


def draw(comparison: Comparison, ax: Axes) -> None:
    """Draw a comparison into axes: each side's mean, its runs thin, and from three runs on a band of one spread."""
    dress(ax)
    ax.set_xlabel("finished trials", fontsize=9)
    ax.set_ylabel(f"best {comparison.goal.metric} so far", fontsize=9, parse_math=False)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
    sides = (comparison.one, comparison.other)
    means = []
    for side, colour in zip(sides, SERIES, strict=False):
        runs, length = side.curves.shape
        at = np.arange(1, length + 1)
        there = ~np.isnan(side.curves).any(axis=0)
        mean = side.curves[:, there].mean(axis=0)
        marker = "o" if there.sum() == 1 else None
        means += ax.step(at[there], mean, where="post", color=colour, linewidth=2, marker=marker)
        if runs > 2:
            spread = side.curves[:, there].std(axis=0, ddof=1)
            ax.fill_between(at[there], mean - spread, mean + spread, step="post", color=colour, alpha=0.18, linewidth=0)
        elif runs > 1:
            ax.step(at, side.curves.T, where="post", color=colour, linewidth=0.7, alpha=0.6)
    told = np.concatenate([side.curves[~np.isnan(side.curves)] for side in sides])
    if len(told):
        ax.set_ylim(*limits(told, comparison.goal.sign, log=False))
    legend = ax.legend(
        means,
        [f" {short(side.name, 40)} ({len(side.curves)})" for side in sides],  # the blank: "_x" would be left out
        loc="upper right" if comparison.goal.sign > 0 else "lower right", fontsize=8, frameon=False, labelcolor=INK,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)
    ax.set_title(textwrap.fill(comparison.verdict, _TITLE), fontsize=8, parse_math=False)
