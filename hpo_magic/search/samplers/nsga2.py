"""NSGA-II (Deb 2002): evolution towards the whole Pareto front, by layers of domination and room between neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_magic.search.cube import Cube, cube_of
from hpo_magic.search.opening import Opening
from hpo_magic.search.scalar import by_front
from hpo_magic.search.variation import differ, mutate_each
from hpo_magic.space import Config, Space
from hpo_magic.trials import History

Array = NDArray[np.float64]

_CHILDREN = 32
"""Drawn for a proposal, so that a new one is among them."""


@dataclass(frozen=True)
class Nsga2Sampler:
    """The better of two parents by layer, then by crowding, is recombined and mutated.

    A trial that misses a constraint loses against every one that misses less (Deb 2002, section VI).

    Parameters
    ----------
    seed : int
        Seed of the space-filling start; the study's.
    population : int
        Trials that may become parents; also the length of the start.
    """

    seed: int = 0
    population: int = 24

    def propose(self, space: Space, history: History, rng: np.random.Generator) -> Config | None:
        """Return the next config, or None where everything has been tried."""
        return Opening(self.seed, self.population).propose(space, history, rng, self._children)

    def ahead(self, space: Space, history: History) -> None:
        """Encode what is known."""
        cube_of(space).encode(history.done)

    def explain(self, space: Space, trials: int | None, goals: int = 1) -> str:
        """Say in one line what will be done."""
        return f"{Opening(self.seed, self.population).words(space)}, then NSGA-II"

    def _children(self, cube: Cube, history: History, rng: np.random.Generator) -> Array:
        order = np.argsort(by_front(history), kind="stable")[: self.population]  # best first
        pool = cube.filled(cube.encode([history.done[i] for i in order]), rng)
        parents = pool[rng.integers(len(pool), size=(_CHILDREN, 2)).min(axis=1)]
        recombined = differ(pool, parents, cube, rng)
        mutated = mutate_each(recombined, 0.1, cube, rng)
        return np.where(rng.random((_CHILDREN, 1)) < 0.5, recombined, mutated)
