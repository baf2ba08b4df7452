"""Flags: tests over parameters that the cell gives a name, ``linear = kernel in ("a", "b")``, for an ``if`` below."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Mapping

from hpo_magic.jupyter.cell.binding import bound

_PLAIN = (
    ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Not, ast.Name, ast.Constant, ast.Tuple, ast.List, ast.Set, ast.boolop,
    ast.cmpop, ast.expr_context, ast.USub,
)  # fmt: skip
"""What a test may be made of; whatever is called may answer otherwise each time."""


def flags(tree: ast.Module, parameters: set[str]) -> dict[str, ast.expr]:
    """Return the tests that have a name, by that name: given once, at the outermost level, of what is given once.

    Parameters
    ----------
    tree : ast.Module
    parameters : set of str
        Those that the cell sets nowhere but in their annotated statements.

    Examples
    --------
    >>> tree = ast.parse("linear = kernel in ('a', 'b')\\nslow = fit(kernel) > 3")
    >>> {name: ast.unparse(test) for name, test in flags(tree, {"kernel"}).items()}
    {'linear': "kernel in ('a', 'b')"}
    """
    times = Counter(name for node in ast.walk(tree) for name in bound(node))
    found: dict[str, ast.expr] = {}
    for statement in tree.body:
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            continue
        target = statement.targets[0]
        if isinstance(target, ast.Name) and times[target.id] == 1 and target.id not in parameters:
            test = spelt_out(statement.value, found)
            read = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
            plain = all(isinstance(node, _PLAIN) for node in ast.walk(test))
            if plain and read & parameters and all(name in parameters or not times[name] for name in read):
                found[target.id] = test
    return found


def spelt_out(test: ast.expr, known: Mapping[str, ast.expr]) -> ast.expr:
    """Return a test with the tests in it that have a name in full.

    Examples
    --------
    >>> def read(text):
    ...     return ast.parse(text, mode="eval").body
    >>> ast.unparse(spelt_out(read("linear and n > 1"), {"linear": read("k == 1")}))
    'k == 1 and n > 1'
    """
    return _InFull(known).visit(copy.deepcopy(test)) if known else test


class _InFull(ast.NodeTransformer):
    def __init__(self, known: Mapping[str, ast.expr]) -> None:
        self._known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        test = self._known.get(node.id)
        return node if test is None else ast.copy_location(copy.deepcopy(test), node)
