"""Colours and type that read on white and on dark alike (transparent ground, middle greys, Okabe-Ito colours)."""

from __future__ import annotations

from matplotlib.axes import Axes

INK = "#7a7a7a"
TRIAL = "#56a0d3"
BEST = "#e69f00"
LINE = "#0091c8"
FAILED = "#d55e00"
SERIES = ("#0091c8", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#8c8c00", "#56a0d3")
_DRESSED = "hpo_magic"


def say(ax: Axes, text: str) -> None:
    """Write in the middle of empty axes why they are empty."""
    ax.text(0.5, 0.5, text, transform=ax.transAxes, ha="center", color=INK, fontsize=9)


def dress(ax: Axes) -> None:
    """Give axes the house style, once."""
    if ax.get_label() == _DRESSED:
        return
    ax.set_label(_DRESSED)
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
