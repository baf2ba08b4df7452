"""Successive halving in brackets: many configs begin small, the best third of each rung goes on; Hyperband hedges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, islice

from hpo_magic.search.climbers import Climber, climbers, pending, ranked
from hpo_magic.search.fidelity import ETA, check_eta, growth, rungs_of
from hpo_magic.search.protocols import Action, Promote, Sample
from hpo_magic.space import Space
from hpo_magic.trials import History, Trial


@dataclass(frozen=True)
class Bracket:
    """How many configs run at each of its rungs."""

    sizes: tuple[int, ...]
    budgets: tuple[int, ...]

    @property
    def cost(self) -> int:
        """What it spends where every promoted trial begins anew."""
        return sum(n * r for n, r in zip(self.sizes, self.budgets, strict=True))


def bracket(steps: Sequence[int], s: int, eta: int = ETA) -> Bracket:
    """Return the bracket that halves `s` times (Li 2018, algorithm 1): n = ⌈(s_max + 1) / (s + 1) · η^s⌉ configs begin.

    Examples
    --------
    >>> [bracket((1, 3, 9, 27, 81), s).sizes for s in (4, 3, 2, 1, 0)]
    [(81, 27, 9, 3, 1), (34, 11, 3, 1), (15, 5, 1), (8, 2), (5,)]
    """
    begin = math.ceil(len(steps) * eta**s / (s + 1))
    return Bracket(tuple(begin // eta**i for i in range(s + 1)), tuple(steps[len(steps) - 1 - s :]))


@dataclass(frozen=True)
class Hyperband:
    """Brackets one after another, from the most halvings to none, again and again (Li 2018, algorithm 1).

    A worker that a bracket leaves idle, because a rung is not complete, begins the next bracket.

    Parameters
    ----------
    eta : int
        Of so many on a rung, one goes up.
    hedge : bool
        False: the bracket with the most halvings only, which is successive halving.

    Examples
    --------
    >>> from hpo_magic.space import Budget
    >>> Hyperband().next(Space({"epochs": Budget(1, 81)}), History())
    Sample(budget=1)
    """

    eta: int = ETA
    hedge: bool = True

    def __post_init__(self) -> None:
        check_eta(self.eta)

    def brackets(self, steps: Sequence[int]) -> list[Bracket]:
        """Return the brackets of one round."""
        last = 0 if self.hedge else len(steps) - 1
        return [bracket(steps, s, self.eta) for s in range(len(steps) - 1, last - 1, -1)]

    def next(self, space: Space, history: History) -> Action:
        """Return what the first bracket that can go on needs."""
        steps = rungs_of(space, self.eta)
        if not steps:
            return Sample()
        plan, begun = self.brackets(steps), {budget: iter(group) for budget, group in _by_root(history).items()}
        for number in count():
            chosen = plan[number % len(plan)]
            group = [*islice(begun.get(chosen.budgets[0], ()), chosen.sizes[0])]  # the first that no bracket has yet
            action = _within(chosen, group, history)
            if action is not None:
                return action
        raise AssertionError("unreachable")

    def explain(self, space: Space) -> str:
        """Say which part goes up, through which budgets, and in how many brackets."""
        steps = rungs_of(space, self.eta)
        if not steps:
            return "every trial runs whole, as no parameter is a budget"
        if len(steps) < 2:
            return ""
        brackets = f" in {len(steps)} kinds of brackets" if self.hedge else ""
        return growth(space, self.eta) + brackets

    def first_round(self, space: Space) -> tuple[int, ...]:
        """Return the budgets of the first bracket's trials, in order."""
        steps = rungs_of(space, self.eta)
        if len(steps) < 2:
            return ()
        first = self.brackets(steps)[0]
        return tuple(budget for size, budget in zip(first.sizes, first.budgets, strict=True) for _ in range(size))

    def keep(self, space: Space, history: History, trial: Trial) -> bool:
        """Never stop a trial: its budget says how long it runs."""
        return True


def _by_root(history: History) -> dict[int | None, list[Climber]]:
    """Return who began at each budget, in the order in which they began."""
    found: dict[int | None, list[Climber]] = {}
    for climber in climbers(history):
        found.setdefault(climber.root.budget, []).append(climber)
    return found


def _within(chosen: Bracket, group: list[Climber], history: History) -> Action | None:
    """Return what a bracket does next, None where it is finished or waits."""
    if len(group) < chosen.sizes[0]:
        return Sample(chosen.budgets[0])
    for size, here, above in zip(chosen.sizes[1:], chosen.budgets, chosen.budgets[1:], strict=False):
        if any(pending(climber, here) for climber in group):
            return None  # the rung is not complete
        group = ranked(history, group, here)[:size]
        for climber in group:
            if above not in climber.at:
                return Promote(climber.at[here].number, above)
    return None
