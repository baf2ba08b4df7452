"""In a worker process: what C code and subprocesses write to file descriptors 1 and 2 goes to the trial's log too."""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from hpo_magic.run.logs import TrialLog


class Descriptors:
    """A pipe in place of both descriptors, read by a thread into the log of the trial that runs."""

    def __init__(self) -> None:
        self._log: TrialLog | None = None
        self._source: int | None = None
        self._lock = threading.Lock()

    def catch(self) -> None:
        """Put the pipe in place, for good: this process has nobody else to talk to."""
        self._source, sink = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        os.close(sink)
        threading.Thread(target=self._pump, name="hpo_magic-fd", daemon=True).start()

    @contextmanager
    def into(self, log: TrialLog) -> Iterator[None]:
        """Log what is written meanwhile; nothing happens where the descriptors are not caught."""
        self._write_to(log)
        try:
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            self._write_to(None)

    def _write_to(self, log: TrialLog | None) -> None:
        """Change the log, once all that was written before has been read."""
        while True:
            with self._lock:
                if self._source is None or not select.select([self._source], [], [], 0)[0]:
                    self._log = log
                    return

    def _pump(self) -> None:
        source = self._source
        assert source is not None
        while True:
            select.select([source], [], [])
            with self._lock:
                text = os.read(source, 1 << 16).decode(errors="replace")
                if self._log is not None:
                    self._log.write(text)


descriptors = Descriptors()
