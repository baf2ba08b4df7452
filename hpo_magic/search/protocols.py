"""The two halves of a strategy: Sampler (what to try next) and Scheduler (how long to run it)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np

from hpo_magic.space import Config, Space
from hpo_magic.trials import History, Trial


@runtime_checkable
class Sampler(Protocol):
    """Proposes configs: a pure function of the space, the history and a random stream, remembering nothing."""

    def propose(self, space: Space, history: History, rng: np.random.Generator) -> Config | None:
        """Return the next config, or None where everything there is has been tried."""

    def ahead(self, space: Space, history: History) -> None:
        """Do now, while trials run, what the next proposal needs in any case; changes no proposal."""

    def explain(self, space: Space, trials: int | None, goals: int = 1) -> str:
        """Say in one line what will be done on this space, within so many trials and for so many goals, and why."""


@dataclass(frozen=True)
class Sample:
    """Start a new config with this budget (None where the space has no budget)."""

    budget: int | None = None


@dataclass(frozen=True)
class Promote:
    """Go on from an earlier trial on a larger budget, with its config or, forked, with another one."""

    trial: int
    budget: int
    config: Config | None = None


@dataclass(frozen=True)
class Wait:
    """Start nothing until a running trial ends."""


Action: TypeAlias = Sample | Promote | Wait


@runtime_checkable
class Scheduler(Protocol):
    """Decides how long trials run: also a pure function of the history.

    One whose attribute ``completes`` is true stops trials that have nothing more to gain: what they reported best is
    their result. Trials that others stop are never best. One whose attribute ``listens`` is true stops by what trials
    report, where there is no budget. A method ``first_round(space)`` returns the budgets of the trials of its first
    bracket or population, by which too small a number of trials is told. By a method ``lacks_members(space,
    history)`` one says that configs may begin again where all have been begun.
    """

    def next(self, space: Space, history: History) -> Action:
        """Return what to start next."""

    def keep(self, space: Space, history: History, trial: Trial) -> bool:
        """Whether a trial that has just reported shall go on."""

    def explain(self, space: Space) -> str:
        """Say in a few words how long trials run; nothing where all run to their end."""
