"""Parameters of the best: a row each, where in its range the best lies and where the other trials lay."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from hpo_magic.insight.plots.scale import place, placed, short, stands
from hpo_magic.insight.plots.style import BEST, INK, TRIAL, dress
from hpo_magic.space import Space
from hpo_magic.space.shown import readable
from hpo_magic.trials import History

_FAINT, _MOST = 80, 24


def draw(history: History, space: Space, ax: Axes) -> None:
    """Draw the parameters of the incumbent into axes; ranges run from left to right on their own scale."""
    dress(ax)
    names = [name for name in space if name != space.budget][:_MOST]
    rows = np.arange(len(names))[::-1]
    labels = [short(name, 16) for name in names]
    if ax.get_gid() != "rows" or [label.get_text() for label in ax.get_yticklabels()] != labels:
        ax.set_gid("rows")
        ax.set_xlim(-0.03, 1.45)
        ax.set_ylim(-0.6, len(names) - 0.4)
        ax.set_yticks(rows, labels, fontsize=9, parse_math=False)
        ax.set_xticks([])
        ax.spines["bottom"].set_visible(False)
    ax.hlines(rows, 0, 1, color=INK, linewidth=0.8, alpha=0.5)
    best = history.incumbent
    xs: list[float] = []
    ys: list[float] = []
    for row, name in zip(rows, names, strict=True):
        places = placed(history.done[-_FAINT:], space, name)[1]
        xs += places
        ys += [row] * len(places)
    ax.plot(xs, ys, "|", color=TRIAL, markersize=9, alpha=0.5)
    if best is None:
        return
    there = [(row, name) for row, name in zip(rows, names, strict=True) if stands(best, space, name)]
    ax.plot(
        [place(space, name, best.config[name]) for _, name in there], [row for row, _ in there], "D",
        color=BEST, markersize=7,
    )  # fmt: skip
    for row, name in zip(rows, names, strict=True):
        text = readable(best.config[name]) if name in best.config else "–"
        ax.text(1.06, row, short(text, 18), color=INK, fontsize=9, va="center", parse_math=False)
