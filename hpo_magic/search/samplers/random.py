"""Random search: a scrambled Sobol sequence, which covers the space more evenly than plain draws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hpo_magic.search.novelty import Tried
from hpo_magic.space import Choice, Config, Space
from hpo_magic.space.domains import levels
from hpo_magic.space.grid import points, size, values
from hpo_magic.trials import History

_DRAWS = 200
"""Fresh draws before a discrete space is searched for what is left of it."""
_SMALL = 20_000
_BLOCK = 64
"""Points of the sequence that are made at once."""


@dataclass(frozen=True)
class RandomSampler:
    """Scrambled Sobol points (Owen 1998), then plain draws where a point repeats a config.

    Parameters
    ----------
    seed : int
        Seed of the scrambling; the study's.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> space = Space({"x": Float(0, 1)})
    >>> RandomSampler(0).propose(space, History(), np.random.default_rng(0)).keys()
    dict_keys(['x'])
    """

    seed: int = 0

    def propose(self, space: Space, history: History, rng: np.random.Generator) -> Config | None:
        """Return the next point of the sequence that has not been tried."""
        known = Tried(history, space)
        return next((config for config in self._draws(space, history, rng) if not known(config)), None)

    def explain(self, space: Space, trials: int | None) -> str:
        """Say in one line what will be done."""
        return "random search over a scrambled Sobol sequence"

    def ahead(self, space: Space, history: History) -> None:
        """Draw the next point once; what it loads is then there."""
        sobol_point(len(space), len(history), self.seed)

    def _draws(self, space: Space, history: History, rng: np.random.Generator) -> Iterator[Config]:
        yield space.decode(sobol_point(len(space), len(history), self.seed))
        for _ in range(_DRAWS):
            yield space.sample(rng)
        left = list(remaining(space))
        for i in rng.permutation(len(left)):
            yield left[i]


def remaining(space: Space) -> list[Config]:
    """Return every config of a small, wholly discrete space; nothing for any other space."""
    whole = all(
        isinstance(domain, Choice) or name in space.fixed or name == space.budget
        or levels(domain) == len(values(space, name))
        for name, domain in space.items()
    )  # fmt: skip
    return list(points(space)) if whole and size(space) <= _SMALL else []


def sobol_point(dimensions: int, index: int, seed: int) -> NDArray[np.float64]:
    """Return one point of a scrambled Sobol sequence, shape (dimensions,).

    Examples
    --------
    >>> bool((sobol_point(3, 5, seed=0) == sobol_point(3, 5, seed=0)).all())
    True
    """
    return np.array(_block(dimensions, index // _BLOCK, seed)[index % _BLOCK])


@lru_cache(maxsize=16)
def _block(dimensions: int, number: int, seed: int) -> NDArray[np.float64]:
    """Return that many points of a sequence at once: scrambling takes a hundred times longer than a point."""
    from scipy.stats import qmc

    sequence = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
    if number:
        sequence.fast_forward(number * _BLOCK)
    return np.asarray(sequence.random(_BLOCK))
