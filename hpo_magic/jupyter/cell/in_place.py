"""What a cell changes of the notebook's own data without making a copy: all trials share it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from hpo_magic.jupyter.cell.binding import SCOPES


def changed_in_place(tree: ast.Module) -> list[tuple[str, int]]:
    """Return names of which a part is set before the cell has set them themselves, and the first line that does.

    ``train["x"] = …``, ``train.loc[rows, "x"] = …``, ``X[rows] *= 2``, ``X -= X.mean()`` and ``inplace=True``. Not what
    is written only and never read, as a dict in which every trial leaves its score.

    Examples
    --------
    >>> changed_in_place(ast.parse("train['x'] = train['x'].clip(0, 3)\\nlog['n'] = 3"))
    [('train', 1)]
    >>> changed_in_place(ast.parse("train = train.copy()\\ntrain['x'] = train['x'].clip(0, 3)"))
    []
    """
    nodes = sorted(_outside_functions(tree), key=_place)
    own: dict[str, tuple[int, int]] = {}
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.setdefault(node.id, _place(node))
    found: dict[str, int] = {}
    for node in nodes:
        for name, roots in _changed(node):
            read = any(
                isinstance(other, ast.Name) and other.id == name and isinstance(other.ctx, ast.Load)
                and other not in roots
                for other in nodes
            )  # fmt: skip
            if read and own.get(name, _place(node)) >= _place(node):
                found.setdefault(name, node.lineno)  # type: ignore[attr-defined]
    return list(found.items())


def _place(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


_CHANGING = ("update", "append", "extend", "insert", "pop", "clear", "remove", "add", "setdefault")
"""Methods that change a list, a dict or a set."""


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, SCOPES):
            yield child
            yield from _outside_functions(child)


def _changed(node: ast.AST) -> Iterator[tuple[str, list[ast.Name]]]:
    """Yield the names that a statement or a call changes, and where in it they stand for no more than that."""
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        yield node.target.id, []
    elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
        root = _root(node)
        if root is not None:
            yield root.id, [root]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        root = _root(node.func)
        if root is None:
            return
        if node.func.attr == "set_params" or any(word.arg == "inplace" for word in node.keywords):
            yield root.id, []
        elif node.func.attr in _CHANGING and root is node.func.value:
            yield root.id, [root]


def _root(node: ast.AST) -> ast.Name | None:
    """Return the name at the start of ``train.loc[rows]["x"]``."""
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return node if isinstance(node, ast.Name) else None
