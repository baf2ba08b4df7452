"""Names that a cell sets in any case before it reads them: what an earlier run has left there is not read.

Python's definite assignment, as far as a name of the notebook matters: a loop may not run at all, a branch may not be
taken, a function reads what it reads when its name is used first.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from hpo_magic.jupyter.cell.rewrite import set_names

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def own_names(tree: ast.Module) -> frozenset[str]:
    """Return the names that a cell sets, and reads only after it has, whatever way it takes.

    Examples
    --------
    >>> sorted(own_names(ast.parse("if big:\\n    n = 8\\nelse:\\n    n = 2\\nfor i in range(n): total = i\\ntotal")))
    ['i', 'n']
    """
    found = _Names()
    found.block(tree.body, set())
    deleted = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Del)}
    return frozenset({*set_names(tree.body)} - found.read - deleted)


class _Names:
    """Goes through statements in their order; `read` gathers what is read while it may still be the notebook's."""

    def __init__(self) -> None:
        self.read: set[str] = set()
        self._later: dict[str, set[str]] = {}  # what functions of the cell read once they are used

    def block(self, body: Iterable[ast.stmt], own: set[str]) -> set[str]:
        """Return what is set after a block that begins with `own`."""
        for statement in body:
            own = self._statement(statement, own)
        return own

    def _statement(self, node: ast.stmt, own: set[str]) -> set[str]:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return self._defined(node, own)
        if isinstance(node, ast.If):
            own = self._expressions([node.test], own)
            return self._either([node.body, node.orelse], own)
        if isinstance(node, (ast.For, ast.AsyncFor)):
            own = self._expressions([node.iter], own)
            self.block(node.orelse, self.block(node.body, self._expressions([node.target], own)))
            return own
        if isinstance(node, ast.While):
            own = self._expressions([node.test], own)
            self.block(node.orelse, self.block(node.body, own))
            return own
        if isinstance(node, (ast.With, ast.AsyncWith)):
            parts = [part for item in node.items for part in (item.context_expr, item.optional_vars) if part]
            own = self._expressions(parts, own)
            self.block(node.body, own)  # it may be left half done: contextlib.suppress
            return own
        if isinstance(node, ast.Match):
            own = self._expressions([node.subject], own)
            for case in node.cases:
                bound = {
                    p.name for p in ast.walk(case.pattern) if isinstance(p, (ast.MatchAs, ast.MatchStar)) and p.name
                }
                self.block(case.body, self._expressions([case.guard] if case.guard else [], own | bound))
            return own
        if isinstance(node, (ast.Try, ast.TryStar)):
            return self._tried(node, own)
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            return own | {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        if isinstance(node, ast.AugAssign):
            self._reads({n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}, own)
        return self._expressions([node], own)

    def _either(self, bodies: Sequence[Sequence[ast.stmt]], own: set[str]) -> set[str]:
        """Return what is set after one of several blocks; one that leaves does not count."""
        after = [(self.block(body, set(own)), body) for body in bodies]
        going_on = [names for names, body in after if not (body and isinstance(body[-1], _ENDS))]
        return set.intersection(*going_on) if going_on else own

    def _tried(self, node: ast.Try | ast.TryStar, own: set[str]) -> set[str]:
        after = self.block(node.orelse, self.block(node.body, set(own)))
        for handler in node.handlers:
            caught = self._expressions([handler.type] if handler.type else [], set(own))
            ended = self.block(handler.body, caught | ({handler.name} if handler.name else set()))
            if not isinstance(handler.body[-1], _ENDS):
                after = after & ended
        return after | self.block(node.finalbody, set(own))

    def _defined(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, own: set[str]) -> set[str]:
        """Take a definition: what it is made with is read now, what it reads inside when its name is."""
        now: list[ast.AST] = [*node.decorator_list]
        inside: list[ast.AST] = [node]
        if isinstance(node, ast.ClassDef):  # its body runs at once, its methods do not
            inside = [part for part in node.body if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef))]
            now += [*node.bases, *node.keywords, *(part for part in node.body if part not in inside)]
        else:
            now += [*node.args.defaults, *(default for default in node.args.kw_defaults if default)]
        for part in now:
            self._reads(_free(part), own)
        later = set[str]().union(*map(_free, inside))
        if node.decorator_list:  # the decorator may call it
            self._reads(later, own)
        else:  # of two branches that define it, either may have been taken
            self._later[node.name] = self._later.get(node.name, set()) | later
        return own | {node.name}

    def _expressions(self, nodes: Iterable[ast.AST], own: set[str]) -> set[str]:
        """Read expressions, or a simple statement; return what is set after it."""
        own = set(own)
        for node in nodes:
            self._reads(_free(node), own)
            own |= {n.id for n in level(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        return own

    def _reads(self, names: Iterable[str], own: set[str]) -> None:
        for name in names:
            if name not in own:
                self.read.add(name)
            elif name in self._later:
                self._reads(self._later.pop(name), own)


def _free(node: ast.AST) -> set[str]:
    """Return the names that a node reads and does not bind itself: as arguments, in a comprehension, in a function."""
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, ast.Load) else set()
    inside = set[str]().union(*(_free(child) for child in ast.iter_child_nodes(node)))
    if isinstance(node, _FUNCTIONS):
        return inside - _bound(node)
    if isinstance(node, _COMPREHENSIONS):
        return inside - {n.id for part in node.generators for n in ast.walk(part.target) if isinstance(n, ast.Name)}
    return inside


def _bound(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """Return the names that are a function's own."""
    nodes = [n for part in ast.iter_child_nodes(function) for n in level(part)]
    shared = {name for n in nodes if isinstance(n, (ast.Global, ast.Nonlocal)) for name in n.names}
    stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return (stored | {n.arg for n in ast.walk(function.args) if isinstance(n, ast.arg)}) - shared


def level(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what is in it, but for what is in functions, classes and comprehensions."""
    yield node
    if not isinstance(node, (*_FUNCTIONS, *_COMPREHENSIONS, ast.ClassDef)):
        for child in ast.iter_child_nodes(node):
            yield from level(child)
