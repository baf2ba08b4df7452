"""Sequences of points that fill the unit cube: Sobol, Halton, Latin hypercubes, and plain draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

_BLOCK = 64
"""Points that are made at once; a Latin hypercube has as many, and the next ones begin another."""


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
    return np.array(_block(sequence, dimensions, index // _BLOCK, seed)[index % _BLOCK])


@lru_cache(maxsize=16)
def _block(sequence: str, dimensions: int, number: int, seed: int) -> NDArray[np.float64]:
    """Return that many points of a sequence at once: scrambling takes a hundred times longer than a point."""
    return SEQUENCES[sequence](dimensions, number, seed)


def _sobol(dimensions: int, number: int, seed: int) -> NDArray[np.float64]:
    from scipy.stats import qmc

    sequence = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
    if number:
        sequence.fast_forward(number * _BLOCK)
    return np.asarray(sequence.random(_BLOCK))


def _halton(dimensions: int, number: int, seed: int) -> NDArray[np.float64]:
    from scipy.stats import qmc

    sequence = qmc.Halton(dimensions, scramble=True, rng=np.random.default_rng(seed))
    sequence.fast_forward(number * _BLOCK)
    return np.asarray(sequence.random(_BLOCK))


def _lhs(dimensions: int, number: int, seed: int) -> NDArray[np.float64]:
    from scipy.stats import qmc

    return np.asarray(qmc.LatinHypercube(dimensions, rng=np.random.default_rng([seed, number])).random(_BLOCK))


def _plain(dimensions: int, number: int, seed: int) -> NDArray[np.float64]:
    return np.random.default_rng([seed, number]).random((_BLOCK, dimensions))


SEQUENCES: Mapping[str, Callable[[int, int, int], NDArray[np.float64]]] = MappingProxyType(
    {"sobol": _sobol, "halton": _halton, "lhs": _lhs, "plain": _plain}
)
"""From dimensions, number of the block and seed to a block of points."""
