"""Stopping by a trial's own curve: it ends when it has not improved for a while."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hpo_magic.errors import StrategyError
from hpo_magic.search.protocols import Action
from hpo_magic.search.schedulers.full import Full
from hpo_magic.space import Space
from hpo_magic.trials import History, Trial


@dataclass(frozen=True)
class Patience:
    """Stops a trial whose last reports brought nothing new; what it had reported best is its result.

    Parameters
    ----------
    reports : int
        So many reports without improvement end a trial.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> from hpo_magic.trials.trial import Report
    >>> space = Space({"x": Float(0, 1)})
    >>> trial = Trial(0, {}, reports=(Report(0, 1.0), Report(1, 2.0), Report(2, 3.0)))
    >>> Patience(reports=2).keep(space, History(), trial), Patience(reports=3).keep(space, History(), trial)
    (False, True)
    """

    reports: int = 10
    completes: ClassVar[bool] = True
    listens: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.reports < 1:
            raise StrategyError(f"reports={self.reports!r} must be 1 or above")

    def next(self, space: Space, history: History) -> Action:
        """Start a new config on the whole budget."""
        return Full().next(space, history)

    def explain(self, space: Space) -> str:
        """Say what is stopped."""
        return f"a trial ends after {self.reports} reports without improvement"

    def keep(self, space: Space, history: History, trial: Trial) -> bool:
        """Whether one of the last reports was better than all before them."""
        losses = [history.goals[0].sign * report.value for report in trial.reports]
        if len(losses) <= self.reports:
            return True
        return min(losses[-self.reports :]) < min(losses[: -self.reports])
