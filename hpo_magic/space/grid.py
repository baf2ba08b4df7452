"""The points of a finite grid over a space: how many there are, and which."""

from __future__ import annotations

import math
from collections.abc import Iterator

from hpo_magic.space.domains import Budget, Choice, level, levels
from hpo_magic.space.encoding import from_unit
from hpo_magic.space.options import Value
from hpo_magic.space.space import Config, Space

WHOLE = 10
"""Integers with at most this many values are taken whole."""
LEVELS = 5
"""Levels of a continuous parameter, or of a longer range of integers."""


def values(space: Space, name: str) -> tuple[Value, ...]:
    """Return the grid's values of one parameter: every option, level or small integer, else 5 along its scale.

    Examples
    --------
    >>> from hpo_magic.space import Float, Int
    >>> values(Space({"C": Float(0.01, 100, log=True)}), "C"), values(Space({"k": Int(1, 3)}), "k")
    ((0.01, 0.1, 1.0, 10.0, 100.0), (1, 2, 3))
    """
    domain = space[name]
    if name in space.fixed:
        return (space.fixed[name],)
    if isinstance(domain, Choice):
        return space.options(name)
    if isinstance(domain, Budget):
        return (domain.high,)
    count = levels(domain)
    if count is not None and (domain.step is not None or count <= WHOLE):
        return tuple(level(domain, k) for k in range(count))
    return tuple(dict.fromkeys(from_unit(domain, i / (LEVELS - 1)) for i in range(LEVELS)))


def size(space: Space) -> int:
    """Return the number of distinct configs on the grid, conditions respected.

    Examples
    --------
    >>> from hpo_magic.space import Choice, Int
    >>> size(Space({"kernel": Choice(["rbf", "poly"]), "degree": Int(2, 5, when="kernel == 'poly'")}))
    5
    """
    held = [condition for name in space if (condition := space.condition(name)) is not None]
    read = {used for condition in held for used in condition.names}
    return sum(
        math.prod(len(values(space, name)) for name in _leaves(space, parents, read))
        for parents in _walk(space, [name for name in space if name in read], {})
    )


def points(space: Space) -> Iterator[Config]:
    """Yield every config of the grid once, the last parameter changing fastest."""
    return _walk(space, list(space), {})


def _leaves(space: Space, parents: Config, read: set[str]) -> list[str]:
    return [n for n in space if n not in read and ((c := space.condition(n)) is None or c.holds(parents))]


def _walk(space: Space, names: list[str], config: Config) -> Iterator[Config]:
    if not names:
        yield config
        return
    name, *rest = names
    condition = space.condition(name)
    if condition is not None and not condition.holds(config):
        yield from _walk(space, rest, config)
        return
    for value in values(space, name):
        yield from _walk(space, rest, {**config, name: value})
