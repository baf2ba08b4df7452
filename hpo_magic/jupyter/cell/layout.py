"""From annotated statements to a Space: loops unrolled into passes, conditions resolved, equal names merged."""

from __future__ import annotations

import ast
import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from hpo_magic.errors import SpaceError
from hpo_magic.jupyter.cell.annotations import Annotated, Lines
from hpo_magic.jupyter.cell.flow import Loop, check_count, condition, decides, paths, reassigned
from hpo_magic.jupyter.cell.per_pass import Pass
from hpo_magic.space import Budget, Choice, Domain, Float, Space
from hpo_magic.space.conditions import parse

_MOST = 500


@dataclasses.dataclass(frozen=True)
class Layout:
    """The space of a cell, and for each annotated statement the loop variables that index it."""

    space: Space
    indices: dict[ast.stmt, tuple[str, ...]]


def lay_out(tree: ast.Module, annotated: list[Annotated], lines: Lines) -> Layout:
    """Return the space that a cell's annotations and control flow describe.

    Raises
    ------
    CellError
        Where they contradict each other; quotes the line.
    """
    around = paths(tree, annotated, lines)
    uncertain = reassigned(tree, annotated) | {one.name for one in annotated if not decides(one)}
    loops: dict[ast.stmt, tuple[Loop, ...]] = {
        one.statement: tuple(s for s in around[one.statement] if isinstance(s, Loop)) for one in annotated
    }
    _check_doubles(annotated, loops, lines)
    _check_per_pass(annotated, loops, lines)
    domains: dict[str, Domain] = {}
    origin: dict[str, Annotated] = {}
    standing: dict[str, list[tuple[str | None, Any]]] = {}
    for i, one in enumerate(annotated):
        before = [other for other in annotated[:i] if other.name not in uncertain]
        seen = {other.name for other in annotated[: i + 1]}
        later = {other.name for other in annotated[i:]} - (seen - {one.name}) - uncertain
        repeated = {other.name for other in annotated[:i]}
        for passes in _passes(loops[one.statement], annotated, lines):
            known = {other.name: _named(other.name, loops[other.statement], passes) for other in before}
            visible = {name: full for name, full in known.items() if full is not None}
            when = condition(around[one.statement], visible, later - repeated, lines, passes)
            name = _named(one.name, loops[one.statement], passes)
            assert name is not None
            domain = _of_pass(one, tuple(passes.values()))
            _add(domains, name, domain, when)
            standing.setdefault(name, []).append((when, domain.default))
            origin[name] = one
            if len(domains) > _MOST:
                raise lines.error(f"the cell has more than {_MOST} parameters; use fewer or shorter loops", one.line)
    if not domains:
        first = annotated[0]
        raise lines.error(
            f"{first.name!r} lies in a loop that never runs; move it out, or let the loop run", first.line
        )
    return Layout(
        _with_own_values(_space(domains, origin, lines), standing),
        {s: tuple(step.variable for step in path) for s, path in loops.items()},
    )


def _space(domains: dict[str, Domain], origin: dict[str, Annotated], lines: Lines) -> Space:
    budgets = [origin[name] for name, domain in domains.items() if isinstance(domain, Budget)]
    if len(budgets) > 1:
        raise lines.error("a second budget; a cell has at most one", budgets[1].line)
    try:
        return Space(domains)
    except SpaceError as error:
        culprit = next((one for name, one in origin.items() if str(error).startswith(f"{name}:")), None)
        raise lines.error(str(error), culprit.line if culprit else next(iter(origin.values())).line) from None


def _with_own_values(space: Space, standing: Mapping[str, list[tuple[str | None, Any]]]) -> Space:
    """Give a parameter that stands in several branches the default of the branch that the cell itself would take."""
    own: dict[str, Any] = {}
    domains: dict[str, Domain] = dict(space)
    for name, places in standing.items():
        taken = [value for when, value in places if when is None or parse(when).holds(own)]
        if taken:
            own[name] = taken[0]
        if len(places) > 1 and taken:
            domains[name] = dataclasses.replace(space[name], default=taken[0])
    return Space(domains)


def _of_pass(one: Annotated, passes: Pass) -> Domain:
    """Return a parameter's domain with the default that it has in a pass of its loops."""
    domain = one.parsed.domain
    return domain if one.per_pass is None else dataclasses.replace(domain, default=one.per_pass.at(passes))


def _add(domains: dict[str, Domain], name: str, domain: Domain, when: str | None) -> None:
    """Add a parameter; where it stands in several branches it exists in any of them."""
    if name in domains:
        earlier = domains.pop(name)
        when = None if when is None or earlier.when is None else f"({earlier.when}) or ({when})"
        domain = earlier
    domains[name] = domain if isinstance(domain, Budget) else dataclasses.replace(domain, when=when)


def _check_doubles(annotated: list[Annotated], loops: dict[ast.stmt, tuple[Loop, ...]], lines: Lines) -> None:
    first: dict[str, Annotated] = {}
    for one in annotated:
        other = first.setdefault(one.name, one)
        plain = [dataclasses.replace(x.parsed.domain, default=None) for x in (one, other)]
        if plain[0] != plain[1] or one.parsed.names != other.parsed.names:
            where = other.line + lines.first - 1
            message = f"{one.name!r} has another domain on line {where}; give both the same, or two names"
            raise lines.error(message, one.line)
        if loops[one.statement] != loops[other.statement] and _variables(loops, one) != _variables(loops, other):
            raise lines.error(
                f"{one.name!r} stands inside and outside of a loop; give the two different names", one.line
            )


def _check_per_pass(annotated: list[Annotated], loops: dict[ast.stmt, tuple[Loop, ...]], lines: Lines) -> None:
    for one in annotated:
        around = tuple(loop.variable for loop in loops[one.statement])
        if one.per_pass is not None and one.per_pass.variables != around:
            by = " and ".join(map(repr, around)) or "nothing"
            raise lines.error(
                f"the default {ast.unparse(one.value)[:60]!r} is one a pass, and {one.name!r} is repeated by {by}; "
                "write a single value, or index by the variables of all loops over parameters around it",
                one.line,
            )


def _variables(loops: dict[ast.stmt, tuple[Loop, ...]], one: Annotated) -> tuple[tuple[str, str], ...]:
    return tuple((loop.variable, loop.count) for loop in loops[one.statement])


def _passes(loops: tuple[Loop, ...], annotated: list[Annotated], lines: Lines) -> Iterator[dict[str, int]]:
    counts = []
    for loop in loops:
        domain = next(one.parsed.domain for one in annotated if one.name == loop.count)
        high = max(domain.options, key=_size) if isinstance(domain, Choice) else domain.high
        counts.append(range(check_count(loop, None if isinstance(domain, Float) else high, lines)))
    if len(counts) > 1 and _product(counts) > _MOST:
        raise lines.error(f"the loops run more than {_MOST} times together; use shorter ones", loops[0].line)
    for indices in itertools.product(*counts):
        yield dict(zip((loop.variable for loop in loops), indices, strict=True))


def _size(option: object) -> float:
    return option if isinstance(option, (int, float)) else float("inf")


def _product(counts: list[range]) -> int:
    total = 1
    for count in counts:
        total *= max(len(count), 1)
    return total


def _named(name: str, loops: tuple[Loop, ...], passes: dict[str, int]) -> str | None:
    """Return "width[0]" for a parameter inside loops; None where a pass of its loops is not the one that is meant."""
    if any(loop.variable not in passes for loop in loops):
        return None
    return name + "".join(f"[{passes[loop.variable]}]" for loop in loops)
