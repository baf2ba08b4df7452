"""Cell: the source of a cell, read into a space and an objective that runs it in a copy of the namespace."""

from __future__ import annotations

import ast
import inspect
import itertools
import linecache
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType, FunctionType, ModuleType
from typing import Any

from hpo_magic.errors import CellError, MetricError
from hpo_magic.jupyter.cell.annotations import Annotated, Lines, find_annotations
from hpo_magic.jupyter.cell.awaited import complete
from hpo_magic.jupyter.cell.doubts import doubts
from hpo_magic.jupyter.cell.flow import Tested, tested_names
from hpo_magic.jupyter.cell.functions import readers, rebound, stale
from hpo_magic.jupyter.cell.in_place import changed_in_place
from hpo_magic.jupyter.cell.layout import Layout, lay_out
from hpo_magic.jupyter.cell.left_over import LeftOver, left_over
from hpo_magic.jupyter.cell.own_names import own_names
from hpo_magic.jupyter.cell.rewrite import (
    RESULT,
    VALUES,
    Rewriter,
    Values,
    capture_result,
    check_metric,
    set_names,
)
from hpo_magic.jupyter.cell.sending import display_elsewhere, names_used, put_text, text_of
from hpo_magic.jupyter.cell.shell_here import ShellHere, line_magics
from hpo_magic.run.executors.parcel import Used
from hpo_magic.run.failure import CELL_PREFIX
from hpo_magic.space import Config, Space

LAST = "result"
"""Name of the metric where none is named: the last expression."""
_counter = itertools.count(1)


@dataclass(frozen=True)
class Cell:
    """An annotated cell, ready to run.

    Attributes
    ----------
    source, plain : str
        The body as the user wrote it, and with magics and shell lines turned into calls.
    space : Space
    metrics : tuple of str
        Variables to read after a run; empty for the last expression.
    also : tuple of str
        Further variables that every trial must set: those of constraints.
    kept : tuple of str
        Variables to keep with a trial that sets them to a number.
    meaning : str
        The program without its annotated values and comments, by which an edited cell is told from a reformatted one.
    names : frozenset of str
        Names of the notebook among the options.
    needed : frozenset of str
        Those of them that the cell does not make itself.
    made, own : frozenset of str
        Names that the cell sets; those of them that it sets in any case before it reads them.
    tested : tuple of Tested
        Names that its conditions read.
    doubts : tuple of str
        What may not be meant as it is written.
    in_place : tuple of (str, int)
        Names of which the cell sets a part, without having set them itself before, and the line that does.
    left_over : tuple of LeftOver
        Names that it sets for some options only, and reads for others.
    code : code object

    Examples
    --------
    >>> cell = read_cell("x = 1.0  # hpo: 0.0..2.0\\n(x - scale) ** 2")
    >>> cell.objective({"scale": 0.5})({"x": 2.0})
    {'result': 2.25}
    """

    source: str
    plain: str
    space: Space
    metrics: tuple[str, ...]
    also: tuple[str, ...]
    kept: tuple[str, ...]
    meaning: str
    names: frozenset[str]
    needed: frozenset[str]
    made: frozenset[str]
    own: frozenset[str]
    tested: tuple[Tested, ...]
    doubts: tuple[str, ...]
    in_place: tuple[tuple[str, int], ...]
    left_over: tuple[LeftOver, ...]
    magics: tuple[tuple[str, int], ...]
    code: CodeType = field(repr=False)

    def in_notebook(self, namespace: Mapping[str, Any]) -> list[str]:
        """Say of which names that it leaves unset for some options a trial reads what the notebook has."""
        return [str(one) for one in self.left_over if one.name in namespace]

    def objective(self, namespace: Mapping[str, Any]) -> CellObjective:
        """Return the objective over a snapshot of a namespace."""
        return CellObjective(
            self.code,
            self.metrics,
            self.also,
            self.kept,
            dict(namespace),
            readers(namespace, self.made),
            self.made,
            self.own,
            self.magics,
        )


