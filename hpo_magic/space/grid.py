"""The points of a finite grid over a space: how many there are, and which; any of them by its place, held nowhere."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import overload

from hpo_magic.space.domains import Budget, Choice, Float, Int, level, levels
from hpo_magic.space.encoding import from_unit
from hpo_magic.space.options import Value
from hpo_magic.space.space import Config, Space

WHOLE = 10
"""Integers with at most this many values are taken whole."""
LEVELS = 5
"""Levels of a continuous parameter, or of a longer range of integers."""


class _Levels(Sequence[Value]):
    """The levels of a number, made when they are asked for: there may be billions."""

    def __init__(self, domain: Float | Int, count: int) -> None:
        self._domain, self._count = domain, count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, k: int) -> Value: ...

    @overload
    def __getitem__(self, k: slice) -> Sequence[Value]: ...

    def __getitem__(self, k: int | slice) -> Value:
        if isinstance(k, slice):
            return tuple(level(self._domain, i) for i in range(*k.indices(self._count)))
        return level(self._domain, range(self._count)[k])


def values(space: Space, name: str, whole: bool = False) -> Sequence[Value]:
    """Return the grid's values of one parameter: every option, level or small integer, else 5 along its scale.

    With `whole` every integer of a longer range, too.

    Examples
    --------
    >>> from hpo_magic.space import Float, Int
    >>> values(Space({"C": Float(0.01, 100, log=True)}), "C"), tuple(values(Space({"k": Int(1, 3)}), "k"))
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
    if count is not None and (domain.step is not None or count <= WHOLE or whole):
        return _Levels(domain, count)
    return tuple(dict.fromkeys(from_unit(domain, i / (LEVELS - 1)) for i in range(LEVELS)))


class Grid:
    """The grid over a space, or every config of a space without continuous parameters.

    Parameters
    ----------
    space : Space
    whole : bool
        Take longer ranges of integers whole.

    Examples
    --------
    >>> from hpo_magic.space import Choice, Int
    >>> grid = Grid(Space({"kernel": Choice(["rbf", "poly"]), "degree": Int(2, 5, when="kernel == 'poly'")}))
    >>> grid.size, grid.config(0), grid.config(4)
    (5, {'kernel': 'rbf'}, {'kernel': 'poly', 'degree': 5})
    """

    def __init__(self, space: Space, whole: bool = False) -> None:
        self._space = space
        self._values = {name: values(space, name, whole) for name in space}
        self._parts = [_Part(space, self._values, names) for names in _entangled(space)]

    @cached_property
    def size(self) -> int:
        """The number of distinct configs, conditions respected."""
        return math.prod(part.size for part in self._parts)

    def config(self, place: int) -> Config:
        """Return the config at a place, 0 to size - 1; the last parameter changes fastest."""
        chosen: Config = {}
        for part in reversed(self._parts):
            place, here = divmod(place, part.size)
            chosen |= part.config(here)
        return {name: chosen[name] for name in self._space if name in chosen}


class _Part:
    """Parameters that conditions tie together: each way to set those that conditions read, and the others under it."""

    def __init__(self, space: Space, every: dict[str, Sequence[Value]], names: list[str]) -> None:
        held = {name: condition for name in names if (condition := space.condition(name)) is not None}
        read = [name for name in names if any(name in condition.names for condition in held.values())]
        leaves = [name for name in names if name not in read]
        self._every = every
        self._ways: list[tuple[Config, list[str]]] = [
            (parents, [name for name in leaves if name not in held or held[name].holds(parents)])
            for parents in _walk(space, every, read, {})
        ]
        self._ends = list(accumulate(math.prod(len(every[name]) for name in under) for _, under in self._ways))
        self.size = self._ends[-1]

    def config(self, place: int) -> Config:
        way = bisect_right(self._ends, place)
        place -= self._ends[way - 1] if way else 0
        parents, under = self._ways[way]
        config = dict(parents)
        for name in reversed(under):
            place, here = divmod(place, len(self._every[name]))
            config[name] = self._every[name][here]
        return config


def size(space: Space) -> int:
    """Return the number of distinct configs on the grid, conditions respected.

    Examples
    --------
    >>> from hpo_magic.space import Choice, Int
    >>> size(Space({"kernel": Choice(["rbf", "poly"]), "degree": Int(2, 5, when="kernel == 'poly'")}))
    5
    """
    return Grid(space).size


def points(space: Space) -> Iterator[Config]:
    """Yield every config of the grid once."""
    grid = Grid(space)
    return (grid.config(place) for place in range(grid.size))


def _entangled(space: Space) -> list[list[str]]:
    """Return the names in groups that no condition crosses, in the space's order."""
    group = {name: {name} for name in space}
    for name in space:
        condition = space.condition(name)
        for used in condition.names if condition is not None else ():
            joined = group[name] | group[used]
            for member in joined:
                group[member] = joined
    seen = {id(members): members for members in group.values()}
    return [[name for name in space if name in members] for members in seen.values()]


def _walk(space: Space, every: dict[str, Sequence[Value]], names: list[str], config: Config) -> Iterator[Config]:
    if not names:
        yield config
        return
    name, *rest = names
    condition = space.condition(name)
    if condition is not None and not condition.holds(config):
        yield from _walk(space, every, rest, config)
        return
    for value in every[name]:
        yield from _walk(space, every, rest, {**config, name: value})
