"""Tree-structured Parzen estimator (Bergstra 2011; multivariate as in Watanabe 2023), one model over the whole tree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_magic.search.cube import Cube, cube_of
from hpo_magic.search.one_thread import one_thread
from hpo_magic.search.opening import Opening
from hpo_magic.search.scalar import by_front
from hpo_magic.space import Config, Space
from hpo_magic.trials import History

Array = NDArray[np.float64]
_RUNNING = 0.5
"""Weight of a running trial among the bad: whole, those of a large batch drive the next ones off the good region."""


@dataclass(frozen=True)
class TpeSampler:
    """Proposes where good trials are dense and bad ones are not.

    The good ones are the best eighth or so, of several goals by layers of domination (Ozaki 2022) and crowding; both
    densities are multivariate over numbers and choices. Failed trials count as bad, running ones by half, so that
    parallel proposals differ.

    Parameters
    ----------
    seed : int
        Seed of the space-filling start; the study's.
    start : int
        Trials before the model takes over.
    candidates : int
        Draws from the good trials, of which the best ratio wins; half of them take each coordinate from another trial.
    """

    seed: int = 0
    start: int = 10
    candidates: int = 100

    def propose(self, space: Space, history: History, rng: np.random.Generator) -> Config | None:
        """Return the next config, or None where everything has been tried."""
        with one_thread():
            return Opening(self.seed, self.start).propose(space, history, rng, self._promising)

    def ahead(self, space: Space, history: History) -> None:
        """Encode what is known."""
        Opening(self.seed, self.start).ahead(space, history)
        cube_of(space).encode(history.trials)

    def explain(self, space: Space, trials: int | None, goals: int = 1) -> str:
        """Say in one line what will be done."""
        sorted_ = f" of {goals} metrics sorted into fronts" if goals > 1 else ""
        return f"{Opening(self.seed, self.start).words(space)}, then a tree-structured Parzen estimator{sorted_}"

    def _promising(self, cube: Cube, history: History, rng: np.random.Generator) -> Array:
        from hpo_magic.search.surrogates.parzen import estimate

        losses = by_front(history)
        order = np.argsort(losses, kind="stable")
        good = order[: good_count(len(losses))]
        bad = order[len(good) :]
        rest = (*history.failed, *history.running)
        known = cube.encode_configs(history.done)
        others = np.vstack([known[bad], cube.encode_configs(rest)]) if rest else known[bad]
        weights = np.append(np.ones(len(others) - len(history.running)), np.full(len(history.running), _RUNNING))
        below = estimate(cube, known[good], _weights(losses[good], losses[order[min(len(good), len(order) - 1)]]))
        above = estimate(cube, others, weights) if len(others) else None
        drawn = below.sample(self.candidates, rng)
        points = cube.to_proposal(drawn)
        model = cube.model(points)
        score = below.log_density(model) - (0.0 if above is None else above.log_density(model))
        return np.asarray(points[np.argsort(-score, kind="stable")])


def good_count(count: int) -> int:
    """Return how many of `count` finished trials are the good ones.

    Examples
    --------
    >>> [good_count(n) for n in (2, 10, 50, 1000)]
    [1, 2, 6, 25]
    """
    return min(max(int(np.ceil(0.12 * count)), 1), 25)


def _weights(losses: Array, edge: float) -> Array:
    """Weigh the good by how much they improve on the edge (Watanabe 2023, "EI" weights), none below a fifth."""
    gain = np.maximum(edge - losses, 0.0)
    mean = gain.mean()
    return np.asarray(0.2 + 0.8 * gain / mean) if mean > 0 else np.ones(len(losses))
