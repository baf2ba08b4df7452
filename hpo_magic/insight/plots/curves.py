"""Learning curves: what each trial reported, step by step; the stopped ones end in a mark, the best stands out."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator
from numpy.typing import NDArray

from hpo_magic.insight.lineage import ways_up
from hpo_magic.insight.plots.convergence import on_scale, worst_shown
from hpo_magic.insight.plots.style import BEST, FAILED, INK, LINE, TRIAL, dress, say
from hpo_magic.space import Space
from hpo_magic.trials import History, State, Trial
from hpo_magic.trials.trial import bounded

_MOST, _POINTS = 80, 200
"""So many curves are drawn, the latest and the best, of so many points each."""
_FAR = 5.0
"""What lies further above the median than so many times the way from the median to the best is cut."""
Points = tuple[list[float], list[float]]


def draw(history: History, space: Space, ax: Axes) -> None:
    """Draw the learning curves of a history into axes; where nothing was reported, each config's values by budget."""
    dress(ax)
    goal = history.goals[0]
    ax.set_ylabel(goal.metric, fontsize=9, parse_math=False)
    reported = [trial for trial in history.trials if trial.reports]
    ax.set_xlabel("step" if reported else space.budget or "step", fontsize=9, parse_math=False)
    curves = (
        [(trial, _thinned(trial, history)) for trial in _chosen(reported, history)] if reported else _by_budget(history)
    )
    if not curves:
        say(ax, "no intermediate values yet: a trial gives them by report(value, step)")
        return
    led = _led(history)
    for trial, (steps, values) in curves:
        leads = trial.number in led
        running = trial.state is State.RUNNING
        marker = "o" if len(steps) == 1 or not reported else None
        ax.plot(
            steps, values, marker=marker, markersize=3, zorder=3 if leads else 2,
            color=BEST if leads else LINE if running else TRIAL, linewidth=2.2 if leads else 1.4 if running else 0.9,
            alpha=1.0 if leads or running else 0.55,
        )  # fmt: skip
        if trial.cut or trial.state is State.FAILED:
            ax.plot(steps[-1:], values[-1:], "x", color=FAILED if trial.state is State.FAILED else INK, markersize=5)
    ax.set_xscale("linear" if reported else "log")
    if not reported:
        budgets = sorted({step for _, (steps, _) in curves for step in steps})
        ax.set_xticks(budgets, [f"{budget:g}" for budget in budgets])
        ax.xaxis.set_minor_locator(NullLocator())
    told = np.array([value for _, (_, values) in curves for value in values])
    ax.set_ylim(*_limits(told, goal.sign, log=on_scale(ax, told)))


def _led(history: History) -> set[int]:
    """Return the numbers of the best trial and of those whose training it went on with."""
    found, trial = set(), history.incumbent
    while trial is not None:
        found.add(trial.number)
        trial = history.origin(trial) if trial.resumed else None
    return found


def _limits(values: NDArray[np.float64], sign: int, log: bool) -> tuple[float, float]:
    """Return limits that hold nearly all, but not what is far worse than the rest: one run that diverges."""
    losses = sign * (np.log10(values) if log else values)
    best, worst = float(losses.min()), worst_shown(np.minimum(losses, np.quantile(losses, 0.97)), 0.7, _FAR)
    pad = 0.06 * (worst - best) or abs(worst) * 0.1 or 1.0
    low, high = sorted((sign * (best - pad), sign * (worst + pad)))
    return (10**low, 10**high) if log else (low, high)


def _chosen(trials: list[Trial], history: History) -> list[Trial]:
    best = history.incumbent
    picked = trials[-_MOST:]
    return picked if best is None or not best.reports or best in picked else [best, *picked]


def _thinned(trial: Trial, history: History) -> Points:
    every = max(1, len(trial.reports) // _POINTS)
    origin = history.origin(trial) if trial.resumed else None
    before = () if origin is None else origin.reports[-1:]
    kept = [*before, *trial.reports[::every], trial.reports[-1]]  # one that went on from another joins its curve
    return [float(report.step) for report in kept], [bounded(report.value) for report in kept]


def _by_budget(history: History) -> list[tuple[Trial, Points]]:
    best, ways = history.incumbent, [[run for run in way if run.value is not None] for way in ways_up(history)]
    ways = [way for way in ways if way]
    led = [way for way in ways[:-_MOST] if best is not None and way[-1].number == best.number]
    return [
        (way[-1], ([float(run.budget or 0) for run in way], [float(run.value or 0.0) for run in way]))
        for way in [*led, *ways[-_MOST:]]
    ]
