"""Stands in for the notebook's shell in a trial of this process: what its magics run, they run on the trial's names."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from typing import Any

_ON_NOTEBOOK = ("prun", "run", "macro", "reset", "reset_selective")


def line_magics(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield the line magics of a cell that has become plain Python, with their lines; not what only sets up plots.

    Examples
    --------
    >>> list(line_magics(ast.parse("x = 1\\nget_ipython().run_line_magic('time', 'fit(x)')")))
    [('time', 2)]
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "run_line_magic" and node.args:
            name = getattr(node.args[0], "value", "")
            if name != "matplotlib":
                yield str(name), node.lineno


class ShellHere:
    """The notebook's shell, but for the line magics that would run on the notebook's names.

    Parameters
    ----------
    shell : InteractiveShell
        The notebook's own.
    namespace : dict
        The trial's.
    """

    def __init__(self, shell: Any, namespace: dict[str, Any]) -> None:
        self._shell, self._namespace = shell, namespace

    def __getattr__(self, name: str) -> Any:
        """Return what the notebook's shell has."""
        return getattr(self._shell, name)

    def run_line_magic(self, name: str, line: str, **options: Any) -> Any:
        """Run a line magic; ``%time`` on the trial's names, and none that only knows the notebook's."""
        if name == "time" and line.strip() and not line.lstrip().startswith("-"):
            return self._time(self._shell.transform_cell(line))
        if name in _ON_NOTEBOOK:
            raise RuntimeError(f"%{name} works on the notebook's names, not on the trial's; leave it out of the cell")
        return self._shell.run_line_magic(name, line, **options)

    def _time(self, source: str) -> Any:
        """Run a line and print how long it takes; return its value, where it has one."""
        try:
            code = compile(source.strip(), "<%time>", "eval")
        except SyntaxError:
            code = compile(source, "<%time>", "exec")
        wall, used = time.perf_counter(), time.process_time()
        value = eval(code, self._namespace)  # a statement as well, and then None
        print(f"CPU time: {time.process_time() - used:.3g} s\nWall time: {time.perf_counter() - wall:.3g} s")
        return value
