"""Journal: the trials of one study in memory, each change committed to the store before it can be seen."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from hpo_magic.errors import StoreError, StudyError
from hpo_magic.trials.constraints import Constraint
from hpo_magic.trials.history import Goal, History
from hpo_magic.trials.store import Store, StudyRecord
from hpo_magic.trials.trial import Trial


class Journal:
    """A study's trials, their store, and a counter of changes that listeners may wait for.

    Examples
    --------
    >>> from hpo_magic.trials.memory_store import MemoryStore
    >>> store = MemoryStore()
    >>> journal = Journal(store, store.open_study("svm", "f00d", {}, {}), [Goal("loss")])
    >>> journal.add(Trial(-1, {"C": 1.0})).number, journal.revision
    (0, 1)
    """

    def __init__(
        self, store: Store, record: StudyRecord, goals: Sequence[Goal], constraints: Sequence[Constraint] = ()
    ) -> None:
        self.store, self.record = store, record
        self.goals, self.constraints = tuple(goals), tuple(constraints)
        self._trials: list[Trial] = list(store.trials(record.id))
        self._unsaved: dict[int, Trial] = {}
        # Readers wait for memory only: a slow or locked database holds up writers alone.
        self._writing = threading.RLock()
        self.changed = threading.Condition(threading.RLock())
        self.revision = 0

    @property
    def history(self) -> History:
        """The trials as they are now."""
        with self.changed:
            return History(tuple(self._trials), self.goals, self.constraints)

    def get(self, number: int) -> Trial:
        """Return a trial by its number."""
        with self.changed:
            if not 0 <= number < len(self._trials):
                raise StudyError(f"there is no trial {number}; the study has {len(self._trials)}, counted from 0")
            return self._trials[number]

    def add(self, trial: Trial) -> Trial:
        """Store a new trial and return it with its number."""
        with self._writing:
            stored = self.store.add_trial(self.record.id, trial)
            with self.changed:
                if stored.number != len(self._trials):  # another process has added some in between
                    self._trials = list(self.store.trials(self.record.id))
                else:
                    self._trials.append(stored)
                self._touch()
            return stored

    def save(self, trial: Trial) -> None:
        """Replace a trial; where the store fails, keep the new one for `flush` and raise."""
        with self._writing:
            try:
                self.store.save_trial(self.record.id, trial)
            except StoreError:
                self._unsaved[trial.number] = trial
                raise
            self._unsaved.pop(trial.number, None)
            self.put(trial)

    def put(self, trial: Trial) -> None:
        """Replace a trial in memory only: for what may be lost, such as reports on their way."""
        with self.changed:
            self._trials[trial.number] = trial
            self._touch()

    def flush(self) -> None:
        """Store what could not be stored before."""
        with self._writing:
            for trial in list(self._unsaved.values()):
                self.save(trial)

    def announce(self) -> None:
        """Tell listeners that something besides the trials has changed."""
        with self.changed:
            self._touch()

    def wait_change(self, since: int, timeout: float) -> int:
        """Wait until the revision is no longer `since`, at most `timeout` seconds; return the revision."""
        with self.changed:
            self.changed.wait_for(lambda: self.revision != since, timeout)
            return self.revision

    def _touch(self) -> None:
        self.revision += 1
        self.changed.notify_all()
