"""Stands in for the notebook's shell in a trial of this process: what its magics run, they run on the trial's names."""

from __future__ import annotations

import ast
import inspect
import sys
import time
from collections.abc import Iterator
from types import FrameType
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

    def run_line_magic(self, name: str, line: str, _stack_depth: int = 1) -> Any:
        """Run a line magic; ``%time`` on the trial's names, and none that only knows the notebook's."""
        if name == "time" and line.strip() and not line.lstrip().startswith("-"):
            return self._time(self._shell.transform_cell(line), self._names(sys._getframe(_stack_depth)))
        if name in _ON_NOTEBOOK:
            raise RuntimeError(f"%{name} works on the notebook's names, not on the trial's; leave it out of the cell")
        return self._shell.run_line_magic(name, line, _stack_depth + 1)  # it looks for names so many frames above

    def _names(self, frame: FrameType) -> dict[str, Any]:
        """Return the names at a place of the cell: the trial's, and those of a function there."""
        inside = frame.f_code.co_flags & inspect.CO_NEWLOCALS
        return {**frame.f_globals, **frame.f_locals} if inside else self._namespace

    def _time(self, source: str, names: dict[str, Any]) -> Any:
        """Run a line and print how long it takes; return its value, where it has one."""
        try:
            code = compile(source.strip(), "<%time>", "eval")
        except SyntaxError:
            code = compile(source, "<%time>", "exec")
        wall, used = time.perf_counter(), time.process_time()
        value = eval(code, names)  # a statement as well, and then None
        print(f"CPU time: {time.process_time() - used:.3g} s\nWall time: {time.perf_counter() - wall:.3g} s")
        return value