@dataclass(frozen=True)
class CellObjective:
    """Runs the cell on a config, in one fresh copy of the namespace a run."""

    code: CodeType = field(repr=False)
    metrics: tuple[str, ...]
    also: tuple[str, ...]
    kept: tuple[str, ...]
    namespace: dict[str, Any] = field(repr=False)
    functions: Mapping[str, FunctionType] = field(repr=False)
    made: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    magics: tuple[tuple[str, int], ...] = ()

    def __call__(self, config: Config) -> dict[str, Any]:
        """Run the cell; return {metric: value}."""
        return self.read(self.run(config))

    def used(self) -> dict[str, Used]:
        """Return the names of the namespace that the cell uses."""
        return names_used(self.code, self.namespace, self.own)

    def stale(self) -> list[str]:
        """Say what the cell uses of the notebook and what in a trial does not see the values that the cell sets."""
        same = {name for name, value in self.namespace.items() if isinstance(value, (ModuleType, type))}
        found, seen = [], {*self.made, *self.functions} - same  # an import in the cell is the notebook's own
        for name, used in self.used().items():
            if read := sorted(stale(used.value) & seen):
                found.append(
                    f"{name} reads {read[0]}, which the cell sets, but is made outside of it: in a trial it sees the "
                    "notebook's value; make it in the cell, or hand the value over"
                )
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process with no more of the namespace than the cell uses; its magics need the notebook."""
        if self.magics:
            name, line = self.magics[0]
            source = linecache.getline(self.code.co_filename, line).strip()
            raise CellError(f"%{name} needs the notebook, so trials cannot run in other processes", line, source)
        names = {name: used.value for name, used in self.used().items()}
        named = {name for name in self.functions if name in names}
        return _arrived, (self.code, text_of(self.code), self.metrics, self.also, self.kept, names, named)

    def run(self, config: Config) -> dict[str, Any]:
        """Run the cell and return its namespace."""
        # One dict for globals and locals: with two, functions of the cell would not see the cell's names.
        namespace = {**self.namespace, VALUES: Values(config)}
        namespace.update(rebound(self.functions, namespace))
        if (shell := getattr(namespace.get("get_ipython"), "__self__", None)) is not None:
            here = ShellHere(shell, namespace)
            namespace["get_ipython"] = lambda: here
        for metric in (*self.metrics, *self.also, *self.kept):  # a value left from an earlier cell is not this trial's
            namespace.pop(metric, None)
        running = eval(self.code, namespace)
        if inspect.iscoroutine(running):
            complete(running)
        return namespace

    def read(self, namespace: Mapping[str, Any]) -> dict[str, Any]:
        """Return the metrics from a namespace in which the cell has run."""
        wanted = (*self.metrics, *self.also)
        for metric in wanted:
            if metric not in namespace:
                raise MetricError(f"the cell did not set the metric {metric!r} in this trial; set it on every path")
        last = {} if self.metrics else {LAST: namespace[RESULT]}
        kept = [name for name in self.kept if name in namespace]
        return {**last, **{metric: namespace[metric] for metric in (*wanted, *kept)}}


def _arrived(
    code: CodeType,
    text: list[str],
    metrics: tuple[str, ...],
    also: tuple[str, ...],
    kept: tuple[str, ...],
    names: dict[str, Any],
    functions: set[str],
) -> CellObjective:
    """Return an objective in the process that it was sent to."""
    put_text(code.co_filename, text)
    namespace = {"__name__": "__main__", "display": display_elsewhere, **names}
    return CellObjective(code, metrics, also, kept, namespace, {name: names[name] for name in functions})


def read_cell(
    source: str,
    metrics: Sequence[str] = (),
    first_line: int = 2,
    shown: str | None = None,
    also: Sequence[str] = (),
    kept: Sequence[str] = (),
) -> Cell:
    """Read an annotated cell; nothing of it is run.

    Parameters
    ----------
    source : str
        Plain Python (magics and shell lines already turned into calls), without the ``%%hpo`` line.
    metrics : sequence of str
        Variables that hold the metrics; none for the last expression.
    first_line : int
        Line of the cell at which `source` begins.
    shown : str, optional
        The body as the user wrote it, for tracebacks and errors.
    also : sequence of str
        Variables that constraints read.
    kept : sequence of str
        Variables to keep with each trial.

    Raises
    ------
    CellError
        Where the cell cannot be read as an objective; quotes the line.
    """
    written = source if shown is None or shown.count("\n") != source.count("\n") else shown
    lines = Lines(written, first_line)
    tree = _parse(source, lines)
    annotated = find_annotations(tree, source, lines)
    if not annotated:
        raise CellError("the cell has no parameter to tune; annotate one, as in lr = 1e-3  # hpo: 1e-5..1e-1 log", None)
    try:
        tested, unsure = tuple(tested_names(tree, annotated, lines)), doubts(tree, annotated, lines)
        in_place = tuple((name, line + first_line - 1) for name, line in changed_in_place(tree))
        magics = tuple((name, line + first_line - 1) for name, line in line_magics(tree))
        layout = lay_out(tree, annotated, lines)
        maybe = frozenset(set_names(tree.body)) - own_names(tree) - {*metrics, *also, *kept}
        left = left_over(tree, annotated, lines, maybe, layout.space)
        for metric in (*metrics, *also, *kept):
            check_metric(tree, metric, lines)
        tree = _rewritten(tree, annotated, layout, metrics)
        meaning, own = ast.unparse(tree), own_names(tree)
        code = _compile(tree, written, first_line)
    except (RecursionError, MemoryError):
        raise CellError("the cell is nested too deeply to be read; make it simpler") from None
    names = frozenset(name for one in annotated for name in one.parsed.names)
    made = frozenset(set_names(tree.body))
    needed = frozenset(name for name in names if name.split(".")[0] not in made)
    return Cell(
        written, source, layout.space, tuple(metrics), tuple(also), tuple(kept), meaning, names, needed, made, own,
        tested, unsure, in_place, left, magics, code,
    )  # fmt: skip


def _rewritten(tree: ast.Module, annotated: list[Annotated], layout: Layout, metrics: Sequence[str]) -> ast.Module:
    """Return the program that a trial runs; `tree` itself becomes it."""
    program: ast.Module = Rewriter(annotated, layout.indices).visit(tree)
    if not metrics and not capture_result(program):
        raise CellError(
            "the cell names no metric and does not end in an expression; "
            "add --minimize loss (or --maximize accuracy), or end the cell with the value to minimise"
        )
    return ast.fix_missing_locations(program)


def _parse(source: str, lines: Lines) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        told = "invalid syntax" if error.msg == "invalid syntax" else f"invalid syntax: {error.msg}"
        raise lines.error(told, error.lineno or 1) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise lines.error(f"the cell cannot be read: {error or type(error).__name__}", 1) from None


def _compile(tree: ast.Module, source: str, first_line: int) -> CodeType:
    """Compile under a file name that linecache knows, so that tracebacks show the user's own lines."""
    name = f"{CELL_PREFIX} {next(_counter)}>"
    ast.increment_lineno(tree, first_line - 1)
    text = "\n" * (first_line - 1) + source + "\n"
    put_text(name, text.splitlines(keepends=True))
    try:
        code: CodeType = compile(tree, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise Lines(source, first_line).error(
            f"the cell cannot be compiled: {error}", (line or first_line) - first_line + 1
        ) from None
    return code
