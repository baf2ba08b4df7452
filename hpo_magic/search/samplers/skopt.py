"""scikit-optimize's own Optimizer behind our protocol, for those who want it as it is."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpo_magic.search.cube import Cube, cube_of
from hpo_magic.search.opening import Opening
from hpo_magic.search.scalar import leading_and_latest, scalar_losses
from hpo_magic.space import Config, Space
from hpo_magic.trials import History

Array = NDArray[np.float64]

_KNOWN = 150
"""Of so many trials at most, the best and the latest, it is told."""


@dataclass(frozen=True)
class SkoptSampler:
    """``skopt.Optimizer`` told the whole history and asked once, in the coordinates of the unit cube.

    It knows nothing of conditions: an inactive parameter is told at the middle of its range. It is slow, 0.3 to 3 s
    a proposal.

    Parameters
    ----------
    seed : int
        Seed of the space-filling start; the study's.
    start : int
        Trials before the model takes over.
    estimator : str
        ``"GP"``, ``"RF"``, ``"ET"`` or ``"GBRT"``.
    """

    seed: int = 0
    start: int = 10
    estimator: str = "GP"

    def propose(self, space: Space, history: History, rng: np.random.Generator) -> Config | None:
        """Return the next config, or None where everything has been tried."""
        return Opening(self.seed, self.start).propose(space, history, rng, self._asked)

    def ahead(self, space: Space, history: History) -> None:
        """Encode what is known."""
        cube_of(space).encode(history.done)

    def explain(self, space: Space, trials: int | None, goals: int = 1) -> str:
        """Say in one line what will be done."""
        return Opening(self.seed, self.start).then(space, f"scikit-optimize's Optimizer ({self.estimator})", goals)

    def _asked(self, cube: Cube, history: History, rng: np.random.Generator) -> Array:
        from skopt import Optimizer

        columns = [j for j in range(len(cube.space)) if not cube.held[j]]
        dimensions = [self._dimension(cube, j) for j in columns]
        seed = int(rng.integers(2**31))
        optimizer = Optimizer(dimensions, self.estimator, n_initial_points=0, random_state=seed, avoid_duplicates=False)
        # Its time grows with the cube of their number: 14 s a proposal at 500.
        kept = leading_and_latest(history.losses, history.margins, _KNOWN)
        failed = history.failed[-_KNOWN // 2 :]
        done = (*(history.done[i] for i in kept), *failed, *history.running)
        scalar = scalar_losses(history, rng)[kept]
        losses = (scalar / (np.abs(scalar).max() or 1.0)).tolist()  # its squares must not overflow
        # Running trials count as if they came out best, as scikit-optimize's own batches do (Chevalier 2013, "CL-min").
        losses += [max(losses)] * len(failed) + [min(losses)] * len(history.running)
        told = [self._told(cube, row, columns) for row in cube.to_proposal(cube.encode(done))]
        optimizer.tell(told, losses)
        point = rng.random(len(cube.space))
        with warnings.catch_warnings():  # it warns of every repeat; the opening passes over repeats
            warnings.simplefilter("ignore")
            asked = optimizer.ask()
        for j, value in zip(columns, asked, strict=True):
            point[j] = (value + 0.5) / cube.in_play(j) if cube.unordered[j] else value
        return point[None]

    def _dimension(self, cube: Cube, j: int) -> Any:
        from skopt.space import Categorical, Real

        return Categorical(list(range(cube.in_play(j)))) if cube.unordered[j] else Real(0.0, 1.0)

    def _told(self, cube: Cube, row: Array, columns: list[int]) -> list[float | int]:
        count = cube.in_play
        return [min(int(row[j] * count(j)), count(j) - 1) if cube.unordered[j] else float(row[j]) for j in columns]
