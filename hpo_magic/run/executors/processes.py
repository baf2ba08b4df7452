"""Worker processes on this machine, started as they are needed; one that hangs or dies takes nothing with it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from hpo_magic.run.channel.ticket import Ticket
from hpo_magic.run.executors import worker
from hpo_magic.run.executors.descriptors import descriptors


class _Slot:
    """One worker process with a manager of its own: a pool of several shares locks, which a killed one may hold."""

    def __init__(self, threads: int) -> None:
        from pebble import ProcessPool

        # Spawned: a fork would copy the kernel's threads' locks as they are, and deadlock.
        self.ticket: Ticket | None = None
        self.ended = False
        self._pool = ProcessPool(1, initializer=prepare, initargs=(os.getpid(), threads), context=get_context("spawn"))

    def start(self, ticket: Ticket) -> Any:
        return self._pool.schedule(worker.work, args=[ticket])

    def end(self) -> None:
        self._pool.stop()
        self._pool.join()


class StartedHere:
    """A ticket in a slot."""

    def __init__(self, future: Any, free: Callable[[], None]) -> None:
        self._future, self._free = future, free

    def told(self) -> None:
        """Let the next trial have the slot: it waits there for the last steps of this one."""
        self._free()

    def call_off(self) -> bool:
        """Not possible: the slot is the trial's own, and begins at once."""
        return False

    def kill(self, pid: int | None) -> None:
        """Kill the process and all that it has started."""
        if pid is not None and hasattr(os, "killpg"):
            _kill_group(pid)
        self._future.cancel()  # where it is gone already, pebble has seen it or will


class Processes:
    """As many processes as there are trials at a time.

    Parameters
    ----------
    workers : callable
        Returns how many that will be: numerical libraries then use that part of the cores in each, not all of them.
    """

    reach, patience = "127.0.0.1", 10.0

    def __init__(self, workers: Callable[[], int] = lambda: 1) -> None:
        self._workers = workers
        self._idle: list[_Slot] = []
        self._lock, self._closed = threading.Lock(), False
        self._kills = _oom_kills()

    def size(self) -> int | None:
        """As many as are sent."""
        return None

    def start(self, ticket: Ticket, over: Callable[[str], None]) -> StartedHere:
        """Run a ticket in an idle process, or in a new one."""
        with self._lock:
            slot = self._idle.pop() if self._idle else _Slot(max(1, (os.cpu_count() or 1) // self._workers()))
            slot.ticket = ticket
        future = slot.start(ticket)

        def free() -> None:
            with self._lock:
                if slot.ticket is ticket and not self._closed:
                    slot.ticket = None
                    self._idle.append(slot)

        def ended(_future: Any) -> None:
            why = self._reason(future)
            if not why:
                free()
            if why or self._closed:
                self._discard(slot)
            over(why)

        future.add_done_callback(ended)
        return StartedHere(future, free)

    def _discard(self, slot: _Slot) -> None:
        """End a slot; not here, as it ends with the thread that calls."""
        with self._lock:
            if slot in self._idle:
                self._idle.remove(slot)
            if slot.ended:
                return
            slot.ended = True
        threading.Thread(target=slot.end, name="hpo_magic-slot", daemon=True).start()

    def close(self) -> None:
        """End the idle processes; the others end with their trials."""
        with self._lock:
            self._closed, idle, self._idle = True, self._idle, []
            for slot in idle:
                slot.ended = True
        ending = [threading.Thread(target=slot.end, name="hpo_magic-slot") for slot in idle]
        for thread in ending:
            thread.start()
        for thread in ending:
            thread.join()

    def _reason(self, future: Any) -> str:
        """Return why a worker is gone; "" where it is not."""
        from pebble import ProcessExpired

        if future.cancelled():
            return "it was stopped by force"
        try:
            error = future.exception()
        except CancelledError:
            return "it was stopped by force"
        if error is None:
            return ""
        if not isinstance(error, ProcessExpired):
            return f"its worker process cannot go on: {type(error).__name__}: {error}"
        if error.pid:
            _kill_group(error.pid)  # what the trial had started would otherwise outlive it
        code = error.exitcode or 0
        kills, before = _oom_kills(), self._kills
        self._kills = kills
        if code == -signal.SIGKILL and kills > before:
            return "the system ran out of memory and killed its worker process; use fewer workers or less data"
        how = f"was killed ({signal.Signals(-code).name})" if code < 0 else f"ended with exit code {code}"
        return f"its worker process {how}"


def prepare(parent: int, threads: int) -> None:
    """Make a worker process ready, once it has started."""
    _use_threads(threads)
    if hasattr(os, "setsid"):
        os.setsid()  # a group of its own, which can be killed as one; Ctrl-C in a terminal is the kernel's alone
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The kernel's own backend draws into its notebook; nobody sees the windows of another one.
    os.environ["MPLBACKEND"] = "Agg"
    worker.watch_parent(parent)
    if os.name == "posix":  # elsewhere a pipe cannot be waited for
        descriptors.catch()


def _use_threads(count: int) -> None:
    """Let numerical libraries use so many threads: more than there are cores wait for each other, spinning."""
    if "OMP_NUM_THREADS" in os.environ:  # the user has decided
        return
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):  # for what is loaded later
        os.environ[name] = str(count)
    threadpool_limits(count)  # for what is loaded already


def _kill_group(pid: int) -> None:
    try:
        if os.getpgid(0) != pid:
            os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # they are all gone
        return


def _oom_kills() -> int:
    """Return how many processes the system has killed so far for want of memory; 0 where that cannot be known."""
    for path, word in (("/sys/fs/cgroup/memory.events", "oom_kill "), ("/proc/vmstat", "oom_kill ")):
        try:
            lines = Path(path).read_text().splitlines()
        except OSError:
            continue
        for line in lines:
            if line.startswith(word):
                return int(line.split()[1])
    return 0
