"""What is the whole process's and must be after a trial as it was before: folder, environment, random states, ….

These belong to the process, not to a thread, so a trial and the user's own cells share them while both run. The user's
side is remembered whenever no trial runs or a cell of the user's ends, and put back when a trial ends or such a cell
begins: what a trial sets does not outlast it, and what the user sets is not undone.
"""

from __future__ import annotations

import os
import random
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any


class ProcessState:
    """Keeps the user's side of the process state apart from that of trials.

    Examples
    --------
    >>> state = ProcessState()
    >>> before = random.getstate()
    >>> with state.trial():
    ...     random.seed(1)
    >>> random.getstate() == before
    True
    """

    def __init__(self) -> None:
        self._lock, self._trials, self._in_cell = RLock(), 0, False
        self._kept: dict[str, Any] = {}

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Hold a trial: remember the user's side before the first, put it back after each."""
        with self._lock:
            if (self._trials == 0 and not self._in_cell) or not self._kept:
                self._kept = _snapshot()
            self._trials += 1
        try:
            yield
        finally:
            with self._lock:
                self._trials -= 1
                if not self._in_cell:
                    _restore(self._kept)

    def cell_begins(self) -> None:
        """Give a cell of the user's the state that it left behind."""
        with self._lock:
            if self._trials:
                _restore(self._kept)
            self._in_cell = True

    def cell_ends(self) -> None:
        """Remember what a cell of the user's leaves behind."""
        with self._lock:
            self._in_cell = False
            self._kept = _snapshot() if self._trials else {}


def _snapshot() -> dict[str, Any]:
    kept: dict[str, Any] = {"filters": list(warnings.filters), "random": random.getstate()}
    try:
        kept["folder"] = os.getcwd()
    except FileNotFoundError:  # the folder was deleted under us: there is nothing to go back to
        kept["folder"] = None
    kept["environment"] = _raw_environment()
    if "matplotlib" in sys.modules:
        kept["plots"] = dict(dict.items(sys.modules["matplotlib"].rcParams))  # its own copy looks at every name
    if "numpy" in sys.modules:
        kept["numpy"] = sys.modules["numpy"].random.get_state()
    return kept


def _raw_environment() -> dict[Any, Any]:
    """Return what lies behind os.environ: the mapping itself decodes every name, which takes longer than a trial."""
    return dict(getattr(os.environ, "_data", os.environ))


def _restore(kept: dict[str, Any]) -> None:
    if not kept:
        return
    if warnings.filters != kept["filters"]:
        warnings.filters[:] = kept["filters"]  # type: ignore[index]
        warnings._filters_mutated_lock_held() if hasattr(warnings, "_filters_mutated_lock_held") else None
    random.setstate(kept["random"])
    if kept["folder"] is not None and os.path.isdir(kept["folder"]):
        os.chdir(kept["folder"])
    if _raw_environment() != kept["environment"]:
        names = {os.fsdecode(name): os.fsdecode(value) for name, value in kept["environment"].items()}
        for name in set(os.environ) - set(names):
            del os.environ[name]
        os.environ.update(names)
    if "plots" in kept and dict.__ne__(sys.modules["matplotlib"].rcParams, kept["plots"]):
        dict.update(sys.modules["matplotlib"].rcParams, kept["plots"])
    if "numpy" in kept:
        sys.modules["numpy"].random.set_state(kept["numpy"])


process_state = ProcessState()
