"""Claim: who searches a study, one search alone or several together, and which of their trials nobody runs any more."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Sequence

from hpo_magic.errors import StudyError
from hpo_magic.trials import Trial
from hpo_magic.trials.store import PATIENCE, Store, StudyRecord, owner_name


class Claim:
    """What one search has of its study, and what it knows of the others.

    Parameters
    ----------
    store : Store
    record : StudyRecord
    clock : callable
        Seconds, from any beginning.

    Examples
    --------
    >>> from hpo_magic.trials import State
    >>> from hpo_magic.trials.memory_store import MemoryStore
    >>> store = MemoryStore()
    >>> record = store.open_study("svm", "f00d", {}, {})
    >>> here, there = Claim(store, record), Claim(store, record)
    >>> here.take(shared=True), there.take(shared=True)
    (0, 1)
    >>> trial = Trial(7, {}, State.RUNNING, worker=there.named("thread 1"))
    >>> here.lost([trial])
    []
    >>> there.give_back()
    >>> [trial.number for trial in here.lost([trial])]
    [7]
    """

    def __init__(self, store: Store, record: StudyRecord, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._record, self._clock = store, record, clock
        self._name_anew()
        self._since: dict[int, float] = {}
        self.alone = self.shared = False
        """Whether this search has the study, for itself or together with others."""

    def _name_anew(self) -> None:
        self._pid, self._owner = os.getpid(), owner_name(uuid.uuid4().hex[:8])

    def take(self, shared: bool = False) -> int:
        """Take the study, or say that it is still searched; return how many others search it. StudyInUse by the store.

        Parameters
        ----------
        shared : bool
            Together with others who say so too.
        """
        study = self._record.id
        if self._pid != os.getpid():  # this process was forked from the one that made the study
            self._name_anew()
        if not shared:
            self._store.take_lease(study, self._owner)
            self.alone = True
            return 0
        self._store.take_part(study, self._owner)
        self.shared = True
        return len(set(self._store.members(study)) - {self._owner})

    def give_back(self) -> None:
        """Let others have the study; StoreError where they have to wait until the claim runs out by itself."""
        try:
            self._store.drop_lease(self._record.id, self._owner)
        finally:  # not before: for a moment it would seem that somebody else searches
            self.alone = self.shared = False

    def elsewhere(self) -> bool:
        """Whether another process, or another study of this one, searches now, and nobody here does."""
        return not self.alone and not self.shared and self._store.searched(self._record.id)

    def need_own(self) -> None:
        """Raise StudyError where what is changed here would not be heard by the search; those that share one hear."""
        if self.elsewhere() and not self._store.members(self._record.id):
            raise StudyError(
                f"study {self._record.name!r} is searched in another kernel or by another study, which would not hear "
                "of it; change it there, or when that search has ended; nothing was changed"
            )

    def named(self, worker: str) -> str:
        """Return the name of who runs a trial here; of several searches with this one's, which no other has."""
        return f"{self._owner} {worker}".strip() if self.shared else worker

    def lost(self, running: Sequence[Trial]) -> list[Trial]:
        """Return those of the trials that nobody runs any more, where it is this search that sees to them.

        That is all of them where it has the study for itself. Of several searches the one that came first sees to them:
        a trial is lost where the search that ran it is gone, or where there is no other left. One that no search has
        named, as somebody has asked for it, has ten minutes.

        Parameters
        ----------
        running : sequence of Trial
            Those that nobody in this process runs, read before this is called: who has begun one is a member by then.
        """
        if not self.shared:
            return list(running)
        living = self._store.members(self._record.id)
        if not living or living[0] != self._owner:
            return []
        now = self._clock()
        self._since = {t.number: self._since.get(t.number, now) for t in running if not t.worker}
        return [
            trial
            for trial in running
            if len(living) == 1
            or (trial.worker and trial.worker.split()[0] not in living)
            or now - self._since.get(trial.number, now) > PATIENCE
        ]
