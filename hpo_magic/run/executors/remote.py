"""Trials on a pool of workers: what they say comes through the hub, and that they are gone from the pool."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from pathlib import Path

from hpo_magic.run.channel import wire
from hpo_magic.run.channel.hub import Hub
from hpo_magic.run.channel.ticket import Place, Ticket
from hpo_magic.run.executors.parcel import Parcel, packed
from hpo_magic.run.executors.protocol import Pool, Started
from hpo_magic.run.trial_run import Outcome, Task


class RemoteJob:
    """A trial on a worker; hears of it from the hub's thread and from the pool's."""

    def __init__(self, task: Task, done: Callable[[Outcome], None], hub: Hub, ticket: Ticket) -> None:
        self._task, self._done, self._hub, self._ticket = task, done, hub, ticket
        self._lock, self._ended = threading.Lock(), False
        self._pid: int | None = None
        self._who = ""
        self._started: Started | None = None
        self._told = False

    def start(self, pool: Pool) -> None:
        """Send the trial off."""
        self._hub.expect(self._ticket.token, self)
        started = pool.start(self._ticket, self._over)
        with self._lock:
            self._started = started
        if self._told:  # it was faster than this thread
            started.told()

    # --- from the worker ------------------------------------------------------------------------

    def begun(self, who: str, pid: int) -> bool:
        """A worker has taken the trial up; False where another one had before: the cluster has sent it on by itself."""
        if self._task.context.begun is not None and who != self._who:
            self._finish(Outcome(lost=f"its worker {self._who} is gone"))
            return False
        self._who, self._pid = who, pid
        self._task.context.begin(who)
        return True

    def report(self, value: float, step: int) -> bool:
        """Hand an intermediate value on."""
        return self._task.context.on_report(value, step) and not self._task.context.stopping

    def printed(self, text: str) -> None:
        """Show what the trial has printed."""
        self._task.context.log.replace(text)

    def files(self) -> bytes | None:
        """Return the checkpoint files that the trial goes on from."""
        folder = self._task.context.folder
        return wire.packed(folder) if folder is not None and folder.is_dir() else None

    def keep(self, files: bytes) -> None:
        """Put the trial's checkpoint files where they belong."""
        wire.unpack(files, self._task.context.folder or Path.cwd())

    def ended(self, outcome: Outcome) -> None:
        """The trial has ended."""
        with self._lock:
            self._told, started = True, self._started
        if started is not None:
            started.told()
        self._finish(outcome)

    # --- from the runner ------------------------------------------------------------------------

    def interrupt(self) -> None:
        """Send a stop into the trial; one that has not begun does not begin."""
        if self._task.context.begun is None and self._started is not None and self._started.call_off():
            self._finish(Outcome())
        else:
            self._hub.interrupt(self._ticket.token)

    def abandon(self) -> bool:
        """End the trial by force, or let it go where its pool cannot; its late outcome is thrown away."""
        with self._lock:
            self._ended = True
        self._hub.forget(self._ticket.token)
        return self._started is None or self._started.kill(self._pid)

    # --- from the pool --------------------------------------------------------------------------

    def _over(self, why: str) -> None:
        """Nothing more will come of the trial; where its outcome has not come by now, it never will."""
        self._finish(Outcome(lost=why or "its worker ended without a word"))

    def _finish(self, outcome: Outcome) -> None:
        with self._lock:
            if self._ended:
                return
            self._ended = True
        self._hub.forget(self._ticket.token)
        self._done(outcome)


class RemoteExecutor:
    """Sends trials to a pool.

    Parameters
    ----------
    pool : Pool
    parcel : Parcel
        The objective of every trial.
    """

    own_threads = False

    def __init__(self, pool: Pool, parcel: Parcel) -> None:
        self._pool, self._parcel = pool, parcel
        self._hub = Hub(pool.reach, pool.patience)
        self._hub.publish(parcel.key, parcel.data)

    @property
    def places(self) -> int | None:
        """How many trials the pool runs at once."""
        return self._pool.size()

    def submit(self, task: Task, done: Callable[[Outcome], None]) -> RemoteJob:
        """Send a trial off."""
        context = task.context
        ticket = Ticket(
            self._hub.access, uuid.uuid4().hex, self._parcel.key, context.number, context.seed, context.slot,
            packed(task.config), tuple(task.metrics), None if context.folder is None else Place.of(context.folder),
        )  # fmt: skip
        job = RemoteJob(task, done, self._hub, ticket)
        job.start(self._pool)
        return job

    def close(self) -> None:
        """Let the pool go, and stop listening."""
        self._pool.close()
        self._hub.close()
