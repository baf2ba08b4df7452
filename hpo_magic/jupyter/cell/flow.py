"""What the cell's control flow says about its parameters: conditions from ``if``, ``match``, repetition from ``for``.

A condition that is only partly about parameters is loosened, never tightened: a parameter may then be proposed though
the cell does not read it, but never the other way round.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from hpo_magic.jupyter.cell.annotations import Annotated, Lines
from hpo_magic.jupyter.cell.binding import bound
from hpo_magic.jupyter.cell.cases import fits
from hpo_magic.jupyter.cell.flags import flags, spelt_out
from hpo_magic.jupyter.cell.named_options import named_options, spelt
from hpo_magic.space import Budget
from hpo_magic.space.conditions import literal_of, name_of


@dataclass(frozen=True)
class Branch:
    """Inside an ``if``, or a ``case`` as the ``if`` that it is: the test, and whether it holds on this side."""

    test: ast.expr
    holds: bool


@dataclass(frozen=True)
class Loop:
    """Inside ``for variable in range(count)``, `count` being a parameter."""

    variable: str
    count: str
    line: int


Path: TypeAlias = tuple[Branch | Loop, ...]

_PAIRS = ((ast.Eq, ast.NotEq), (ast.In, ast.NotIn), (ast.Is, ast.IsNot))
_OPPOSITE: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    a: b for one, other in _PAIRS for a, b in ((one, other), (other, one))
}


def paths(tree: ast.Module, annotated: list[Annotated], lines: Lines) -> dict[ast.stmt, Path]:
    """Return for every annotated statement the branches and loops around it, outermost first."""
    wanted = {one.statement for one in annotated}
    walk = walked(tree.body, (), counting(tree, annotated), lines)
    spell = spelling(tree, annotated)
    return {statement: spell(path) for statement, path in walk if statement in wanted}


def decided(tree: ast.Module, annotated: list[Annotated]) -> set[str]:
    """Return the parameters of which a test says something certain."""
    return {one.name for one in annotated if decides(one)} - reassigned(tree, annotated)


def counting(tree: ast.Module, annotated: list[Annotated]) -> set[str]:
    """Return the parameters by which loops may count: what a name of the notebook stands for only the cell knows."""
    return {one.name for one in annotated if not one.parsed.names} & decided(tree, annotated)


def spelling(tree: ast.Module, annotated: list[Annotated]) -> Callable[[Path], Path]:
    """Return what spells the tests of a path out.

    They compare options, those of `named_options`, as configs hold them; such as have a name, those of `flags`, stand
    in full.
    """
    named, tests = named_options(tree, annotated), flags(tree, decided(tree, annotated))

    def spell(step: Branch | Loop) -> Branch | Loop:
        return Branch(spelt(spelt_out(step.test, tests), named), step.holds) if isinstance(step, Branch) else step

    return lambda path: tuple(map(spell, path))


@dataclass(frozen=True)
class Tested:
    """A name that an ``if`` or ``match`` around a parameter reads, with its line for errors."""

    name: str
    line: int
    source: str


def tested_names(tree: ast.Module, annotated: list[Annotated], lines: Lines) -> Iterator[Tested]:
    """Yield the names that the conditions of annotated statements read."""
    for path in paths(tree, annotated, lines).values():
        for step in path:
            for node in ast.walk(step.test) if isinstance(step, Branch) else ():
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                    quoted = lines.error("", node.lineno)
                    yield Tested(node.id, quoted.line or 0, quoted.source)


def walked(body: list[ast.stmt], path: Path, names: set[str], lines: Lines) -> Iterator[tuple[ast.stmt, Path]]:
    """Yield every statement with the branches and the loops over parameters, `names`, around it, outermost first."""
    for statement in body:
        yield statement, path
        if isinstance(statement, ast.If):
            yield from walked(statement.body, (*path, Branch(statement.test, True)), names, lines)
            yield from walked(statement.orelse, (*path, Branch(statement.test, False)), names, lines)
        elif isinstance(statement, ast.Match):
            for case, steps in _cases(statement):
                yield from walked(case.body, (*path, *steps), names, lines)
        elif isinstance(statement, (ast.For, ast.AsyncFor)):
            loop = _loop(statement, names)
            if loop is not None and any(isinstance(step, Loop) and step.variable == loop.variable for step in path):
                message = f"the loops share the variable {loop.variable!r}; give each its own"
                raise lines.error(message, statement.lineno)
            yield from walked(statement.body, path if loop is None else (*path, loop), names, lines)
            yield from walked(statement.orelse, path, names, lines)
        else:
            for _, field in ast.iter_fields(statement):
                if isinstance(field, list):
                    yield from _inner(field, path, names, lines)


def _inner(field: list[object], path: Path, names: set[str], lines: Lines) -> Iterator[tuple[ast.stmt, Path]]:
    for item in field:
        if isinstance(item, ast.stmt):
            yield from walked([item], path, names, lines)
        elif isinstance(item, ast.ExceptHandler):
            yield from walked(item.body, path, names, lines)


def _cases(statement: ast.Match) -> Iterator[tuple[ast.match_case, Path]]:
    """Yield the cases, each with what is known where it is taken: those above do not fit, and it does."""
    above: Path = ()
    for case in statement.cases:
        test = fits(statement.subject, case.pattern)
        steps = () if test is None else (Branch(test, True),)
        yield case, (*above, *steps, *([Branch(case.guard, True)] if case.guard else ()))
        if test is not None:
            guarded = ast.BoolOp(ast.And(), [test, case.guard]) if case.guard else test
            above = (*above, Branch(ast.copy_location(guarded, case.pattern), False))


def _loop(statement: ast.For | ast.AsyncFor, names: set[str]) -> Loop | None:
    """Return the loop over a parameter that a statement is; None too where its variable is set anew inside."""
    loop = _over_range(statement, names)
    return None if loop is None or loop.variable in _stored(_within(statement.body, names)) else loop


def _over_range(statement: ast.AST, names: set[str]) -> Loop | None:
    """Return what ``for i in range(n)`` says, `n` being a parameter."""
    if not isinstance(statement, (ast.For, ast.AsyncFor)):
        return None
    count = counted(statement)
    if isinstance(count, ast.Name) and count.id in names and isinstance(statement.target, ast.Name):
        return Loop(statement.target.id, count.id, statement.lineno)
    return None


def counted(loop: ast.For | ast.AsyncFor) -> ast.expr | None:
    """Return the count of ``for i in range(count)``."""
    call = loop.iter
    plain = isinstance(call, ast.Call) and len(call.args) == 1 and not call.keywords
    if isinstance(call, ast.Call) and plain and isinstance(call.func, ast.Name) and call.func.id == "range":
        return call.args[0]
    return None


def _within(body: list[ast.stmt], names: set[str]) -> Iterator[ast.AST]:
    """Yield the nodes of a body but variables of comprehensions and of loops over parameters.

    The former are names of their own, the latter are refused where they are shared.
    """
    nodes = [node for statement in body for node in ast.walk(statement)]
    own: set[int] = set()
    for node in nodes:
        if isinstance(node, ast.comprehension):
            own.update(id(inner) for inner in ast.walk(node.target))
        elif isinstance(node, (ast.For, ast.AsyncFor)) and _over_range(node, names):
            own.add(id(node.target))
    return (node for node in nodes if id(node) not in own)


def decides(one: Annotated) -> bool:
    """Whether what a parameter is decides which others exist; a budget does not, as it is another at every rung."""
    return not isinstance(one.parsed.domain, Budget)


def reassigned(tree: ast.Module, annotated: list[Annotated]) -> set[str]:
    """Return names of parameters that the cell also sets elsewhere: an ``if`` over them says nothing certain."""
    names = {one.name for one in annotated}
    targets = {id(t) for one in annotated for t in ast.walk(one.statement) if isinstance(t, ast.Name)}
    return names & _stored(node for node in ast.walk(tree) if id(node) not in targets)


def _stored(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that nodes set, arguments of functions among them."""
    return {name for node in nodes for name in bound(node)}


