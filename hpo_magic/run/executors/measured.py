"""Threads or processes: the first trials that overlap run in threads, and how they share the interpreter decides."""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections import deque
from collections.abc import Callable

from hpo_magic.errors import HpoError
from hpo_magic.run.executors.parcel import NOT_UNPACKED
from hpo_magic.run.executors.protocol import Executor, Job
from hpo_magic.run.executors.threads import ThreadExecutor
from hpo_magic.run.trial_run import Outcome, Task

_PROBE, _FEWEST, _MOST = 0.004, 10, 5000
"""Seconds that the probe sleeps; looks that decide: so many at least, and the latest of very many."""
_WORTH = 0.1
"""Seconds of a trial below which sending it to a process costs more than it gains."""


class _Moving:
    """A trial that may go on elsewhere; what is asked of it goes where it is."""

    def __init__(self) -> None:
        self._lock, self._jobs = threading.Lock(), list[Job]()

    def first(self, job: Job) -> None:
        """Take the job that the trial began with; it may have moved already."""
        with self._lock:
            self._jobs.insert(0, job)

    def to(self, job: Job) -> None:
        """Move on."""
        with self._lock:
            self._jobs.append(job)

    def interrupt(self) -> None:
        """Send a stop into the trial."""
        self._job.interrupt()

    def abandon(self) -> bool:
        """Let it go, its late outcome thrown away."""
        return self._job.abandon()

    @property
    def _job(self) -> Job:
        with self._lock:
            return self._jobs[-1]


class MeasuredExecutor:
    """Threads until trials have run at the same time and one has ended; then threads or processes.

    A probe sleeps and looks how late it wakes. A trial that keeps the interpreter's lock gives it back only when the
    switch interval is over, so then the probe is late by about that interval.

    Parameters
    ----------
    processes : callable
        Makes the executor over processes; HpoError where the objective cannot be sent to one.
    say : callable
        Hears what was chosen, and why.
    """

    def __init__(self, processes: Callable[[], Executor], say: Callable[[str], None]) -> None:
        self._threads, self._processes, self._say = ThreadExecutor(), processes, say
        self._chosen: Executor | None = None
        self._lock = threading.Lock()
        self._late: deque[float] = deque(maxlen=_MOST)
        self._probing: threading.Thread | None = None
        self._left: Executor | None = None  # what proved to be no place for the objective

    places: int | None = None

    @property
    def own_threads(self) -> bool:
        """Whether trials run in threads for good, or as long as nothing is decided."""
        return self._chosen is None or self._chosen.own_threads

    def submit(self, task: Task, done: Callable[[Outcome], None]) -> Job:
        """Start a trial where it was decided, or in a thread as long as nothing is."""
        if self._chosen is self._threads:
            return self._threads.submit(task, done)
        if self._chosen is not None:
            return self._sent(self._chosen, task, done)
        if self._probing is None and self._threads.at_work == 0:
            return self._threads.submit(task, done)
        with self._lock:
            if self._probing is None:
                self._probing = threading.Thread(target=self._probe, name="hpo_magic-probe", daemon=True)
                self._probing.start()
        began = time.monotonic()

        def ended(outcome: Outcome) -> None:
            if outcome.values is not None and len(self._late) >= _FEWEST:
                self._decide(time.monotonic() - began)
            done(outcome)

        return self._threads.submit(task, ended)

    def close(self) -> None:
        """Let the workers go."""
        self._threads.close()
        for executor in (self._chosen, self._left):
            if executor is not None and executor is not self._threads:
                executor.close()
        self._chosen = self._threads

    def _sent(self, executor: Executor, task: Task, done: Callable[[Outcome], None]) -> Job:
        """Send a trial off, and start it in a thread after all where its worker cannot read the objective."""
        moved = _Moving()

        def ended(outcome: Outcome) -> None:
            failure = outcome.failure
            if failure is None or not failure.message.startswith(NOT_UNPACKED):
                return done(outcome)
            self._go_back(failure.message)
            moved.to(self._threads.submit(task, done))

        moved.first(executor.submit(task, ended))
        return moved

    def _go_back(self, why: str) -> None:
        with self._lock:
            if self._chosen is self._threads:
                return
            self._left, self._chosen = self._chosen, self._threads
        self._say(f"trials run in threads again, where each waits for the others, as {why}")

    def _probe(self) -> None:
        while self._chosen is None:
            began = time.perf_counter()
            time.sleep(_PROBE)
            self._late.append(time.perf_counter() - began - _PROBE)

    def _decide(self, seconds: float) -> None:
        with self._lock:
            if self._chosen is not None:
                return
            self._chosen = self._threads
            held = statistics.median(list(self._late)) > sys.getswitchinterval() / 2
            if not held or seconds < _WORTH:
                why = "they let each other run" if not held else f"a trial takes {seconds:.2g} s only"
                self._say(f"trials run in threads: {why} (--on processes to have it otherwise)")
                return
            try:
                self._chosen = self._processes()
            except HpoError as error:
                self._say(f"trials run in threads, where each waits for the others, as {error}")
                return
            self._say("trials run in processes: in threads each would wait for the others (--on threads to have it so)")
