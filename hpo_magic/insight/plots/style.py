"""Colours and type that read on white and on dark alike (transparent ground, middle greys, Okabe-Ito colours)."""

from __future__ import annotations

import matplotlib as mpl
from matplotlib.axes import Axes

mpl.rcParams  # noqa: B018 - read here, in the importing thread, because the first read parses a file

INK = "#7a7a7a"
TRIAL = "#56a0d3"
BEST = "#e69f00"
LINE = "#0091c8"
FAILED = "#d55e00"


def dress(ax: Axes) -> None:
    """Give axes the house style."""
    ax.set_facecolor("none")
    ax.figure.patch.set_alpha(0.0)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(INK)
    ax.tick_params(colors=INK, which="both", labelsize=9)
    ax.xaxis.label.set_color(INK)
    ax.yaxis.label.set_color(INK)
    ax.title.set_color(INK)
