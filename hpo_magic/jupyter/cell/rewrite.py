"""The syntax tree that a trial runs: annotated values read from the config, all else as the user wrote it."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from hpo_magic.errors import CellError, did_you_mean
from hpo_magic.jupyter.cell.annotations import Annotated, Lines
from hpo_magic.jupyter.cell.typed import domain_call
from hpo_magic.space.domains import Choice

VALUES, RESULT = "__hpo_values__", "__hpo_result__"
"""Names in a trial's namespace: the config, and the value of the last expression."""


class Rewriter(ast.NodeTransformer):
    """Replaces the annotated values, and nothing else."""

    def __init__(self, annotated: Sequence[Annotated], indices: Mapping[ast.stmt, tuple[str, ...]]) -> None:
        self._by_statement = {one.statement: one for one in annotated}
        self._indices, self._fields = indices, False

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Go through a class body, whose annotated names may be the fields of a dataclass."""
        return self._through(node, True)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Go through a function, whose types are its own."""
        return self._through(node, False)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """Go through a function, whose types are its own."""
        return self._through(node, False)

    def _through(self, node: ast.AST, fields: bool) -> ast.AST:
        outer, self._fields = self._fields, fields
        node = self.generic_visit(node)
        self._fields = outer
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        """Replace the value of an annotated assignment."""
        one = self._by_statement.get(node)
        if one is None:
            return node
        return ast.copy_location(ast.Assign(targets=node.targets, value=self._value(one)), node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        """Replace the value of an annotated assignment; its type is kept where it makes a field of a class."""
        one = self._by_statement.get(node)
        if one is None:
            return node
        value = self._value(one)
        if self._fields:
            return ast.copy_location(ast.AnnAssign(node.target, _plain(node.annotation), value, node.simple), node)
        return ast.copy_location(ast.Assign(targets=[node.target], value=value), node)

    def _value(self, one: Annotated) -> ast.expr:
        value = self._read(one)
        for node in ast.walk(value):  # an error in here is one of the user's line
            ast.copy_location(node, one.value)
        return value

    def _read(self, one: Annotated) -> ast.expr:
        read = _read(one.name, self._indices[one.statement])
        if not one.parsed.names or not isinstance(one.parsed.domain, Choice):
            return ast.parse(read, mode="eval").body
        # A chain of conditions, so that only the chosen name is looked up, when and where the cell would.
        chain = read
        for option in reversed(one.parsed.domain.options):
            if isinstance(option, str) and option in one.parsed.names:
                chain = f"({option} if {read} == {option!r} else {chain})"
        return ast.parse(chain, mode="eval").body


def _plain(annotation: ast.expr) -> ast.expr:
    """Return a field's type: of a domain, as in ``lr: Float(0, 1)``, that of its values."""
    call = domain_call(annotation)
    if call is None:
        return annotation
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):  # Annotated[float, …]
        return annotation.slice.elts[0]
    kind = ast.unparse(call.func).rpartition(".")[2]
    return ast.copy_location(ast.Name({"Float": "float", "Choice": "object"}.get(kind, "int"), ast.Load()), annotation)


def _read(name: str, variables: tuple[str, ...]) -> str:
    return f"{VALUES}.at({', '.join([repr(name), *variables])})"


def capture_result(tree: ast.Module) -> bool:
    """Keep the value of the last expression; False where the cell does not end in one."""
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        return False
    target = ast.copy_location(ast.Name(id=RESULT, ctx=ast.Store()), last)
    tree.body[-1] = ast.copy_location(ast.Assign(targets=[target], value=last.value), last)
    return True


def check_metric(tree: ast.Module, metric: str, lines: Lines) -> None:
    """Say so where the cell can never set the metric."""
    names = set(set_names(tree.body))
    if metric not in names and not sets_names_unseen(tree):
        raise CellError(
            f"the cell never sets the metric {metric!r}{did_you_mean(metric, names)}; "
            f"assign it, as in {metric} = score(…), or name another variable (a study's name stands before the options)"
        )


def set_names(body: Sequence[ast.AST]) -> list[str]:
    """Names that statements set outside of functions and classes."""
    names: list[str] = []
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.append(node.name)
            names += [name for inner in ast.walk(node) if isinstance(inner, ast.Global) for name in inner.names]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.append(node.id)
        elif isinstance(node, ast.alias):
            names.append((node.asname or node.name).split(".")[0])
        elif not isinstance(node, ast.Lambda):
            if isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
                names.append(node.name)
            names += set_names(list(ast.iter_child_nodes(node)))
    return names


def sets_names_unseen(tree: ast.Module) -> bool:
    """Whether the cell runs code that may set any name: star imports, exec, globals(), magics."""
    for node in ast.walk(tree):
        if isinstance(node, ast.alias) and node.name == "*":
            return True
        if isinstance(node, ast.Name) and node.id in ("exec", "globals", "locals", "vars", "get_ipython"):
            return True
    return False


class Values:
    """What a trial's cell reads its parameters from."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config

    def at(self, name: str, *passes: int) -> Any:
        """Return the value of a parameter, in a loop that of this pass."""
        key = name + "".join(f"[{index}]" for index in passes)
        if key not in self._config:
            raise KeyError(f"{key!r} has no value in this config; its condition does not hold here")
        return self._config[key]
