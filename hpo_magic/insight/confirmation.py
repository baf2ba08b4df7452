"""Does the winner of a search stand? The best configs run again, and their means are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hpo_magic.errors import StudyError
from hpo_magic.search.novelty import key
from hpo_magic.space import Space
from hpo_magic.trials import Goal, History, State, Trial


@dataclass(frozen=True)
class Repeated:
    """One config and the values of its repeats, as the user counts them."""

    trial: Trial
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean of the repeats; the value that it won with does not count."""
        return float(np.mean(self.values))

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return float(np.std(self.values, ddof=1) / np.sqrt(len(self.values)))


@dataclass(frozen=True)
class Confirmation:
    """What the repeats say, the search's winner first.

    Attributes
    ----------
    configs : tuple of Repeated
    stands : bool
        Whether the winner's mean is the best, too.
    chance : float
        Chance that the winner is at least as good as the best other one, by Welch's t (Welch 1947).
    """

    configs: tuple[Repeated, ...]
    stands: bool
    chance: float
    goal: Goal

    @property
    def best(self) -> Trial:
        """The trial whose repeats have the best mean."""
        return min(self.configs, key=lambda one: self.goal.sign * one.mean).trial

    def __str__(self) -> str:
        rows = [
            f"  trial {one.trial.number}: {self.goal.metric} = {one.mean:.6g} ± {one.error:.2g} "
            f"over {len(one.values)} repeats (was {one.trial.value:.6g})"
            for one in self.configs
        ]
        verdict = "stands" if self.stands else f"does not stand: trial {self.best.number} is better in repeats"
        head = f"the winner, trial {self.configs[0].trial.number}, {verdict}"
        return "\n".join([f"{head} (chance that it is no worse: {self.chance:.0%})", *rows])


def leaders(history: History, space: Space, k: int) -> list[Trial]:
    """Return the k best feasible trials of different configs, the best first; of those with the largest budget."""
    picked: dict[tuple[str, ...], Trial] = {}
    for trial in sorted((history.done[i] for i in history.comparable), key=history.loss):
        picked.setdefault(key(trial.config, space), trial)
    return list(picked.values())[:k]


def compare(top: Sequence[Trial], repeats: Sequence[Trial], goal: Goal) -> Confirmation:
    """Compare the winner (the first of `top`) with the others by the repeats of each."""
    from scipy.stats import ttest_ind_from_stats

    configs = tuple(
        Repeated(trial, tuple(r.value for r in repeats if r.parent == trial.number and r.value is not None))
        for trial in top
    )
    configs = tuple(one for one in configs if len(one.values) > 1)
    if len(configs) < 2 or configs[0].trial is not top[0]:
        failed = sum(trial.state is State.FAILED for trial in repeats)
        raise StudyError(f"the repeats do not tell: {failed} of {len(repeats)} failed; see %hpo log, or trial.error")
    winner, other = configs[0], min(configs[1:], key=lambda one: goal.sign * one.mean)
    gap = goal.sign * (winner.mean - other.mean)
    spreads = [float(np.std(one.values, ddof=1)) for one in (winner, other)]
    if max(spreads) == 0:
        chance = float(gap <= 0)
    else:
        test = ttest_ind_from_stats(
            goal.sign * winner.mean, spreads[0], len(winner.values),
            goal.sign * other.mean, spreads[1], len(other.values), equal_var=False, alternative="greater",
        )  # fmt: skip
        chance = float(test.pvalue)
    return Confirmation(configs, gap <= 0, chance, goal)
