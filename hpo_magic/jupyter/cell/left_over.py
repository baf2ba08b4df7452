"""Names that a cell sets for some options only, and reads for others: trials then read what the notebook has."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod

from hpo_magic.jupyter.cell.annotations import Annotated, Lines
from hpo_magic.jupyter.cell.flow import Branch, Path, condition, counting, decides, read, reassigned, walked
from hpo_magic.space import Choice, Space
from hpo_magic.space.conditions import Condition, parse
from hpo_magic.space.shown import readable

_MOST = 1000
"""Combinations of options that are looked through."""
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class LeftOver:
    """A name, the lines that set it, and for which options it is read and none of them does."""

    name: str
    lines: tuple[int, ...]
    where: str

    def __str__(self) -> str:
        at = f"line{'s' if len(self.lines) > 1 else ''} {', '.join(map(str, self.lines))}"
        return (
            f"{self.name} is set in {at} only: where {self.where} trials read the {self.name} that the notebook has; "
            "set it there too, or delete it from the notebook"
        )


@dataclass(frozen=True)
class _Sites:
    """Where a name is set and where it is read: lines and the ways there."""

    name: str
    sets: list[tuple[int, Path]]
    reads: list[tuple[int, Path]]


def left_over(
    tree: ast.Module, annotated: list[Annotated], lines: Lines, names: frozenset[str], space: Space
) -> tuple[LeftOver, ...]:
    """Return those of the names that some options leave unset and read.

    Only what is certain: where anything but choices decides, the name may always be set, or not be read.
    """
    known = {one.name for one in annotated if decides(one)} - reassigned(tree, annotated)
    options = {name: domain.options for name in known if isinstance(domain := space.get(name), Choice)}
    found = []
    for site in _sites(tree, annotated, lines, names):
        if not site.sets or not site.reads or min(site.reads)[0] < min(site.sets)[0]:
            continue  # what is read first is meant to be the notebook's
        where = _unset(_Ways(options, lines), [path for _, path in site.sets], [path for _, path in site.reads])
        if where:
            told = ", ".join(f"{parent} = {readable(value)}" for parent, value in where.items())
            at = tuple(sorted({line + lines.first - 1 for line, _ in site.sets}))
            found.append(LeftOver(site.name, at, told))
    return tuple(found)


def _sites(
    tree: ast.Module, annotated: list[Annotated], lines: Lines, names: frozenset[str]
) -> list[_Sites]:  # fmt: skip
    sites = {name: _Sites(name, [], []) for name in sorted(names)}
    scopes = [node for node in ast.walk(tree) if isinstance(node, _SCOPES)]
    hidden = {id(node) for scope in scopes for node in ast.walk(scope) if node is not scope}
    for statement, path in walked(tree.body, (), counting(tree, annotated), lines):
        if id(statement) in hidden:
            continue
        added, way = isinstance(statement, ast.AugAssign), read(path, annotated)
        for node in _own(statement):
            if isinstance(node, ast.Name) and node.id in sites:
                stored = isinstance(node.ctx, ast.Store) and not added
                (sites[node.id].sets if stored else sites[node.id].reads).append((statement.lineno, way))
    return list(sites.values())


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a statement's own expressions, not the statements in it."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.stmt, ast.excepthandler, ast.match_case)):
            yield from _own(child)


@dataclass(frozen=True)
class _Ways:
    """Tells of a config whether it goes a way: for certain, or perhaps."""

    options: Mapping[str, tuple[object, ...]]
    lines: Lines

    def may(self, path: Path, config: Mapping[str, object]) -> bool:
        return all((test := self._test(step)) is None or test.holds(config) for step in _branches(path))

    def must(self, path: Path, config: Mapping[str, object]) -> bool:
        other = (Branch(step.test, not step.holds) for step in _branches(path))
        return all((test := self._test(step)) is not None and not test.holds(config) for step in other)

    def names(self, path: Path) -> set[str]:
        return {name for step in _branches(path) if (test := self._test(step)) is not None for name in test.names}

    def _test(self, step: Branch) -> Condition | None:
        text = condition((step,), {name: name for name in self.options}, set(), self.lines, {})
        return None if text is None else parse(text)


def _branches(path: Path) -> list[Branch]:
    return [step for step in path if isinstance(step, Branch)]


def _unset(ways: _Ways, sets: list[Path], reads: list[Path]) -> dict[str, object]:
    """Return options with which a name is read for certain and set for certain not, those that decide it."""
    parents = sorted(set[str]().union(*map(ways.names, [*sets, *reads])))
    options = [ways.options[parent] for parent in parents]
    if prod(map(len, options)) > _MOST:
        return {}

    def bare(config: Mapping[str, object]) -> bool:
        return any(ways.must(path, config) for path in reads) and not any(ways.may(path, config) for path in sets)

    config = next((c for chosen in product(*options) if bare(c := dict(zip(parents, chosen, strict=True)))), {})
    return {
        parent: value
        for parent, value in config.items()
        if not all(bare({**config, parent: other}) for other in ways.options[parent])
    }
