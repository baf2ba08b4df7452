"""Where a Gaussian process expects the best: fits it to a history and maximises an acquisition over the space."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hpo_magic.search.acquisition import ACQUISITIONS
from hpo_magic.search.cube import Cube
from hpo_magic.search.one_thread import one_thread
from hpo_magic.search.surrogates import gaussian_process
from hpo_magic.search.surrogates.gaussian_process import GaussianProcess
from hpo_magic.search.surrogates.transform import standardise
from hpo_magic.trials import History, Trial

Array = NDArray[np.float64]

_SCATTERED, _LOCAL, _ROUNDS, _ELITE = 600, 150, 3, 10
_KNOWN = 400
"""The model learns from this many of the best and latest trials at most."""


def promising(cube: Cube, history: History, acquisition: str, rng: np.random.Generator) -> Array:
    """Return points in proposal coordinates, the most promising first, (200, d)."""
    score = ACQUISITIONS[acquisition]
    with one_thread():
        model, best = fit_history(cube, history)

        def value(points: Array) -> Array:
            return score(*model.predict(cube.model(points)), best)

        top = sorted(history.done, key=history.loss)[:5]
        anchors = np.array([cube.proposal(trial.config, rng) for trial in top])
        points = np.vstack([rng.random((_SCATTERED, len(cube.space))), _mutate(anchors, _LOCAL, 0.1, cube, rng)])
        scores = value(points)
        for round_ in range(_ROUNDS):
            elite = points[np.argsort(-scores)[:_ELITE]]
            children = _mutate(elite, _LOCAL, 0.05 / 2.5**round_, cube, rng)
            points, scores = np.vstack([points, children]), np.append(scores, value(children))
        return np.asarray(points[np.argsort(-scores)[:200]])


def think_ahead(cube: Cube, history: History) -> None:
    """Fit what the next proposal will need and what does not depend on the results that are still to come."""
    if len(history.done) > 2:
        with one_thread():
            _hyperparameters(cube, history, len(history.done))


def fit_history(cube: Cube, history: History) -> tuple[GaussianProcess, float]:
    """Fit a process to the losses of a history; return it with the smallest posterior mean at a finished trial."""
    done = _informative(history, history.done)
    failed = history.failed[-_KNOWN // 4 :]
    points, y = cube.encode((*done, *failed)), _losses(history, done)
    y = np.append(y, np.full(len(failed), y.max() + 0.5 * np.ptp(y)))
    theta = _hyperparameters(cube, history, len(history.done) - 1)
    model = gaussian_process.condition(points, y, cube.unordered, theta)
    if history.running:
        ahead = cube.encode(history.running)
        y = np.append(y, model.predict(ahead)[0])
        model = gaussian_process.condition(np.vstack([points, ahead]), y, cube.unordered, theta)
    return model, float(model.predict(points[: len(done)])[0].min())


def _hyperparameters(cube: Cube, history: History, count: int) -> Array:
    """Return θ as fitted at the last milestone among the first `count` finished trials.

    Milestones lie a tenth apart and belong to the history, not to the process that asks, so that a resumed search
    proposes the same. The latest result is never needed: the fit can be made while its trial runs.
    """
    known = _informative(history, history.done[: count - count % max(1, count // 10)])
    return gaussian_process.hyperparameters(cube.encode(known), _losses(history, known), cube.unordered)


def _losses(history: History, trials: Sequence[Trial]) -> Array:
    return standardise(np.array([history.loss(trial) for trial in trials]))


def _informative(history: History, done: Sequence[Trial]) -> Sequence[Trial]:
    """Return the best and the latest where there are more than the model can learn from."""
    if len(done) <= _KNOWN:
        return done
    half = _KNOWN // 2
    chosen = {trial.number: trial for trial in (*sorted(done, key=history.loss)[:half], *done[-half:])}
    return tuple(chosen[number] for number in sorted(chosen))


def _mutate(parents: Array, count: int, width: float, cube: Cube, rng: np.random.Generator) -> Array:
    """Return `count` children, (count, d): each moves some numbers of a random parent and redraws some choices."""
    children = parents[rng.integers(len(parents), size=count)]
    dimensions = children.shape[1]
    move = rng.random(children.shape) < max(0.3, 1.5 / dimensions)
    move[np.arange(count), rng.integers(dimensions, size=count)] = True
    steps = children + width * rng.standard_normal(children.shape)
    steps = np.where(rng.random(children.shape) < 0.1, rng.random(children.shape), steps)
    redrawn = np.where(cube.unordered, rng.random(children.shape), np.clip(steps, 0.0, 1.0))
    return np.where(move, redrawn, children)
