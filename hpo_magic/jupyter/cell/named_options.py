"""Tests over a parameter whose options are names of the notebook: ``if Model is SVC``.

A trial's config holds the name, the cell what it stands for. So a comparison with one of the options by its own name
is a condition, and nothing else that a test does with the parameter; nor is that where what the names stand for may
change, or may be the same: beside literals, with dots (a bound method is another one each time), or set in the cell.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Mapping

from hpo_magic.jupyter.cell.annotations import Annotated
from hpo_magic.jupyter.cell.binding import bound
from hpo_magic.space import Choice

_SAME: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Is: ast.Eq, ast.IsNot: ast.NotEq, ast.Eq: ast.Eq, ast.NotEq: ast.NotEq, ast.In: ast.In, ast.NotIn: ast.NotIn,
}  # fmt: skip


def named_options(tree: ast.Module, annotated: Iterable[Annotated]) -> dict[str, frozenset[str]]:
    """Return the options that can be told by their names, by the parameter some of whose options are names."""
    named = {one.name: one for one in annotated if one.parsed.names}
    if not named:
        return {}
    taken = {name for node in ast.walk(tree) if not isinstance(node, ast.alias) for name in bound(node)}
    return {
        name: one.parsed.names if _sure(one) and not one.parsed.names & taken else frozenset()
        for name, one in named.items()
    }


def _sure(one: Annotated) -> bool:
    domain, names = one.parsed.domain, one.parsed.names
    return isinstance(domain, Choice) and set(domain.options) == names and all(name.isidentifier() for name in names)


def spelt(test: ast.expr, named: Mapping[str, frozenset[str]]) -> ast.expr:
    """Return a test with the names of options as the texts that configs hold, and what else reads them made unknown.

    Examples
    --------
    >>> named = {"Model": frozenset({"SVC", "Forest"})}
    >>> for text in ("Model is SVC and C > 1", "Model in (SVC, Forest)", "Model == 'SVC'", "Model is other"):
    ...     print(ast.unparse(spelt(ast.parse(text, mode="eval").body, named)))
    Model == 'SVC' and C > 1
    Model in ('SVC', 'Forest')
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
    known_name = isinstance(node, ast.Name) and node.id in options
    return ast.copy_location(ast.Constant(ast.unparse(node)), node) if known_name else None
