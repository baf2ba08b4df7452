"""Strategy = sampler × scheduler × seed; a recipe names a pair of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, cast

import numpy as np

from hpo_magic.errors import StrategyError, did_you_mean, flag, whole
from hpo_magic.search.fidelity import rungs_of
from hpo_magic.search.protocols import Sampler, Scheduler
from hpo_magic.search.reading import seen_by
from hpo_magic.search.recipes import RECIPES, SCHEDULERS, pair
from hpo_magic.search.walk import walk_of_all
from hpo_magic.space import Config, Space
from hpo_magic.trials import History


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

    @property
    def cost_aware(self) -> bool:
        """Whether the sampler weighs gains against seconds."""
        return bool(getattr(self.sampler, "cost_aware", False))

    def propose(self, space: Space, history: History) -> Config | None:
        """Return the next config, or None where everything has been tried."""
        number, seldom = len(history), getattr(self.sampler, "draws_seldom", False)
        rng = cast(np.random.Generator, _Late(lambda: self.rng(number))) if seldom else self.rng(number)
        config = self.sampler.propose(space, self._read(space, history), rng)
        lacks = getattr(self.scheduler, "lacks_members", None)
        if config is None and lacks is not None and lacks(space, history):
            return space.sample(self.rng(number))
        return config

    def explain(self, space: Space, trials: int | None, goals: int = 1) -> str:
        """Say in one line what will be done on this space, within so many trials and for so many goals, and why."""
        said = [self.sampler.explain(space, trials, goals), self.scheduler.explain(space)]
        return "; ".join(part for part in said if part)

    def shortfall(self, space: Space, trials: int | None) -> str:
        """Say how far so many trials go, where they end before the scheduler's first bracket or population does.

        Examples
        --------
        >>> from hpo_magic.space import Budget, Float
        >>> space = Space({"x": Float(0, 1), "epochs": Budget(1, 81)})
        >>> strategy("bohb").shortfall(space, 50)
        '50 trials get as far as 1 of 81 epochs; raise their number to 121, or choose asha-gp, which goes up sooner'
        """
        first: tuple[int, ...] = getattr(self.scheduler, "first_round", lambda _: ())(space)
        top = max(rungs_of(space), default=0)
        if trials is None or not 0 < trials <= len(first) or first[trials - 1] == top:
            return ""
        every = walk_of_all(space)
        if every is not None and every.grid.size < trials:  # all begin, and then the best go on
            return ""
        far = f"{trials} trials get as far as {first[trials - 1]} of {top} {space.budget}"
        enough = f"to {len(first)}" if first[-1] == top else f"well beyond {len(first)}"
        other = "asha-gp, which goes up sooner" if trials >= _CLIMBING else f"gp, with which all spend {top}"
        return f"{far}; raise their number {enough}, or choose {other}"

    def ahead(self, space: Space, history: History) -> None:
        """Do now what the next proposal needs in any case."""
        self.sampler.ahead(space, self._read(space, history))

    def _read(self, space: Space, history: History) -> History:
        return seen_by(self.sampler, space, history.lessons)

    def rng(self, number: int) -> np.random.Generator:
        """Return the random stream of a trial number."""
        return np.random.default_rng([self.seed, number])

    def trial_seed(self, number: int) -> int:
        """Return what the trial of that number itself draws its random numbers from."""
        return int(np.random.SeedSequence([self.seed, number, 1]).generate_state(1)[0] >> 1)


_CLIMBING = 20
"""Trials from which on asynchronous halving promotes some: its first dozen begin on the least."""
_CALLED: Mapping[str, str] = MappingProxyType(
    {"bay": "gp", "gauss": "gp", "parzen": "tpe", "hyperopt": "tpe", "smac": "forest", "genetic": "evolution",
     "sobol": "random", "success": "halving", "population": "pbt", "nsga": "nsga2"}
)  # fmt: skip
"""What recipes are called elsewhere, by a part of the word."""


class _Late:
    """A random stream that is made when it is first drawn from: that takes longer than a random proposal."""

    def __init__(self, make: Callable[[], np.random.Generator]) -> None:
        self._make = make

    @cached_property
    def _stream(self) -> np.random.Generator:
        return self._make()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def strategy(name: str | Strategy, seed: int = 0, cost_aware: bool = False) -> Strategy:
    """Return the strategy of a recipe's name; a Strategy is returned as it is.

    Parameters
    ----------
    name : str or Strategy
        A recipe's name, or a sampler's and a scheduler's: ``"tpe+median"``.
    seed : int
    cost_aware : bool
        Weigh what is to be gained against the seconds that a trial is predicted to take.

    Raises
    ------
    StrategyError
        Where no recipe has that name, or where it cannot be cost-aware.

    Examples
    --------
    >>> strategy("baysian")
    Traceback (most recent call last):
    ...
    hpo_magic.errors.StrategyError: strategy='baysian' is unknown...; choose one of ...
    """
    seed = whole("seed", seed, 0, StrategyError)
    if isinstance(name, Strategy):
        if seed not in (0, name.seed):
            raise StrategyError(
                f"seed={seed} does not hold: the strategy that was given has its own, seed={name.seed}; give {seed} to "
                "it and to its sampler, as in Strategy(TpeSampler(seed), Full(), seed)"
            )
        return name
    make = pair(str(name).lower())
    if make is None:
        raise StrategyError(
            f"strategy={name!r} is unknown{_meant(str(name))}; choose one of {', '.join(RECIPES)}, "
            f"or a sampler and how long it runs, as in tpe+median ({', '.join(SCHEDULERS)})"
        )
    sampler, scheduler = make(seed)
    if flag("cost_aware", cost_aware, StrategyError):
        if not _divides(sampler):
            able = [recipe for recipe, parts in RECIPES.items() if _divides(parts(0)[0])]
            raise StrategyError(f"strategy={name!r} cannot be cost-aware; choose one of {', '.join(able)}")
        sampler = dataclasses.replace(sampler, cost_aware=True)  # type: ignore[type-var]
    return Strategy(sampler, scheduler, seed, str(name).lower())


def _meant(name: str) -> str:
    """Return the recipe that may be meant, by what others call it or by how it is spelt."""
    known = next((recipe for word, recipe in _CALLED.items() if word in name.lower()), None)
    return f" (did you mean {known!r}?)" if known else did_you_mean(name, RECIPES)


def _divides(sampler: Sampler) -> bool:
    """Whether a sampler can divide what it expects by seconds: an improvement, not a bound or a draw."""
    return hasattr(sampler, "cost_aware") and getattr(sampler, "acquisition", "logei") == "logei"
