"""Importance: how much of the variance each parameter explains, pairs beyond what their parts do, with intervals."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from hpo_magic.errors import StudyError
from hpo_magic.insight.importance import importance
from hpo_magic.insight.plots.scale import short
from hpo_magic.insight.plots.style import BEST, INK, LINE, SERIES, dress, say
from hpo_magic.space import Space
from hpo_magic.trials import History

_SINGLE, _PAIRS = 8, 3


def draw(history: History, space: Space, ax: Axes, metric: str | None = None) -> None:
    """Draw importance by fANOVA as bars, by PED-ANOVA as diamonds, into axes: the parameters, then what interacts."""
    dress(ax)
    try:
        told, best = importance(history, space, metric), importance(history, space, metric, method="ped-anova")
    except StudyError as error:
        return say(ax, str(error))
    shares = [*told.shares[:_SINGLE], *(pair for pair in told.interactions[:_PAIRS] if pair.share > 0.01)]
    rows = np.arange(len(shares))[::-1]
    values = np.array([share.share for share in shares])
    reach = np.array([(share.share - share.low, share.high - share.share) for share in shares]).clip(0).T
    shade = [LINE if len(share.names) == 1 else SERIES[2] for share in shares]
    ax.barh(rows, values, color=shade, height=0.62, alpha=0.85)
    ax.errorbar(values, rows, xerr=reach, fmt="none", ecolor=INK, elinewidth=1.2, capsize=3)
    single = [(best[share.names[0]], row) for share, row in zip(shares, rows, strict=True) if len(share.names) == 1]
    ax.plot(*zip(*single, strict=True), "D", color=BEST, markersize=5, label="among the best tenth")
    ax.set_yticks(rows, [_name(share.names) for share in shares], fontsize=9, parse_math=False)
    ax.set_xlim(0, max(1.0, float((values + reach[1]).max()) * 1.02))
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1.0], ["0", "25 %", "50 %", "75 %", "100 %"])
    ax.set_ylim(-0.6, len(shares) - 0.4)
    ax.set_xlabel(f"share of the variance of {told.metric}", fontsize=9, parse_math=False)
    ax.legend(loc="lower right", fontsize=8, frameon=False, labelcolor=INK)


def _name(names: tuple[str, ...]) -> str:
    return " × ".join(short(name, 22 if len(names) == 1 else 12) for name in names)
