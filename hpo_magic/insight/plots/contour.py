"""Contour: the metric over two parameters as a model sees it; where the model does not know, it is grey."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from hpo_magic.errors import StudyError
from hpo_magic.insight.importance import importance
from hpo_magic.insight.landscape import surface
from hpo_magic.insight.measured import check_parameter, goal_of
from hpo_magic.insight.plots.palette import colours
from hpo_magic.insight.plots.scale import beyond, name_axes, place, short, stands, within, written
from hpo_magic.insight.plots.style import BEST, FAILED, INK, dress, say
from hpo_magic.space import Choice, Space
from hpo_magic.trials import History

_LEVELS, _FINE, _FEW = 5, 64, 8
_UNKNOWN = 0.55
"""The grey that stands for not knowing: on white and on dark pages alike it is neither good nor bad."""


def draw(
    history: History, space: Space, ax: Axes, x: str | None = None, y: str | None = None, metric: str | None = None
) -> None:  # fmt: skip
    """Draw mean, uncertainty and trials over two parameters into axes, by default over the two that matter most."""
    dress(ax)
    for name in (x, y):
        if name is not None:
            check_parameter(space, name)
    try:
        x, y = axes_of(history, space, x, y, metric)
        seen = surface(history, space, x, y, metric)
    except StudyError as error:
        return say(ax, str(error))
    name_axes(ax, space, x, y)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    sign = goal_of(history, metric).sign
    us = [place(space, x, value) for value in seen.xs]
    vs = [place(space, y, value) for value in seen.ys]
    mean, spread = _fine(us, vs, seen.mean), _fine(us, vs, seen.spread)
    low, high = float(np.nanmin(mean)), float(np.nanmax(mean))
    span = (high - low) or 1.0
    good = (high - mean) / span if sign > 0 else (mean - low) / span
    tints = colours(np.nan_to_num(good).ravel()).reshape(*mean.shape, 4)
    certain = 1 - np.clip(spread / (np.nanmax(spread) + 1e-12), 0, 1) ** 2
    tints[..., :3] = certain[..., None] * tints[..., :3] + (1 - certain[..., None]) * _UNKNOWN
    tints[..., 3] = np.where(np.isnan(mean), 0.0, 0.9)
    ax.imshow(tints, origin="lower", extent=(0, 1, 0, 1), aspect="auto", interpolation="bilinear")
    if high > low and not isinstance(space[x], Choice) and not isinstance(space[y], Choice):
        middle = (np.arange(_FINE) + 0.5) / _FINE
        lines = ax.contour(middle, middle, mean, _LEVELS, colors="white", linewidths=0.8, alpha=0.8)
        ax.clabel(lines, fmt=lambda level: written(level, high - low), fontsize=8, colors="white")
    outside = _trials(history, space, x, y, ax)
    title = f"mean {short(seen.metric, 40)}: dark is good, grey is unknown"
    ax.set_title(f"{title}{beyond(outside)}", fontsize=8, parse_math=False)


def axes_of(history: History, space: Space, x: str | None, y: str | None, metric: str | None = None) -> tuple[str, str]:
    """Return the two parameters to draw over: those asked for, or those that matter most for a metric.

    Where nothing is asked for they are of the best config, if two are, and neither decides whether the other exists.
    """
    names = [name for name in space if name != space.budget]
    if len(names) < 2:
        raise StudyError(f"a contour needs two parameters; the space has {len(names)}")
    if x is None or y is None:
        names = list(importance(history, space, metric))
    together = [
        (one, other) for one in names for other in names
        if one != other and any(one in trial.config and other in trial.config for trial in history.done)
    ]  # fmt: skip
    best = history.incumbent
    if x is None and y is None and best is not None:
        near = [pair for pair in together if set(pair) <= set(best.config) and not decides(space, *pair)]
        together = near or together
    wanted = [check_parameter(space, name) if name else None for name in (x, y)]
    for pair in together:
        if all(name in (None, seen) for name, seen in zip(wanted, pair, strict=True)):
            return pair
    asked = " and ".join(name for name in wanted if name) or "two parameters"
    if not history.done:
        raise StudyError(f"there is no finished trial yet to draw {asked} from")
    if None not in wanted:
        raise StudyError(f"{asked} exist together in no finished trial")
    raise StudyError(f"{asked} exist together with no other parameter in any finished trial")


def decides(space: Space, one: str, other: str) -> bool:
    """Whether one of two parameters decides, itself or by those between, whether the other exists."""
    for name, above in ((one, other), (other, one)):
        reached = {name}
        while reached:
            limits = [space.condition(each) for each in reached]
            reached = {parent for limit in limits if limit is not None for parent in limit.names}
            if above in reached:
                return True
    return False


def _fine(us: list[float], vs: list[float], values: np.ndarray) -> np.ndarray:
    """Return values on a fine, even grid over the unit square, (fine, fine); few levels become bands, not slopes."""
    return _along(us, _along(vs, values.T).T)


def _along(places: list[float], values: np.ndarray) -> np.ndarray:
    """Return rows of values, (m, places), at finely spaced places, (m, fine)."""
    middle = (np.arange(_FINE) + 0.5) / _FINE
    if np.isnan(values).any() or len(places) < _FEW:
        return np.asarray(values[:, np.abs(np.array(places)[:, None] - middle).argmin(axis=0)])
    return np.array([np.interp(middle, places, row) for row in values])


def _trials(history: History, space: Space, x: str, y: str, ax: Axes) -> int:
    """Draw the trials that lie within the ranges; return how many of those that ended with a value do not."""
    outside = []
    for trials, mark, colour, size in ((history.done[-400:], "o", INK, 3), (history.failed[-100:], "x", FAILED, 5)):
        both = [trial for trial in trials if x in trial.config and y in trial.config]
        there = within(both, space, x, y)
        outside.append(len(both) - len(there))
        at = [(place(space, x, t.config[x]), place(space, y, t.config[y])) for t in there]
        if at:
            ax.plot(
                *zip(*at, strict=True), mark, color=colour, markersize=size, alpha=0.8,
                markeredgecolor="white" if mark == "o" else colour, markeredgewidth=0.4 if mark == "o" else 1.0,
            )  # fmt: skip
    best = history.incumbent
    if best is not None and stands(best, space, x, y):
        ax.plot(
            [place(space, x, best.config[x])], [place(space, y, best.config[y])], "*", color=BEST, markersize=14,
            markeredgecolor="white", markeredgewidth=0.6, clip_on=False, zorder=5,
        )  # fmt: skip
    return outside[0]
