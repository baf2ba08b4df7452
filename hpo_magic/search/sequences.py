"""Sequences of points that fill the unit cube: Sobol, Halton, Latin hypercubes, and plain draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

_BLOCK = 64
"""Points that are made at once, and in a Latin hypercube, after which another one begins."""


def point(sequence: str, dimensions: int, index: int, seed: int) -> NDArray[np.float64]:
    """Return one point of a sequence in the unit cube.

    Parameters
    ----------
    sequence : str
        ``"sobol"`` (scrambled; Owen 1998), ``"halton"`` (scrambled; Owen 2017), ``"lhs"`` (Latin hypercubes of 64
        points each; McKay 1979) or ``"plain"`` (independent draws).
    dimensions, index, seed : int
        Any point of a sequence is known by these alone.

    Returns
    -------
    ndarray, shape (dimensions,)

    Examples
    --------
    >>> bool((point("halton", 3, 70, seed=0) == point("halton", 3, 70, seed=0)).all())
    True
    """
    start, count = _extent(sequence, index)
    return np.array(_block(sequence, dimensions, start, count, seed)[index - start])


def _extent(sequence: str, index: int) -> tuple[int, int]:
    """Return start and length of the block that holds a point; of a sequence that goes on, as long as all before it."""
    number = index // _BLOCK
    if sequence in ("lhs", "plain"):
        return number * _BLOCK, _BLOCK
    if number == 0:
        return 0, _BLOCK
    start = _BLOCK << (number.bit_length() - 1)
    return start, start


@lru_cache(maxsize=16)
def _block(sequence: str, dimensions: int, start: int, count: int, seed: int) -> NDArray[np.float64]:
    """Return that many points of a sequence at once: scrambling takes a hundred times longer than a point."""
    return SEQUENCES[sequence](dimensions, start, count, seed)


def _sobol(dimensions: int, start: int, count: int, seed: int) -> NDArray[np.float64]:
    from scipy.stats import qmc

    sequence = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
    if start:
        sequence.fast_forward(start)
    return np.asarray(sequence.random(count))


def _halton(dimensions: int, start: int, count: int, seed: int) -> NDArray[np.float64]:
    from scipy.stats import qmc

    sequence = qmc.Halton(dimensions, scramble=True, rng=np.random.default_rng(seed))
    sequence.fast_forward(start)
    return np.asarray(sequence.random(count))


def _lhs(dimensions: int, start: int, count: int, seed: int) -> NDArray[np.float64]:
    from scipy.stats import qmc

    rng = np.random.default_rng([seed, start // count])
    return np.asarray(qmc.LatinHypercube(dimensions, rng=rng).random(count))


def _plain(dimensions: int, start: int, count: int, seed: int) -> NDArray[np.float64]:
    return np.random.default_rng([seed, start // count]).random((count, dimensions))


SEQUENCES: Mapping[str, Callable[[int, int, int, int], NDArray[np.float64]]] = MappingProxyType(
    {"sobol": _sobol, "halton": _halton, "lhs": _lhs, "plain": _plain}
)
"""From dimensions, start and length of a block and seed to its points."""
