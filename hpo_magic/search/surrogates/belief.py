"""What a history says about one quantity: a Gaussian process of a goal, of a constraint, or of failing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from hpo_magic.search.cube import Cube
from hpo_magic.search.scalar import leading_and_latest
from hpo_magic.search.surrogates import gaussian_process
from hpo_magic.search.surrogates.gaussian_process import GaussianProcess
from hpo_magic.search.surrogates.prior import Prior
from hpo_magic.search.surrogates.transform import clipped, standardise
from hpo_magic.trials import History, Trial

Array = NDArray[np.float64]
Transform = Callable[[Array], Array]

_KNOWN = 400
"""A process learns from this many of the best and latest trials at most."""
_PAIRS = 1.0
"""Prior variance of products of two parameters where runs are cheap and many; where all are full it would mislead."""
_NOISY = 0.05
"""Noise variance, in parts of that of all losses, beyond which a trial's value may be luck."""
_EXPECTED = 8
"""So many running trials count as what the process expects of them."""
_AHEAD = 200
"""So many running trials count, those that may come out best: where others are nothing is looked for either."""
_SPAN, _EARLY = 100.0, 10
"""Margins span orders of magnitude where half of the first so many are so many times what a tenth of them are. Later
trials gather at the bound, where margins are tiny whatever they span."""
_DECADE = 10.0
"""Losses fall by decades where those of one budget are typically so many times those of another."""
_BAD = 0.75
"""Failed trials that their config explains count as worse than so many; where trials fail is learnt by itself, and
counted twice it drives a search away from the border of where they do."""
_EXPLAINED = 0.3
"""A failed trial is explained where its neighbours alone, between -1 and 1, say at least so much that it would fail."""
FAILURES = 3
"""From so many failed trials on, where they happen is learnt too."""


def plain(losses: Array) -> Array:
    """Scale to mean 0 and spread 1, nothing more."""
    scaled = losses / (np.abs(losses).max() or 1.0)  # squares of what follows must not overflow
    spread = scaled.std()
    return np.asarray((scaled - scaled.mean()) / spread) if spread > 1e-12 else np.zeros_like(losses)


TRANSFORMS: Mapping[str, Transform] = MappingProxyType({"power": standardise, "plain": plain})


def prior_of(history: History, prior: Prior | None = None) -> Prior:
    """Return what is believed before the data: where runs are on several budgets, of pairs of parameters too.

    Examples
    --------
    >>> from hpo_magic.trials import State
    >>> runs = tuple(Trial(n, {}, State.DONE, {"value": 0.0}, budget=n + 1) for n in range(2))
    >>> prior_of(History(runs[:1])).pairs, prior_of(History(runs)).pairs
    (0.0, 1.0)
    """
    several = len(np.unique(history.budgets)) > 1
    return dataclasses.replace(prior or Prior(), pairs=_PAIRS if several else 0.0)


