"""What runs on a worker, wherever that is: take a ticket, get the objective, run the trial, tell the search."""

from __future__ import annotations

import dataclasses
import os
import pickle
import shutil
import socket
import tempfile
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any

from hpo_magic.run.channel import wire
from hpo_magic.run.channel.line import Line, SearchGone, line_to
from hpo_magic.run.channel.ticket import Ticket
from hpo_magic.run.context import TrialContext, TrialStop
from hpo_magic.run.executors.descriptors import descriptors
from hpo_magic.run.executors.parcel import NOT_UNPACKED, Contents, unpack
from hpo_magic.run.executors.threads import ThreadJob
from hpo_magic.run.failure import failure_of
from hpo_magic.run.helper_threads import helper_threads
from hpo_magic.run.logs import TrialLog, routing
from hpo_magic.run.trial_run import Outcome, run_trial

_LOG_SENT = 0.5
"""Seconds between two looks at what a trial has printed."""
_KEPT = 2
_parcels: OrderedDict[str, Contents] = OrderedDict()
_parcels_lock = threading.Lock()


def work(ticket: Ticket) -> None:
    """Run a trial and tell its search how it ended; nothing is returned, so nothing has to be unpickled there."""
    line = line_to(ticket.access)
    with suppress(SearchGone, TrialStop), routing, helper_threads:
        _Errand(ticket, line).run()


class _Errand:
    """One trial on this worker."""

    def __init__(self, ticket: Ticket, line: Line) -> None:
        self._ticket, self._line = ticket, line
        self._scratch: Path | None = None
        self._log, self._sent = TrialLog(), ""
        self._over = threading.Event()

    def run(self) -> None:
        """Run the trial in this thread."""
        ticket = self._ticket
        heard: list[Outcome] = []
        try:
            contents = _contents(ticket, self._line)
            config = pickle.loads(ticket.config)
            context = self._context()
        except SearchGone:
            raise
        except Exception as error:  # noqa: BLE001 - whatever the user's objects raise as they are unpacked
            self._begin("")
            self._say("ended", wire.outcome_to_json(Outcome(failure=_not_here(error))))
            return
        job = ThreadJob(
            lambda: run_trial(contents.objective, config, context, ticket.metrics, contents.guards),
            heard.append, _Here(),
        )  # fmt: skip

        def stop() -> None:
            context.stopping = True
            job.interrupt()

        self._line.attend(ticket.token, stop)
        teller = threading.Thread(target=self._tell_log, name="hpo_magic-log", daemon=True)
        teller.start()
        try:
            with descriptors.into(self._log):
                job.run()
            self._over.set()
            teller.join()
            self._send_log()
            self._send_files(context)
            self._say("ended", wire.outcome_to_json(heard[0]))
        finally:
            self._over.set()
            self._line.leave(ticket.token)
            if self._scratch is not None:
                shutil.rmtree(self._scratch, ignore_errors=True)

    def _context(self) -> TrialContext:
        ticket, folder = self._ticket, self._folder()
        return TrialContext(
            ticket.number, lambda: ticket.seed, self._log,
            on_report=lambda value, step: bool(self._say("report", {"value": value, "step": step})["go"]),
            on_begin=self._begin, find_folder=lambda: folder, slot=ticket.slot,
        )  # fmt: skip

    def _begin(self, _thread: str) -> None:
        if not self._say("begun", {"who": f"{socket.gethostname()}:{os.getpid()}", "pid": os.getpid()})["go"]:
            raise TrialStop("nobody waits for this trial any more")

    def _say(self, kind: str, data: Any) -> dict[str, Any]:
        return self._line.tell(kind, self._ticket.token, data)

    def _folder(self) -> Path | None:
        """Return the checkpoint folder: the search's own where it can be seen from here, else one that is sent."""
        place = self._ticket.place
        if place is None or place.here:
            return None if place is None else Path(place.path)
        self._scratch = Path(tempfile.mkdtemp(prefix="hpo_magic-"))
        files = self._line.ask("files", self._ticket.token)
        if files:
            wire.unpack(files, self._scratch / "files")
        return self._scratch / "files"

    def _send_files(self, context: TrialContext) -> None:
        if self._scratch is not None and context.folder is not None and context.folder.is_dir():
            self._line.ask("keep", self._ticket.token, wire.packed(context.folder))

    def _tell_log(self) -> None:
        with suppress(SearchGone):
            while not self._over.wait(_LOG_SENT):
                self._send_log()

    def _send_log(self) -> None:
        text = self._log.text()
        if text != self._sent:
            self._sent = text
            self._say("printed", text)


class _Here:
    """The thread of a worker that runs a trial, as `ThreadJob` wants it."""

    def __init__(self) -> None:
        self.thread = threading.current_thread()

    def retire(self) -> None:
        """Nothing: the thread is the pool's."""


def _contents(ticket: Ticket, line: Line) -> Contents:
    """Return what the ticket's parcel holds, asked for once a process."""
    with _parcels_lock:
        if ticket.parcel not in _parcels:
            _parcels[ticket.parcel] = unpack(line.fetch(ticket.parcel))
            while len(_parcels) > _KEPT:
                _parcels.popitem(last=False)
        _parcels.move_to_end(ticket.parcel)
        contents = _parcels[ticket.parcel]
        contents.name_main()
        return contents


def _not_here(error: Exception) -> Any:
    failure = failure_of(error)
    return dataclasses.replace(failure, message=f"{NOT_UNPACKED}: {failure.message}")


def watch_parent(parent: int) -> None:
    """End this process, and what it has started, as soon as its parent is gone."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        if hasattr(os, "killpg"):
            os.killpg(0, 9)
        os._exit(1)

    threading.Thread(target=watch, name="hpo_magic-watch", daemon=True).start()
