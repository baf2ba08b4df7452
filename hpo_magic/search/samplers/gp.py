"""Bayesian optimisation with a Gaussian process over mixed and conditional spaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_magic.errors import StrategyError, did_you_mean
from hpo_magic.search.acquisition import ACQUISITIONS
from hpo_magic.search.cube import Cube
from hpo_magic.search.novelty import key, tried
from hpo_magic.search.one_thread import one_thread
from hpo_magic.search.samplers.random import RandomSampler
from hpo_magic.search.surrogates import gaussian_process
from hpo_magic.search.surrogates.gaussian_process import GaussianProcess
from hpo_magic.search.surrogates.transform import standardise
from hpo_magic.space import Config, Space
from hpo_magic.trials import History, Trial

Array = NDArray[np.float64]

_SCATTERED, _LOCAL, _ROUNDS, _ELITE = 1500, 300, 3, 12
_KNOWN = 400
"""The model learns from this many of the best and latest trials at most."""


@dataclass(frozen=True)
class GaussianProcessSampler:
    """Defaults first, then Sobol points, then the maximum of an acquisition over a Gaussian process.

    Failed trials count as bad ones; running trials as if they had returned the model's own mean (the believer of
    Ginsbourger 2010, section 4.1), so that parallel proposals differ.

    Parameters
    ----------
    seed : int
        Seed of the space-filling start; the study's.
    acquisition : str
        ``"logei"``, ``"ei"``, ``"pi"`` or ``"lcb"``.
    start : int
        Trials before the model takes over.
    """

    seed: int = 0
    acquisition: str = "logei"
    start: int = 8

    def __post_init__(self) -> None:
        if self.acquisition not in ACQUISITIONS:
            hint = did_you_mean(self.acquisition, ACQUISITIONS)
            raise StrategyError(
                f"acquisition={self.acquisition!r} is unknown{hint}; choose one of {', '.join(ACQUISITIONS)}"
            )

    def propose(self, space: Space, history: History, rng: np.random.Generator) -> Config | None:
        """Return the next config, or None where everything has been tried."""
        known = tried(history, space)
        defaults = space.defaults()
        if defaults is not None and key(defaults, space) not in known:
            return defaults
        cube = Cube(space)
        scatter = RandomSampler(self.seed)
        if len(history) < self.start or len(history.done) < 2 or bool(cube.held.all()):
            return scatter.propose(space, history, rng)
        with one_thread():
            model, best = fit_history(cube, history)
            ranked = self._ranked(cube, model, best, history, rng)
        for point in ranked:
            config = space.decode(point)
            if key(config, space) not in known:
                return config
        return scatter.propose(space, history, rng)

    def explain(self, space: Space, trials: int | None) -> str:
        """Say in one line what will be done."""
        first = "the cell's own values, then " if space.defaults() is not None else ""
        what = {
            "logei": "expected improvement",
            "ei": "expected improvement",
            "pi": "probability of improvement",
        }
        name = what.get(self.acquisition, "a lower confidence bound")
        return f"{first}{self.start} spread points, then a Gaussian process with {name}"

    def _ranked(
        self, cube: Cube, model: GaussianProcess, best: float, history: History, rng: np.random.Generator
    ) -> Array:
        """Return candidates in proposal coordinates, the most promising first."""
        score = ACQUISITIONS[self.acquisition]

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


def fit_history(cube: Cube, history: History) -> tuple[GaussianProcess, float]:
    """Fit a process to the losses of a history; return it with the smallest posterior mean at a finished trial."""
    done = _informative(history, history.done)
    failed = history.failed[-_KNOWN // 4 :]
    points, y = cube.encode([trial.config for trial in (*done, *failed)]), _losses(history, done)
    y = np.append(y, np.full(len(failed), y.max() + 0.5 * np.ptp(y)))
    theta = _hyperparameters(cube, history)
    model = gaussian_process.condition(points, y, cube.unordered, theta)
    if history.running:
        ahead = cube.encode([trial.config for trial in history.running])
        y = np.append(y, model.predict(ahead)[0])
        model = gaussian_process.condition(np.vstack([points, ahead]), y, cube.unordered, theta)
    return model, float(model.predict(points[: len(done)])[0].min())


def _hyperparameters(cube: Cube, history: History) -> Array:
    """Return θ as fitted to the trials of the last refit: nine tenths of what is known at least.

    Refits are milestones of the history, not of the process that asks, so that a resumed search proposes the same.
    """
    count = len(history.done)
    known = _informative(history, history.done[: count - count % max(1, count // 10)])
    return gaussian_process.hyperparameters(
        cube.encode([trial.config for trial in known]), _losses(history, known), cube.unordered
    )


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
