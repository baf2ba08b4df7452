"""Strategy = sampler × scheduler × seed; a recipe names a pair of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hpo_magic.errors import StrategyError, did_you_mean
from hpo_magic.search.protocols import Sampler, Scheduler
from hpo_magic.search.recipes import RECIPES


@dataclass(frozen=True)
class Strategy:
    """What to try next and how long to run it.

    Parameters
    ----------
    sampler : Sampler
    scheduler : Scheduler
    seed : int
        Every random stream derives from it, one a trial number.
    name : str
        The recipe, or a name of one's own.

    Examples
    --------
    >>> strategy("random", seed=3).name
    'random'
    """

    sampler: Sampler
    scheduler: Scheduler
    seed: int = 0
    name: str = "custom"

    def rng(self, number: int) -> np.random.Generator:
        """Return the random stream of a trial number."""
        return np.random.default_rng([self.seed, number])


def strategy(name: str | Strategy, seed: int = 0) -> Strategy:
    """Return the strategy of a recipe's name; a Strategy is returned as it is.

    Raises
    ------
    StrategyError
        Where no recipe has that name.

    Examples
    --------
    >>> strategy("baysian")
    Traceback (most recent call last):
    ...
    hpo_magic.errors.StrategyError: strategy='baysian' is unknown...; choose one of ...
    """
    if isinstance(name, Strategy):
        return name
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise StrategyError(f"seed={seed!r} must be a whole number, 0 or above")
    make: Callable[[int], tuple[Sampler, Scheduler]] | None = RECIPES.get(str(name).lower())
    if make is None:
        raise StrategyError(
            f"strategy={name!r} is unknown{did_you_mean(str(name), RECIPES)}; choose one of {', '.join(RECIPES)}"
        )
    sampler, scheduler = make(seed)
    return Strategy(sampler, scheduler, seed, str(name).lower())
