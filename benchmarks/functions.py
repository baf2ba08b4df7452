"""Functions in closed form: of half of them the best lies inside of the ranges, of the others in or near a corner.

Practice has both: rates and strengths of regularisation have their best somewhere, of sizes and times the most is best.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.problems import Evaluate, Problem
from hpo_magic import Float, Space

Array = NDArray[np.float64]
Family = Callable[[np.random.Generator, int], Callable[[Array], float]]


def _ellipsoid(rng: np.random.Generator, d: int) -> Callable[[Array], float]:
    turned, _ = np.linalg.qr(rng.normal(size=(d, d)))
    centre, scales = rng.uniform(0.2, 0.8, d), 10 ** np.linspace(0, 3, d)
    return lambda u: float(np.log1p(scales @ (turned @ (2 * (u - centre))) ** 2))


def _rastrigin(rng: np.random.Generator, d: int) -> Callable[[Array], float]:
    centre = rng.uniform(0.25, 0.75, d)
    return lambda u: float((4 * (u - centre) ** 2 - 0.3 * np.cos(12 * np.pi * (u - centre)) + 0.3).sum())


def _levy(rng: np.random.Generator, d: int) -> Callable[[Array], float]:
    centre = rng.uniform(0.3, 0.7, d)

    def value(u: Array) -> float:
        w = 1 + 5 * (u - centre)
        middle = ((w[:-1] - 1) ** 2 * (1 + 10 * np.sin(np.pi * w[:-1] + 1) ** 2)).sum()
        return float(np.sin(np.pi * w[0]) ** 2 + middle + (w[-1] - 1) ** 2 * (1 + np.sin(2 * np.pi * w[-1]) ** 2))

    return value


def _valleys(rng: np.random.Generator, d: int) -> Callable[[Array], float]:
    """Two valleys along each axis, one deeper (Styblinski and Tang)."""
    shift = rng.uniform(-0.1, 0.1, d)

    def value(u: Array) -> float:
        z = 10 * (u + shift) - 5
        return float((z**4 - 16 * z**2 + 5 * z).sum())

    return value


def _bowl(rng: np.random.Generator, d: int) -> Callable[[Array], float]:
    mixed, centre = rng.normal(size=(d, d)), rng.uniform(0.2, 0.8, d)
    return lambda u: float(np.linalg.norm(mixed @ (u - centre)))


def _steps(rng: np.random.Generator, d: int) -> Callable[[Array], float]:
    centre = rng.uniform(0.2, 0.8, d)
    return lambda u: float(np.floor(32 * ((u - centre) ** 2).sum()) / 8)


def _saturating(rng: np.random.Generator, d: int) -> Callable[[Array], float]:
    worth, powers, ends = rng.dirichlet(np.ones(d)), rng.uniform(0.3, 3, d), _ends(rng, d)
    return lambda u: float(worth @ (1 - np.abs(u - ends) ** powers))


def _edge(rng: np.random.Generator, d: int) -> Callable[[Array], float]:
    centre, ends = rng.uniform(0.0, 0.3, d), _ends(rng, d)
    return lambda u: float(np.linalg.norm(np.abs(u - ends) - centre))


def _growing(rng: np.random.Generator, d: int) -> Callable[[Array], float]:
    """A learning curve over the sum of what is spent."""
    worth, ends = rng.dirichlet(np.ones(d)), _ends(rng, d)
    return lambda u: float(1 / (1 + 10 * worth @ (1 - np.abs(u - ends))))


def _bottleneck(rng: np.random.Generator, d: int) -> Callable[[Array], float]:
    worth, ends = rng.uniform(0.5, 1, d), _ends(rng, d)
    return lambda u: float(max(worth * np.abs(u - ends)))


def _product(rng: np.random.Generator, d: int) -> Callable[[Array], float]:
    worth, ends = rng.uniform(0.3, 0.9, d), _ends(rng, d)
    return lambda u: float(1 - np.prod(1 - worth * np.abs(u - ends)))


def _mixed(rng: np.random.Generator, d: int) -> Callable[[Array], float]:
    """Two numbers with their best inside, more of all others is better."""
    centre, worth, ends = rng.uniform(0.2, 0.8, 2), rng.dirichlet(np.ones(d - 2)), _ends(rng, d - 2)
    return lambda u: float(2 * ((u[:2] - centre) ** 2).sum() + worth @ np.abs(u[2:] - ends))


def _few(family: Family, count: int) -> Family:
    """Return a family in which so many parameters matter, and all others do not."""

    def make(rng: np.random.Generator, d: int) -> Callable[[Array], float]:
        which, value = rng.choice(d, count, replace=False), family(rng, count)
        return lambda u: value(u[which])

    return make


def _ends(rng: np.random.Generator, d: int) -> Array:
    return rng.integers(2, size=d).astype(float)


INSIDE: Mapping[str, tuple[Family, int]] = {
    "ellipsoid": (_ellipsoid, 8), "rastrigin": (_rastrigin, 5), "levy": (_levy, 5), "valleys": (_valleys, 6),
    "bowl": (_bowl, 6), "steps": (_steps, 5),
}  # fmt: skip
CORNER: Mapping[str, tuple[Family, int]] = {
    "saturating": (_saturating, 7), "edge": (_edge, 5), "growing": (_growing, 6), "bottleneck": (_bottleneck, 5),
    "product": (_product, 6), "mixed": (_mixed, 7),
}  # fmt: skip


FEW: Mapping[str, tuple[Family, int]] = {
    "few-bowl": (_few(_bowl, 3), 12), "few-steps": (_few(_steps, 3), 12), "few-edge": (_few(_edge, 4), 12),
    "few-saturating": (_few(_saturating, 4), 12),
}  # fmt: skip


def function(name: str, number: int, dimensions: int | None = None) -> Problem:
    """Return a function of a family; those of other numbers have their best elsewhere."""
    family, d = {**INSIDE, **CORNER, **FEW}[name]
    d = dimensions or d
    value = family(np.random.default_rng([zlib.crc32(name.encode()), number]), d)
    names = [f"x{i}" for i in range(d)]

    def make(seed: int) -> Evaluate:
        def evaluate(config: Mapping[str, Any]) -> float:
            return value(np.array([config[name] for name in names]))

        return evaluate

    label = f"{name}:{number}" if dimensions is None else f"{name}{d}:{number}"
    return Problem(label, Space({name: Float(0, 1) for name in names}), make)
