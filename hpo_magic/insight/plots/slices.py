"""Slices: the value over each parameter by itself, side by side on one scale; earlier trials are paler."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from hpo_magic.insight.plots.convergence import limits
from hpo_magic.insight.plots.scale import WIDTH, beyond, fitting, place, placed, short, stands, ticks
from hpo_magic.insight.plots.style import BEST, INK, LINE, dress, say
from hpo_magic.space import Choice, Space
from hpo_magic.trials import History, Trial

_COLUMNS, _GAP, _MOST, _ABREAST = 8, 0.25, 1000, 4
"""Slices at most, the gap between two, trials at most, and names that stand in one row."""


def draw(history: History, space: Space, ax: Axes) -> None:
    """Draw the slices of a history into axes; of many parameters the eight over which the value varies the most."""
    dress(ax)
    names, every = telling(history, space, _COLUMNS), len(space) - (space.budget is not None)
    done = history.done[-_MOST:]
    goal = history.goals[0]
    ax.set_ylabel(goal.metric, fontsize=9, parse_math=False)
    width = len(names) * (1 + _GAP) - _GAP
    ax.set_xlim(-0.06, width + 0.06)
    ax.set_xticks([])
    if not done:
        return say(ax, "no finished trial yet")
    values = goal.sign * history.losses[-_MOST:, 0]
    outside: set[int] = set()
    few = f"the {len(names)} of {every} parameters over which it varies the most" if len(names) < every else ""
    low, high = limits(values, goal.sign, log=False)
    ax.set_ylim(low, high)
    best = history.incumbent
    for column, name in enumerate(names):
        start = column * (1 + _GAP)
        there, places = placed(done, space, name)
        outside |= {i for i, trial in enumerate(done) if name in trial.config}.difference(there)
        xs = np.array(places)
        if isinstance(space[name], Choice):  # options side by side: spread them, or all lie on one line
            xs = xs + np.array([((done[i].number * 0.618) % 1 - 0.5) for i in there]) * 0.5 / len(space.options(name))
        shades = np.array([to_rgba(LINE, 0.15 + 0.7 * (i + 1) / len(done)) for i in there])
        shown, shades = np.clip(values[there], low, high), shades.reshape(-1, 4)
        inside = shown == values[there]
        for which, mark in ((inside, "o"), (~inside, "v" if goal.sign < 0 else "^")):  # an arrow towards where it lies
            ax.scatter((start + xs)[which], shown[which], s=14, c=shades[which], marker=mark, linewidths=0)
        if best is not None and stands(best, space, name):
            at = start + place(space, name, best.config[name])
            ax.plot([at], [goal.sign * history.loss(best)], "*", color=BEST, markersize=11)
        if column:
            ax.axvline(start - _GAP / 2, color=INK, linewidth=0.6, alpha=0.4)
        _label(name, space, column, len(names), ax)
    ax.set_title((few + beyond(len(outside))).removeprefix("; "), fontsize=8)


def telling(history: History, space: Space, most: int) -> list[str]:
    """Return so many parameters at most, in their own order: those with which the rank of the value varies the most.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> from hpo_magic.trials import State, Trial
    >>> space = Space({"a": Float(0, 1), "b": Float(0, 1)})
    >>> configs = ({"a": 0.37 * i % 1, "b": i / 9} for i in range(10))
    >>> done = tuple(Trial(i, c, State.DONE, {"value": c["b"]}) for i, c in enumerate(configs))
    >>> telling(History(done), space, 1)
    ['b']
    """
    names = [name for name in space if name != space.budget]
    if len(names) <= most:
        return names
    done = history.done[-_MOST:]
    ranks = np.argsort(np.argsort([history.loss(trial) for trial in done]))
    told = sorted(names, key=lambda name: -_told(space, name, done, ranks))[:most]
    return [name for name in names if name in told]


def _told(space: Space, name: str, done: Sequence[Trial], ranks: np.ndarray) -> float:
    """Return the variance between the mean ranks of a parameter's fifths, of its options, and of where it is absent."""
    at = [round(place(space, name, trial.config[name]) * 5) if name in trial.config else -1 for trial in done]
    groups = [ranks[np.array(at) == one] for one in set(at)]
    return sum(len(group) * (float(group.mean()) - (len(done) - 1) / 2) ** 2 for group in groups)


def _label(name: str, space: Space, column: int, count: int, ax: Axes) -> None:
    start = column * (1 + _GAP)
    for u, text in fitting(*ticks(space[name], most=2 if count > 3 else 3), room=WIDTH // count):
        side = "center" if isinstance(space[name], Choice) else "left" if u < 0.1 else "right" if u > 0.9 else "center"
        ax.annotate(
            text, (start + u, 0), (0, -4), xycoords=ax.get_xaxis_transform(), textcoords="offset points",
            ha=side, va="top", fontsize=8, color=INK, parse_math=False, annotation_clip=False,
        )  # fmt: skip
    rows = 2 if count > _ABREAST else 1  # names that are long stand in two rows
    ax.annotate(
        short(name, max(8, rows * WIDTH // count - 6)), (start + 0.5, 0), (0, -16 - 11 * (column % rows)),
        xycoords=ax.get_xaxis_transform(),
        textcoords="offset points", ha="center", va="top", fontsize=10 - rows, color=INK, parse_math=False,
        annotation_clip=False,
    )  # fmt: skip
