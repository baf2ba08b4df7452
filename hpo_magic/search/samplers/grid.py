"""Grid search: every point of a finite grid once, in an order that covers the space from the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hpo_magic.search.novelty import tried
from hpo_magic.search.walk import walk_of
from hpo_magic.space import Config, Space
from hpo_magic.trials import History


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
        return walk_of(space).next(tried(history, space))

    def ahead(self, space: Space, history: History) -> None:
        """Do nothing: the grid is there."""

    def explain(self, space: Space, trials: int | None, goals: int = 1) -> str:
        """Say how large the grid is and how much of it the trials cover."""
        count = walk_of(space).grid.size
        part = f", of which {trials} trials cover {100 * trials / count:.2g} %" if trials and trials < count else ""
        return f"grid search over {count} points{part}"
