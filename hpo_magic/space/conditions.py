"""Conditions under which a parameter exists: a small, safe part of Python's expressions, read with `ast`.

A comparison over a parameter that is itself inactive is neither true nor false (Kleene's three-valued logic),
so a whole chain of parents is respected without being repeated.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hpo_magic.errors import SpaceError
from hpo_magic.space.brief import brief

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
    ast.Is: lambda a, b: a is b,
    ast.IsNot: lambda a, b: a is not b,
}
_DEPTH = 50


class _Unknown(Exception):
    """A name of the expression has no value: its parameter is inactive."""


@dataclass(frozen=True)
class Condition:
    """A parsed condition.

    Parameters
    ----------
    text : str
        The expression, in Python's own normal form.
    names : frozenset of str
        The parameters that it reads.

    Examples
    --------
    >>> condition = parse("kernel == 'rbf' and C > 1")
    >>> condition.holds({"kernel": "rbf", "C": 2.0}), condition.holds({"kernel": "rbf"})
    (True, False)
    """

    text: str
    names: frozenset[str]
    tree: ast.expr

    @property
    def short(self) -> str:
        """The expression as people say it."""
        return brief(self.tree)

    def holds(self, config: Mapping[str, Any]) -> bool:
        """Whether the condition is true for the active values in `config`."""
        return _truth(self.tree, config) is True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


def parse(text: str) -> Condition:
    """Read a condition; SpaceError where it is anything but comparisons, `in`, `and/or/not` and literals.

    Examples
    --------
    >>> parse("width[0] in (8, 16)").names
    frozenset({'width[0]'})
    >>> parse("__import__('os')")
    Traceback (most recent call last):
    ...
    hpo_magic.errors.SpaceError: when="__import__('os')": a call is not allowed; ...
    """
    if not isinstance(text, str):
        raise SpaceError(f"when={text!r} must be a string such as \"kernel == 'rbf'\"")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        names: set[str] = set()
        _check(tree, text, names, 0)
        return Condition(ast.unparse(tree), frozenset(names), tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, SpaceError):
            raise
        raise SpaceError(f"when={text!r} is no Python expression; write one such as \"kernel == 'rbf'\"") from None


def name_of(node: ast.expr) -> str | None:
    """Return "x" or "x[0][1]" for a name or a name indexed by whole numbers, else None."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and type(node.slice.value) is int:
        inner = name_of(node.value)
        return None if inner is None else f"{inner}[{node.slice.value}]"
    return None


def literal_of(node: ast.expr) -> tuple[Any] | None:
    """Return the literal's value in a 1-tuple, or None where the node is no literal."""
    try:
        return (ast.literal_eval(node),)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _check(node: ast.expr, text: str, names: set[str], depth: int) -> None:
    if depth > _DEPTH:
        raise SpaceError(f"when={text[:80]!r}… is nested more than {_DEPTH} deep; make it simpler")
    name = name_of(node)
    if name is not None:
        names.add(name)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            _check(value, text, names, depth + 1)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        _check(node.operand, text, names, depth + 1)
    elif isinstance(node, ast.Compare):
        for value in (node.left, *node.comparators):
            _check(value, text, names, depth + 1)
    elif literal_of(node) is None:
        what = type(node).__name__.lower()
        raise SpaceError(
            f"when={text!r}: a {what} is not allowed; "
            "use comparisons, in, and, or, not and literals over earlier parameters"
        )


def _truth(node: ast.expr, config: Mapping[str, Any]) -> bool | None:
    """Kleene's logic: None stands for unknown."""
    if isinstance(node, ast.BoolOp):
        parts = [_truth(value, config) for value in node.values]
        decisive = isinstance(node.op, ast.Or)
        if decisive in parts:
            return decisive
        return None if None in parts else not decisive
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = _truth(node.operand, config)
        return None if inner is None else not inner
    try:
        return bool(_value(node, config))
    except _Unknown:
        return None
    except TypeError:  # such as 'adam' > 3: the comparison makes no sense for this option, so it does not hold
        return False


def _value(node: ast.expr, config: Mapping[str, Any]) -> Any:
    name = name_of(node)
    if name is not None:
        if name not in config:
            raise _Unknown(name)
        return config[name]
    if isinstance(node, ast.Compare):
        left = _value(node.left, config)
        for op, comparator in zip(node.ops, node.comparators, strict=True):
            right = _value(comparator, config)
            if not _COMPARE[type(op)](left, right):
                return False
            left = right
        return True
    if isinstance(node, (ast.BoolOp, ast.UnaryOp)) and literal_of(node) is None:
        truth = _truth(node, config)
        if truth is None:
            raise _Unknown
        return truth
    return ast.literal_eval(node)
