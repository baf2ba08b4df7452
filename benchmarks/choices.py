"""Functions of unordered choices: what each option is worth, with interactions or without, and some numbers beside."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.problems import Evaluate, Problem
from hpo_magic import Choice, Float, Space


@dataclass(frozen=True)
class Kind:
    """Options of each choice and how many numbers; whether options interact, have own numbers, are rarely good."""

    options: tuple[int, ...]
    numbers: int = 2
    together: bool = False
    own: bool = False
    rare: bool = False


KINDS: Mapping[str, Kind] = {
    "three of 4": Kind((4, 4, 4), 3),
    "six of 5": Kind((5,) * 6, 0),
    "six of 5 together": Kind((5,) * 6, 0, together=True),
    "one of 6": Kind((6,), 3),
    "two of 8": Kind((8, 8)),
    "two of 8 together": Kind((8, 8), together=True),
    "one of 12, numbers of its own": Kind((12,), 3, own=True),
    "few good ones": Kind((15, 10), rare=True),
    "one of 20": Kind((20,)),
    "two of 20": Kind((20, 20)),
}


def choices(name: str, number: int) -> Problem:
    """Return a function of a kind; in those of other numbers other options are good."""
    kind, rng = KINDS[name], np.random.default_rng([zlib.crc32(name.encode()), number])
    worth = [_worth(rng, count, kind.rare) for count in kind.options]
    both = rng.normal(size=kind.options[:2]) if kind.together else None
    best = rng.uniform(0.2, 0.8, (kind.options[0] if kind.own else 1, kind.numbers))
    options = {f"c{i}": Choice([f"option {k}" for k in range(count)]) for i, count in enumerate(kind.options)}
    numbers = {f"x{i}": Float(0, 1) for i in range(kind.numbers)}

    def evaluate(config: Mapping[str, Any]) -> float:
        chosen = [int(config[name].split()[1]) for name in options]
        value = 0.7 * sum(each[k] for each, k in zip(worth, chosen, strict=True))
        value += 0.7 * both[chosen[0], chosen[1]] if both is not None else 0.0
        at = best[chosen[0] if kind.own else 0]
        return float(value + 3 * sum((config[name] - centre) ** 2 for name, centre in zip(numbers, at, strict=True)))

    def make(seed: int) -> Evaluate:
        return evaluate

    return Problem(f"{name}:{number}", Space({**options, **numbers}), make)


def _worth(rng: np.random.Generator, count: int, rare: bool) -> np.ndarray:
    """Return the loss of each option; where good ones are rare one or two of them."""
    if not rare:
        return rng.normal(size=count)
    return np.where(np.arange(count) < rng.integers(1, 3), -1.5, 0.2 * rng.normal(size=count))
