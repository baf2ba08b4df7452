"""What there is to learn from: the trials with a value of one metric, and where they lie in the unit cube."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_magic.errors import StudyError, did_you_mean
from hpo_magic.search.climbers import matured
from hpo_magic.search.cube import Cube, cube_of
from hpo_magic.space import Space
from hpo_magic.trials import Goal, History

Array = NDArray[np.float64]

FEWEST = 5
"""Trials below which a model has nothing to say."""
MOST = 500
"""Trials of which a model is told."""


@dataclass(frozen=True)
class Measured:
    """Trials and what they say of one metric.

    Attributes
    ----------
    points : (n, d) model coordinates
    losses : (n,)
        Minimise-oriented.
    goal : Goal
        The metric and its direction; one that is no goal is minimised.
    """

    cube: Cube
    points: Array
    losses: Array
    goal: Goal


def measured(history: History, space: Space, metric: str | None = None) -> Measured:
    """Return what a history says of a metric, by default of its first goal.

    Of each config it is the run on the largest budget.

    Parameters
    ----------
    history : History
    space : Space
    metric : str, optional
        Any name among the values of the trials.

    Raises
    ------
    StudyError
        Where no trial has the metric, or fewer than five have.
    """
    known = telling(matured(history.lessons), history, metric)
    cube = cube_of(space)
    return Measured(cube, cube.encode(known.done), known.losses[:, 0], known.goals[0])


def telling(runs: History, history: History, metric: str | None, most: int = MOST) -> History:
    """Return those of some runs that have a metric, so many at most, with it as the only goal; errors of `measured`."""
    goal = goal_of(history, metric)
    told = [trial for trial in runs.done if goal.metric in (trial.values or {})]
    if len(told) < FEWEST:
        raise StudyError(f"{len(told)} finished trials say too little of {goal.metric!r}; {FEWEST} are needed")
    return _thinned(History(tuple(told), (goal,)), most)


def goal_of(history: History, metric: str | None) -> Goal:
    """Return the goal of a metric; one that the search does not care for is taken as to be minimised."""
    if metric is None:
        return history.goals[0]
    known = {goal.metric: goal for goal in history.goals}
    seen = dict.fromkeys([*known, *(name for trial in history.done for name in trial.values or {})])
    if metric not in seen:
        raise StudyError(f"metric={metric!r} was not measured{did_you_mean(metric, seen)}; there is {', '.join(seen)}")
    return known.get(metric, Goal(metric))


def check_parameter(space: Space, name: str) -> str:
    """Return the name of a parameter other than the budget, or say what there is."""
    names = [known for known in space if known != space.budget]
    if name not in names:
        raise StudyError(f"parameter {name!r} is unknown{did_you_mean(name, names)}; there is {', '.join(names)}")
    return name


def _thinned(history: History, most: int) -> History:
    """Return a history of so many trials at most, the best and as many of the others as fit, evenly."""
    done = history.done
    if len(done) <= most:
        return history
    order = np.argsort(history.losses[:, 0], kind="stable")
    best, rest = order[: most // 4], order[most // 4 :]
    kept = {int(i) for i in best} | {int(i) for i in rest[np.linspace(0, len(rest) - 1, most * 3 // 4).astype(int)]}
    return History(tuple(done[i] for i in sorted(kept)), history.goals)
