"""Stopping by comparison: a trial ends where it is worse than most others were at the same step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hpo_magic.errors import StrategyError
from hpo_magic.search.curves import best_by
from hpo_magic.search.protocols import Action
from hpo_magic.search.schedulers.full import Full
from hpo_magic.space import Space
from hpo_magic.trials import History, Trial


@dataclass(frozen=True)
class Percentile:
    """Stops a trial whose best value so far is worse than that of the best `share` of others was by that step.

    With a half this is a median rule. That of Golovin 2017 (section 3.2.2) compares with the means of others so far:
    these hold their first steps, which are bad for all, so that hardly a trial is stopped.

    Parameters
    ----------
    share : float
        In (0, 1): that share of the trials would go on.
    begin : int
        So many trials run to their end first.
    warmup : int
        Reports of a trial that are waited for.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> from hpo_magic.trials import State
    >>> from hpo_magic.trials.trial import Report
    >>> ended = [Trial(i, {}, State.DONE, {"value": i}, reports=(Report(0, i), Report(1, i))) for i in range(3)]
    >>> bad = Trial(3, {}, State.RUNNING, reports=(Report(0, 9.0), Report(1, 9.0)))
    >>> Percentile(begin=3).keep(Space({"x": Float(0, 1)}), History((*ended, bad)), bad)
    False
    """

    share: float = 0.5
    begin: int = 5
    warmup: int = 1
    listens: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise StrategyError(f"share={self.share!r} must lie between 0 and 1, as 0.5 for the median")

    def next(self, space: Space, history: History) -> Action:
        """Start a new config on the whole budget."""
        return Full().next(space, history)

    def explain(self, space: Space) -> str:
        """Say what is stopped."""
        return f"trials not among the best {self.share:.0%} at their step are stopped, from trial {self.begin} on"

    def keep(self, space: Space, history: History, trial: Trial) -> bool:
        """Whether the trial is among the best, as far as can be told at its last step."""
        if len(trial.reports) <= self.warmup:
            return True
        sign, step = history.goals[0].sign, trial.reports[-1].step
        own = best_by(trial, step, sign)
        others = sorted(
            sign * best
            for other in history.trials
            if other.trusted
            and other.values is not None
            and (best := best_by(other, step, sign)) is not None  # ended, or stopped before
        )
        return (
            own is None or len(others) < self.begin or sign * own <= others[int(self.share * (len(others) - 1) + 0.5)]
        )
