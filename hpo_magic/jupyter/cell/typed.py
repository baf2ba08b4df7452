"""Annotations by type: ``lr: Annotated[float, Float(1e-5, 1e-1)] = 1e-3`` and ``lr: Float(1e-5, 1e-1) = 1e-3``."""

from __future__ import annotations

import ast
import dataclasses
from typing import Any

from hpo_magic.errors import SpaceError
from hpo_magic.jupyter.cell.grammar import Default, Parsed
from hpo_magic.space import Budget, Choice, Float, Int
from hpo_magic.space.conditions import literal_of
from hpo_magic.space.domains import Domain, contains

_KINDS: dict[str, Any] = {"Float": Float, "Int": Int, "Choice": Choice, "Budget": Budget}


def domain_call(annotation: ast.expr) -> ast.Call | None:
    """Return the call of a domain inside a type annotation, or None where there is none.

    Examples
    --------
    >>> ast.unparse(domain_call(ast.parse("Annotated[float, Float(0, 1)]", mode="eval").body))
    'Float(0, 1)'
    """
    if isinstance(annotation, ast.Call):
        return annotation if _name(annotation.func) in _KINDS else None
    if isinstance(annotation, ast.Subscript) and _name(annotation.value) == "Annotated":
        inside = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
        calls = [domain_call(part) for part in inside[1:] if isinstance(part, ast.Call)]
        return next((call for call in calls if call is not None), None)
    return None


def parse_call(call: ast.Call, default: Default) -> Parsed:
    """Read a call of a domain without running it.

    Raises
    ------
    SpaceError
        Where an argument is no literal or breaks the domain's rule.
    """
    kind = _name(call.func)
    names: set[str] = set()
    try:
        positional = [_argument(node, default, names) for node in call.args]
        named = {str(word.arg): _argument(word.value, default, names) for word in call.keywords if word.arg}
        if len(named) != len(call.keywords):
            raise SpaceError(f"{ast.unparse(call)}: ** is not allowed; write the arguments out")
        domain: Domain = _KINDS[kind](*positional, **named)
    except TypeError as error:
        raise SpaceError(f"{ast.unparse(call)}: {error}") from None
    if domain.when is not None:
        raise SpaceError(f"{kind}: when= is not for cells; put the line under an if, whose condition then holds")
    if isinstance(domain, Choice):
        if not contains(domain, default.value):
            raise SpaceError(f"the default {default.value!r} must be one of {list(domain.options)!r}")
    elif default.is_name or default.value is None:
        raise SpaceError(f"the default {default.value!r} must be a number inside {domain.low}..{domain.high}")
    return Parsed(dataclasses.replace(domain, default=default.value), frozenset(names))


def _argument(node: ast.expr, default: Default, names: set[str]) -> Any:
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_argument(item, default, names) for item in node.elts]
    literal = literal_of(node)
    if literal is not None:
        return literal[0]
    text = ast.unparse(node)
    if default.is_name and isinstance(node, (ast.Name, ast.Attribute)):
        names.add(text)
        return text
    raise SpaceError(f"the argument {text[:60]!r} is no literal; write its value")


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
