"""The schedule that a population found: which values the best one was trained with, step by step."""

from __future__ import annotations

from dataclasses import dataclass

from hpo_magic.space import Config
from hpo_magic.trials import History, Trial


@dataclass(frozen=True)
class Segment:
    """A stretch of training with the same values: from one budget, not included, to another."""

    start: int
    end: int
    config: Config


def schedule_of(history: History, budget: str | None, of: Trial | None = None) -> tuple[Segment, ...]:
    """Return the segments of the best trial, or of another, from its first ancestor on; stretches alike are one.

    Parameters
    ----------
    history : History
    budget : str or None
        Name of the parameter that is the budget; it is left out of the segments' configs.
    of : Trial, optional

    Examples
    --------
    >>> from hpo_magic.trials import State, Trial
    >>> first = Trial(0, {"lr": 0.1, "n": 5}, State.DONE, {"value": 2.0}, budget=5)
    >>> second = Trial(1, {"lr": 0.01, "n": 10}, State.DONE, {"value": 1.0}, budget=10, parent=0)
    >>> [(s.start, s.end, s.config) for s in schedule_of(History((first, second)), "n")]
    [(0, 5, {'lr': 0.1}), (5, 10, {'lr': 0.01})]
    """
    trial = of or history.incumbent
    chain: list[Segment] = []
    while trial is not None and trial.budget is not None:
        parent = history.origin(trial)
        while parent is not None and parent.budget == trial.budget:  # a repeat
            parent = history.origin(parent)
        config = {name: value for name, value in trial.config.items() if name != budget}
        start = 0 if parent is None else parent.budget or 0
        if chain and chain[-1].config == config:
            chain[-1] = Segment(start, chain[-1].end, config)
        else:
            chain.append(Segment(start, trial.budget, config))
        trial = parent
    return tuple(reversed(chain))
