"""CMA-ES (Hansen 2016) over the numbers of a space, through the package cmaes; choices follow the better trials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_magic.search.cube import Cube, cube_of
from hpo_magic.search.opening import Opening
from hpo_magic.search.scalar import scalar_losses
from hpo_magic.space import Config, Space
from hpo_magic.trials import History

Array = NDArray[np.float64]

_DRAWS = 32
"""Draws a proposal, so that a new one is among them."""
_SIGMA = 1 / 6
"""Spread at the start, in parts of the ranges."""
_OPTION = 0.5
"""Of how many better trials each option of a choice is worth before anything is known (Jeffreys 1946)."""


@dataclass(frozen=True)
class CmaEsSampler:
    """Covariance matrix adaptation, its state rebuilt from the history at every proposal.

    Parameters
    ----------
    seed : int
        Seed of the space-filling start; the study's.
    start : int
        Spread trials before; half-way between the best of them and the centre the evolution begins.
    """

    seed: int = 0
    start: int = 5

    def propose(self, space: Space, history: History, rng: np.random.Generator) -> Config | None:
        """Return the next config, or None where everything has been tried."""
        return Opening(self.seed, self.start).propose(space, history, rng, self._draws)

    def ahead(self, space: Space, history: History) -> None:
        """Encode what is known."""
        cube_of(space).encode([*history.done, *history.failed])

    def explain(self, space: Space, trials: int | None, goals: int = 1) -> str:
        """Say in one line what will be done."""
        return Opening(self.seed, self.start).then(space, "CMA-ES over the numbers", goals)

    def _draws(self, cube: Cube, history: History, rng: np.random.Generator) -> Array:
        known, losses = history.done, scalar_losses(history, rng)
        if history.failed:  # where trials fail is learnt too: they count as the worst, each in its turn
            known, losses = (*known, *history.failed), np.append(losses, np.full(len(history.failed), losses.max()))
            turns = sorted(range(len(known)), key=lambda place: known[place].number)
            known, losses = tuple(known[place] for place in turns), losses[turns]
        points = cube.filled(cube.encode(known), rng)
        numbers = np.flatnonzero(~cube.unordered & ~cube.held)
        better = points[np.argsort(losses, kind="stable")[: max(len(history.done) // 4, 2)]]
        draws = better[rng.integers(len(better), size=_DRAWS)]
        # While few trials are better than the rest, most options have not had their chance.
        kept = len(better) / (len(better) + _OPTION * np.where(cube.unordered, cube.options, 0.0))
        draws = np.where(rng.random(draws.shape) < kept, draws, rng.random(draws.shape))
        if len(numbers):
            draws[:, numbers] = self._normal(points[:, numbers], losses, rng)
        return draws

    def _normal(self, points: Array, losses: Array, rng: np.random.Generator) -> Array:
        """Draw from the adapted distribution, (32, k)."""
        from cmaes import CMA

        dimensions = points.shape[1]
        if dimensions == 1:  # the package wants two; the second says nothing
            wide = np.hstack([points, np.full_like(points, 0.5)])
            return self._normal(wide, losses, rng)[:, :1]
        first = min(self.start, len(points))
        # Half-way to the centre: the best of a few points is mostly luck, the more so the more dimensions there are.
        mean = 0.5 * (points[np.argmin(losses[:first])] + 0.5)
        bounds = np.tile([0.0, 1.0], (dimensions, 1))
        state = CMA(mean=mean, sigma=_SIGMA, bounds=bounds, seed=int(rng.integers(2**31)))
        size = state.population_size
        for at in range(first, len(points) - size + 1, size):
            state.tell([(points[i], losses[i]) for i in range(at, at + size)])
            if state.should_stop():  # converged: start again around the best (Auger 2005)
                best = points[np.argmin(losses[: at + size])]
                state = CMA(mean=best, sigma=_SIGMA, bounds=bounds, seed=int(rng.integers(2**31)))
        return np.array([state.ask() for _ in range(_DRAWS)])
