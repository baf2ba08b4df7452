"""Conditions as people say them: of chains of ``elif`` what a parameter is, not also what it is not."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

Values = tuple[str, ...]
_NEGATIVE = (ast.NotEq, ast.NotIn)


def brief(tree: ast.expr) -> str:
    """Return a condition in as few words as say the same.

    Examples
    --------
    >>> def said(text):
    ...     return brief(ast.parse(text, mode="eval").body)
    >>> said("model != 'svm' and model == 'forest' and n > 1")
    "model == 'forest' and n > 1"
    >>> said("m == 'a' or (m != 'a' and m == 'b')"), said("(m != 'a' or k != 1) and m == 'a'")
    ("m in ('a', 'b')", "k != 1 and m == 'a'")
    """
    told = _told(tree, {})
    return ast.unparse(tree if isinstance(told, bool) else told)


def _told(node: ast.expr, known: Mapping[str, Values]) -> ast.expr | bool:
    """Return what is left to say where names are known to be among some values; True or False where it is nothing."""
    if isinstance(node, ast.BoolOp):
        parts = _flat(node, type(node.op))
        return _all_of(parts, known) if isinstance(node.op, ast.And) else _any_of(parts, known)
    name, values, negative = _among(node)
    if name not in known:
        return node
    left = tuple(value for value in known[name] if (value in values) != negative)
    return bool(left) if not left or left == known[name] else _is_among(name, left)


def _all_of(parts: Sequence[ast.expr], known: Mapping[str, Values]) -> ast.expr | bool:
    own: dict[str, Values] = {}
    tests = [_among(part) for part in parts]
    for name, values, negative in tests:
        if name and not negative:
            own[name] = tuple(v for v in own.get(name, known.get(name, values)) if v in values)
    for name, values, negative in tests:
        if name in own and negative:
            own[name] = tuple(value for value in own[name] if value not in values)
    if not all(own.values()):
        return False
    told: list[ast.expr] = []
    said: set[str] = set()
    for part, (name, _, _) in zip(parts, tests, strict=True):
        if name in own:
            if name not in said and own[name] != known.get(name):
                told.append(_is_among(name, own[name]))
            said.add(name)
            continue
        left = _told(part, {**known, **own})
        if left is False:
            return False
        told += [] if left is True else [left]
    return _joined(ast.And(), told) if told else True


def _any_of(parts: Sequence[ast.expr], known: Mapping[str, Values]) -> ast.expr | bool:
    told: list[ast.expr] = []
    for left in (_told(part, known) for part in parts):
        if left is True:
            return True
        if left is False:
            continue
        name, values, negative = _among(left)
        last, before, refused = _among(told[-1]) if told else ("", (), True)
        if name and name == last and not negative and not refused:
            told[-1] = _is_among(name, tuple(dict.fromkeys([*before, *values])))
        else:
            told.append(left)
    return _joined(ast.Or(), told) if told else False


def _flat(node: ast.expr, kind: type[ast.boolop]) -> list[ast.expr]:
    if isinstance(node, ast.BoolOp) and isinstance(node.op, kind):
        return [part for value in node.values for part in _flat(value, kind)]
    return [node]


def _joined(op: ast.boolop, parts: list[ast.expr]) -> ast.expr:
    return parts[0] if len(parts) == 1 else ast.BoolOp(op, parts)


def _among(node: ast.expr) -> tuple[str, Values, bool]:
    """Return what is compared, with which literals, and whether it is none of these; "" for other expressions."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        op, other = node.ops[0], node.comparators[0]
        if isinstance(op, (ast.Eq, ast.NotEq)) and isinstance(other, ast.Constant):
            return ast.unparse(node.left), (ast.unparse(other),), isinstance(op, _NEGATIVE)
        listed = other.elts if isinstance(other, (ast.Tuple, ast.List, ast.Set)) else []
        if isinstance(op, (ast.In, ast.NotIn)) and listed and all(isinstance(one, ast.Constant) for one in listed):
            return ast.unparse(node.left), tuple(map(ast.unparse, listed)), isinstance(op, _NEGATIVE)
    return "", (), False


def _is_among(name: str, values: Values) -> ast.expr:
    text = f"{name} == {values[0]}" if len(values) == 1 else f"{name} in ({', '.join(values)})"
    return ast.parse(text, mode="eval").body
