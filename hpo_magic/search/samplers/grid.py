"""Grid search: every point of a finite grid once, in an order that covers the space from the start."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from hpo_magic.search.novelty import key, tried
from hpo_magic.space import Config, Space
from hpo_magic.space.grid import points, size
from hpo_magic.trials import History

_SHUFFLED = 100_000
"""Larger grids are walked in order rather than held in memory."""


@dataclass(frozen=True)
class GridSampler:
    """Every option, level and small integer, and 5 levels of each continuous parameter.

    Examples
    --------
    >>> from hpo_magic.space import Int
    >>> GridSampler().explain(Space({"a": Int(1, 3), "b": Int(1, 4)}), trials=10)
    'grid search over 12 points, of which 10 trials cover 83 %'
    """

    all_of: ClassVar[str] = "every point of the grid"

    def propose(self, space: Space, history: History, rng: np.random.Generator) -> Config | None:
        """Return the next point of the grid that has not been tried, or None at its end."""
        known = tried(history, space)
        if size(space) <= _SHUFFLED:
            return next((c for k, c in _shuffled(_frozen(space)) if k not in known), None)
        return next((config for config in points(space) if key(config, space) not in known), None)

    def ahead(self, space: Space, history: History) -> None:
        """Do nothing: the grid is there."""

    def explain(self, space: Space, trials: int | None) -> str:
        """Say how large the grid is and how much of it the trials cover."""
        count = size(space)
        part = f", of which {trials} trials cover {100 * trials / count:.2g} %" if trials and trials < count else ""
        return f"grid search over {count} points{part}"


class _frozen:
    """A space as a key of a cache: equal where its JSON is."""

    def __init__(self, space: Space) -> None:
        self.space, self.text = space, repr(space)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _frozen) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


@lru_cache(maxsize=4)
def _shuffled(frozen: _frozen) -> list[tuple[tuple[str, ...], Config]]:
    """Return the grid in a fixed shuffled order, so that a search cut short has seen all of the space."""
    grid = [(key(config, frozen.space), config) for config in points(frozen.space)]
    return [grid[i] for i in np.random.default_rng(0).permutation(len(grid))]
