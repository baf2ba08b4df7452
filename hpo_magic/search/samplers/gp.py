"""Bayesian optimisation with a Gaussian process over mixed and conditional spaces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpo_magic.errors import StrategyError, did_you_mean
from hpo_magic.search.cube import Cube, cube_of
from hpo_magic.search.novelty import key, tried
from hpo_magic.search.samplers.random import RandomSampler
from hpo_magic.space import Config, Space
from hpo_magic.trials import History

# What fits and maximises is imported when it is needed first: it takes 0.4 s, a cell's start should not.
_NAMES = {"logei": "expected improvement", "ei": "expected improvement", "pi": "probability of improvement",
          "lcb": "a lower confidence bound"}  # fmt: skip


@dataclass(frozen=True)
class GaussianProcessSampler:
    """Defaults first, then Sobol points, then the maximum of an acquisition over a Gaussian process.

    Failed trials count as bad ones; running trials as if they had returned the model's own mean (the believer of
    Ginsbourger 2010, section 4.1), so that parallel proposals differ.

    Parameters
    ----------
    seed : int
        Seed of the space-filling start; the study's.
    acquisition : str
        ``"logei"``, ``"ei"``, ``"pi"`` or ``"lcb"``.
    start : int
        Trials before the model takes over.
    """

    seed: int = 0
    acquisition: str = "logei"
    start: int = 8

    def __post_init__(self) -> None:
        if self.acquisition not in _NAMES:
            hint = did_you_mean(self.acquisition, _NAMES)
            raise StrategyError(f"acquisition={self.acquisition!r} is unknown{hint}; choose one of {', '.join(_NAMES)}")

    def propose(self, space: Space, history: History, rng: np.random.Generator) -> Config | None:
        """Return the next config, or None where everything has been tried."""
        known = tried(history, space)
        defaults = space.defaults()
        if defaults is not None and key(defaults, space) not in known:
            return defaults
        cube = cube_of(space)
        scatter = RandomSampler(self.seed)
        if self._starting(cube, history):
            return scatter.propose(space, history, rng)
        from hpo_magic.search.maximise import promising

        for point in promising(cube, history, self.acquisition, rng):
            config = space.decode(point)
            if key(config, space) not in known:
                return config
        return scatter.propose(space, history, rng)

    def ahead(self, space: Space, history: History) -> None:
        """Load and fit what the next proposal needs."""
        from hpo_magic.search.maximise import think_ahead

        cube = cube_of(space)
        if self._starting(cube, history):
            RandomSampler(self.seed).ahead(space, history)
        else:
            think_ahead(cube, history)

    def _starting(self, cube: Cube, history: History) -> bool:
        return len(history) < self.start or len(history.done) < 2 or bool(cube.held.all())

    def explain(self, space: Space, trials: int | None) -> str:
        """Say in one line what will be done."""
        first = "the cell's own values, then " if space.defaults() is not None else ""
        return f"{first}{self.start} spread points, then a Gaussian process with {_NAMES[self.acquisition]}"
