"""Sequential search with a random forest, in the manner of SMAC (Hutter 2011; Lindauer 2022)."""

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

_OUTSIDE = -1.0
"""Where the forest sees an inactive number: trees can split it off from all real values."""


@dataclass(frozen=True)
class ForestSampler:
    """A random forest predicts the losses; expected improvement over it is maximised by local search.

    Parameters
    ----------
    seed : int
        Seed of the space-filling start; the study's.
    start : int
        Trials before the model takes over.
    interleave : float
        Share of proposals that are random, which keeps a forest from overlooking what it has never seen.
    """

    seed: int = 0
    start: int = 8
    interleave: float = 0.1

    def propose(self, space: Space, history: History, rng: np.random.Generator) -> Config | None:
        """Return the next config, or None where everything has been tried."""
        return Opening(self.seed, self.start).propose(space, history, rng, self._promising)

    def ahead(self, space: Space, history: History) -> None:
        """Encode what is known."""
        cube_of(space).encode(history.done)

    def explain(self, space: Space, trials: int | None, goals: int = 1) -> str:
        """Say in one line what will be done."""
        return Opening(self.seed, self.start).then(space, "a random forest with expected improvement", goals)

    def _promising(self, cube: Cube, history: History, rng: np.random.Generator) -> Array:
        from hpo_magic.search.acquisition import log_expected_improvement
        from hpo_magic.search.maximise import maximise
        from hpo_magic.search.surrogates.forest import Forest
        from hpo_magic.search.surrogates.transform import standardise

        if rng.random() < self.interleave:
            return rng.random((32, len(cube.space)))
        done = history.done
        losses = standardise(scalar_losses(history, rng))
        bad = losses.max() + 0.5 * np.ptp(losses)
        known = (*done, *history.failed)
        y = np.append(losses, np.full(len(history.failed), bad))
        points = _seen(cube, cube.encode_configs(known))
        forest = Forest(points, y, int(rng.integers(2**31)), drawn=True)
        if history.running:  # believe what the forest says of those whose value is still to come
            ahead = _seen(cube, cube.encode_configs(history.running))
            y = np.append(y, forest.predict(ahead)[0])
            forest = Forest(np.vstack([points, ahead]), y, int(rng.integers(2**31)), drawn=True)

        def value(model: Array) -> Array:
            return log_expected_improvement(*forest.predict(_seen(cube, model)), float(losses.min()))

        return maximise(value, cube, history, rng)


def _seen(cube: Cube, model: Array) -> Array:
    return np.where(cube.active(model), model, _OUTSIDE)
