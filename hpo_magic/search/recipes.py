"""Recipes: the names of strategies. A new sampler or scheduler is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from hpo_magic.search.protocols import Sampler, Scheduler
from hpo_magic.search.samplers.auto import AutoSampler
from hpo_magic.search.samplers.cmaes import CmaEsSampler
from hpo_magic.search.samplers.evolution import EvolutionSampler
from hpo_magic.search.samplers.forest import ForestSampler
from hpo_magic.search.samplers.gp import GaussianProcessSampler
from hpo_magic.search.samplers.grid import GridSampler
from hpo_magic.search.samplers.nsga2 import Nsga2Sampler
from hpo_magic.search.samplers.random import RandomSampler
from hpo_magic.search.samplers.skopt import SkoptSampler
from hpo_magic.search.samplers.tpe import TpeSampler
from hpo_magic.search.schedulers.asha import Asha
from hpo_magic.search.schedulers.full import Full
from hpo_magic.search.schedulers.hyperband import Hyperband
from hpo_magic.search.schedulers.patience import Patience
from hpo_magic.search.schedulers.pb2 import bandit
from hpo_magic.search.schedulers.pbt import Pbt
from hpo_magic.search.schedulers.percentile import Percentile

Recipe = Callable[[int], tuple[Sampler, Scheduler]]


def _full(sampler: Callable[[int], Sampler]) -> Recipe:
    return lambda seed: (sampler(seed), Full())


SAMPLERS: Mapping[str, Callable[[int], Sampler]] = MappingProxyType(
    {
        "auto": AutoSampler,
        "gp": GaussianProcessSampler,
        "gp-ei": lambda seed: GaussianProcessSampler(seed, acquisition="ei"),
        "gp-pi": lambda seed: GaussianProcessSampler(seed, acquisition="pi"),
        "gp-lcb": lambda seed: GaussianProcessSampler(seed, acquisition="lcb"),
        "gp-thompson": lambda seed: GaussianProcessSampler(seed, acquisition="thompson"),
        "tpe": TpeSampler,
        "forest": ForestSampler,
        "skopt": SkoptSampler,
        "evolution": EvolutionSampler,
        "cmaes": CmaEsSampler,
        "nsga2": Nsga2Sampler,
        "random": RandomSampler,
        "random-halton": lambda seed: RandomSampler(seed, "halton"),
        "random-lhs": lambda seed: RandomSampler(seed, "lhs"),
        "random-plain": lambda seed: RandomSampler(seed, "plain"),
        "grid": lambda seed: GridSampler(),
    }
)

SCHEDULERS: Mapping[str, Callable[[int], Scheduler]] = MappingProxyType(
    {
        "full": lambda seed: Full(),
        "halving": lambda seed: Hyperband(hedge=False),
        "hyperband": lambda seed: Hyperband(),
        "asha": lambda seed: Asha(),
        "median": lambda seed: Percentile(0.5),
        "percentile": lambda seed: Percentile(0.25),
        "patience": lambda seed: Patience(),
        "pbt": Pbt,
        "pb2": lambda seed: Pbt(seed, explore=bandit),
    }
)

_CHEAP = 12
"""Where a Gaussian process meets asynchronous halving: so many spread configs at the lowest rung, then promotions.

The hedge against small budgets that mislead costs regret where they do not; `auto`, to be safe, has more of it.
"""

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        **{name: _full(sampler) for name, sampler in SAMPLERS.items()},
        "auto": lambda seed: (AutoSampler(seed, cheap=_CHEAP), Asha(eta=2, begin=_CHEAP, hedge=0.2, stops=False)),
        "asha-gp": lambda seed: (GaussianProcessSampler(seed, start=_CHEAP), Asha(eta=2, begin=_CHEAP, hedge=0.1)),
        "bohb": lambda seed: (TpeSampler(seed), Hyperband()),
        "dehb": lambda seed: (EvolutionSampler(seed), Hyperband()),
        "halving": lambda seed: (RandomSampler(seed), Hyperband(hedge=False)),
        "hyperband": lambda seed: (RandomSampler(seed), Hyperband()),
        "asha": lambda seed: (RandomSampler(seed), Asha()),
        "median": lambda seed: (AutoSampler(seed), Percentile(0.5)),
        "percentile": lambda seed: (AutoSampler(seed), Percentile(0.25)),
        "patience": lambda seed: (AutoSampler(seed), Patience()),
        "pbt": lambda seed: (RandomSampler(seed), Pbt(seed)),
        "pb2": lambda seed: (RandomSampler(seed), Pbt(seed, explore=bandit)),
    }
)


def pair(name: str) -> Recipe | None:
    """Return the parts of a recipe's name, or of a pair such as "tpe+median"; None where there is no such.

    Examples
    --------
    >>> sampler, scheduler = pair("tpe+median")(0)
    >>> scheduler.share
    0.5
    """
    if name in RECIPES:
        return RECIPES[name]
    one, plus, other = name.partition("+")
    if not plus or one not in SAMPLERS or other not in SCHEDULERS:
        return None
    return lambda seed: (SAMPLERS[one](seed), SCHEDULERS[other](seed))
