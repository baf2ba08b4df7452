"""The default: which sampler proposes next, by the space, the goals, and how much is known already."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hpo_magic.search.branches import gains_nothing
from hpo_magic.search.cube import cube_of
from hpo_magic.search.protocols import Sampler
from hpo_magic.search.reading import seen_by
from hpo_magic.search.samplers.evolution import EvolutionSampler
from hpo_magic.search.samplers.gp import GaussianProcessSampler
from hpo_magic.search.samplers.random import RandomSampler
from hpo_magic.search.samplers.tpe import TpeSampler
from hpo_magic.space import Config, Space
from hpo_magic.trials import History

_MANY_TRIALS, _MANY_PARAMETERS = 400, 60
"""A Gaussian process knows at most so many trials, and tells distances apart in at most so many dimensions. In
a space with branches those of one config count: what a config lacks is at the same place in all that lack it."""
_LONG = 25
"""Finished trials without a gain after which every second proposal is a spread point, in a space whose branches share
most numbers: the process knows of the others, but may be wrong."""


@dataclass(frozen=True)
class AutoSampler:
    """A Gaussian process; beyond what it can learn from, in turns with a Parzen estimator and with evolution.

    Where nothing is gained for very long in a space with branches, every second proposal is a spread point.

    Each part is asked on the whole history, so that what one finds the others use.

    Parameters
    ----------
    seed : int
        Seed of the space-filling start; the study's.
    cost_aware : bool
        Divide the improvement by the seconds that a trial is predicted to take.
    cheap : int
        Spread points where the space has a budget and trials begin small; 0: no more than elsewhere.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> AutoSampler().explain(Space({"x": Float(0, 1)}), trials=50)
    '5 spread points, then a Gaussian process with expected improvement'
    """

    seed: int = 0
    cost_aware: bool = False
    cheap: int = 0
    reads_runs: ClassVar[bool] = True

    def propose(self, space: Space, history: History, rng: np.random.Generator) -> Config | None:
        """Return the next config, or None where everything has been tried."""
        part = self._part(space, history)
        return part.propose(space, seen_by(part, space, history), rng)

    def ahead(self, space: Space, history: History) -> None:
        """Prepare what the next proposal needs."""
        part = self._part(space, history)
        part.ahead(space, seen_by(part, space, history))

    def explain(self, space: Space, trials: int | None, goals: int = 1) -> str:
        """Say in one line what will be done, and why."""
        said = self._process(space).explain(space, trials, goals)
        breadth = cube_of(space).breadth
        if breadth > _MANY_PARAMETERS:
            return f"{said}, in turns with a Parzen estimator and evolution, as {breadth} parameters are many"
        if trials is not None and trials > _MANY_TRIALS:
            return f"{said}; from trial {_MANY_TRIALS} on in turns with a Parzen estimator and evolution"
        return said

    def _process(self, space: Space) -> GaussianProcessSampler:
        process = GaussianProcessSampler(self.seed, cost_aware=self.cost_aware)
        return dataclasses.replace(process, start=self.cheap) if self.cheap and space.budget is not None else process

    def _part(self, space: Space, history: History) -> Sampler:
        turn, cube = history.turns % 4, cube_of(space)
        if turn % 2 == 0:
            return self._process(space)
        if len(history) < _MANY_TRIALS and cube.breadth <= _MANY_PARAMETERS:
            # On flat spaces this costs 2 to 5 % of the regret after 50 trials and gains nothing.
            settled = cube.branches and not cube.apart and gains_nothing(history, _LONG)
            # Drawn plainly: every second point of a sequence fills half of the space.
            return RandomSampler(self.seed, "plain") if settled else self._process(space)
        return TpeSampler(self.seed) if turn == 1 else EvolutionSampler(self.seed)
