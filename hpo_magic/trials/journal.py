"""Journal: the trials of one study in memory, each change committed to the store before it can be seen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from hpo_magic.errors import StoreError, StudyError
from hpo_magic.space import Config
from hpo_magic.trials.constraints import Constraint
from hpo_magic.trials.history import Goal, History
from hpo_magic.trials.index import Index
from hpo_magic.trials.roll import Roll
from hpo_magic.trials.store import Store, StudyRecord
from hpo_magic.trials.trial import State, Trial, changed


class Journal:
    """A study's trials, their store, and a counter of changes that listeners may wait for.

    `read` gives a stored config the options that the user has given: what is stored of an enum's member is plain.

    Examples
    --------
    >>> from hpo_magic.trials.memory_store import MemoryStore
    >>> store = MemoryStore()
    >>> journal = Journal(store, store.open_study("svm", "f00d", {}, {}), [Goal("loss")])
    >>> journal.add(Trial(-1, {"C": 1.0})).number, journal.revision
    (0, 1)
    """

    def __init__(
        self,
        store: Store,
        record: StudyRecord,
        goals: Sequence[Goal],
        constraints: Sequence[Constraint] = (),
        read: Callable[[Config], Config] | None = None,
    ) -> None:
        self.store, self.record, self._read = store, record, read
        self.goals, self.constraints = tuple(goals), tuple(constraints)
        self._seen: History | None = None
        self._known: History | None = None
        self._held: set[int] = set()
        self._before: dict[int, Trial] = {}  # what others see of a trial whose result is not stored yet
        self._load()
        self._unsaved: dict[int, Trial] = {}
        # Readers wait for memory only: a slow or locked database holds up writers alone.
        self._writing = threading.RLock()
        self._lock = threading.RLock()
        self.changed = threading.Condition(self._lock)
        self.revision = 0

    @property
    def history(self) -> History:
        """The trials as they are in the store."""
        with self._lock:
            if not self._before:
                return self.known
            if self._seen is None:
                trials = self._trials
                for before in self._before.values():
                    trials = trials.replaced(before)
                self._seen = self._view(trials)
            return self._seen

    @property
    def known(self) -> History:
        """The trials and the results that are not stored yet: what the next decision goes by."""
        known = self._known
        if known is not None:
            return known
        with self._lock:
            self._known = known = self._view(self._trials)
            return known

    def _view(self, trials: Roll) -> History:
        return History(trials, self.goals, self.constraints, self._index)

    @property
    def counted(self) -> int:
        """How many trials count towards a limit: those that ran to their end, the held ones among them."""
        return self._counted

    @property
    def behind(self) -> bool:
        """Whether the store lacks what could not be stored."""
        return bool(self._unsaved)

    @property
    def waiting(self) -> Trial | None:
        """The first trial that waits to be started."""
        if not self._waiting:
            return None
        with self._lock:
            return self._trials[min(self._waiting)] if self._waiting else None

    def get(self, number: int) -> Trial:
        """Return a trial by its number, with its result if there is one, stored or not."""
        trials = self._trials
        if not 0 <= number < len(trials):
            raise StudyError(f"there is no trial {number}; the study has {len(trials)}, counted from 0")
        return trials[number]

    def add(self, trial: Trial) -> Trial:
        """Store a new trial, and what is held with it, in one commit; return it with its number."""
        stored = self._add(trial, exactly=False)
        assert stored is not None
        return stored

    def add_next(self, trial: Trial) -> Trial | None:
        """Store a new trial as `add` does, unless others have added some meanwhile: then read these and return None."""
        return self._add(trial, exactly=True)

    def _add(self, trial: Trial, exactly: bool) -> Trial | None:
        with self._writing:
            guess = changed(trial, number=len(self._trials))
            held = tuple(map(self.get, self._held))
            if exactly:
                stored = self.store.add_trial(self.record.id, guess, held, exactly=True)
            else:
                stored = self.store.add_trial(self.record.id, guess, held)
            with self._lock:
                for ended in self._held:
                    self._before.pop(ended, None)
                self._held.clear()
                if stored is None or stored.number != len(self._trials):  # another process has added some in between
                    self._load_anew()
                else:
                    self._append(stored)
                self._touch()
            return stored

    def hold(self, trial: Trial) -> None:
        """Keep a result for the commit of the next trial, or of `settle`; until then only decisions know it."""
        with self._writing, self._lock:
            self._held.add(trial.number)
            self._unsaved.pop(trial.number, None)  # what it had reported; the result has that too
            self._before.setdefault(trial.number, self._trials[trial.number])
            self._replace(trial)
            self._known = None

    def settle(self) -> None:
        """Store what is held."""
        if not self._held:
            return
        with self._writing:
            for number in sorted(self._held):
                self.save(self.get(number))

    def save(self, trial: Trial) -> None:
        """Replace a trial; where the store fails, keep the new one for `flush` and raise."""
        with self._writing:
            self._held.discard(trial.number)
            try:
                self.store.save_trial(self.record.id, trial)
            except StoreError:
                self._unsaved[trial.number] = trial
                raise
            self._unsaved.pop(trial.number, None)
            self._before.pop(trial.number, None)
            self.put(trial)

    @property
    def overtaken(self) -> bool:
        """Whether others have added trials that are not known here."""
        return self.store.count(self.record.id) != len(self._trials)

    def begin(self, trial: Trial) -> bool:
        """Replace a trial that waits; False, and all are read anew, where another process has taken it."""
        with self._writing:
            if self.store.begin_trial(self.record.id, trial):
                self.put(trial)
                return True
            self.reload()
            return False

    def put(self, trial: Trial) -> None:
        """Replace a trial in memory only: for what may be lost, such as reports on their way."""
        with self._lock:
            self._replace(trial)
            self._touch()

    def flush(self) -> None:
        """Store what could not be stored before."""
        if not self._unsaved:
            return
        with self._writing:
            for trial in list(self._unsaved.values()):
                self.save(trial if trial.state.ended else self.get(trial.number))  # which may have reported since

    def announce(self) -> None:
        """Tell listeners that something besides the trials has changed."""
        with self._lock:
            self._touch()

    def wait_change(self, since: int, timeout: float) -> int:
        """Wait until the revision is no longer `since`, at most `timeout` seconds; return the revision."""
        with self._lock:
            self.changed.wait_for(lambda: self.revision != since, timeout)
            return self.revision

    def reload(self) -> None:
        """Read what other processes have stored since; what is known of running trials and not stored yet stays."""
        with self._writing:
            self.settle()
            self.flush()
            with self._lock:
                self._load_anew()
                self._touch()

    def _load_anew(self) -> None:
        here = [trial for trial in self._trials if trial.state is State.RUNNING]
        self._load()
        for trial in here:
            stored = self._trials[trial.number]
            same = trial.worker.startswith(stored.worker)  # and has not been begun anew by somebody else
            if stored.state is State.RUNNING and same and _last_step(stored) <= _last_step(trial):
                self._replace(trial)

    def _load(self) -> None:
        """Read every trial from the store."""
        trials = self.store.trials(self.record.id)
        if self._read is not None:
            trials = [changed(trial, config=self._read(trial.config)) for trial in trials]
        self._trials = Roll(trials)
        self._index = Index(self._trials)
        self._counted, self._waiting, self._seen, self._known = 0, set[int](), None, None
        self._before.clear()
        for trial in self._trials:
            self._tally(trial)

    def _append(self, trial: Trial) -> None:
        self._trials = self._trials.appended(trial)
        self._index.add(trial)
        self._tally(trial)

    def _replace(self, trial: Trial) -> None:
        self._counted -= _counts(self._trials[trial.number])
        self._trials = self._trials.replaced(trial)
        self._tally(trial)

    def _tally(self, trial: Trial) -> None:
        """Count a trial as it comes: counting all of them at every step takes longer than the step."""
        self._counted += _counts(trial)
        (self._waiting.add if trial.state is State.WAITING else self._waiting.discard)(trial.number)
        self._index.note(trial)

    def _touch(self) -> None:
        self._seen = self._known = None
        self.revision += 1
        self.changed.notify_all()


def _last_step(trial: Trial) -> int:
    return trial.reports[-1].step if trial.reports else -1


def _counts(trial: Trial) -> bool:
    return trial.trusted and (trial.state in (State.DONE, State.FAILED) or trial.cut)
