"""Parameters of the best: a row each, where in its range the best lies and where the other trials lay."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from hpo_magic.insight.plots.scale import place, placed, short, stands
from hpo_magic.insight.plots.style import BEST, INK, TRIAL, dress
from hpo_magic.space import Space
from hpo_magic.space.shown import readable
from hpo_magic.trials import History, Trial

_FAINT = 80
_SIZE, _SMALL = 9, 7
"""Points of the labels: where rows are many, the smaller."""
_LINE = 1.25
"""Height of a row at least, in parts of its label's size."""


def draw(history: History, space: Space, ax: Axes) -> None:
    """Draw the parameters of the incumbent into axes; ranges run from left to right on their own scale.

    Where there is not room for all, those come first that it has.
    """
    dress(ax)
    best = history.incumbent
    every = [name for name in space if name != space.budget]
    height = ax.bbox.height * 72 / ax.figure.dpi
    names = _fitting(every, best, int(height / (_SMALL * _LINE)))
    size = _SIZE if len(names) * _SIZE * _LINE <= height else _SMALL
    rows = np.arange(len(names))[::-1]
    labels = [short(name, 16) for name in names]
    if ax.get_gid() != "rows" or [label.get_text() for label in ax.get_yticklabels()] != labels:
        ax.set_gid("rows")
        ax.set_xlim(-0.03, 1.45)
        ax.set_ylim(-0.6, len(names) - 0.4)
        ax.set_yticks(rows, labels, fontsize=size, parse_math=False)
        ax.set_xticks([])
        ax.spines["bottom"].set_visible(False)
    ax.hlines(rows, 0, 1, color=INK, linewidth=0.8, alpha=0.5)
    if len(names) < len(every):
        ax.set_xlabel(f"{len(names)} of {len(every)} parameters", fontsize=_SIZE)
    xs: list[float] = []
    ys: list[float] = []
    for row, name in zip(rows, names, strict=True):
        places = placed(history.done[-_FAINT:], space, name)[1]
        xs += places
        ys += [row] * len(places)
    ax.plot(xs, ys, "|", color=TRIAL, markersize=size, alpha=0.5)
    if best is None:
        return
    there = [(row, name) for row, name in zip(rows, names, strict=True) if stands(best, space, name)]
    ax.plot(
        [place(space, name, best.config[name]) for _, name in there], [row for row, _ in there], "D",
        color=BEST, markersize=7,
    )  # fmt: skip
    for row, name in zip(rows, names, strict=True):
        text = readable(best.config[name]) if name in best.config else "–"
        ax.text(1.06, row, short(text, 18), color=INK, fontsize=size, va="center", parse_math=False)


def _fitting(names: list[str], best: Trial | None, room: int) -> list[str]:
    """Return as many names as there is room for, in their order: first those that the best has."""
    if len(names) <= room:
        return names
    has = [name for name in names if best is not None and name in best.config]
    kept = [*has, *(name for name in names if name not in has)][: max(room, 1)]
    return [name for name in names if name in kept]
