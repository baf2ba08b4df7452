"""Evolution: regularised (Real 2019) over choices and conditions, differential (Storn 1997) over numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_magic.search.cube import Cube, cube_of
from hpo_magic.search.opening import Opening
from hpo_magic.search.scalar import scalar_losses
from hpo_magic.search.variation import differ, mutate_each
from hpo_magic.space import Config, Space
from hpo_magic.trials import History

Array = NDArray[np.float64]

_CHILDREN = 64


@dataclass(frozen=True)
class EvolutionSampler:
    """Parents win tournaments among the population; children are mutations and recombinations of them.

    The population are the latest trials, so that a lucky one dies out, and the best few, so that nothing good is lost.

    Parameters
    ----------
    seed : int
        Seed of the space-filling start; the study's.
    population : int
        Trials that may become parents; also the length of the start.
    tournament : int
        Trials of which the best becomes a parent.
    """

    seed: int = 0
    population: int = 20
    tournament: int = 5

    def propose(self, space: Space, history: History, rng: np.random.Generator) -> Config | None:
        """Return the next config, or None where everything has been tried."""
        return Opening(self.seed, self.population).propose(space, history, rng, self._children)

    def ahead(self, space: Space, history: History) -> None:
        """Encode what is known."""
        cube_of(space).encode(history.done)

    def explain(self, space: Space, trials: int | None, goals: int = 1) -> str:
        """Say in one line what will be done."""
        return Opening(self.seed, self.population).then(space, "evolution of the latest and the best", goals)

    def _children(self, cube: Cube, history: History, rng: np.random.Generator) -> Array:
        losses = scalar_losses(history, rng)
        latest = np.arange(max(len(losses) - self.population, 0), len(losses))
        best = np.argsort(losses, kind="stable")[: max(self.population // 4, 2)]
        members = np.union1d(best, latest)
        ranked = members[np.argsort(losses[members], kind="stable")]  # best first
        pool = cube.filled(cube.encode([history.done[i] for i in ranked]), rng)
        picks = rng.integers(len(pool), size=(_CHILDREN, self.tournament)).min(axis=1)
        parents = pool[picks]
        recombined = differ(pool, parents, cube, rng)
        mutated = mutate_each(parents, 0.1, cube, rng)
        return np.where(rng.random((_CHILDREN, 1)) < 0.5, recombined, mutated)
