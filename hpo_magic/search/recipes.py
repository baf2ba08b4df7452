"""Recipes: the names of strategies. A new sampler is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from hpo_magic.search.protocols import Sampler, Scheduler
from hpo_magic.search.samplers.gp import GaussianProcessSampler
from hpo_magic.search.samplers.grid import GridSampler
from hpo_magic.search.samplers.random import RandomSampler
from hpo_magic.search.schedulers.full import Full

Recipe = Callable[[int], tuple[Sampler, Scheduler]]

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "auto": lambda seed: (GaussianProcessSampler(seed), Full()),
        "gp": lambda seed: (GaussianProcessSampler(seed), Full()),
        "gp-lcb": lambda seed: (GaussianProcessSampler(seed, acquisition="lcb"), Full()),
        "random": lambda seed: (RandomSampler(seed), Full()),
        "grid": lambda seed: (GridSampler(), Full()),
    }
)
