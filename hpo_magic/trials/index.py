"""What is known of a study's trials without a look at each of them: kept up as they come."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from hpo_magic.space import Config
from hpo_magic.trials.trial import State, Trial


class Index:
    """Tells of all trials that it has been shown; it may know more of them than a history that holds it.

    So what it denies is so, and what it confirms is looked up in the history.

    Examples
    --------
    >>> index = Index([Trial(0, {"x": 1}), Trial(1, {"x": 2}), Trial(2, {"x": 1}, parent=0)])
    >>> index.numbers({"x": 1}), index.repeats, index.stopped
    ([0, 2], True, False)
    """

    def __init__(self, trials: Iterable[Trial] = ()) -> None:
        self.repeats = False
        """Whether any trial repeats another one or goes on from it."""
        self.stopped = False
        """Whether any trial was ever stopped."""
        self._numbers: dict[Hashable, list[int]] = {}
        for trial in trials:
            self.add(trial)
            self.note(trial)

    def add(self, trial: Trial) -> None:
        """Show a trial that is new."""
        self._numbers.setdefault(_rough(trial.config), []).append(trial.number)
        self.repeats = self.repeats or trial.parent is not None

    def note(self, trial: Trial) -> None:
        """Show what has become of a trial."""
        self.stopped = self.stopped or trial.state is State.STOPPED

    def numbers(self, config: Config) -> Sequence[int]:
        """Return the numbers of all trials with this config, in order, and perhaps of some others."""
        return self._numbers.get(_rough(config), ())


def _rough(config: Config) -> Hashable:
    """Return what equal configs have in common; of such as hold a list only the names."""
    try:
        pairs = frozenset(config.items())
        hash(pairs)
    except TypeError:
        return frozenset(config)
    return pairs
