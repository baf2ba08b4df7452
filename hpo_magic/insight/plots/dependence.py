"""Partial dependence: the metric over one parameter as a model sees it, with its uncertainty, and what it promises."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from hpo_magic.errors import StudyError
from hpo_magic.insight.landscape import partial_dependence
from hpo_magic.insight.measured import check_parameter
from hpo_magic.insight.plots.scale import name_axes, place, short, within
from hpo_magic.insight.plots.style import BEST, INK, LINE, TRIAL, dress, say
from hpo_magic.space import Choice, Space
from hpo_magic.trials import History

_FLOOR = 0.18
"""The part of the height that the acquisition has for itself, at the bottom."""


def draw(
    history: History, space: Space, ax: Axes, parameter: str | None = None, metric: str | None = None
) -> None:  # fmt: skip
    """Draw mean, 95 % band and acquisition over a parameter into axes, by default over the first one.

    The hills at the bottom show where a trial promises the most (expected improvement); trials are the dots.
    """
    dress(ax)
    name = check_parameter(space, parameter) if parameter else next(n for n in space if n != space.budget)
    name_axes(ax, space, name)
    try:
        line = partial_dependence(history, space, name, metric)
    except StudyError as error:
        return say(ax, str(error))
    xs = np.array([place(space, name, value) for value in line.values])
    ax.set_ylabel(f"mean {short(line.metric, 30)}", fontsize=9, parse_math=False)
    discrete = isinstance(space[name], Choice)
    if discrete:
        ax.errorbar(
            xs, line.mean, (line.mean - line.low, line.high - line.mean), fmt="o", color=LINE, capsize=4, markersize=6
        )  # fmt: skip
    else:
        ax.fill_between(xs, line.low, line.high, color=LINE, alpha=0.2, linewidth=0)
        ax.plot(xs, line.mean, color=LINE, linewidth=1.8)
    low, high = float(np.nanmin(line.low)), float(np.nanmax(line.high))
    if not np.isfinite(high - low):
        return say(ax, f"values over {name} are too far apart, or too near, to be drawn")
    span = max(high - low, 1e-9 * max(abs(low), abs(high))) or 1.0  # less cannot be told apart on an axis
    floor = low - span * _FLOOR * 1.3
    ax.set_ylim(floor, high + 0.05 * span)
    ax.set_xlim(-0.03, 1.03)
    hill = floor + span * _FLOOR * line.acquisition
    if discrete:
        ax.bar(xs, hill - floor, bottom=floor, width=0.5 / len(xs), color=BEST, alpha=0.5)
    else:
        ax.fill_between(xs, floor, hill, color=BEST, alpha=0.45, linewidth=0)
    there = within([t for t in history.done[-300:] if name in t.config], space, name)
    told = [(place(space, name, t.config[name]), t) for t in there]
    values = [(x, (trial.values or {}).get(line.metric, np.nan)) for x, trial in told]
    inside = [(x, y) for x, y in values if low <= y <= high]
    if inside:
        ax.plot(*zip(*inside, strict=True), ".", color=TRIAL, alpha=0.5, markersize=5)
    ax.text(1.005, 0.0, "promise", transform=ax.transAxes, rotation=90, va="bottom", fontsize=8, color=INK)
