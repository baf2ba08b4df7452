"""Holding: the running trials that one object of this process has given out, and may still be told of."""

from __future__ import annotations

from threading import Lock
from weakref import WeakSet

from hpo_magic.trials import History, State, Trial
from hpo_magic.trials.store import Store, StudyRecord


class Holding:
    """What a study's object holds; several objects of a process may stand for one study.

    Parameters
    ----------
    store : Store
    record : StudyRecord

    Examples
    --------
    >>> from hpo_magic.trials.memory_store import MemoryStore
    >>> store = MemoryStore()
    >>> record = store.open_study("svm", "f00d", {}, {})
    >>> one, other = Holding(store, record), Holding(store, record)
    >>> history = History((one.take(Trial(0, {}, State.RUNNING)),))
    >>> len(one.strangers(history)), len(other.strangers(history)), len(other.orphans(history))
    (0, 1, 0)
    """

    def __init__(self, store: Store, record: StudyRecord) -> None:
        self._store, self._study = store, record.id
        self._numbers: set[int] = set()
        with _one:
            _all.add(self)

    def __contains__(self, number: int) -> bool:
        return number in self._numbers

    def take(self, trial: Trial) -> Trial:
        """Return a trial, which is held from now on."""
        self._numbers.add(trial.number)
        return trial

    def let_go(self, number: int) -> None:
        """Hold a trial no longer."""
        self._numbers.discard(number)

    def strangers(self, history: History) -> list[Trial]:
        """Return the running trials that are not held here."""
        running = (trial for trial in history.running if trial.state is State.RUNNING)
        return [trial for trial in running if trial.number not in self._numbers]

    def orphans(self, history: History) -> list[Trial]:
        """Return the running trials that nobody in this process holds."""
        with _one:
            here = [other for other in _all if self._same(other)]
        held = set().union(*(other._numbers for other in here))
        return [trial for trial in self.strangers(history) if trial.number not in held]

    def _same(self, other: Holding) -> bool:
        """Whether both stand for one study."""
        one_store = self._store is other._store or self._store.url == other._store.url != ":memory:"
        return one_store and self._study == other._study


_all: WeakSet[Holding] = WeakSet()
_one = Lock()
