"""What a point is worth under Gaussian processes of goals, constraints and failures: one function to be maximised."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree
from scipy.special import log_ndtr

from hpo_magic.search.acquisition import ACQUISITIONS, log_hypervolume_improvement
from hpo_magic.search.cube import Cube
from hpo_magic.search.scalar import MOST_GOALS, scalar_losses
from hpo_magic.search.surrogates.belief import (
    FAILURES,
    informative,
    of_constraint,
    of_duration,
    of_failing,
    of_goal,
)
from hpo_magic.search.surrogates.gaussian_process import GaussianProcess
from hpo_magic.search.surrogates.prior import Prior
from hpo_magic.trials import Goal, History
from hpo_magic.trials.pareto import dominated, most_boxes

Array = NDArray[np.float64]
Value = Callable[[Array], Array]

_MOST_BOXES = 1000
"""With more boxes under the front goals are scalarised: a proposal would take seconds and gigabytes."""

_APART = 0.01
"""A proposal stays so far from running trials in one coordinate at least: what lies nearer will be known anyway."""


class Expectation:
    """The acquisition over a history's posterior.

    Parameters
    ----------
    cube : Cube
    history : History
        With two finished trials or more.
    acquisition : str
        A name in ACQUISITIONS, or "thompson"; for one goal.
    transform : str
        A name in TRANSFORMS.
    rng : numpy.random.Generator
    prior : Prior
    cost_aware : bool
        Subtract the logarithm of the predicted seconds.

    Examples
    --------
    >>> from hpo_magic.space import Float, Space
    >>> from hpo_magic.trials import State, Trial
    >>> done = tuple(Trial(i, {"x": x}, State.DONE, {"value": x}) for i, x in enumerate((0.2, 0.5, 0.9)))
    >>> cube = Cube(Space({"x": Float(0, 1)}))
    >>> worth = Expectation(cube, History(done), "logei", "power", np.random.default_rng(0), Prior())
    >>> left, right = worth.value(np.array([[0.1], [0.8]]))
    >>> bool(left > right)
    True
    """

    def __init__(
        self, cube: Cube, history: History, acquisition: str, transform: str, rng: np.random.Generator,
        prior: Prior, cost_aware: bool = False,
    ) -> None:  # fmt: skip
        if _too_many(history):
            history = _scalarised(history, rng)
        limits = [of_constraint(cube, history, i, prior).predict for i in range(len(history.constraints))]
        if len(history.failed) >= FAILURES:
            limits.append(of_failing(cube, history, prior).outcome)  # whether a trial fails is a matter of luck too
        self._limits = limits
        self._running = KDTree(cube.encode(history.running)) if history.running else None
        self._seconds = of_duration(cube, history, prior) if cost_aware else None
        known = informative(history)
        feasible = np.array([history.feasible(history.done[i]) for i in known])
        goals = [of_goal(cube, history, goal, prior, transform, rng) for goal in range(len(history.goals))]
        self._goal: Value = _constant
        if not feasible.any():
            return  # until something is feasible, only that counts
        if len(goals) == 1:
            self._goal = _single(*goals[0], cube, feasible, acquisition, rng)
        else:
            told = np.stack([y for _, y in goals], axis=1)[feasible]
            self._goal = _several([process for process, _ in goals], told)

    def value(self, model: Array) -> Array:
        """Return what points in model coordinates are worth, (n, d) → (n,)."""
        worth = self._goal(model)
        for limit in self._limits:
            mean, spread = limit(model)
            worth = worth + log_ndtr(-mean / spread)
        if self._running is not None:
            gaps, _ = self._running.query(model, p=np.inf, distance_upper_bound=_APART)  # infinite: none is so near
            worth = np.where(np.isfinite(gaps), worth - 1e6, worth)
        return worth if self._seconds is None else worth - self._seconds(model)


def _constant(model: Array) -> Array:
    return np.zeros(len(model))


def _single(
    process: GaussianProcess,
    y: Array,
    cube: Cube,
    feasible: NDArray[np.bool_],
    acquisition: str,
    rng: np.random.Generator,
) -> Value:
    if acquisition == "thompson":
        seed = int(rng.integers(2**31))
        return lambda model: -process.sample(model, np.random.default_rng(seed))
    score = ACQUISITIONS[acquisition]
    means = process.predict(cube.at_full_budget(process.points[: len(y)]))[0]
    best = float(means[feasible].min())
    if cube.space.budget is None:
        return lambda model: score(*process.predict(model), best)
    # What counts is the mean at the full budget, but a trial begins with the least and tells little of the full one: by
    # the spread up there, the place of a trial just made would remain the most attractive.
    known = process.points

    def value(model: Array) -> Array:
        return score(process.predict(model)[0], process.predict(cube.at_least_budget(model, known))[1], best)

    return value


def _several(processes: list[GaussianProcess], told: Array) -> Value:
    front = told[~dominated(told)]
    reference = told.max(axis=0) + 0.1 * np.ptp(told, axis=0) + 1e-9
    improvement = log_hypervolume_improvement(front, reference)

    def value(model: Array) -> Array:
        predicted = [process.predict(model) for process in processes]
        return improvement(np.stack([m for m, _ in predicted], axis=1), np.stack([s for _, s in predicted], axis=1))

    return value


def _too_many(history: History) -> bool:
    """Whether there are too many goals, or boxes under the front, for the hypervolume's improvement."""
    goals = len(history.goals)
    if goals > MOST_GOALS or most_boxes(len(history.done), goals) <= _MOST_BOXES:
        return goals > MOST_GOALS  # known without looking for the front, as for one goal or two it always is
    fit = [history.feasible(trial) for trial in history.done]
    front = int((~dominated(history.losses[fit])).sum())
    return most_boxes(front, goals) > _MOST_BOXES


def _scalarised(history: History, rng: np.random.Generator) -> History:
    """Return the history with one goal, a random scalarisation of all (constraints are kept)."""
    weighed = History(history.trials, history.goals)
    losses = dict(zip([t.number for t in weighed.done], scalar_losses(weighed, rng), strict=True))
    trials = tuple(
        dataclasses.replace(t, values={**(t.values or {}), "": float(losses[t.number])}) if t.number in losses else t
        for t in history.trials
    )
    return History(trials, (Goal(""),), history.constraints)
