"""Correlation: a second metric of each trial over the one that is tuned, and how well they agree."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from hpo_magic.errors import StudyError, did_you_mean
from hpo_magic.insight.plots.style import BEST, TRIAL, dress, say
from hpo_magic.space import Space
from hpo_magic.trials import History, Trial
from hpo_magic.trials.trial import bounded


def draw(history: History, space: Space, ax: Axes, metric: str | None = None) -> None:
    """Draw another metric over the first goal into axes, with Spearman's rank correlation (Spearman 1904).

    A trial's other metrics are what its cell names beside the first one, or what an objective returns with it.
    """
    dress(ax)
    goal = history.goals[0]
    others = dict.fromkeys(name for trial in history.done for name in trial.values or {} if name != goal.metric)
    if metric is not None and metric not in others:
        known = ", ".join(others) or "none"
        raise StudyError(f"metric={metric!r} is no other metric{did_you_mean(metric, others)}; there is {known}")
    ax.set_xlabel(goal.metric, fontsize=9, parse_math=False)
    if not others:
        return say(ax, "no second metric: name another one, or return it with the first")
    name = metric or next(iter(others))
    ax.set_ylabel(name, fontsize=9, parse_math=False)
    both = [trial for trial in history.done if name in (trial.values or {})]
    pairs = np.array([_pair(trial, goal.metric, name) for trial in both])
    ax.plot(pairs[:, 0], pairs[:, 1], "o", color=TRIAL, markersize=5, alpha=0.65, markeredgewidth=0)
    best = history.incumbent
    if best is not None and name in (best.values or {}):
        at, height = _pair(best, goal.metric, name)
        ax.plot([at], [height], "*", color=BEST, markersize=13)
    if len(pairs) > 2:
        ax.set_title(f"rank correlation {_spearman(pairs):.2f} over {len(pairs)} trials", fontsize=8)


def _pair(trial: Trial, one: str, other: str) -> tuple[float, float]:
    values = trial.values or {}
    return bounded(values[one]), bounded(values[other])


def _spearman(pairs: np.ndarray) -> float:
    from scipy.stats import spearmanr

    if np.ptp(pairs[:, 0]) == 0 or np.ptp(pairs[:, 1]) == 0:
        return 0.0
    return float(spearmanr(pairs[:, 0], pairs[:, 1]).statistic)
