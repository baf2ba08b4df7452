"""History: the trials as a read-only view in which every goal is to be minimised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from hpo_magic.trials.trial import State, Trial


@dataclass(frozen=True)
class Goal:
    """A metric and its direction: `sign` is 1 to minimise, -1 to maximise."""

    metric: str
    sign: int = 1

    @property
    def word(self) -> str:
        """The direction in a word."""
        return "minimize" if self.sign > 0 else "maximize"


@dataclass(frozen=True)
class History:
    """Trials in the order of their numbers, and the goals that they are measured by.

    Parameters
    ----------
    trials : tuple of Trial
    goals : tuple of Goal
        One or more.

    Examples
    --------
    >>> done = Trial(0, {"x": 1}, State.DONE, values={"accuracy": 0.9}, metric="accuracy")
    >>> history = History((done,), (Goal("accuracy", -1),))
    >>> history.loss(done), history.incumbent.number
    (-0.9, 0)
    """

    trials: tuple[Trial, ...] = ()
    goals: tuple[Goal, ...] = (Goal("value"),)

    @classmethod
    def of(cls, trials: Sequence[Trial], goals: Sequence[Goal]) -> History:
        """Return the history of trials in any order."""
        return cls(tuple(sorted(trials, key=lambda trial: trial.number)), tuple(goals))

    def loss(self, trial: Trial) -> float:
        """Return the first goal of a finished trial, minimise-oriented."""
        goal = self.goals[0]
        values = trial.values or {}
        return goal.sign * values[goal.metric]

    def having(self, keep: Callable[[Trial], bool]) -> History:
        """Return the history of the trials that `keep` accepts."""
        return History(tuple(trial for trial in self.trials if keep(trial)), self.goals)

    @cached_property
    def done(self) -> tuple[Trial, ...]:
        """Trials that ended with a value."""
        return tuple(trial for trial in self.trials if trial.state is State.DONE)

    @cached_property
    def failed(self) -> tuple[Trial, ...]:
        """Trials that ended without one by their own fault."""
        return tuple(trial for trial in self.trials if trial.state is State.FAILED)

    @cached_property
    def running(self) -> tuple[Trial, ...]:
        """Trials whose value is still to come."""
        return tuple(trial for trial in self.trials if not trial.state.ended)

    @cached_property
    def incumbent(self) -> Trial | None:
        """The best trial so far; of equals, the first."""
        return min(self.done, key=self.loss, default=None)

    def __len__(self) -> int:
        return len(self.trials)
