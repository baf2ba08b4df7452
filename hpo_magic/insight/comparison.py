"""Two searches side by side: how far each had come after every trial, and whether the difference is real.

Of one metric its best counts, of several the hypervolume of the front, in parts of what all fronts together span.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpo_magic.errors import StudyError
from hpo_magic.search.scalar import MOST_GOALS
from hpo_magic.trials import Goal, History
from hpo_magic.trials.pareto import corner_of, dominated, volumes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
_REAL = 0.05
_EXACT = 20_000


@dataclass(frozen=True)
class Side:
    """One of two that are compared: some searches of one kind, with different seeds.

    Attributes
    ----------
    name : str
    curves : (runs, trials)
        The best so far after each trial, as the user counts it; NaN before the first result.
    """

    name: str
    curves: Array

    @property
    def finals(self) -> Array:
        """The best of each run in the end, (runs,)."""
        return np.asarray(self.curves[:, -1])


@dataclass(frozen=True, repr=False)
class Comparison:
    """Two sides over as many trials as all their runs have.

    Attributes
    ----------
    one, other : Side
    goal : Goal
        What is compared: the metric, or of several the hypervolume, which is to be maximised.
    better : str or None
        Name of the side whose mean is better in the end; None where they are equal.
    chance : float or None
        Chance of a difference as large as this one if there were none (exact permutation test of the means, Fisher
        1935); None with one run a side, which cannot tell merit from luck.
    """

    one: Side
    other: Side
    goal: Goal
    better: str | None
    chance: float | None

    @property
    def real(self) -> bool | None:
        """Whether the difference is real at the level of 5 %; None where that cannot be said."""
        return None if self.chance is None else self.chance < _REAL

    def plot(self) -> Figure:
        """Return a figure with both sides, bands over their runs."""
        from hpo_magic.insight.plots import canvas
        from hpo_magic.insight.plots.comparison import draw

        figure = canvas()
        draw(self, figure.add_subplot())
        return figure

    def __repr__(self) -> str:
        rows = [
            f"  {side.name}: {self.goal.metric} {np.mean(side.finals):.6g}"
            + (f" ± {np.std(side.finals, ddof=1) / len(side.finals) ** 0.5:.2g}" if len(side.finals) > 1 else "")
            + f" after {side.curves.shape[1]} trials, {len(side.finals)} run{'s' if len(side.finals) > 1 else ''}"
            for side in (self.one, self.other)
        ]
        return "\n".join([self.verdict, *rows])

    @property
    def verdict(self) -> str:
        """What can be said, in a sentence."""
        if self.better is None:
            return "both are equal in the end"
        ahead = f"{self.better} is ahead"
        if self.chance is None:
            return f"{ahead}; with one run a side nobody can tell whether that is merit or luck: run other seeds"
        least = 2 / comb(len(self.one.finals) + len(self.other.finals), len(self.one.finals))
        if least >= _REAL:
            return f"{ahead}; so few runs cannot show that it is real (p = {self.chance:.2g}): run other seeds"
        return f"{ahead}, and that is {'real' if self.real else 'no more than luck would do'} (p = {self.chance:.2g})"


def compare(
    one: Sequence[History], other: Sequence[History], names: tuple[str, str] = ("one", "other")
) -> Comparison:  # fmt: skip
    """Compare two kinds of search, each by one run or several with different seeds.

    Parameters
    ----------
    one, other : sequence of History
        All with the same goals; compared over the trials that every run has. Of more than four goals the first.
    names : tuple of str

    Raises
    ------
    StudyError
        Where the goals differ, a run has no result by then, or results are of different budgets.

    Examples
    --------
    >>> from hpo_magic.trials import State, Trial
    >>> def run(value):
    ...     return History((Trial(0, {"x": 1}, State.DONE, {"value": value}),))
    >>> found = compare([run(v) for v in (1, 2, 3, 4)], [run(v) for v in (5, 6, 7, 8)], ("gp", "random"))
    >>> found.better, round(found.chance, 3)
    ('gp', 0.029)
    """
    runs = [*one, *other]
    if not one or not other:
        raise StudyError("compare needs a search on either side")
    length = min(len(run.done) for run in runs)
    _check(one, names[0], other, names[1], length)
    several = 1 < len(runs[0].goals) <= MOST_GOALS
    goal = Goal("hypervolume", -1) if several else runs[0].goals[0]
    curve = _volumes(runs) if several else _best
    sides = [
        Side(name, np.array([curve(run, length) for run in some]))
        for name, some in zip(names, (one, other), strict=True)
    ]
    a, b = (goal.sign * side.finals for side in sides)
    better = None if np.isclose(a.mean(), b.mean(), rtol=1e-12, atol=0.0) else sides[int(a.mean() > b.mean())].name
    return Comparison(sides[0], sides[1], goal, better, _chance(a, b) if min(len(a), len(b)) > 1 else None)


def _check(one: Sequence[History], name: str, other: Sequence[History], second: str, length: int) -> None:
    """Raise StudyError where something cannot be compared, and say what it takes."""
    runs = [*one, *other]
    goals = {", ".join(f"{goal.word} {goal.metric}" for goal in run.goals) for run in runs}
    if len(goals) > 1:
        told = " and ".join(sorted(goals))
        raise StudyError(f"the searches have different goals: {told}; only like can be compared with like")
    none = [run.why_none for run in runs if run.incumbent is None]
    if none:
        raise StudyError(f"there is nothing to compare: one of the searches has no best, {none[0]}")
    budgets = sorted({int(run.budgets[run.comparable].max()) for run in runs})
    if len(budgets) > 1:
        raise StudyError(
            f"the best of the searches are of different budgets, {budgets[0]} and {budgets[-1]}: losses at these "
            "cannot be compared; give those that are behind more trials"
        )
    for side, some in ((name, one), (second, other)):
        late = sum(min(run.comparable) >= length for run in some)
        if late:
            whole = f" with the budget {budgets[0]}" if budgets[0] else " that meets the constraints"
            raise StudyError(
                f"{late} of {len(some)} runs of {side} had no result{whole} after {length} trials, which is as many as "
                "every run has; give the others more trials"
            )


def _best(run: History, length: int) -> Array:
    """Return the best so far after each of the first finished trials, as the user counts it."""
    sign = run.goals[0].sign
    losses = np.where(np.isin(np.arange(length), run.comparable), run.losses[:length, 0], np.inf)
    best = np.minimum.accumulate(losses)
    return np.where(np.isfinite(best), sign * best, np.nan)


def _volumes(runs: Sequence[History]) -> Callable[[History, int], Array]:
    """Return what gives the hypervolume after each of a run's first trials.

    It is counted in parts of the box from the best of each metric to a corner a tenth of the range beyond the worst on
    all fronts: a trial that diverged does not stretch it, and no metric's scale counts.
    """
    known = [run.losses[run.comparable] for run in runs]
    fronts = np.vstack([losses[~dominated(losses)] for losses in known])
    ideal, corner = fronts.min(axis=0), corner_of(fronts)

    def curve(run: History, length: int) -> Array:
        fit = (run.losses[run.comparable] - ideal) / (corner - ideal)
        counts = np.searchsorted(run.comparable, np.arange(length), side="right")  # of comparable trials by then
        return volumes(fit, np.ones(len(ideal)), range(len(fit) + 1))[counts]

    return curve


def _chance(a: Array, b: Array) -> float:
    """Return how often a random split of all runs differs in its means by as much: every split, or very many."""
    both, n = np.concatenate([a, b]), len(a)
    seen = abs(a.mean() - b.mean()) * (1 - 1e-12)
    if comb(len(both), n) <= _EXACT:
        picks = np.array(list(combinations(range(len(both)), n)))
    else:
        rng = np.random.default_rng(0)
        picks = np.array([rng.permutation(len(both))[:n] for _ in range(_EXACT)])
    sums = both[picks].sum(axis=1)
    gaps = np.abs(sums / n - (both.sum() - sums) / len(b))
    return float(np.mean(gaps >= seen))
