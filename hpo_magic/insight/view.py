"""A Gaussian process of a metric over the whole space, for pictures and numbers about it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpo_magic.insight.measured import MOST, telling
from hpo_magic.insight.squeeze import Squeeze
from hpo_magic.search.acquisition import log_expected_improvement
from hpo_magic.search.cube import cube_of
from hpo_magic.search.one_thread import one_thread
from hpo_magic.search.surrogates import gaussian_process
from hpo_magic.search.surrogates.belief import plain, prior_of
from hpo_magic.space import Space
from hpo_magic.trials import History

Array = NDArray[np.float64]


class View:
    """A process of every run with a metric, whatever its budget, and points to look at it from.

    Parameters
    ----------
    history : History
    space : Space
    metric : str or None
        By default the first goal.
    most : int
        Runs that the process is told of, the best among them.

    Attributes
    ----------
    process : GaussianProcess
        Of losses squeezed, shifted and scaled: far worse values count little more than bad ones.
    noise : float
        Variance of one trial, in the process's units.
    """

    def __init__(self, history: History, space: Space, metric: str | None, most: int = MOST) -> None:
        runs = telling(history.lessons, history, metric, most)
        self.goal, self.cube, self._space = runs.goals[0], cube_of(space), space
        self._squeeze = Squeeze.of(runs.losses[:, 0])
        losses = self._squeeze.squeezed(runs.losses[:, 0])
        self.scale, self._shift = float(losses.std()) or 1.0, float(losses.mean())
        with one_thread():
            points = self.cube.encode(runs.done)
            self.process = gaussian_process.fit(points, plain(losses), self.cube.unordered, prior_of(runs))
        self.noise = float(np.exp(self.process.theta[-1]))

    def unscaled(self, told: Array) -> Array:
        """Return losses in the metric's units."""
        return self._squeeze.stretched(told * self.scale + self._shift)

    def groups(self, held: dict[str, Array], background: int) -> Array:
        """Return points in model coordinates, (g, background, d): in each group what is held stays, the rest varies.

        A group in which a parameter that is held does not exist is NaN.
        """
        rng, cube, names = np.random.default_rng(0), self.cube, self._space.names
        columns = [names.index(name) for name in held]
        count = len(next(iter(held.values())))
        rest = rng.random((background, len(names)))
        for _ in range(20):  # until every row of the rest lets the parameters exist at some value of theirs
            points = np.tile(rest, (count, 1))
            for name, column in zip(held, columns, strict=True):
                wanted = np.full((count, len(names)), 0.5)
                wanted[:, column] = held[name]
                points[:, column] = np.repeat(cube.to_proposal(wanted)[:, column], background)
            model = cube.model(points)
            there = np.ones((count, background), dtype=bool)
            if any(self._space.condition(name) is not None for name in held):
                there = cube.active(model)[:, columns].all(axis=1).reshape(count, background)
            never = ~there.any(axis=0)
            if not never.any():
                break
            rest[never] = rng.random((int(never.sum()), len(names)))
        groups = cube.at_full_budget(model).reshape(count, background, len(names))
        groups[~np.all(there, axis=1)] = np.nan
        return groups

    def average(self, groups: Array) -> tuple[Array, Array]:
        """Return mean and spread of each group's average as the process tells them, NaN for groups that are, (g,)."""
        there = ~np.isnan(groups[:, 0, 0])
        mean, spread = np.full(len(groups), np.nan), np.full(len(groups), np.nan)
        with one_thread():
            mean[there], spread[there] = self.process.average(groups[there])
        return mean, spread

    def promise(self, groups: Array) -> Array:
        """Return the largest expected improvement in each group, the largest of all being 1, (g,)."""
        g, b, d = groups.shape
        best = float(self.process.predict(self.cube.at_full_budget(self.process.points))[0].min())
        with one_thread():
            gain = log_expected_improvement(*self.process.predict(groups.reshape(g * b, d)), best)
        top = gain.reshape(g, b).max(axis=1)
        return np.asarray(np.exp(top - np.nanmax(top)))
