"""A walk over a finite space in a fixed shuffled order: cut short at any point, it has seen all parts of the space."""

from __future__ import annotations

from collections.abc import Container
from functools import cached_property, lru_cache
from hashlib import shake_128

import numpy as np

from hpo_magic.search.novelty import key
from hpo_magic.space import Choice, Config, Space
from hpo_magic.space.domains import levels
from hpo_magic.space.grid import Grid

_HELD = 100_000
"""Up to so many points their order is drawn at once; that of larger grids is a function of the place."""
_ROUNDS = 4

Key = tuple[str, ...]


class Walk:
    """The points of a grid, each once; made as far as they have been asked for.

    Parameters
    ----------
    grid : Grid
    space : Space

    Examples
    --------
    >>> from hpo_magic.space import Int
    >>> space = Space({"a": Int(1, 2), "b": Int(1, 2)})
    >>> walk = Walk(Grid(space), space)
    >>> walk.next({("a=int:1", "b=int:2"), ("a=int:2", "b=int:2"), ("a=int:1", "b=int:1")})
    {'a': 2, 'b': 1}
    """

    def __init__(self, grid: Grid, space: Space) -> None:
        self.grid = grid
        self._space = space
        self._made: dict[int, tuple[Key, Config]] = {}  # by number, as searches in other threads share the walk

    def next(self, known: Container[Key]) -> Config | None:
        """Return the first config whose key is not known, or None at the end."""
        for number in range(self.grid.size):
            if number not in self._made:
                config = self.grid.config(self._place(number))
                self._made[number] = key(config, self._space), config
            made, config = self._made[number]
            if made not in known:
                return dict(config)
        return None

    def _place(self, number: int) -> int:
        return int(self._drawn[number]) if self.grid.size <= _HELD else shuffled(number, self.grid.size)

    @cached_property
    def _drawn(self) -> np.ndarray:
        return np.random.default_rng(0).permutation(self.grid.size)


def shuffled(number: int, size: int) -> int:
    """Return where a number goes in a fixed permutation of 0 … size - 1, in constant time.

    A Feistel network permutes the next power of four; what falls outside goes through it again (cycle-walking; Black
    2002).

    Examples
    --------
    >>> sorted(shuffled(number, 10) for number in range(10))
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    bits = ((size - 1).bit_length() + 1) // 2
    mask = (1 << bits) - 1
    while True:
        left, right = number >> bits, number & mask
        for turn in range(_ROUNDS):
            mixed = int.from_bytes(shake_128(f"{turn}:{right}".encode()).digest(bits // 8 + 1))
            left, right = right, left ^ (mixed & mask)
        number = left << bits | right
        if number < size:
            return number


def walk_of(space: Space) -> Walk:
    """Return the walk over the grid of a space."""
    return _walk(_Frozen(space), False)


def walk_of_all(space: Space) -> Walk | None:
    """Return the walk over every config of a space; None where it has a continuous parameter."""
    countable = all(
        isinstance(domain, Choice) or name in space.fixed or name == space.budget or levels(domain) is not None
        for name, domain in space.items()
    )
    return _walk(_Frozen(space), True) if countable else None


class _Frozen:
    """A space as a key of a cache: equal where its text is."""

    def __init__(self, space: Space) -> None:
        self.space, self.text = space, repr(space)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Frozen) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


@lru_cache(maxsize=4)
def _walk(frozen: _Frozen, whole: bool) -> Walk:
    return Walk(Grid(frozen.space, whole), frozen.space)
