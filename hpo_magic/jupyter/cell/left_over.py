"""Names that a cell sets for some options only, and reads for others: trials then read what the notebook has."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TypeAlias

from hpo_magic.jupyter.cell.annotations import Annotated, Lines
from hpo_magic.jupyter.cell.binding import SCOPES, bound
from hpo_magic.jupyter.cell.flow import Branch, Path, condition, counting, decided, spelling, walked
from hpo_magic.jupyter.cell.own_names import level
from hpo_magic.jupyter.cell.rewrite import sets_names_unseen
from hpo_magic.space import Choice, Space
from hpo_magic.space.conditions import Condition, parse
from hpo_magic.space.shown import readable

_MOST = 1000
"""Combinations of options that are looked through."""
_EXITS = (ast.Raise, ast.Assert)
_ENDS = ("exit", "_exit", "quit", "skip")
_LATER = (
    *SCOPES, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Try, ast.TryStar, ast.With, ast.AsyncWith,
)  # fmt: skip
"""What is inside of these may run later, or not at all."""


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
    if sets_names_unseen(tree):
        return ()
    known, spell = decided(tree, annotated), spelling(tree, annotated)
    options = {name: domain.options for name in known if isinstance(domain := space.get(name), Choice)}
    found = []
    for site in _sites(tree, walked(tree.body, (), counting(tree, annotated), lines), names):
        if not site.sets or not site.reads or site.reads[0][0] < site.sets[0][0]:
            continue  # what is read first is meant to be the notebook's
        sets, reads = ([_way(spell(path), options, lines) for _, path in some] for some in (site.sets, site.reads))
        where = _unset(options, sets, reads)
        if where:
            told = ", ".join(f"{parent} = {readable(value)}" for parent, value in where.items())
            at = tuple(sorted({line + lines.first - 1 for line, _ in site.sets}))
            found.append(LeftOver(site.name, at, told))
    return tuple(found)


def _sites(tree: ast.Module, walk: Iterable[tuple[ast.stmt, Path]], names: frozenset[str]) -> list[_Sites]:
    """Return where names are set, and where they are read if the way there is taken, in the order of the cell."""
    sure, plain = set(_sure(tree.body)), names - _odd(tree)
    sites = {name: _Sites(name, [], []) for name in sorted(plain)}
    for statement, path in walk:
        for node in _own(statement):
            if isinstance(node, ast.Name) and node.id in sites and isinstance(node.ctx, ast.Store):
                sites[node.id].sets.append((statement.lineno, path))
        for name in _certain(statement) if statement in sure else ():
            if name in sites:
                sites[name].reads.append((statement.lineno, path))
    return list(sites.values())


def _odd(tree: ast.Module) -> set[str]:
    """Return names that are set by more than assignments, in scopes of their own, or deleted: who knows when."""
    nodes = list(ast.walk(tree))
    hidden = [n for scope in nodes if isinstance(scope, SCOPES) for n in ast.walk(scope)]
    odd = [n for n in nodes if not isinstance(n, ast.Name) or isinstance(n.ctx, ast.Del)]
    return {name for node in (*odd, *hidden) for name in bound(node)} | {
        n.target.id for n in nodes if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name)
    }


def _sure(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run whenever the options of their branches are there, up to the first way out."""
    for statement in body:
        if any(isinstance(node, _EXITS) or _quits(node) for node in level(statement)):
            return
        yield statement
        for inner in (getattr(statement, "body", []), getattr(statement, "orelse", [])) * isinstance(statement, ast.If):
            yield from _sure(inner)
        for case in statement.cases if isinstance(statement, ast.Match) else ():
            yield from _sure(case.body)


def _quits(node: ast.AST) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    return (isinstance(called, ast.Name) and called.id in _ENDS) or (
        isinstance(called, ast.Attribute) and called.attr in _ENDS
    )


def _certain(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node reads whenever it is run: not what is in a branch, a loop or a function in it."""
    if isinstance(node, ast.Name):
        yield from [node.id] if isinstance(node.ctx, ast.Load) else []
    elif isinstance(node, (ast.IfExp, ast.If, ast.While, ast.Match)):
        yield from _certain(node.subject if isinstance(node, ast.Match) else node.test)
    elif isinstance(node, ast.BoolOp):
        yield from _certain(node.values[0])
    elif isinstance(node, ast.Compare):
        for part in (node.left, node.comparators[0]):
            yield from _certain(part)
    elif isinstance(node, (ast.For, ast.AsyncFor)):
        yield from _certain(node.iter)
    elif not isinstance(node, _LATER):
        for child in ast.iter_child_nodes(node):
            yield from _certain(child)


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a statement's own expressions, not the statements in it."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.stmt, ast.excepthandler, ast.match_case)):
            yield from _own(child)


@dataclass(frozen=True)
class _Step:
    """What must hold of the options where a branch is taken, and where it is not; None where nothing must."""

    taken: Condition | None
    left: Condition | None


_Way: TypeAlias = list[_Step]


def _way(path: Path, options: Mapping[str, Sequence[object]], lines: Lines) -> _Way:
    """Return a path's branches, each read once: what follows asks of every combination of options."""

    def read(step: Branch) -> Condition | None:
        text = condition((step,), {name: name for name in options}, set(), lines, {})
        return None if text is None else parse(text)

    branches = [step for step in path if isinstance(step, Branch)]
    return [_Step(read(step), read(Branch(step.test, not step.holds))) for step in branches]


def _may(way: _Way, config: Mapping[str, object]) -> bool:
    return all(step.taken is None or step.taken.holds(config) for step in way)


def _must(way: _Way, config: Mapping[str, object]) -> bool:
    return all(step.left is not None and not step.left.holds(config) for step in way)


def _unset(options: Mapping[str, Sequence[object]], sets: list[_Way], reads: list[_Way]) -> dict[str, object]:
    """Return options with which a name is read for certain and set for certain not, those that decide it."""
    tests = (test for way in (*sets, *reads) for step in way for test in (step.taken, step.left) if test is not None)
    parents = {parent: options[parent] for parent in sorted({name for test in tests for name in test.names})}
    if prod(map(len, parents.values())) > _MOST:
        return {}

    def bare(config: Mapping[str, object]) -> bool:
        return any(_must(way, config) for way in reads) and not any(_may(way, config) for way in sets)

    configs = (dict(zip(parents, chosen, strict=True)) for chosen in product(*parents.values()))
    config = next((config for config in configs if bare(config)), {})
    return {
        parent: value
        for parent, value in config.items()
        if not all(bare({**config, parent: other}) for other in parents[parent])
    }
