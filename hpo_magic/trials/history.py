"""History: the trials as a read-only view in which every goal is to be minimised."""

from __future__ import annotations

import numbers
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hpo_magic.errors import StudyError
from hpo_magic.space import Config
from hpo_magic.trials.constraints import Constraint, margins_of
from hpo_magic.trials.index import Index
from hpo_magic.trials.lessons import as_ended
from hpo_magic.trials.pareto import corner_of, dominated, hypervolume
from hpo_magic.trials.trial import LARGEST, State, Trial, bounded


@dataclass(frozen=True)
class Goal:
    """A metric and its direction: `sign` is 1 to minimise, -1 to maximise."""

    metric: str
    sign: int = 1

    @property
    def word(self) -> str:
        """The direction in a word."""
        return "minimize" if self.sign > 0 else "maximize"


@dataclass(frozen=True, repr=False)
class History:
    """Trials in the order of their numbers, and the goals that they are measured by.

    Parameters
    ----------
    trials : sequence of Trial
        One that never changes.
    goals : tuple of Goal
        One or more.
    constraints : tuple of Constraint
        What a trial's values must meet to count as a result.
    index : Index, optional
        Of a study's trials, these being the first of them.
    whole : History, optional
        What trials were left out of, where others are still to be compared with them.

    Examples
    --------
    >>> done = Trial(0, {"x": 1}, State.DONE, values={"accuracy": 0.9}, metric="accuracy")
    >>> history = History((done,), (Goal("accuracy", -1),))
    >>> history.loss(done), history.incumbent.number
    (-0.9, 0)
    >>> history
    History(1 trials: 1 done; maximize accuracy)
    """

    trials: Sequence[Trial] = ()
    goals: tuple[Goal, ...] = (Goal("value"),)
    constraints: tuple[Constraint, ...] = ()
    index: Index | None = field(default=None, compare=False)
    whole: History | None = field(default=None, compare=False)

    @classmethod
    def of(cls, trials: Sequence[Trial], goals: Sequence[Goal], constraints: Sequence[Constraint] = ()) -> History:
        """Return the history of trials in any order."""
        return cls(tuple(sorted(trials, key=lambda trial: trial.number)), tuple(goals), tuple(constraints))

    def loss(self, trial: Trial) -> float:
        """Return the first goal of a finished trial, minimise-oriented, cut at ±1e100."""
        goal = self.goals[0]
        values = trial.values or {}
        return bounded(goal.sign * values[goal.metric])

    def told(self, trial: Trial) -> tuple[float, ...]:
        """Return every goal of a finished trial, minimise-oriented and as it is, to sort by: extremes are not cut."""
        values = trial.values or {}
        return tuple(goal.sign * values[goal.metric] for goal in self.goals)

    def having(self, keep: Callable[[Trial], bool]) -> History:
        """Return the history of the trials that `keep` accepts."""
        return History(tuple(trial for trial in self.trials if keep(trial)), self.goals, self.constraints)

    @cached_property
    def losses(self) -> NDArray[np.float64]:
        """Every goal of the finished trials, minimise-oriented, cut at ±1e100, (n_done, n_goals)."""
        values = [trial.values or {} for trial in self.done]
        columns = [[goal.sign * value[goal.metric] for value in values] for goal in self.goals]
        losses = np.array(columns, dtype=float).reshape(len(self.goals), len(values)).T
        return np.asarray(np.clip(losses, -LARGEST, LARGEST))

    @cached_property
    def margins(self) -> NDArray[np.float64]:
        """By how much the finished trials miss each constraint, (n_done, n_constraints); below 0 where it holds."""
        if not self.constraints:  # a row a trial, all of them empty, takes 10 ms for 10,000
            return np.empty((len(self.done), 0))
        margins = margins_of(self.constraints, [trial.values or {} for trial in self.done])
        return np.asarray(np.clip(margins, -LARGEST, LARGEST))

    def feasible(self, trial: Trial) -> bool:
        """Whether a finished trial meets every constraint."""
        return not self.constraints or all(constraint.holds(trial.values or {}) for constraint in self.constraints)

    @property
    def repeats(self) -> bool:
        """Whether any trial repeats another one or goes on from it."""
        if self.index is not None and not self.index.repeats:
            return False
        return any(trial.parent is not None for trial in self.trials)

    @cached_property
    def turns(self) -> int:
        """How many trials repeat no other one. By these samplers take turns: who runs all twice has half of them.

        Examples
        --------
        >>> first, again = Trial(0, {"x": 1}, State.DONE, {"value": 1.0}), Trial(1, {"x": 1}, parent=0)
        >>> History((first, again)).turns
        1
        """
        if not self.repeats:
            return len(self)
        known = {trial.number: trial for trial in self.trials}
        before = [(trial, None if trial.parent is None else known.get(trial.parent)) for trial in self.trials]
        return sum(one is None or one.budget != trial.budget or one.config != trial.config for trial, one in before)

    def having_config(self, config: Config) -> list[Trial]:
        """Return the trials with a config, in order."""
        if self.index is None:
            return [trial for trial in self.trials if trial.config == config]
        found = [self.trials[number] for number in self.index.numbers(config) if number < len(self.trials)]
        return [trial for trial in found if trial.config == config]

    def origin(self, trial: Trial) -> Trial | None:
        """Return the trial that another one repeats or goes on from; those lost on the way are passed over."""
        parent = None if trial.parent is None else self.trials[trial.parent]
        while parent is not None and parent.state is State.LOST and parent.budget == trial.budget:
            parent = None if parent.parent is None else self.trials[parent.parent]
        return parent

    @cached_property
    def lessons(self) -> History:
        """The history as samplers read it: trials that a scheduler stopped count with the last value they reported.

        None counts as better than the middle of those that ended: it was stopped as it is not, and where what trials
        report grows as they go on, as costs do, whoever is stopped soonest would look best. Of what it does not tell,
        another goal counts as the worst of those that ended, and what a constraint reads as the middle.
        """
        if self.index is not None and not self.index.stopped:
            return self
        # A list of states tells ten times faster than a property of every trial that none was stopped.
        if State.STOPPED not in [trial.state for trial in self.trials] or not any(trial.cut for trial in self.trials):
            return self
        return History(as_ended(self), self.goals, self.constraints)

    @cached_property
    def done(self) -> tuple[Trial, ...]:
        """Trials that ended with a value, and are trusted."""
        return self._parted[0]

    @cached_property
    def failed(self) -> tuple[Trial, ...]:
        """Trials that ended without one by their own fault, and are trusted."""
        return self._parted[1]

    @cached_property
    def running(self) -> tuple[Trial, ...]:
        """Trials whose value is still to come."""
        return self._parted[2]

    @cached_property
    def _parted(self) -> tuple[tuple[Trial, ...], tuple[Trial, ...], tuple[Trial, ...]]:
        """Finished, failed and running trials, in one pass: every proposal asks for all of them."""
        done: list[Trial] = []
        others: list[Trial] = []
        kind = State.DONE  # kept: to look it up takes longer than to compare with it
        for trial in self.trials:
            (done if trial.state is kind else others).append(trial)
        failed = [trial for trial in others if trial.state is State.FAILED and trial.trusted]
        running = [trial for trial in others if trial.state in (State.RUNNING, State.WAITING)]
        return tuple([trial for trial in done if trial.trusted]), tuple(failed), tuple(running)

    @cached_property
    def budgets(self) -> NDArray[np.int_]:
        """What the finished trials could spend, 0 without a budget, (n_done,)."""
        return np.array([trial.budget or 0 for trial in self.done], dtype=int)

    @cached_property
    def incumbent(self) -> Trial | None:
        """The best trial so far by the first goal, of those that meet the constraints.

        Of equals, the best by the next goal, and so on, so that none dominates it; then the first.

        Where trials have budgets, of those with the largest that has been reached: others cannot be compared with it.
        Who failed with a larger one is passed over.
        """
        return min((self.done[i] for i in self.comparable), key=self.told, default=None)

    @property
    def ranking(self) -> list[Trial]:
        """The comparable trials, the best first, as `incumbent` is found."""
        return sorted((self.done[i] for i in self.comparable), key=self.told)

    @cached_property
    def comparable(self) -> list[int]:
        """Which of the finished trials meet the constraints; where trials have budgets, those with the largest reached.

        Where others are left, none whose config failed with a larger one. Places in `done`, and so rows of `losses`.
        """
        fit = {i: trial.budget or 0 for i, trial in enumerate(self.done) if self.feasible(trial)}
        if fallen := self.passed_over:
            fit = {i: budget for i, budget in fit.items() if self.done[i].number not in fallen} or fit
        most = max(fit.values(), default=0)
        return [i for i, budget in fit.items() if budget == most]

    @cached_property
    def passed_over(self) -> set[int]:
        """Numbers of the trials from which one went on that failed with a larger budget."""
        promoted = [trial for trial in self.failed if trial.budget is not None and trial.parent is not None]
        known = {trial.number: trial for trial in self.trials} if promoted else {}
        found: set[int] = set()
        for trial in promoted:
            before = known.get(trial.parent) if trial.parent is not None else None
            while before is not None:
                if (before.budget or 0) < (trial.budget or 0):
                    found.add(before.number)
                before = known.get(before.parent) if before.parent is not None else None
        return found

    @property
    def why_none(self) -> str:
        """Say why there is no incumbent: nothing is finished, or nothing meets the constraints."""
        if not self.done:
            return "no finished trial yet"
        limits = " and ".join(constraint.text for constraint in self.constraints)
        scale = np.array([abs(constraint.bound) or 1.0 for constraint in self.constraints])
        nearest = int(np.argmin((self.margins / scale).max(axis=1)))
        trial, values = self.done[nearest], self.done[nearest].values or {}
        told = ", ".join(f"{c.metric} = {values[c.metric]:.6g}" for c in self.constraints if not c.holds(values))
        return f"none of {len(self.done)} finished trials meets {limits}; trial {trial.number} is nearest: {told}"

    @cached_property
    def front(self) -> tuple[Trial, ...]:
        """The Pareto front: of the comparable trials those that no other one dominates, each config once."""
        if not self.comparable:
            return ()
        beaten = dominated(np.array([self.told(self.done[i]) for i in self.comparable]))
        front = [self.done[i] for i, out in zip(self.comparable, beaten, strict=True) if not out]
        if self.repeats:
            front = [one for i, one in enumerate(front) if all(one.config != other.config for other in front[:i])]
        return tuple(front)

    def __len__(self) -> int:
        return len(self.trials)

    def __repr__(self) -> str:
        counts = Counter(trial.state for trial in self.trials)
        states = ", ".join(f"{counts[state]} {state}" for state in State if counts[state])
        goals = ", ".join(f"{goal.word} {goal.metric}" for goal in self.goals)
        limits = "".join(f", subject to {constraint.text}" for constraint in self.constraints)
        return f"History({len(self)} trials{': ' * bool(states)}{states}; {goals}{limits})"


def hypervolume_of(history: History, reference: Mapping[str, float] | None = None) -> float:
    """Return the volume between a history's front and a reference point, as the user counts the metrics.

    Raises
    ------
    StudyError
        Where the reference lacks a metric, or has what is none.
    """
    if not history.front:
        return 0.0
    if reference is None:
        corner = corner_of(history.losses[history.comparable])
    else:
        metrics = [goal.metric for goal in history.goals]
        if not isinstance(reference, Mapping):
            raise StudyError(f"reference={reference!r} must map each metric to a value")
        missing = [metric for metric in metrics if metric not in reference]
        if missing:
            raise StudyError(f"reference={dict(reference)!r} lacks {missing[0]!r}; give a value for every metric")
        for name, value in reference.items():
            if name not in metrics or not isinstance(value, numbers.Real) or not np.isfinite(value):
                rule = "is no finite number" if name in metrics else f"is no metric; those are {', '.join(metrics)}"
                raise StudyError(f"reference: {name}={value!r} {rule}")
        corner = np.array([goal.sign * float(reference[goal.metric]) for goal in history.goals])
    return hypervolume(np.array([history.told(trial) for trial in history.front]), corner)
