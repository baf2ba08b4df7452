"""Convergence: every trial, the best so far, the failures and the incumbent, over trials, time or cost."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator
from numpy.typing import NDArray

from hpo_magic.errors import StudyError
from hpo_magic.insight.plots.style import BEST, FAILED, INK, LINE, TRIAL, dress
from hpo_magic.space import Space
from hpo_magic.trials import History, Trial

Array = NDArray[np.float64]


AGAINST = ("trial", "time", "cost")


def draw(history: History, space: Space, ax: Axes, against: str = "trial") -> None:
    """Draw the convergence of a history into axes.

    Trials far worse than the rest become small arrows at the frame's edge, so that the good ones can be told apart; the
    axis is logarithmic where all values are positive and span more than a factor of 30.

    Parameters
    ----------
    against : str
        What runs from left to right: "trial" (numbers), "time" (seconds since the first trial began) or "cost" (budget
        spent by then, of a space that has one; else seconds of computing, all workers together).
    """
    if against not in AGAINST:
        raise StudyError(f"against={against!r} is unknown; choose one of {', '.join(AGAINST)}")
    goal = history.goals[0]
    done = history.done
    at, label = _places(history, space, against)
    numbers = np.array([at[trial.number] for trial in done], dtype=float)
    values = goal.sign * history.losses[:, 0]
    dress(ax)
    ax.set_xlabel(label, fontsize=9, parse_math=False)
    ax.set_ylabel(goal.metric, fontsize=9, parse_math=False)
    if against == "trial":
        ax.set_xlim(-0.5, _right_edge(len(history)))
    else:
        ax.set_xlim(0, max([*at.values(), 1e-3]) * 1.03)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=against == "trial"))
    if not len(values):
        ax.set_ylim(0, 1)
        ax.yaxis.set_major_locator(NullLocator())
        _failures(history, at, ax, 0.0)
        return
    log = on_scale(ax, values)
    low, high = limits(values, goal.sign, log)
    ax.set_ylim(low, high)
    shown = np.clip(values, low, high)
    best = _best_so_far(history, sorted(done, key=lambda trial: at[trial.number])) * goal.sign
    inside = values == shown
    ax.plot(numbers[inside], shown[inside], "o", color=TRIAL, markersize=4, alpha=0.65, markeredgewidth=0)
    beyond = "v" if goal.sign < 0 else "^"  # an arrow towards where the value lies
    if not inside.all():
        ax.plot(numbers[~inside], shown[~inside], beyond, color=INK, markersize=4, alpha=0.5, markeredgewidth=0)
    order = np.argsort(numbers, kind="stable")
    ax.step(numbers[order], best, where="post", color=LINE, linewidth=1.6)
    incumbent = history.incumbent
    if incumbent is not None:
        ax.plot([at[incumbent.number]], [goal.sign * history.loss(incumbent)], "*", color=BEST, markersize=13)
    _failures(history, at, ax, low)


def _best_so_far(history: History, done: list[Trial]) -> Array:
    """Return the best loss so far at each of some trials, at the largest budget so far; NaN before the first."""
    best, most, found = np.nan, -1, []
    for trial in done:
        spent = trial.budget or 0
        if history.feasible(trial) and spent >= most:
            loss = history.loss(trial)
            best = loss if spent > most or np.isnan(best) else min(best, loss)
            most = spent
        found.append(best)
    return np.array(found)


def _places(history: History, space: Space, against: str) -> tuple[dict[int, float], str]:
    """Return where each trial that has ended stands from left to right, by number, and what that is."""
    ended = [trial for trial in history.trials if trial.state.ended]
    if against == "trial":
        return {trial.number: float(trial.number) for trial in ended}, "trial"
    ended.sort(key=lambda trial: trial.finished or 0.0)
    if against == "time":
        first = min((trial.started for trial in ended if trial.started is not None), default=0.0)
        return {trial.number: (trial.finished or first) - first for trial in ended}, "seconds since the first trial"
    spent = np.cumsum([trial.cost if space.budget else trial.duration or 0.0 for trial in ended])
    what = f"{space.budget} spent" if space.budget else "seconds of computing"
    return {trial.number: float(x) for trial, x in zip(ended, spent, strict=True)}, what


def _failures(history: History, at: dict[int, float], ax: Axes, low: float) -> None:
    if history.failed:
        ax.plot(
            [at[trial.number] for trial in history.failed], [low] * len(history.failed), "x",
            color=FAILED, markersize=6, clip_on=False,
        )  # fmt: skip


def _right_edge(count: int) -> float:
    """Grow in steps, so that the frame stays the same for most new trials."""
    edge = 10
    while edge < count:
        edge = int(edge * 1.5)
    return edge + 0.5


def on_scale(ax: Axes, values: Array) -> bool:
    """Make the values' axis logarithmic where all are positive and span more than a factor of 30; whether it is."""
    log = bool(values.min() > 0 and values.max() > 30 * values.min())
    ax.set_yscale("log" if log else "linear")
    if log:  # the formatter of log axes typesets mathematics, which costs ten times as much as plain text
        ax.yaxis.set_major_locator(_Decades())
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.yaxis.set_minor_formatter(NullFormatter())
    return log


class _Decades(LogLocator):
    """Powers of ten; over less than two of them 1, 2 and 5 of each, or there would be one label."""

    def tick_values(self, vmin: float, vmax: float) -> Any:
        """Return where labels stand."""
        self.set_params(subs=(1.0, 2.0, 5.0) if vmax < 100 * vmin else (1.0,))
        return super().tick_values(vmin, vmax)


def limits(values: Array, sign: int, log: bool) -> tuple[float, float]:
    """Return limits that change seldom: the good half whole, bad outliers cut, rounded outward to a coarse grid."""
    scaled = np.log10(values) if log else values
    losses = sign * scaled
    low, high = sorted((sign * losses.min(), sign * worst_shown(losses, 0.7, 3.0)))
    span = high - low
    if span <= 0:
        span = abs(high) * 0.1 or 1.0
    grid = 10 ** np.floor(np.log10(span)) / 2
    low, high = np.floor((low - 0.05 * span) / grid) * grid, np.ceil((high + 0.05 * span) / grid) * grid
    return (float(10**low), float(10**high)) if log else (float(low), float(high))


def worst_shown(losses: Array, share: float, times: float) -> float:
    """Return the loss beyond which trials are so bad that the others could not be told apart beside them.

    So many times the way from the best to the median beyond it, or the loss of so large a share; where most are as good
    as the best, the median of the others.

    Examples
    --------
    >>> worst_shown(np.array([1.0, 2.0, 3.0, 1e6]), 0.5, 3.0), worst_shown(np.array([1.0, 1.0, 1.0, 2.0]), 0.5, 3.0)
    (7.0, 2.0)
    """
    best, median, most = float(losses.min()), float(np.median(losses)), float(losses.max())
    worst = min(most, max(median + times * (median - best), float(np.quantile(losses, share))))
    return worst if worst > best or most == best else float(np.median(losses[losses > best]))
