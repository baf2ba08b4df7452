"""--dry-run: the space as a table, what a search would do, and the cell run once with its own values."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from IPython.display import HTML

from hpo_magic.errors import HpoError
from hpo_magic.jupyter.cell import Cell
from hpo_magic.jupyter.cell.program import LAST
from hpo_magic.jupyter.guards import as_in_a_trial
from hpo_magic.run.context import TrialContext
from hpo_magic.run.limits import Limits
from hpo_magic.run.logs import routing
from hpo_magic.run.trial_run import Guard, run_trial
from hpo_magic.search.strategy import Strategy
from hpo_magic.space import Space
from hpo_magic.space.grid import size
from hpo_magic.space.rules import never
from hpo_magic.space.shown import readable
from hpo_magic.space.words import words


class DryRun(HTML):
    """HTML with a plain-text twin for terminals."""

    def __init__(self, html: str, plain: str) -> None:
        super().__init__(html)
        self._plain = plain

    def __repr__(self) -> str:
        return self._plain


def dry_run(
    cell: Cell, strategy: Strategy, limits: Limits, namespace: Mapping[str, Any], guards: Sequence[Guard]
) -> DryRun:
    """Return the table of a cell's space, after one run of the cell as a trial in a copy of the namespace."""
    config = cell.space.defaults()
    if config is None:
        raise HpoError("the cell's own values do not make a config; give every parameter a default inside its range")
    context, objective = TrialContext(0), cell.objective(as_in_a_trial(namespace))
    began = time.perf_counter()
    with routing:
        outcome = run_trial(objective, config, context, (*(cell.metrics or (LAST,)), *cell.also), guards)
    seconds = time.perf_counter() - began
    if outcome.failure is not None:
        prefix = "" if outcome.failure.kind == "MetricError" else "the cell fails with its own values: "
        raise HpoError(f"{prefix}{outcome.failure}")
    ran = ", ".join(f"{name} = {readable(value)}" for name, value in (outcome.values or {}).items())
    points = size(cell.space)
    end = "as many trials as you like" if limits.trials is None else f"{limits.trials} trials"
    lines = [
        f"{len(cell.space)} parameter{'s' if len(cell.space) > 1 else ''}; a grid over them has {points} points",
        f"{strategy.name}, {end}: {strategy.explain(cell.space, limits.trials, len(cell.metrics or (LAST,)))}",
        f"with its own values the cell gives {ran} in {seconds:.2g} s; nothing was stored",
        *cell.doubts,
        *cell.in_notebook(namespace),
        *objective.stale(),
        *never(cell.space),
    ]
    if printed := context.log.text():
        lines.append("it printed:\n" + printed)
    rows = table(cell.space)
    head = ("parameter", "domain", "exists when", "value in the cell")
    html = "".join("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    heads = "".join(f"<th>{title}</th>" for title in head)
    said = "".join(f'<p style="white-space:pre-wrap">{escape(line)}</p>' for line in lines)
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(4)]
    plain = "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in [head, *rows]
    )
    return DryRun(f"<table><tr>{heads}</tr>{html}</table>{said}", "\n".join([plain, *lines]))


def table(space: Space) -> list[tuple[str, str, str, str]]:
    """Return a row a parameter: name, domain in the words of the annotations, condition, default."""
    rows = []
    for name, domain in space.items():
        condition = space.condition(name)
        rows.append((name, words(domain), condition.short if condition else "always", readable(domain.default)))
    return rows
