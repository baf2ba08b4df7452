"""What may not be meant as it is written: said before the search, which goes on all the same."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from hpo_magic.jupyter.cell.annotations import Annotated, Lines
from hpo_magic.jupyter.cell.flow import Branch, counted, counting, decides, paths
from hpo_magic.space import Float, Int

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def doubts(tree: ast.Module, annotated: list[Annotated], lines: Lines) -> tuple[str, ...]:
    """Return a line each for what may not be meant."""
    bounds = [doubt for one in annotated if (doubt := _bounds(one))]
    told = [*bounds, *_scopes(tree, annotated), *_undecided(tree, annotated, lines), *_passes(tree, annotated)]
    return tuple(dict.fromkeys(told))


def _bounds(one: Annotated) -> str:
    """Say where a default and its bounds are of two types: ``C = 1.0  # hpo: 0..10``, ``n = 100  # hpo: 1e1..1e3``."""
    domain, default = one.parsed.domain, one.default.value
    if isinstance(one.statement, ast.AnnAssign):  # C: Int(0, 10) = 1.0 says what it is
        return ""
    if isinstance(domain, Int) and isinstance(default, float):
        return (
            f"{one.name} is tried at whole numbers only, as {domain.low} and {domain.high} are; "
            f"write {domain.low}.0..{domain.high}.0 for real ones"
        )
    if not isinstance(domain, Float) or domain.step is not None or type(default) is not int:
        return ""
    if domain.low.is_integer() and domain.high.is_integer():
        return (
            f"{one.name} is tried at real numbers, as its bounds are written as such; "
            f"write {domain.low:.0f}..{domain.high:.0f} for whole ones"
        )
    return ""


def _scopes(tree: ast.Module, annotated: list[Annotated]) -> Iterator[str]:
    """Say where a name stands for variables of two functions: they get one value."""
    place = dict(_places(tree, "the cell"))
    first: dict[str, Annotated] = {}
    for one in annotated:
        other = first.setdefault(one.name, one)
        here, there = place[one.statement], place[other.statement]
        if here != there:
            yield (
                f"{one.name} stands in {there} and in {here}: it is one parameter with one value; "
                "give the two different names to tune each by itself"
            )


def _undecided(tree: ast.Module, annotated: list[Annotated], lines: Lines) -> Iterator[str]:
    """Say which test makes no condition, as what it reads is set elsewhere too: ``else: whiten = False``."""
    own = {id(node) for one in annotated for node in ast.walk(one.statement)}
    again = {
        node.id: node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and id(node) not in own
    }
    moved = {one.name for one in annotated if decides(one) and not one.parsed.names} & again.keys()
    around = paths(tree, annotated, lines)
    for one in annotated:
        tests = [step.test for step in around[one.statement] if isinstance(step, Branch)]
        for test in tests:
            for name in sorted({n.id for n in ast.walk(test) if isinstance(n, ast.Name)} & moved):
                yield (
                    f"{one.name} is tried whatever {name} is: a test of {name} makes no condition, as line "
                    f"{again[name] + lines.first - 1} sets it too; give that another name, or test what decides it"
                )


def _passes(tree: ast.Module, annotated: list[Annotated]) -> Iterator[str]:
    """Say where a parameter is the same in all passes of a loop, as their number is none."""
    parameters = counting(tree, annotated)
    for loop in ast.walk(tree):
        count = counted(loop) if isinstance(loop, ast.For) else None
        if count is None and isinstance(loop, (ast.For, ast.While)):
            yield from _other_passes(loop, annotated, parameters)
        if not isinstance(loop, ast.For) or count is None or ast.unparse(count) in parameters:
            continue
        much = ast.unparse(count)
        way = f"n = {much}  # hpo: {much}" if isinstance(count, ast.Constant) else "n = 10  # hpo: 10, or however many,"
        for one in annotated:
            if one.statement in loop.body and ast.unparse(loop.target) not in _names(one.statement):
                yield (
                    f"{one.name} is one parameter, the same in all passes of range({much}); "
                    f"to have one a pass write {way} above, and range(n)"
                )


def _other_passes(loop: ast.For | ast.While, annotated: list[Annotated], parameters: set[str]) -> Iterator[str]:
    """Say so of loops that count otherwise: ``for i in range(1, n + 1)``, ``while i < n``."""
    head = loop.iter if isinstance(loop, ast.For) else loop.test
    counts = sorted(_names(head) & parameters)
    for one in annotated if counts else ():
        if one.statement in loop.body:
            yield (
                f"{one.name} is one parameter, the same in all passes of {ast.unparse(head)}; "
                f"to have one a pass count by for i in range({counts[0]})"
            )


def _names(statement: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _places(node: ast.AST, name: str) -> Iterator[tuple[ast.stmt, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child, name
        yield from _places(child, child.name if isinstance(child, _SCOPES) else name)
