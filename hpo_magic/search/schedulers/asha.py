"""Asynchronous successive halving: whoever is among the best third of a rung goes up at once; nobody waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hpo_magic.errors import StrategyError
from hpo_magic.search.climbers import Climber, by_rung, climbers, ended_at, ranked
from hpo_magic.search.curves import best_by
from hpo_magic.search.fidelity import ETA, check_eta, growth, rungs_of
from hpo_magic.search.protocols import Action, Promote, Sample
from hpo_magic.space import Space
from hpo_magic.trials import History, State, Trial

_UNHEDGED = 10
"""Full runs' cost before a hedge begins: begun after three of them, it costs a tenth of the regret after ten."""

_ENOUGH = 6
"""Results on a rung by which it is judged whether they tell configs apart."""


@dataclass(frozen=True)
class Asha:
    """Promotes by budget (Li 2020, algorithm 2); without a budget, stops by what trials report.

    Parameters
    ----------
    eta : int
        Of so many on a rung, one goes up.
    begin : int
        So many configs are begun before any goes up; what is promoted among a few is mostly luck.
    hedge : float
        From a cost of ten full runs on, that share of the cost goes to configs that run on the full budget at once,
        in case that small budgets mislead.
    stops : bool
        Whether trials of a space without a budget are stopped at steps 1, η, η² … unless they are among the best
        1/η of those that came so far (Li 2020, section 3.3).

    Examples
    --------
    >>> from hpo_magic.space import Budget
    >>> from hpo_magic.trials import State
    >>> space = Space({"epochs": Budget(1, 9)})
    >>> Asha().next(space, History())
    Sample(budget=1)
    >>> done = [Trial(i, {"epochs": 1}, State.DONE, {"value": 3.0 - i}, budget=1) for i in range(3)]
    >>> Asha().next(space, History(tuple(done)))
    Promote(trial=2, budget=3, config=None)
    """

    eta: int = ETA
    begin: int = 0
    hedge: float = 0.0
    stops: bool = True

    def __post_init__(self) -> None:
        check_eta(self.eta)
        if not 0 <= self.hedge < 1:
            raise StrategyError(f"hedge={self.hedge!r} must be a share, 0 or above and below 1")

    @property
    def listens(self) -> bool:
        """Whether it stops by what trials report, where there is no budget."""
        return self.stops

    def next(self, space: Space, history: History) -> Action:
        """Promote from the highest rung that has somebody to promote, else start a new config at the lowest.

        At the lowest, that is, that tells configs apart: in their first steps all may be at the level of chance.
        """
        steps = rungs_of(space, self.eta)
        if not steps:
            return Sample()
        group = climbers(history)
        if len(group) < self.begin:
            return Sample(steps[0])
        if self.hedge and len(steps) > 1:
            cost = sum(max(climber.at) for climber in group)
            at_once = sum(steps[-1] for climber in group if climber.root.budget == steps[-1])
            if cost > _UNHEDGED * steps[-1] and at_once < self.hedge * cost:
                return Sample(steps[-1])
        reached = by_rung(group)
        for rung in range(len(steps) - 2, -1, -1):
            here, above = steps[rung], steps[rung + 1]
            ended = ended_at(reached.get(here, []), here)
            for climber in ranked(history, ended, here)[: len(ended) // self.eta]:
                if above not in climber.at:
                    return Promote(climber.at[here].number, above)
        return Sample(next((step for step in steps[:-1] if not _says_nothing(history, reached, step)), steps[-1]))

    def first_round(self, space: Space) -> tuple[int, ...]:
        """Return the budgets of the trials that are begun before any goes up."""
        return rungs_of(space, self.eta)[:1] * self.begin

    def explain(self, space: Space) -> str:
        """Say which part goes up, and through which budgets."""
        steps = rungs_of(space, self.eta)
        if len(steps) > 1:
            return growth(space, self.eta)
        return f"the best 1/{self.eta} go on at each rung of their reports" if self.stops and not steps else ""

    def keep(self, space: Space, history: History, trial: Trial) -> bool:
        """Stop a trial without a budget that is not among the best of those that reached its rung."""
        if not self.stops or trial.budget is not None or not trial.reports:
            return True
        step, before = trial.reports[-1].step + 1, trial.reports[-2].step + 1 if len(trial.reports) > 1 else 0
        level = 1
        while level * self.eta <= step:
            level *= self.eta
        if not before < level <= step:  # reports may be many steps apart; what counts is the first from a level on
            return True
        sign = history.goals[0].sign
        losses = sorted(
            sign * value
            for other in history.trials
            if other.trusted and (value := best_by(other, step - 1, sign)) is not None
        )
        own = best_by(trial, step - 1, sign)
        return own is None or len(losses) < self.eta or sign * own <= losses[len(losses) // self.eta - 1]


def _says_nothing(history: History, reached: Mapping[int, list[Climber]], step: int) -> bool:
    """Whether half of a rung's results are as good as the best of them."""
    results = [climber.at[step] for climber in reached.get(step, ()) if climber.at[step].state is State.DONE]
    losses = sorted(history.loss(trial) for trial in results)
    alone = len(history.goals) == 1 and len(losses) >= _ENOUGH
    return alone and losses[len(losses) // 2] <= losses[0]
