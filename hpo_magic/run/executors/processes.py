"""Worker processes on this machine, started as they are needed; one that hangs or dies takes nothing with it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

from hpo_magic.run.channel.ticket import Ticket
from hpo_magic.run.executors.slot import Slot


class StartedHere:
    """A ticket in a slot."""

    def __init__(self, slot: Slot, ticket: Ticket, free: Callable[[], None]) -> None:
        self._slot, self._ticket, self._free = slot, ticket, free

    def told(self) -> None:
        """Let the next trial have the slot: it waits there for the last steps of this one."""
        self._free()

    def call_off(self) -> bool:
        """Not possible: the slot is the trial's own, and begins at once."""
        return False

    def kill(self, pid: int | None) -> bool:
        """Kill the process and all that it has started."""
        self._slot.kill(self._ticket)
        return True


class Processes:
    """As many processes as there are trials at a time.

    Parameters
    ----------
    workers : callable
        Returns how many that will be: numerical libraries then use that part of the cores in each, not all of them.
    with_script : bool
        Whether they import the script that runs here.
    """

    reach, patience = "127.0.0.1", 86_400.0
    """Who is orphaned ends by itself; a kernel that stands still, or holds the interpreter, goes on after a while."""

    def __init__(self, workers: Callable[[], int] = lambda: 1, with_script: bool = False) -> None:
        self._workers, self._with_script = workers, with_script
        self._idle: list[Slot] = []
        self._lock, self._closed = threading.Lock(), False
        self._kills = _oom_kills()

    def size(self) -> int | None:
        """As many as are sent."""
        return None

    def start(self, ticket: Ticket, over: Callable[[str], None]) -> StartedHere:
        """Run a ticket in an idle process, or in a new one."""
        while True:
            with self._lock:
                slot = self._take(ticket.slot) if self._idle else None
            slot = slot or Slot(max(1, (os.cpu_count() or 1) // self._workers()), self._died, self._with_script)
            free = self._free_once(slot)

            def ended(why: str, slot: Slot = slot, free: Callable[[], None] = free) -> None:
                if why:  # it is gone, or in no good state
                    slot.kill()
                else:
                    free()
                over(why)

            slot.number = ticket.slot
            if slot.give(ticket, ended):
                return StartedHere(slot, ticket, free)

    def _take(self, number: int) -> Slot:
        """Take an idle process, the one of that number where it is idle: it has what it needs on its GPU already."""
        place = next((place for place, slot in enumerate(self._idle) if slot.number == number), -1)
        return self._idle.pop(place)

    def _free_once(self, slot: Slot) -> Callable[[], None]:
        """Return what makes a slot idle, or ends it where nothing more will come; it does so once."""
        to_do = [slot]

        def free() -> None:
            with self._lock:
                if not to_do:
                    return
                to_do.clear()
                if not self._closed:
                    self._idle.append(slot)
                    return
            slot.leave()

        return free

    def _died(self, slot: Slot, code: int) -> str:
        with self._lock:
            if slot in self._idle:
                self._idle.remove(slot)
            kills, before = _oom_kills(), self._kills
            self._kills = kills
        if code == -signal.SIGKILL and kills > before:
            return "the system ran out of memory and killed its worker process; use fewer workers or less data"
        how = f"was killed ({signal.Signals(-code).name})" if code < 0 else f"ended with exit code {code}"
        return f"its worker process {how}"

    def close(self) -> None:
        """End the idle processes; the others end with their trials."""
        with self._lock:
            self._closed, idle, self._idle = True, self._idle, []
        for slot in idle:
            slot.leave()
        for slot in idle:
            slot.join()


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
