"""What is the whole process's and must be after a trial as it was before: folder, environment, random states, ….

These belong to the process, not to a thread, so a trial and the user's own cells share them while both run. The user's
side is remembered whenever no trial runs or a cell of the user's ends, and put back when a trial ends or such a cell
begins: what a trial sets does not outlast it, and what the user sets is not undone.
"""

from __future__ import annotations

import ctypes
import os
import random
import sys
import threading
import time
import warnings
from threading import RLock
from typing import Any

_AT_ONCE = 0.001
"""Seconds between two trials of a thread in which nobody else is taken to have had a turn."""
_TWISTER_BYTES = 2500
"""Size of numpy's Mersenne Twister: 624 words and a position."""


class ProcessState:
    """Keeps the user's side of the process state apart from that of trials: held around each of these.

    Examples
    --------
    >>> state = ProcessState()
    >>> before = random.getstate()
    >>> with state:
    ...     random.seed(1)
    >>> random.getstate() == before
    True
    """

    def __init__(self) -> None:
        self._lock, self._trials, self._in_cell = RLock(), 0, False
        self._kept: dict[str, Any] = {}
        self._put_back: tuple[int, float] = (0, 0.0)  # by which thread, and when

    def __enter__(self) -> None:
        """Remember the user's side before the first trial."""
        with self._lock:
            if not self._kept or (self._trials == 0 and not self._in_cell and not self._holds()):
                self._kept = _snapshot(self._kept)
            self._trials += 1

    def __exit__(self, *exception: object) -> None:
        """Put the user's side back after each trial."""
        with self._lock:
            self._trials -= 1
            if not self._in_cell:
                _restore(self._kept)
                self._put_back = threading.get_ident(), time.monotonic()

    def _holds(self) -> bool:
        """Whether what was put back is the user's side still: a thread of ours goes from one trial to the next."""
        thread, at = self._put_back
        if thread != threading.get_ident() or thread == threading.main_thread().ident:
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
            self._in_cell, self._put_back = False, (0, 0.0)
            self._kept = _snapshot(self._kept) if self._trials else {}


def _snapshot(before: dict[str, Any]) -> dict[str, Any]:
    """Return the state as it is now; parts that stand as they did before are taken from there, which is faster."""
    kept: dict[str, Any] = {
        "filters": list(warnings.filters), "random": random.getstate(),
        "folder": _folder(), "environment": _raw_environment(),
    }  # fmt: skip
    if "matplotlib" in sys.modules:
        plots = sys.modules["matplotlib"].rcParams
        same = "plots" in before and dict.__eq__(plots, before["plots"])
        kept["plots"] = before["plots"] if same else dict(dict.items(plots))  # its own copy looks at every name
    if "numpy" in sys.modules:
        same = "numpy" in before and before["numpy"].holds()
        kept["numpy"] = before["numpy"] if same else _Generator()
    return kept


def _folder() -> str | None:
    try:
        return os.getcwd()
    except FileNotFoundError:  # it was deleted under us: there is nothing to go back to
        return None


class _Generator:
    """What numpy's global generator stands at."""

    def __init__(self) -> None:
        random = sys.modules["numpy"].random
        self._generator, self._state, self._words = random.get_bit_generator(), random.get_state(False), _twister()

    def holds(self) -> bool:
        """Whether it still stands there, as far as can be told quickly."""
        # A normal number in store for the next call is not among the twister's words.
        same = sys.modules["numpy"].random.get_bit_generator() is self._generator
        return same and self._words is not None and not self._state["has_gauss"] and self._words == _twister()

    def put_back(self) -> None:
        """Have it stand there again."""
        if not self.holds():
            random = sys.modules["numpy"].random
            if random.get_bit_generator() is not self._generator:
                random.set_bit_generator(self._generator)
            random.set_state(self._state)


def _twister() -> bytes | None:
    """Return the words of numpy's Mersenne Twister, fifty times faster than `get_state`; None for another generator.

    https://numpy.org/doc/stable/reference/random/bit_generators/generated/numpy.random.MT19937.ctypes.html
    """
    generator = sys.modules["numpy"].random.get_bit_generator()
    if type(generator).__name__ != "MT19937":
        return None
    return ctypes.string_at(generator.ctypes.state_address, _TWISTER_BYTES)


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
    if kept["folder"] is not None and _folder() != kept["folder"] and os.path.isdir(kept["folder"]):
        os.chdir(kept["folder"])
    if _raw_environment() != kept["environment"]:
        names = {os.fsdecode(name): os.fsdecode(value) for name, value in kept["environment"].items()}
        for name in set(os.environ) - set(names):
            del os.environ[name]
        os.environ.update(names)
    if "plots" in kept and dict.__ne__(sys.modules["matplotlib"].rcParams, kept["plots"]):
        dict.update(sys.modules["matplotlib"].rcParams, kept["plots"])
    if "numpy" in kept:
        kept["numpy"].put_back()


process_state = ProcessState()
