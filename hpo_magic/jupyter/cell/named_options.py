"""Tests over a parameter whose options are names of the notebook: ``if Model is SVC``.

A trial's config holds the name, the cell what it stands for. So a comparison with one of the options by its own name
is a condition, and nothing else that a test does with the parameter.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Mapping

from hpo_magic.jupyter.cell.annotations import Annotated
from hpo_magic.space import Choice

_SAME: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Is: ast.Eq, ast.IsNot: ast.NotEq, ast.Eq: ast.Eq, ast.NotEq: ast.NotEq, ast.In: ast.In, ast.NotIn: ast.NotIn,
}  # fmt: skip


def named_options(annotated: Iterable[Annotated]) -> dict[str, frozenset[str]]:
    """Return how a cell writes the options of parameters some of whose options are names; texts are left out.

    Whether a text is what a name stands for only the cell knows.
    """
    return {
        one.name: one.parsed.names | {repr(option) for option in one.parsed.domain.options if type(option) is not str}
        for one in annotated
        if one.parsed.names and isinstance(one.parsed.domain, Choice)
    }


def spelt(test: ast.expr, named: Mapping[str, frozenset[str]]) -> ast.expr:
    """Return a test with the names of options as the texts that configs hold, and what else reads them made unknown.

    Examples
    --------
    >>> named = {"Model": frozenset({"SVC", "tree.Forest"})}
    >>> for text in ("Model is SVC and C > 1", "Model in (SVC, tree.Forest)", "Model == 'SVC'", "Model is other"):
    ...     print(ast.unparse(spelt(ast.parse(text, mode="eval").body, named)))
    Model == 'SVC' and C > 1
    Model in ('SVC', 'tree.Forest')
    Model() == 'SVC'
    Model() is other
    """
    return test if not named else _Spelling(named).visit(copy.deepcopy(test))


class _Spelling(ast.NodeTransformer):
    def __init__(self, named: Mapping[str, frozenset[str]]) -> None:
        self._named = named

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """Replace the other side of a comparison with options."""
        left, kind = node.left, _SAME.get(type(node.ops[0]))
        if isinstance(left, ast.Name) and left.id in self._named and len(node.ops) == 1 and kind is not None:
            other = _option(node.comparators[0], self._named[left.id])
            if other is not None:
                return ast.copy_location(ast.Compare(left, [kind()], [other]), node)
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Make the parameter a call, which no condition can hold."""
        return ast.copy_location(ast.Call(node, [], []), node) if node.id in self._named else node


def _option(node: ast.expr, options: frozenset[str]) -> ast.expr | None:
    """Return an option, or a tuple or list of options, as configs hold them; None for anything else."""
    if isinstance(node, (ast.Tuple, ast.List)):
        parts = [_option(part, options) for part in node.elts]
        known = [part for part in parts if part is not None]
        return ast.copy_location(ast.Tuple(known, ast.Load()), node) if len(known) == len(parts) else None
    text = ast.unparse(node)
    if text not in options:
        return None
    return node if isinstance(node, ast.Constant) else ast.copy_location(ast.Constant(text), node)
