"""Recipes: the names of strategies. A new sampler is one file and one line here."""

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
from hpo_magic.search.schedulers.full import Full

Recipe = Callable[[int], tuple[Sampler, Scheduler]]

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "auto": lambda seed: (AutoSampler(seed), Full()),
        "gp": lambda seed: (GaussianProcessSampler(seed), Full()),
        "gp-lcb": lambda seed: (GaussianProcessSampler(seed, acquisition="lcb"), Full()),
        "gp-thompson": lambda seed: (GaussianProcessSampler(seed, acquisition="thompson"), Full()),
        "tpe": lambda seed: (TpeSampler(seed), Full()),
        "forest": lambda seed: (ForestSampler(seed), Full()),
        "skopt": lambda seed: (SkoptSampler(seed), Full()),
        "evolution": lambda seed: (EvolutionSampler(seed), Full()),
        "cmaes": lambda seed: (CmaEsSampler(seed), Full()),
        "nsga2": lambda seed: (Nsga2Sampler(seed), Full()),
        "random": lambda seed: (RandomSampler(seed), Full()),
        "grid": lambda seed: (GridSampler(), Full()),
    }
)
