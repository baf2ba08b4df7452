"""Parallel coordinates: a line a trial through every parameter to its value; the best stand out, the bad are faint."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import NDArray

from hpo_magic.insight.plots.convergence import worst_shown
from hpo_magic.insight.plots.palette import colours, quality
from hpo_magic.insight.plots.scale import WIDTH, beyond, ends, place, short, ticks, within
from hpo_magic.insight.plots.style import BEST, INK, dress, say
from hpo_magic.space import Choice, Space
from hpo_magic.trials import History, Trial

_MOST, _COLUMNS, _ONE_ROW = 200, 12, 7


@dataclass
class _Lines:
    """Lines from one axis to another, each in its colour."""

    ends: list[tuple[tuple[float, float], tuple[float, float]]] = field(default_factory=list)
    tints: list[NDArray[np.float64]] = field(default_factory=list)


def draw(history: History, space: Space, ax: Axes) -> None:
    """Draw parallel coordinates into axes; past parameters that a trial lacks its line is dotted.

    Of very many trials the best and the latest are shown, of very many parameters the first twelve.
    """
    dress(ax)
    names = [name for name in space if name != space.budget][:_COLUMNS]
    fit = [trial for trial in history.done if history.feasible(trial)]
    there = within(fit, space, *names)
    trials, outside = _chosen(there, history), len(fit) - len(there)
    ax.set_xlim(-0.15, len(names) + 0.3)
    ax.set_ylim(-0.03, 1.06)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.spines["bottom"].set_visible(False)
    goal = history.goals[0]
    titles = [*names, goal.metric]
    rows = 1 if len(titles) <= _ONE_ROW else 2  # many names stand on two lines in turns
    labels = [
        "\n" * (x % rows) + short(title, rows * WIDTH // len(titles) + 1 - rows) for x, title in enumerate(titles)
    ]
    ax.set_xticks(range(len(titles)), labels, fontsize=9, parse_math=False)
    ax.tick_params(length=0)
    ax.vlines(range(len(titles)), 0, 1, color=INK, linewidth=0.8, alpha=0.6)
    if not trials:
        return say(ax, "no finished trial yet" if not history.done else f"no trial yet that {_missing(history)}")
    ax.set_title(beyond(outside).removeprefix("; "), fontsize=8)
    losses = np.array([history.loss(trial) for trial in trials])
    low, high = _limits(losses)
    last = np.clip((high - losses) / (high - low), 0, 1) if high > low else np.full(len(losses), 0.5)
    good = quality(losses)
    order = np.argsort(good)  # the best on top
    tints = colours(good)
    tints[:, 3] = 0.12 + 0.75 * good**3
    near, past = _Lines(), _Lines()
    for i in order:
        stops = [(x, place(space, n, trials[i].config[n])) for x, n in enumerate(names) if n in trials[i].config]
        stops.append((len(names), float(last[i])))
        for one, other in pairwise(stops):
            drawn = near if other[0] - one[0] == 1 else past
            drawn.ends.append((one, other))
            drawn.tints.append(tints[i])
    ax.add_collection(LineCollection(near.ends, colors=near.tints, linewidths=1.1))
    ax.add_collection(LineCollection(past.ends, colors=past.tints, linewidths=0.9, linestyles=":"))
    best = history.incumbent
    if best is not None and within([best], space, *names):
        stops = [(x, place(space, n, best.config[n])) for x, n in enumerate(names) if n in best.config]
        value = np.clip((high - history.loss(best)) / (high - low), 0, 1) if high > low else 0.5
        stops.append((len(names), float(value)))
        ax.plot(*zip(*stops, strict=True), "o", color=BEST, markersize=5, zorder=4)
    _label_ends(names, space, ax)
    for u, text in zip((0.0, 1.0), ends(goal.sign * high, goal.sign * low), strict=True):
        ax.text(len(names) + 0.05, u, text, fontsize=8, color=INK, va="center", clip_on=False)


def _label_ends(names: list[str], space: Space, ax: Axes) -> None:
    for x, name in enumerate(names):
        for u, text in zip(*_ends(space, name), strict=True):
            ax.text(
                x + 0.03, u, text, fontsize=7.5, color="white", va="center", parse_math=False, zorder=5,
                bbox={"facecolor": INK, "edgecolor": "none", "pad": 1.2, "alpha": 0.85},
            )  # fmt: skip


def _ends(space: Space, name: str) -> tuple[list[float], list[str]]:
    domain = space[name]
    if isinstance(domain, Choice):
        return ticks(domain)
    return [0.0, 1.0], list(ends(domain.low, domain.high))


def _missing(history: History) -> str:
    """Return what no finished trial does."""
    return "lies within the ranges" if any(map(history.feasible, history.done)) else "meets the constraints"


def _chosen(done: list[Trial], history: History) -> list[Trial]:
    if len(done) <= _MOST:
        return done
    best = sorted(done, key=history.loss)[: _MOST // 2]
    return list({trial.number: trial for trial in [*done[-_MOST // 2 :], *best]}.values())


def _limits(losses: np.ndarray) -> tuple[float, float]:
    """Return the best loss and a worst one that shows the good half whole; what is worse lies at the end."""
    return float(losses.min()), worst_shown(losses, 0.75, 2.0)
