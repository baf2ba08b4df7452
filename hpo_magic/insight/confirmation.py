"""Does the winner of a search stand? The best configs run again, and their means are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hpo_magic.errors import StudyError
from hpo_magic.search.novelty import key
from hpo_magic.space import Space
from hpo_magic.trials import Goal, History, State, Trial
from hpo_magic.trials.constraints import unmet
from hpo_magic.trials.trial import bounded

_UNTOLD = 0.05
"""Chance that the winner is no worse, from which on too few repeats are there to say that it is."""


@dataclass(frozen=True)
class Repeated:
    """One config and the values of its repeats, as the user counts them.

    Attributes
    ----------
    trial : Trial
        What was repeated.
    values : tuple of float
        Of the first metric.
    missed : tuple of str
        Constraints that the repeats miss on average.
    alike : bool
        Whether the repeats tell the same of everything that counts, constraints among it.
    """

    trial: Trial
    values: tuple[float, ...]
    missed: tuple[str, ...] = ()
    alike: bool = False

    @property
    def mean(self) -> float:
        """Mean of the repeats; the value that it won with does not count."""
        return float(np.mean(self.values))

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        if len(set(self.values)) == 1:
            return 0.0
        return float(np.std(self.values, ddof=1) / np.sqrt(len(self.values)))


@dataclass(frozen=True, repr=False)
class Confirmation:
    """What the repeats say, the search's winner first.

    Attributes
    ----------
    configs : tuple of Repeated
    stands : bool
        Whether the winner's mean is the best, too, of those whose means meet the constraints.
    chance : float
        Chance that the winner is at least as good as the best other one, by Welch's t (Welch 1947); 0 where it misses a
        constraint, 1 where all others do.
    """

    configs: tuple[Repeated, ...]
    stands: bool
    chance: float
    goal: Goal

    @property
    def best(self) -> Trial:
        """The trial whose repeats have the best mean; of those that meet the constraints, where any does."""
        return min(self.configs, key=lambda one: (bool(one.missed), self.goal.sign * one.mean)).trial

    def __repr__(self) -> str:
        rows = [
            f"  trial {one.trial.number}: {self.goal.metric} = {one.mean:.6g} ± {one.error:.2g} "
            f"over {len(one.values)} repeats (was {one.trial.value:.6g})"
            + (f", misses {' and '.join(one.missed)} on average" if one.missed else "")
            for one in self.configs
        ]
        winner = self.configs[0]
        why = "it misses a constraint" if winner.missed else f"trial {self.best.number} is better in repeats"
        if not winner.missed and self.chance > _UNTOLD:
            why += ", by less than can be told apart"
        head = f"the winner, trial {winner.trial.number}, {'stands' if self.stands else f'does not stand: {why}'}"
        alike = all(one.alike for one in self.configs)
        told = ["  all repeats of a config are alike: the objective draws nothing from seed(), so they tell no luck"]
        return "\n".join([f"{head} (chance that it is no worse: {self.chance:.0%})", *rows, *(told if alike else [])])


def leaders(history: History, space: Space, k: int) -> list[Trial]:
    """Return the k best feasible trials of different configs, the best first; of those with the largest budget."""
    picked: dict[tuple[str, ...], Trial] = {}
    for trial in history.ranking:
        picked.setdefault(key(trial.config, space), trial)
    return list(picked.values())[:k]


def compare(top: Sequence[Trial], history: History, since: int) -> Confirmation:
    """Compare the winner (the first of `top`) with the others by the repeats of each, trials from `since` on."""
    goal = history.goals[0]
    repeats = [trial for trial in history.trials[since:] if trial.parent is not None and trial.state.ended]
    told = {trial.number: history.origin(trial) for trial in repeats if trial.state is State.DONE}
    configs = tuple(
        _repeated(trial, [r for r in repeats if (of := told.get(r.number)) and of.number == trial.number], history)
        for trial in top
    )
    configs = tuple(one for one in configs if len(one.values) > 1)
    if len(configs) < 2 or configs[0].trial is not top[0]:
        failed = sum(trial.state is State.FAILED for trial in repeats)
        raise StudyError(f"the repeats do not tell: {failed} of {len(repeats)} failed; see %hpo log, or trial.error")
    winner, *rivals = configs
    fit = [one for one in rivals if not one.missed]
    if winner.missed or not fit:
        return Confirmation(configs, not winner.missed, float(not winner.missed), goal)
    stands, chance = _no_worse(winner, min(fit, key=lambda one: goal.sign * one.mean), goal)
    return Confirmation(configs, stands, chance, goal)


def _repeated(trial: Trial, repeats: Sequence[Trial], history: History) -> Repeated:
    told = [repeat.values or {} for repeat in repeats]
    read = {limit.metric for limit in history.constraints} if told else set()
    means = {name: float(np.mean([bounded(values[name]) for values in told])) for name in read}
    missed = unmet(history.constraints, means) if told else []
    counts = read | {goal.metric for goal in history.goals}
    alike = all(values[name] == told[0][name] for values in told for name in counts)
    return Repeated(trial, tuple(bounded(values[history.goals[0].metric]) for values in told), tuple(missed), alike)


def _no_worse(winner: Repeated, other: Repeated, goal: Goal) -> tuple[bool, float]:
    """Return whether the winner's mean is as good as another one's, and the chance of it."""
    from scipy.stats import ttest_ind_from_stats

    gap = goal.sign * (winner.mean - other.mean)
    spreads = [float(np.std(one.values, ddof=1)) for one in (winner, other)]
    if max(spreads) == 0:
        return gap <= 0, float(gap <= 0)
    test = ttest_ind_from_stats(
        goal.sign * winner.mean, spreads[0], len(winner.values),
        goal.sign * other.mean, spreads[1], len(other.values), equal_var=False, alternative="greater",
    )  # fmt: skip
    return gap <= 0, float(test.pvalue)
