"""Where the process's global random generators stand, and how they are put back there.

Reading a state as Python objects takes 10 to 40 µs and fills the processor's cache with some 30 kB; that nothing has
been drawn is told from the generator's own words, 2,500 bytes in one piece.
"""

from __future__ import annotations

import ctypes
import math
import random
import struct
import sys
from collections.abc import Callable
from functools import lru_cache

_WORDS = 625
"""A Mersenne Twister: 624 words and a position."""
_BYTES = 4 * _WORDS


class Draws:
    """Gives each trial random numbers of its own, where trials draw any of the process's generators.

    These are put back after each trial, so that left alone every trial would draw the same, and a repeat would tell
    nothing of the noise. To have them begin anew takes as long as the rest of a trial that does nothing, so it is left
    out where the first trials of an objective have drawn nothing, and as long as none does.

    Examples
    --------
    >>> state, draws = PythonRandom(), Draws()
    >>> draws.begin(print, lambda: 1)
    >>> random.randrange(100)
    17
    >>> state.put_back()
    """

    def __init__(self) -> None:
        self._began, self._objective, self._idle = _words(), 0, 0.0

    def begin(self, objective: object, seed: Callable[[], int]) -> None:
        """Have the generators stand at a trial's own seed."""
        if id(objective) != self._objective:
            self._objective, self._idle = id(objective), 0.0
        if self._idle < _SURE:
            random.seed(seed())
            if "numpy" in sys.modules:
                sys.modules["numpy"].random.seed(seed())
        self._began = _words()

    def end(self) -> None:
        """Note whether the trials since then have drawn; an objective that has once may do so at any time."""
        drew = None in self._began or _words() != self._began
        self._idle = -math.inf if drew else self._idle + 1


_SURE = 20
"""Trials without a draw after which an objective is taken to draw nothing."""


class PythonRandom:
    """What the module random stands at.

    Examples
    --------
    >>> state = PythonRandom()
    >>> drawn = random.random()
    >>> state.holds()
    False
    >>> state.put_back()
    >>> random.random() == drawn
    True
    """

    def __init__(self) -> None:
        self._state, self._words = random.getstate(), _words_of_python()

    def holds(self) -> bool:
        """Whether it still stands there, as far as can be told quickly."""
        return self._words is not None and self._state[2] is None and self._words == _words_of_python()

    def put_back(self) -> None:
        """Have it stand there again."""
        if not self.holds():
            random.setstate(self._state)


class NumpyRandom:
    """What numpy's global generator stands at."""

    def __init__(self) -> None:
        numpy_random = sys.modules["numpy"].random
        self._generator, self._state = numpy_random.get_bit_generator(), numpy_random.get_state(False)
        self._words = _words_of_numpy()

    def holds(self) -> bool:
        """Whether it still stands there, as far as can be told quickly."""
        # A normal number in store for the next call is not among the words.
        same = sys.modules["numpy"].random.get_bit_generator() is self._generator
        return same and self._words is not None and not self._state["has_gauss"] and self._words == _words_of_numpy()

    def put_back(self) -> None:
        """Have it stand there again."""
        if not self.holds():
            numpy_random = sys.modules["numpy"].random
            if numpy_random.get_bit_generator() is not self._generator:
                numpy_random.set_bit_generator(self._generator)
            numpy_random.set_state(self._state)


def _words() -> tuple[bytes | None, bytes | None]:
    return _words_of_python(), _words_of_numpy() if "numpy" in sys.modules else b""


def _words_of_numpy() -> bytes | None:
    """Return the words of numpy's Mersenne Twister; None for another generator.

    https://numpy.org/doc/stable/reference/random/bit_generators/generated/numpy.random.MT19937.ctypes.html
    """
    generator = sys.modules["numpy"].random.get_bit_generator()
    if type(generator).__name__ != "MT19937":
        return None
    return ctypes.string_at(generator.ctypes.state_address, _BYTES)


def _words_of_python() -> bytes | None:
    """Return position and words of random's Mersenne Twister; None where they do not lie where CPython keeps them.

    https://github.com/python/cpython/blob/v3.11.7/Modules/_randommodule.c (RandomObject)
    """
    generator = getattr(random, "_inst", None)  # whose bound methods the module's functions are
    if generator is None or not _laid_out_as_known():
        return None
    return ctypes.string_at(id(generator) + object.__basicsize__, _BYTES)


@lru_cache(maxsize=1)
def _laid_out_as_known() -> bool:
    """Whether a generator of our own has its words where they are expected."""
    if sys.implementation.name != "cpython" or random.Random.__basicsize__ < object.__basicsize__ + _BYTES:
        return False
    generator = random.Random(0)
    position, *words = struct.unpack(f"{_WORDS}I", ctypes.string_at(id(generator) + object.__basicsize__, _BYTES))
    return bool(generator.getstate()[1] == (*words, position))