def condition(
    path: Path, known: Mapping[str, str], later: set[str], lines: Lines, passes: Mapping[str, int]
) -> str | None:
    """Return the condition that a path puts on a parameter, as text for ``when=``; None where it always exists.

    Parameters
    ----------
    path : Path
    known : mapping
        Names of the cell to names of parameters that stand before, loop passes resolved (``width`` → ``width[0]``).
    later : set of str
        Parameters that stand after; an ``if`` over one of them is an error.
    lines : Lines
    passes : mapping
        Loop variables to the pass that is meant.
    """
    parts: list[ast.expr] = []
    for step in path:
        if isinstance(step, Loop):
            if step.count in known:
                text = f"{known[step.count]} > {passes[step.variable]}"
                parts.append(ast.parse(text, mode="eval").body)
            continue
        used = {node.id for node in ast.walk(step.test) if isinstance(node, ast.Name)}
        if used & later:
            name = sorted(used & later)[0]
            raise lines.error(
                f"the condition reads {name!r}, which is set further down; move it above", step.test.lineno
            )
        part = _necessary(step.test, step.holds, known)
        if part is not None:
            parts.append(part)
    if not parts:
        return None
    return ast.unparse(parts[0] if len(parts) == 1 else ast.BoolOp(ast.And(), parts))


