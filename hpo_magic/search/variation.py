"""Variation of configs in proposal coordinates: mutation and recombination, as evolution and local search use them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpo_magic.search.cube import Cube

Array = NDArray[np.float64]


def mutate(parents: Array, count: int, width: float, cube: Cube, rng: np.random.Generator) -> Array:
    """Return `count` children, (count, d): each moves some numbers of a random parent and redraws some choices.

    Examples
    --------
    >>> from hpo_magic.space import Float, Space
    >>> cube = Cube(Space({"x": Float(0, 1), "y": Float(0, 1)}))
    >>> mutate(np.array([[0.5, 0.5]]), 4, 0.1, cube, np.random.default_rng(0)).shape
    (4, 2)
    """
    children = parents[rng.integers(len(parents), size=count)]
    dimensions = children.shape[1]
    move = rng.random(children.shape) < max(0.3, 1.5 / dimensions)
    move[np.arange(count), rng.integers(dimensions, size=count)] = True
    steps = children + width * rng.standard_normal(children.shape)
    steps = np.where(rng.random(children.shape) < 0.1, rng.random(children.shape), steps)
    redrawn = np.where(cube.unordered, rng.random(children.shape), np.clip(steps, 0.0, 1.0))
    return np.where(move, redrawn, children)


def mutate_each(parents: Array, width: float, cube: Cube, rng: np.random.Generator) -> Array:
    """Return one mutated child a parent, in their order, (k, d)."""
    return np.vstack([mutate(parent[None], 1, width, cube, rng) for parent in parents])


def differ(parents: Array, targets: Array, cube: Cube, rng: np.random.Generator) -> Array:
    """Return a child a target, (k, d), by differential evolution (Storn 1997, DE/rand-to-target/1/bin).

    Numbers move by half of the difference of two random parents; a choice is taken over from one of them.
    """
    count, dimensions = targets.shape
    one, two = (parents[rng.integers(len(parents), size=count)] for _ in range(2))
    crossed = rng.random((count, dimensions)) < 0.7
    crossed[np.arange(count), rng.integers(dimensions, size=count)] = True
    moved = targets + 0.5 * (one - two)
    moved = np.where(moved < 0, -moved, np.where(moved > 1, 2 - moved, moved))  # reflected at the ends
    return np.where(crossed, np.where(cube.unordered, one, moved), targets)
