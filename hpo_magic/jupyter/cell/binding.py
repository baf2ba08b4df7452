"""Which names a piece of code binds, in whatever way Python has for it."""

from __future__ import annotations

import ast

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
"""What has names of its own."""
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)


def bound(node: ast.AST) -> list[str]:
    """Return the names that a node binds itself, not what is in it.

    Examples
    --------
    >>> tree = ast.parse("import a.b as c, d.e\\ndef f(g): h = 1\\nmatch i:\\n    case [j, *k]: pass")
    >>> sorted(name for node in ast.walk(tree) for name in bound(node))
    ['c', 'd', 'f', 'g', 'h', 'j', 'k']
    """
    if isinstance(node, ast.Name):
        return [] if isinstance(node.ctx, ast.Load) else [node.id]
    if isinstance(node, ast.alias):
        return [(node.asname or node.name).split(".")[0]]
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return node.names
    if isinstance(node, ast.MatchMapping):
        return [node.rest] if node.rest else []
    return [node.name] if isinstance(node, _NAMED) and node.name else []