def _necessary(node: ast.expr, holds: bool, known: Mapping[str, str]) -> ast.expr | None:
    """Return what must be true of the parameters where `node` is true (or false); None where nothing must."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _necessary(node.operand, not holds, known)
    if isinstance(node, ast.BoolOp):
        parts = [_necessary(value, holds, known) for value in node.values]
        together = isinstance(node.op, ast.And) == holds
        sure = [part for part in parts if part is not None]
        if not sure or (not together and len(sure) < len(parts)):
            return None
        return sure[0] if len(sure) == 1 else ast.BoolOp(ast.And() if together else ast.Or(), sure)
    plain = _over_parameters(node, known)
    if plain is None:
        return None
    return plain if holds else _negated(plain)


def _negated(node: ast.expr) -> ast.expr:
    """Return "a != 1" for "a == 1"; orders are not turned round, as options of two types have none."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _OPPOSITE:
        return ast.Compare(node.left, [_OPPOSITE[type(node.ops[0])]()], node.comparators)
    return ast.UnaryOp(ast.Not(), node)


def _over_parameters(node: ast.expr, known: Mapping[str, str]) -> ast.expr | None:
    """Return the comparison with its parameters' own names, or None where it reads anything else."""
    name = name_of(node)
    if name is not None:
        return ast.parse(known[name], mode="eval").body if name in known else None
    if isinstance(node, ast.Compare):
        sides = [
            copy.deepcopy(side) if literal_of(side) is not None else _over_parameters(side, known)
            for side in (node.left, *node.comparators)
        ]
        read = [side for side in sides if side is not None]
        if len(read) < len(sides) or all(literal_of(side) is not None for side in read):
            return None
        return ast.Compare(read[0], node.ops, read[1:])
    return None


def check_count(loop: Loop, high: object, lines: Lines) -> int:
    """Return how often a loop may run at most, or say why it cannot be known."""
    if isinstance(high, bool) or not isinstance(high, int):
        raise lines.error(f"range({loop.count}) needs {loop.count!r} to be a whole number", loop.line)
    if high > 64:
        message = f"range({loop.count}) may run {high} times; at most 64 passes can have parameters of their own"
        raise lines.error(message, loop.line)
    return high
