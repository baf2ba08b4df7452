"""Timeline: which trial ran when, and on which worker; waits between trials show as gaps."""

from __future__ import annotations

import re

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import Patch

from hpo_magic.insight.plots.scale import short
from hpo_magic.insight.plots.style import BEST, FAILED, INK, LINE, SERIES, TRIAL, dress, say
from hpo_magic.space import Space
from hpo_magic.trials import History, State, Trial

_SHADES = {
    State.DONE: TRIAL, State.FAILED: FAILED, State.STOPPED: INK, State.LOST: SERIES[5], State.RUNNING: LINE,
}  # fmt: skip
_SHARED = re.compile(r"[^ ]*:(\d+):\w+ (.+)")
_MOST, _LANES = 2000, 64
"""Trials that are drawn, the latest; workers that get a lane each, above which lanes are shared."""


def draw(history: History, space: Space, ax: Axes) -> None:
    """Draw when each trial ran into axes, a lane a worker; where workers are not known, trials that overlap apart."""
    dress(ax)
    ax.set_ylabel("worker", fontsize=9)
    begun = [trial for trial in history.trials if trial.started is not None][-_MOST:]
    if not begun:
        return say(ax, "no trial has started yet")
    first = min(trial.started or 0.0 for trial in begun)
    last = max(max(trial.finished or 0.0, trial.started or 0.0) for trial in begun)
    unit, word = (1, "s") if last - first < 300 else (60, "min") if last - first < 18_000 else (3600, "h")
    names = list(dict.fromkeys(trial.worker for trial in sorted(begun, key=lambda trial: trial.started or 0.0)))
    named = "" not in names and len(names) <= _LANES
    lane = {trial.number: names.index(trial.worker) for trial in begun} if named else lanes(begun, last)
    best = history.incumbent
    for state, shade in _SHADES.items():
        some = [trial for trial in begun if trial.state is state]
        if some:
            starts = np.array([(trial.started or 0.0) - first for trial in some]) / unit
            ends = np.array([(trial.finished or last) - first for trial in some]) / unit
            rows = np.array([lane[trial.number] for trial in some])
            corners = np.stack([starts, rows - 0.4, starts, rows + 0.4, ends, rows + 0.4, ends, rows - 0.4], axis=1)
            bars = PolyCollection(list(corners.reshape(-1, 4, 2)), facecolors=shade, edgecolors="white", linewidths=0.4)
            ax.add_collection(bars)
    if best is not None and best.number in lane and best.finished is not None:
        ax.plot([(best.finished - first) / unit], [lane[best.number]], "*", color=BEST, markersize=11, zorder=4)
    ax.set_xlabel(f"{word} since the first trial", fontsize=9)
    ax.set_ylim(max(lane.values()) + 0.7, -0.7)
    ax.set_xlim(0, max((last - first) / unit * 1.02, 1e-3))
    count = max(lane.values()) + 1
    marks = range(0, count, -(-count // 8))
    ax.set_yticks(marks, [short(_called(names[mark]), 14) for mark in marks] if named else None)
    there = [state for state in _SHADES if any(trial.state is state for trial in begun)]
    ax.legend(
        handles=[Patch(color=_SHADES[state], label=str(state)) for state in there], loc="lower center", ncols=5,
        fontsize=8, frameon=False, labelcolor=INK, bbox_to_anchor=(0.5, 1.0), borderaxespad=0.1,
    )  # fmt: skip


def _called(worker: str) -> str:
    """Return what sets a worker apart: of one in a search that shares its study its process and its own name.

    Examples
    --------
    >>> _called("node7/4026531836:18017:0f5e2a11 thread 1"), _called("node7:18017")
    ('18017 thread 1', 'node7:18017')
    """
    shared = _SHARED.fullmatch(worker)
    return worker if shared is None else " ".join(shared.groups())


def lanes(trials: list[Trial], now: float) -> dict[int, int]:
    """Return a lane a trial, by number: the first that is free when it starts.

    Examples
    --------
    >>> def ran(number, start, end):
    ...     return Trial(number, {}, State.DONE, started=start, finished=end)
    >>> lanes([ran(0, 0, 5), ran(1, 1, 2), ran(2, 3, 4)], now=5)
    {0: 0, 1: 1, 2: 1}
    """
    free: list[float] = []
    lane: dict[int, int] = {}
    for trial in sorted(trials, key=lambda trial: (trial.started or 0.0, trial.number)):
        start, end = trial.started or 0.0, trial.finished or now
        place = next((i for i, until in enumerate(free) if until <= start), len(free))
        free[place : place + 1] = [end]
        lane[trial.number] = place
    return lane
