"""Pareto front: two metrics as axes, a third as colour; what misses a constraint is crossed out.

The trials of a small front bear their numbers, by which they are applied.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from hpo_magic.insight.plots.convergence import limits
from hpo_magic.insight.plots.palette import colours, quality
from hpo_magic.insight.plots.scale import short
from hpo_magic.insight.plots.style import BEST, FAILED, INK, LINE, TRIAL, dress, say
from hpo_magic.space import Space
from hpo_magic.trials import History

_NUMBERED = 16
"""Trials on a front at most whose numbers are written; those of more would lie upon each other."""


def draw(history: History, space: Space, ax: Axes) -> None:
    """Draw the finished trials and their front into axes; for two goals or three (of more, the first three)."""
    dress(ax)
    goals = history.goals
    if len(goals) < 2:
        return say(ax, "one metric has no front: name two to minimise or maximise")
    ax.set_xlabel(f"{goals[0].metric} ({goals[0].word})", fontsize=9, parse_math=False)
    ax.set_ylabel(f"{goals[1].metric} ({goals[1].word})", fontsize=9, parse_math=False)
    if not history.done:
        return say(ax, "no finished trial yet")
    signs = np.array([goal.sign for goal in goals])
    values = history.losses * signs
    fit = np.array([history.feasible(trial) for trial in history.done])
    front = {trial.number for trial in history.front}
    leads = np.array([trial.number in front for trial in history.done])
    rest = fit & ~leads
    for axis, column in ((ax.set_xlim, 0), (ax.set_ylim, 1)):  # one far outlier must not make a point of all others
        low, high = limits(values[:, column], int(signs[column]), log=False)
        pad = 0.05 * (high - low)
        led = values[leads, column] if leads.any() else np.array([low, high])
        low, high = min(low, led.min() - pad), max(high, led.max() + pad)
        low = max(low, 0.0) if values[:, column].min() >= 0 else low  # what counts or weighs is never below
        values[:, column] = np.clip(values[:, column], low, high)
        axis(low, high)
    tints = colours(quality(history.losses[:, 2])) if len(goals) > 2 else None
    ax.scatter(
        values[rest, 0], values[rest, 1], s=18, linewidths=0, alpha=0.6, c=TRIAL if tints is None else tints[rest],
        clip_on=False,
    )  # fmt: skip
    if not fit.all():
        ax.plot(
            values[~fit, 0], values[~fit, 1], "x", color=FAILED, markersize=5, alpha=0.7, label="misses a constraint",
            clip_on=False,
        )  # fmt: skip
    if len(goals) == 2 and leads.any():
        order = np.argsort(values[leads, 0])
        ax.step(
            values[leads, 0][order], values[leads, 1][order], where="post" if signs[0] > 0 else "pre",
            color=LINE, linewidth=1.4,
        )  # fmt: skip
    ax.scatter(
        values[leads, 0], values[leads, 1], s=46, zorder=3, linewidths=1.4, edgecolors=BEST, label="front",
        c=BEST if tints is None else tints[leads], clip_on=False,
    )  # fmt: skip
    if leads.sum() <= _NUMBERED:
        for place in np.flatnonzero(leads):
            ax.annotate(
                str(history.done[place].number), values[place, :2], (4, 4), textcoords="offset points", fontsize=7,
                color=INK, annotation_clip=False,
            )  # fmt: skip
    if len(goals) > 2:
        best, worst = signs[2] * np.sort(history.losses[:, 2])[[0, -1]]
        title = f"{short(goals[2].metric, 14)}: dark is good, {worst:.3g} to {best:.3g}"
        ax.set_title(title, fontsize=8, loc="left", color=INK, parse_math=False)
    ax.legend(
        loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0, ncols=2, fontsize=8, frameon=False, labelcolor=INK
    )  # fmt: skip
