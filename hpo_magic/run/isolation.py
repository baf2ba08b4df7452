"""What is the whole process's and must be after a trial as it was before: folder, environment, random states, ….

These belong to the process, not to a thread, so a trial and the user's own cells share them while both run. The user's
side is remembered whenever no trial runs or a cell of the user's ends, and put back when a trial ends or such a cell
begins: what a trial sets does not outlast it, and what the user sets is not undone.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import warnings
from collections.abc import Callable
from threading import RLock
from types import BuiltinMethodType
from typing import Any

from hpo_magic.run.random_state import Draws, NumpyRandom, PythonRandom

_AT_ONCE = 0.001
"""Seconds between two trials of a thread in which nobody else is taken to have had a turn."""


class ProcessState:
    """Keeps the user's side of the process state apart from that of trials: held around each of these.

    Examples
    --------
    >>> state = ProcessState()
    >>> with state:
    ...     os.environ["NAME"] = "set by a trial"
    >>> "NAME" in os.environ
    False
    """

    def __init__(self) -> None:
        self._lock, self._in_cell = RLock(), False
        self._trials: list[int] = []  # the threads that they run in
        self._kept: dict[str, Any] = {}
        self._draws, self._put = Draws(), False
        self._put_back: tuple[threading.Thread | None, float] = (None, 0.0)  # by whom, and when

    def __enter__(self) -> None:
        """Remember the user's side before the first trial."""
        with self._lock:
            if not self._kept or (not self._trials and not self._in_cell and not self._holds()):
                self._kept = _snapshot(self._kept)
            self._put = self._put or not self._trials  # the generators stand where the user's do
            self._trials.append(threading.get_ident())

    def draw_anew(self, objective: object, seed: Callable[[], int]) -> None:
        """Give the trial that has just begun random numbers of its own.

        Beside others it draws from where they are, and while a cell of the user's runs from what is the user's.
        """
        with self._lock:
            if not self._in_cell and self._put:
                self._put = False
                self._draws.begin(objective, seed)

    def __exit__(self, *exception: object) -> None:
        """Put the user's side back after each trial."""
        self.let_go(threading.get_ident())

    def let_go(self, thread: int) -> None:
        """Take a trial as ended, so that one that hangs does not stand for the user's side for good."""
        with self._lock:
            if thread not in self._trials:
                return
            self._trials.remove(thread)
            if not self._in_cell:
                self._draws.end()
                _restore(self._kept, alone=not self._trials)
                self._put_back = threading.current_thread(), time.monotonic()

    def _holds(self) -> bool:
        """Whether what was put back is the user's side still: a thread of ours goes from one trial to the next."""
        thread, at = self._put_back  # the thread itself: its number goes to the next one when it has ended
        if thread is not threading.current_thread() or thread is threading.main_thread():
            return False
        return time.monotonic() - at < _AT_ONCE

    def cell_begins(self) -> None:
        """Give a cell of the user's the state that it left behind."""
        with self._lock:
            if self._trials:
                _restore(self._kept)
            self._in_cell = True

    def cell_ends(self) -> None:
        """Remember what a cell of the user's leaves behind."""
        with self._lock:
            self._in_cell, self._put_back = False, (None, 0.0)
            self._kept = _snapshot(self._kept) if self._trials else {}


def _snapshot(before: dict[str, Any]) -> dict[str, Any]:
    """Return the state as it is now; parts that stand as they did before are taken from there, which is faster."""
    kept: dict[str, Any] = {
        "filters": list(warnings.filters), "shown": _shown(before), "folder": _folder(),
        "environment": _raw_environment(), "random": _standing(before, "random", PythonRandom),
    }  # fmt: skip
    if "matplotlib" in sys.modules:
        kept["plots"] = _standing(before, "plots", _PlotSettings)
    if "numpy" in sys.modules:
        kept["numpy"] = _standing(before, "numpy", NumpyRandom)
    return kept


def _shown(before: dict[str, Any]) -> tuple[Any, Any]:
    """Return what shows a warning; not what a trial that records its own has put there, where that is known."""
    now = warnings.showwarning, getattr(warnings, "_showwarnmsg_impl", None)
    recording = isinstance(now[1], BuiltinMethodType)  # of a list
    return before["shown"] if recording and "shown" in before else now


def _standing(before: dict[str, Any], part: str, read: Callable[[], Any]) -> Any:
    known = before.get(part)
    return known if known is not None and known.holds() else read()


_INLINE = "matplotlib_inline.backend_inline"
"""What shows figures in a notebook; it is loaded with the first one, and makes matplotlib interactive."""


class _PlotSettings:
    """What matplotlib's settings are."""

    def __init__(self) -> None:
        self._settings = dict(dict.items(sys.modules["matplotlib"].rcParams))  # its own copy looks at every name
        self._values, self._inline = list(self._settings.values()), _INLINE in sys.modules

    def holds(self) -> bool:
        """Whether they are so still; values in a row compare in half the time that two mappings take."""
        return list(dict.values(sys.modules["matplotlib"].rcParams)) == self._values

    def put_back(self) -> None:
        """Have them so again."""
        if self.holds():
            return
        settings = sys.modules["matplotlib"].rcParams
        if not self._inline and _INLINE in sys.modules:  # a trial's first figure has switched the notebook's plots on
            self._settings["interactive"] = dict.__getitem__(settings, "interactive")
            self._values, self._inline = list(self._settings.values()), True
        dict.update(settings, self._settings)


def _folder() -> str | None:
    try:
        return os.getcwd()
    except FileNotFoundError:  # it was deleted under us: there is nothing to go back to
        return None


def _raw_environment() -> dict[Any, Any]:
    """Return what lies behind os.environ: the mapping itself decodes every name, which takes longer than a trial."""
    return dict(getattr(os.environ, "_data", os.environ))


def _restore(kept: dict[str, Any], alone: bool = True) -> None:
    if not kept:
        return
    if warnings.filters != kept["filters"]:
        warnings.filters[:] = kept["filters"]  # type: ignore[index]
        warnings._filters_mutated_lock_held() if hasattr(warnings, "_filters_mutated_lock_held") else None
    if alone:  # another trial may be recording its own
        warnings.showwarning, shows = kept["shown"]
        if shows is not None:
            warnings._showwarnmsg_impl = shows  # type: ignore[attr-defined]
    if kept["folder"] is not None and _folder() != kept["folder"] and os.path.isdir(kept["folder"]):
        os.chdir(kept["folder"])
    if _raw_environment() != kept["environment"]:
        names = {os.fsdecode(name): os.fsdecode(value) for name, value in kept["environment"].items()}
        for name in set(os.environ) - set(names):
            del os.environ[name]
        os.environ.update(names)
    # Trials beside this one would begin anew where it began: generators are put back when the last has ended.
    for part in ("plots", *(("random", "numpy") if alone else ())):
        if part in kept:
            kept[part].put_back()


process_state = ProcessState()
