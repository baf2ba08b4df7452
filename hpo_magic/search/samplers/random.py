"""Random search over a scrambled Sobol sequence, which covers the space more evenly than plain draws, or another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hpo_magic.errors import StrategyError, did_you_mean
from hpo_magic.search.novelty import Tried, tried
from hpo_magic.search.sequences import SEQUENCES, point
from hpo_magic.search.walk import walk_of_all
from hpo_magic.space import Config, Space
from hpo_magic.trials import History

_DRAWS = 200
"""Fresh draws before a space without continuous parameters is walked for what is left of it."""
_SAID = {
    "sobol": "over a scrambled Sobol sequence",
    "halton": "over a scrambled Halton sequence",
    "lhs": "over Latin hypercubes of 64 points",
    "plain": "by independent draws",
}


@dataclass(frozen=True)
class RandomSampler:
    """Points of a sequence that fills the space, and plain draws where a point repeats a config.

    Parameters
    ----------
    seed : int
        Seed of the scrambling; the study's.
    sequence : str
        ``"sobol"``, ``"halton"``, ``"lhs"`` (Latin hypercubes) or ``"plain"``.

    Raises
    ------
    StrategyError
        Where there is no such sequence.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> space = Space({"x": Float(0, 1)})
    >>> RandomSampler(0).propose(space, History(), np.random.default_rng(0)).keys()
    dict_keys(['x'])
    """

    seed: int = 0
    sequence: str = "sobol"
    draws_seldom: ClassVar[bool] = True
    """The random stream is made only where it is drawn from."""

    def __post_init__(self) -> None:
        if self.sequence not in SEQUENCES:
            hint = did_you_mean(self.sequence, SEQUENCES)
            raise StrategyError(f"sequence={self.sequence!r} is unknown{hint}; choose one of {', '.join(SEQUENCES)}")

    def propose(self, space: Space, history: History, rng: np.random.Generator) -> Config | None:
        """Return the next point of the sequence that has not been tried."""
        known = Tried(history, space)
        first = space.decode(point(self.sequence, len(space), history.turns, self.seed))
        if not known(first):
            return first
        fresh = next((config for _ in range(_DRAWS) if not known(config := space.sample(rng))), None)
        if fresh is not None:
            return fresh
        walk = walk_of_all(space)
        return None if walk is None else walk.next(tried(history, space))

    def explain(self, space: Space, trials: int | None, goals: int = 1) -> str:
        """Say in one line what will be done."""
        return f"random search {_SAID[self.sequence]}"

    def ahead(self, space: Space, history: History) -> None:
        """Draw the next point once; what it loads is then there."""
        point(self.sequence, len(space), history.turns, self.seed)
