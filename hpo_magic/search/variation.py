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
    redrawn = np.where(cube.unordered, rng.random(children.shape), _reflected(steps))
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
    moved = _reflected(targets + 0.5 * (one - two))
    return np.where(crossed, np.where(cube.unordered, one, moved), targets)


def _reflected(points: Array) -> Array:
    """Fold at the ends what has left the cube: clipped, half of all steps from an end would lead to that end again."""
    return np.asarray(np.maximum(1 - np.abs(1 - np.abs(points)), 0.0))
