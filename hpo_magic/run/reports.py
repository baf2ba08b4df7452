"""Reports: intermediate values of running trials, in memory at once and in the store once a second."""

from __future__ import annotations

import time

from hpo_magic.errors import StoreError, StoreGone, whole
from hpo_magic.run.metric import as_number
from hpo_magic.trials import State, Trial
from hpo_magic.trials.journal import Journal
from hpo_magic.trials.trial import Report, appended, changed

SAVED = 1.0
"""Seconds between two commits of reports; what comes in between is stored with the trial's result."""


class Reports:
    """What running trials report.

    Parameters
    ----------
    journal : Journal

    Examples
    --------
    >>> from hpo_magic.trials import Goal
    >>> from hpo_magic.trials.memory_store import MemoryStore
    >>> store = MemoryStore()
    >>> journal = Journal(store, store.open_study("svm", "f00d", {}, {}), [Goal("loss")])
    >>> trial = journal.add(Trial(-1, {}, State.RUNNING))
    >>> Reports(journal).take(trial.number, 0.5, 0).reports
    (Report(step=0, value=0.5),)
    """

    def __init__(self, journal: Journal) -> None:
        self._journal, self._saved = journal, 0.0
        self._trouble: StoreGone | None = None

    def take(self, number: int, value: float, step: int) -> Trial | None:
        """Keep a value; return the trial, or None where it does not run any more. StoreError as of the store."""
        given, step = as_number(value, "the reported value"), whole("step", step, 0)
        with self._journal.changed:
            running = self._journal.get(number)
            if running.state is not State.RUNNING:
                return None
            running = changed(running, reports=appended(running.reports, Report(step, given)))
            self._journal.put(running)
        if time.monotonic() - self._saved > SAVED and not self._journal.behind:
            self._saved = time.monotonic()
            self._journal.save(running)
        return running

    def hear(self, number: int, value: float, step: int) -> Trial | None:
        """Keep a value of a trial that the search runs: the search hears of trouble with the store, not the trial."""
        try:
            return self.take(number, value, step)
        except StoreError as error:  # the journal keeps it for `flush`, which fails where the trouble lasts
            self._trouble = error if isinstance(error, StoreGone) else self._trouble
            return self._journal.get(number)

    def complain(self) -> None:
        """Raise, once, that the store was deleted."""
        error, self._trouble = self._trouble, None
        if error is not None:
            raise error
