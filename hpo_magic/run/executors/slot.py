"""A worker process of this machine: tickets go in through a pipe, and that it has died is always heard of."""

from __future__ import annotations

import atexit
import os
import signal
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from weakref import WeakSet

from threadpoolctl import threadpool_limits

from hpo_magic.errors import first_line
from hpo_magic.run.channel.ticket import Ticket
from hpo_magic.run.executors import worker
from hpo_magic.run.executors.descriptors import descriptors
from hpo_magic.run.executors.spawning import start

_LOOK = 0.5
"""Seconds between two looks whether a process is alive: what it has forked holds its end of the pipe open."""
_FAREWELL = 2.0
"""Seconds that a process has for its own end: a trial may have left a thread behind that never does."""


class Slot:
    """A process with a pipe and a lock of its own: what processes share, a killed one may hold for ever.

    Parameters
    ----------
    threads : int
        How many its numerical libraries may use.
    died : callable
        Hears of the process's end, from the slot's own thread, before those do who wait for a ticket.
    with_script : bool
        Whether it imports the script that runs here.
    """

    def __init__(self, threads: int, died: Callable[[Slot, int], str], with_script: bool = False) -> None:
        # Spawned: a fork would copy the kernel's threads' locks as they are, and deadlock.
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, os.getpid(), threads), name="hpo_magic-worker")
        start(self._process, with_script)
        theirs.close()
        self.number = 0
        """That of the trial that it runs, or has run last, among those that run at the same time."""
        self._owner = os.getpid()
        self._died = died
        self._lock, self._gone = threading.Lock(), False
        self._waiting: deque[tuple[Ticket, Callable[[str], None]]] = deque()
        self._thread = threading.Thread(target=self._listen, name="hpo_magic-slot", daemon=True)
        self._thread.start()
        _slots.add(self)

    def give(self, ticket: Ticket, over: Callable[[str], None]) -> bool:
        """Send a ticket, behind one that is in its last steps; whether there is still a process to take it."""
        with self._lock:
            if self._gone:
                return False
            self._waiting.append((ticket, over))
            with suppress(OSError):  # it has just died: `_listen` will say so
                self._pipe.send(ticket)
        return True

    def kill(self, ticket: Ticket | None = None) -> None:
        """Kill the process and all that it has started; with a ticket, only while it is there."""
        with self._lock:
            there = ticket is None or any(it is ticket for it, _ in self._waiting)
            if self._gone or not there or self._owner != os.getpid():
                return
        _kill_group(self._process.pid)
        self._process.kill()  # where it has no group of its own yet

    def leave(self) -> None:
        """Let the process end, after what it has in hand."""
        with self._lock, suppress(OSError):
            self._pipe.send(None)

    def join(self) -> None:
        """Wait until the process has ended."""
        self._thread.join()

    def _listen(self) -> None:
        while self._process.is_alive():
            wait([self._pipe, self._process.sentinel], _LOOK)
            try:
                if self._pipe.poll():
                    self._one_over(self._pipe.recv())
            except (EOFError, OSError):  # it is on its way out
                self._process.join(_FAREWELL)
                self.kill()
        self._process.join()
        with self._lock:
            self._gone, waiting = True, list(self._waiting)
        _kill_group(self._process.pid)  # what its trial had started would otherwise outlive it
        why = self._died(self, self._process.exitcode or 0)
        for _, over in waiting:
            over(why)
        self._pipe.close()

    def _one_over(self, why: str) -> None:
        with self._lock:
            _, over = self._waiting.popleft()
        over(why)


_slots: WeakSet[Slot] = WeakSet()


@atexit.register  # later than multiprocessing's own, hence before it: that one would wait for the processes
def _kill_all() -> None:
    for slot in list(_slots):
        slot.kill()


def serve(pipe: Connection, parent: int, threads: int) -> None:
    """Run tickets, in a new process, until there are no more."""
    _use_threads(threads)
    if hasattr(os, "setsid"):
        os.setsid()  # a group of its own, which can be killed as one; Ctrl-C in a terminal is the kernel's alone
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The kernel's own backend draws into its notebook; nobody sees the windows of another one.
    os.environ["MPLBACKEND"] = "Agg"
    worker.watch_parent(parent)
    if os.name == "posix":  # elsewhere a pipe cannot be waited for
        descriptors.catch()
    with pipe, suppress(EOFError):
        while (ticket := pipe.recv()) is not None:
            pipe.send(_work(ticket))


def _work(ticket: Ticket) -> str:
    try:
        worker.work(ticket)
    except Exception as error:  # noqa: BLE001 - the search must hear of it, and try the trial again
        return f"its worker process cannot go on: {type(error).__name__}: {first_line(error)}"
    return ""


def _use_threads(count: int) -> None:
    """Let numerical libraries use so many threads: more than there are cores wait for each other, spinning."""
    if "OMP_NUM_THREADS" in os.environ:  # the user has decided
        return
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):  # for what is loaded later
        os.environ[name] = str(count)
    threadpool_limits(count)  # for what is loaded already


def _kill_group(pid: int | None) -> None:
    if pid is None or not hasattr(os, "killpg"):
        return
    with suppress(ProcessLookupError, PermissionError):  # they are all gone, or it has no group of its own yet
        os.killpg(pid, signal.SIGKILL)
