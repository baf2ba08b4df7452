"""Population-based bandits: copies get the values that a Gaussian process of recent gains thinks best."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpo_magic.search.cube import cube_of
from hpo_magic.search.schedulers.pbt import deciding, perturbed
from hpo_magic.space import Config, Space
from hpo_magic.trials import History, State, Trial

Array = NDArray[np.float64]
_LATEST, _CANDIDATES, _OPTIMISM = 200, 500, 1.8
_KEPT = 0.75
"""Part of the candidates in which a choice stays as it is."""


def bandit(space: Space, history: History, member: Trial, budget: int, rng: np.random.Generator) -> Config:
    """Return a member's config where the next gain may be largest (Parker-Holder 2020, algorithm 1).

    The process knows of each step of training when it ended, with which values, and by how much the loss fell; the
    upper bound of the next step's gain, mean + 1.8 spread, is maximised over the numbers, and over choices that seldom
    change. Those that decide whether other parameters exist stay as they are.
    Running trials count as if they had gained what is expected of them, so that each copy tries its own values.
    """
    from hpo_magic.search.one_thread import one_thread
    from hpo_magic.search.surrogates.gaussian_process import condition, fit

    steps = _gains(history)
    if len(steps) < 4:
        return perturbed(space, history, member, budget, rng)
    cube = cube_of(space)
    ended = [trial for trial, _ in steps]
    y = -_by_generation([trial.budget or 0 for trial in ended], np.array([gain for _, gain in steps]))
    own = cube.filled(cube.encode([member]), rng)
    near = np.clip(own + 0.1 * rng.standard_normal((_CANDIDATES // 4, len(space))), 0, 1)
    draws = np.vstack([rng.random((_CANDIDATES, len(space))), near])
    options = cube.unordered & (rng.random(draws.shape) < _KEPT)
    points = np.where(options | deciding(space) | cube.held, own, draws)
    alike = (cube.active(cube.model(points)) == cube.active(cube.encode([member]))).all(axis=1)
    points = points[alike] if alike.any() else own  # which parameters exist stays as it is
    model = cube.at_budget(cube.model(points), budget)  # the budget is the time: what helps now need not help later
    with one_thread():
        process = fit(cube.encode(ended), y, cube.unordered)
        if history.running:
            ahead = cube.at_budget(cube.encode(history.running), budget)
            known, told = np.vstack([process.points, ahead]), np.append(y, process.predict(ahead)[0])
            process = condition(known, told, cube.unordered, process.theta, process.prior)
        mean, sigma = process.predict(model)
    found = space.decode(points[int(np.argmin(mean - _OPTIMISM * sigma))])
    same = {**found, str(space.budget): member.budget} == member.config  # as where there are options alone
    return perturbed(space, history, member, budget, rng) if same else found


def _by_generation(budgets: list[int], gains: Array) -> Array:
    """Standardise gains within their generation: the first steps gain the most, whatever the values."""
    scaled = np.zeros(len(gains))
    for budget in set(budgets):
        which = np.flatnonzero(np.array(budgets) == budget)
        spread = gains[which].std()
        scaled[which] = (gains[which] - gains[which].mean()) / (spread if spread > 1e-12 else 1.0)
    return scaled


def _gains(history: History) -> list[tuple[Trial, float]]:
    """Return the latest steps of training, and by how much the loss fell in each."""
    found = []
    for trial in history.done:
        parent = None if trial.parent is None else history.trials[trial.parent]
        if parent is not None and parent.state is State.DONE and (parent.budget or 0) < (trial.budget or 0):
            found.append((trial, history.loss(parent) - history.loss(trial)))
    return found[-_LATEST:]
