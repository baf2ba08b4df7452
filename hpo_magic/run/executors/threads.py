"""Trials in threads of this process, which can be interrupted between two steps of the interpreter."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Protocol

from hpo_magic.run.context import TrialStop
from hpo_magic.run.isolation import process_state
from hpo_magic.run.trial_run import Outcome

_send = ctypes.pythonapi.PyThreadState_SetAsyncExc
_send.argtypes = (ctypes.c_ulong, ctypes.py_object)
_send.restype = ctypes.c_int


class Hand(Protocol):
    """Whose thread a call runs in."""

    @property
    def thread(self) -> threading.Thread:
        """The thread."""

    def retire(self) -> None:
        """Take no more calls."""


class ThreadJob:
    """A call in a worker thread."""

    def __init__(self, call: Callable[[], Outcome], done: Callable[[Outcome], None], worker: Hand) -> None:
        self._call, self._done, self._worker = call, done, worker
        self._lock = threading.Lock()
        self._entered = self._leaving = self._ended = False
        self._called_off = self._abandoned = False

    def run(self) -> None:
        """Run the call in the worker's own thread; a stop may arrive between any two steps of this.

        Once `_leaving` is set, at most one more stop arrives: the one that `interrupt` was sending just then. So two
        nested handlers are enough.
        """
        outcome = Outcome()
        try:
            try:
                self._entered = True
                if not self._called_off:
                    outcome = self._call()
                self._leaving = True
            except TrialStop:
                self._leaving = True
            self._end()
        except TrialStop:
            self._end()
        if not self._abandoned:
            self._done(outcome)

    def interrupt(self) -> None:
        """Raise TrialStop inside the call at its next step."""
        with self._lock:
            if not self._entered:
                self._called_off = True
            elif not self._leaving:
                _send(self._worker.thread.ident or 0, TrialStop)

    def abandon(self) -> bool:
        """Let the worker finish alone; its outcome is thrown away and the worker is not used again."""
        with self._lock:
            if not self._ended:
                self._abandoned = True
                self._worker.retire()
                process_state.let_go(self._worker.thread.ident or 0)
        return True

    def _end(self) -> None:
        """From here on no stop is sent; one that is already on its way arrives in the loop below, and `run` expects it.

        Taking it back by sending NULL would leave the interpreter's flag for it raised for good, which slows every
        thread: https://github.com/python/cpython/blob/v3.11.7/Python/pystate.c (PyThreadState_SetAsyncExc).
        """
        with self._lock:
            self._ended = True
        for _ in range(3):
            pass


class _Worker:
    """A daemon thread that is used again: thread pools of numerical libraries belong to the thread that calls them."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[ThreadJob | None] = SimpleQueue()
        self._retired = False
        self.thread = threading.Thread(target=self._main, name=name, daemon=True)
        self.thread.start()

    def put(self, job: ThreadJob | None) -> None:
        self._jobs.put(job)

    def retire(self) -> None:
        self._retired = True

    def _main(self) -> None:
        while (job := self._jobs.get()) is not None:
            job.run()
            if self._retired:
                return


class ThreadExecutor:
    """Calls in daemon threads, as many at a time as are submitted.

    Examples
    --------
    >>> heard = SimpleQueue()
    >>> executor = ThreadExecutor()
    >>> job = executor.submit(lambda: Outcome({"loss": 1.0}), heard.put)
    >>> heard.get(timeout=5).values
    {'loss': 1.0}
    >>> executor.close()
    """

    own_threads = True
    places: int | None = None

    def __init__(self) -> None:
        self._free: list[_Worker] = []  # the longest free first; those that tell the end of a trial are among them
        self._lock, self._closed, self._made = threading.Lock(), False, 0
        self.at_work = 0
        """How many calls are running."""

    def submit(self, call: Callable[[], Outcome], done: Callable[[Outcome], None]) -> ThreadJob:
        """Start a call in the worker that asks for it at the end of another, in a free one, or in a new one."""
        worker = self._free_worker()

        def ended(outcome: Outcome) -> None:
            self._give_back(worker)  # before anybody hears of it, who would find none free and make one too many
            done(outcome)

        job = ThreadJob(call, ended, worker)
        worker.put(job)
        return job

    def _free_worker(self) -> _Worker:
        here = threading.current_thread()
        with self._lock:
            self.at_work += 1
            if not self._free:
                self._made += 1
                return _Worker(f"thread {self._made}")
            worker = next((worker for worker in self._free if worker.thread is here), self._free[0])
            self._free.remove(worker)
            return worker

    def close(self) -> None:
        """Let the workers go as they become free."""
        with self._lock:
            self._closed = True
            for worker in self._free:
                worker.put(None)
            self._free.clear()

    def _give_back(self, worker: _Worker) -> None:
        with self._lock:
            self.at_work -= 1
            if self._closed:
                worker.put(None)
            else:
                self._free.append(worker)