def of_goal(
    cube: Cube, history: History, goal: int, prior: Prior, transform: str, rng: np.random.Generator | None = None
) -> tuple[GaussianProcess, Array]:  # fmt: skip
    """Return the process of a goal, and what it was told of the finished trials it knows: their losses, transformed.

    Failed trials count as bad where those around them failed too, and not as worst: the best may lie beside. Others
    failed by accident, and count as what the process expects, at worst as bad: else they would tell it that the best
    region is none. With budgets nothing is said of them: beside a result of the same config on less it would say that
    the config gets worse with more. Running ones count as expected too (Ginsbourger 2010, section 4.1), and many of
    them, where there is a generator, as one draw of what it holds possible (Snoek 2012, section 3.3, averages several):
    where all are as expected the best place remains the best, and a large batch crowds there. Of hundreds of them those
    count that may come out best.
    """
    known = informative(history)
    squeeze, theta = _read(cube, history, goal, prior, transform)
    y = squeeze(history.losses[known, goal])
    fine, rest = _picked(history, known), () if cube.space.budget is not None else history.failed[-_KNOWN // 4 :]
    told = np.empty(0)
    if rest:
        model = gaussian_process.condition(cube.encode(fine), y, cube.unordered, theta, prior)
        told = _told_of(rest, cube, history, y, model)
    draw = rng if len(history.running) > _EXPECTED else None
    return _conditioned(cube, history, [*fine, *rest], np.append(y, told), theta, prior, draw), y


def _told_of(failed: Sequence[Trial], cube: Cube, history: History, y: Array, model: GaussianProcess) -> Array:
    """Return what the process of a goal is told of failed trials, the latest of all, (n,)."""
    expected = model.predict(cube.encode(failed))[0]
    if len(history.failed) < FAILURES:
        return expected
    explained = of_failing(cube, history, model.prior).left_out()[-len(failed) :] > _EXPLAINED
    bad = np.quantile(y, _BAD)
    return np.where(explained, bad, np.minimum(expected, bad))


@dataclass(frozen=True)
class Margin:
    """The process of a constraint's margin around the mean of all.

    Far from the data it falls back on that mean. Around 0, the bound, a constraint that is hardly ever met would be met
    there with a chance of one half, and any improvement would outvote it.
    """

    process: GaussianProcess
    centre: float

    def predict(self, points: Array) -> tuple[Array, Array]:
        """Return mean and spread at (m, d) points, each (m,); below 0 the constraint holds."""
        mean, spread = self.process.predict(points)
        return mean + self.centre, spread


def of_constraint(cube: Cube, history: History, constraint: int, prior: Prior) -> Margin:
    """Return the process of a constraint's margin, squashed, its zero kept."""
    known = informative(history)
    y = squashed(history.margins[:, constraint])
    centre = float(y.mean())
    theta = _theta(cube, history, prior, lambda kept: y[kept] - centre)
    return Margin(_conditioned(cube, history, _picked(history, known), y[known] - centre, theta, prior), centre)


def squashed(margins: Array) -> Array:
    """Return margins on a scale that is linear near the bound and logarithmic far from it, (n,) → (n,).

    Near is what half of them are; where they span orders of magnitude that would be far, and it is a tenth of the
    first ten.

    Examples
    --------
    >>> squashed(np.array([-1.0, 0.0, 1.0, 2.0, 1000.0])).round(1).tolist()
    [-0.9, 0.0, 0.9, 1.4, 7.6]
    """
    size = np.abs(margins)
    half, little = np.quantile(size[:_EARLY], (0.5, 0.1))
    if not 0 < little * _SPAN < half:
        return np.asarray(np.arcsinh(margins / (np.median(size) or 1.0)))
    y = np.arcsinh(margins / little)
    return np.asarray(y / np.abs(y).mean())


def of_failing(cube: Cube, history: History, prior: Prior) -> GaussianProcess:
    """Return the process of failing: 1 where a trial failed, -1 where it ended with a value."""
    fine, failed = _picked(history, informative(history)), history.failed[-_KNOWN // 2 :]
    y = np.append(-np.ones(len(fine)), np.ones(len(failed)))
    points = cube.encode([*fine, *failed])
    return gaussian_process.fit(points, y, cube.unordered, prior)


def of_duration(cube: Cube, history: History, prior: Prior) -> Callable[[Array], Array]:
    """Return the function that predicts log seconds at model coordinates, (n, d) → (n,)."""
    known = [trial for trial in _picked(history, informative(history)) if trial.duration is not None]
    if len(known) < 2:
        return lambda model: np.zeros(len(model))
    seconds = np.log(np.maximum([trial.duration or 0.0 for trial in known], 1e-3))
    points, y = cube.encode(known), plain(seconds)
    process = gaussian_process.fit(points, y, cube.unordered, prior)
    return lambda model: process.predict(model)[0] * seconds.std() + seconds.mean()


def think_ahead(cube: Cube, history: History, prior: Prior, transform: str) -> None:
    """Fit what the next proposal will need and what does not depend on the results that are still to come."""
    count = len(history.done)
    for goal in range(len(history.goals)):
        _read(cube, history, goal, prior, transform, count)


def _read(
    cube: Cube, history: History, goal: int, prior: Prior, transform: str, count: int | None = None
) -> tuple[Transform, Array]:
    """Return the transform of a goal's losses, and θ under it.

    A power draws the good side apart, and where trials are noisy with it those that were lucky: there it is left out.
    Not in a space with branches: what sets branches apart looks like noise while each has few trials.
    """

    def fitted(squeeze: Transform) -> Array:
        return _theta(cube, history, prior, lambda kept: squeeze(history.losses[kept, goal]), count)

    scale = np.log if transform == "power" and _falls_by_decades(history, goal) else np.asarray

    def squeeze(losses: Array) -> Array:
        return TRANSFORMS[transform](scale(losses))

    theta = fitted(squeeze)
    if transform == "plain" or cube.branches or np.exp(theta[-1]) <= _NOISY:
        return squeeze, theta

    def clip(losses: Array) -> Array:
        return clipped(scale(losses))

    return clip, fitted(clip)


def _falls_by_decades(history: History, goal: int) -> bool:
    """Whether losses of large budgets are so much smaller than those of small ones that all of them look alike there.

    A model of the losses themselves would know of nothing but the small budgets.
    """
    losses, budgets = history.losses[:, goal], history.budgets
    if not len(losses) or losses.min() <= 0 or (budgets == budgets[0]).all():
        return False
    typical = [float(np.median(losses[budgets == budget])) for budget in np.unique(budgets)]
    return max(typical) > _DECADE * min(typical)


def informative(history: History) -> NDArray[np.int_]:
    """Return which finished trials a process learns from: all, or the best and the latest, in the history's order."""
    return _informative(history, len(history.done))


def _informative(history: History, count: int) -> NDArray[np.int_]:
    """Return which of the first so many."""
    return leading_and_latest(history.losses[:count], history.margins[:count], _KNOWN)


def _picked(history: History, which: NDArray[np.int_]) -> list[Trial]:
    return [history.done[i] for i in which]


def _theta(
    cube: Cube, history: History, prior: Prior, values: Callable[[NDArray[np.int_]], Array], count: int | None = None
) -> Array:
    """Return θ as fitted at the last milestone before the latest result.

    Milestones lie a tenth apart and belong to the history, not to the process that asks, so that a resumed search
    proposes the same. The latest result is never needed: the fit can be made while its trial runs.
    """
    seen = len(history.done) - 1 if count is None else count
    kept = _informative(history, seen - seen % max(1, seen // 10))
    return gaussian_process.hyperparameters(
        cube.encode(_picked(history, kept)), values(kept), cube.unordered, prior
    )  # fmt: skip


def _conditioned(
    cube: Cube, history: History, trials: Sequence[Trial], y: Array, theta: Array, prior: Prior,
    draw: np.random.Generator | None = None,
) -> GaussianProcess:  # fmt: skip
    points = cube.encode(trials)
    model = gaussian_process.condition(points, y, cube.unordered, theta, prior)
    if not history.running:
        return model
    ahead = cube.encode(history.running)
    if len(ahead) > _AHEAD:
        mean, spread = model.predict(ahead)
        ahead = ahead[np.argsort(mean - spread, kind="stable")[:_AHEAD]]
    told = model.predict(ahead)[0] if draw is None else model.sample(ahead, draw)
    y = np.append(y, told)
    return gaussian_process.condition(np.vstack([points, ahead]), y, cube.unordered, theta, prior)
