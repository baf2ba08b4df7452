"""The tab of trials: a table that sorts, and of the trial that was clicked its config, its log, its error."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from functools import partial
from html import escape
from typing import Any

import ipywidgets as widgets

from hpo_magic.errors import StudyError
from hpo_magic.insight.plots.scale import short
from hpo_magic.jupyter.panel.button import button
from hpo_magic.jupyter.panel.clickable import Table, hear
from hpo_magic.jupyter.panel.space_tab import later
from hpo_magic.jupyter.panel.tab import Handle
from hpo_magic.jupyter.report import digits, lasted
from hpo_magic.space.shown import readable
from hpo_magic.space.words import teller
from hpo_magic.study import Study
from hpo_magic.trials import State, Trial
from hpo_magic.trials.constraints import unmet

_PAGE, _TAIL, _WIDE = 100, 30, 40
"""Rows of a page, lines of a log, characters of a cell."""
_LACKING = object()
"""What a trial does not have; None may be an option."""


class TrialsTab:
    """Every trial of a study.

    Parameters
    ----------
    study : Study
    handle : Handle
    begin_from : callable
        Hears the config of the trial that "Start from here" was clicked for.
    told : callable
        Hears what a click has done, in words.
    apply : callable
        Puts a trial's values into the notebook and says so.
    """

    title = "Trials"

    def __init__(
        self, study: Study, handle: Handle, begin_from: Callable[[Trial], None], told: Callable[[str], None],
        apply: Callable[[Trial], str],
    ) -> None:  # fmt: skip
        self._study, self._handle, self._told = study, handle, told
        self._sort, self._page, self._chosen = (0, True), 0, -1
        self._names, self._front = list(study.original), set[int]()
        self.table = Table(data={})
        hear(self.table, lambda message: handle(lambda: self._clicked(message)))
        self.detail = widgets.HTML()
        self.detail.add_class("hpo-detail")

        def on_chosen(label: str, work: Callable[[Trial], None], tip: str) -> widgets.Button:
            return button(label, handle, lambda: work(self._need_chosen()), tip)

        self._buttons = widgets.HBox(
            [
                on_chosen("Apply", lambda trial: told(apply(trial)), "set its values in the notebook"),
                on_chosen("Run again", self._again, "put its config in the queue once more, with another seed"),
                on_chosen("Start from here", begin_from, "edit its config under Space and queue it as a new trial"),
                on_chosen("Do not trust", self._distrust, "keep it in the record, but let nobody learn from it"),
                on_chosen("Trust again", self._trust, "let the search learn from it again"),
            ]
        )
        self.box = widgets.VBox([self.table, self._buttons, self.detail])

    def wanted(self) -> Hashable:
        """Return the order, the page, and the trial that was clicked."""
        return (self._sort, self._page, self._chosen)

    def show(self, fresh: bool) -> None:
        """Fill the table's page and the detail."""
        data = self._data()
        if data != self.table.data:
            self.table.data = data
        detail = "" if self._chosen < 0 else describe(self._study, self._chosen)
        if detail != self.detail.value:
            self.detail.value = detail

    def _clicked(self, message: dict[str, Any]) -> None:
        if isinstance(column := message.get("sort"), int):
            self._sort = (column, not self._sort[1] if column == self._sort[0] else False)
            self._page = 0
        elif isinstance(number := message.get("open"), int):
            self._chosen = self._study.ledger.journal.get(number).number
        elif isinstance(step := message.get("turn"), int):
            self._page = max(self._page + step, 0)

    def _need_chosen(self) -> Trial:
        if self._chosen < 0:
            raise StudyError("no trial is chosen: click a row of the table first")
        return self._study.ledger.journal.get(self._chosen)

    def _again(self, trial: Trial) -> None:
        self._study.repeat(trial)
        self._told(f"trial {trial.number} is in the queue to be run again{later(self._study)}")

    def _distrust(self, trial: Trial) -> None:
        self._study.distrust(trial)
        self._told(f"trial {trial.number} is no longer learnt from, and is never best")

    def _trust(self, trial: Trial) -> None:
        self._study.trust(trial)
        self._told(f"trial {trial.number} is trusted again")

    def _data(self) -> dict[str, Any]:
        study = self._study
        self._front = _on_front(study)
        columns = ["trial", "state", *study.ledger.measured, *self._names, lasted(study)]
        column, down = self._sort
        trials = sorted(study.trials, key=lambda trial: _key(self._value(trial, column)), reverse=down)
        lacking = [trial for trial in trials if self._value(trial, column) is _LACKING]
        if lacking:  # what has no value comes last in both directions
            trials = [trial for trial in trials if self._value(trial, column) is not _LACKING] + lacking
        pages = max(math.ceil(len(trials) / _PAGE), 1)
        page = min(self._page, pages - 1)
        tell = self._tellers()
        rows = [
            {
                "number": trial.number,
                "state": str(trial.state) if trial.trusted else "distrusted",
                "cells": [_cell(self._value(trial, place), one) for place, one in enumerate(tell)],
            }
            for trial in trials[page * _PAGE : (page + 1) * _PAGE]
        ]
        footer = f"{len(trials)} trials" if pages == 1 else f"{len(trials)} trials, page {page + 1} of {pages}"
        return {
            "columns": columns, "rows": rows, "sort": list(self._sort), "chosen": self._chosen,
            "page": page, "pages": pages, "footer": footer,
        }  # fmt: skip

    def _tellers(self) -> list[Callable[[Any], str]]:
        """Return what tells the values of each column in a few characters."""
        metrics = [partial(readable, digits=digits(self._study, metric)) for metric in self._study.ledger.measured]
        return [str, str, *metrics, *map(teller, self._study.original.values()), readable]

    def _value(self, trial: Trial, column: int) -> Any:
        metrics = self._study.ledger.measured
        if column == 0:
            return trial.number
        if column == 1:
            return _state(self._study, trial, self._front)
        if column < 2 + len(metrics):
            return (trial.values or {}).get(metrics[column - 2], _LACKING)
        names = self._names[column - 2 - len(metrics) :]
        if names:
            return trial.config.get(names[0], _LACKING)
        return _LACKING if trial.duration is None else trial.duration


def _on_front(study: Study) -> set[int]:
    """Return the trials on the Pareto front, where there are several goals."""
    return {trial.number for trial in study.pareto} if len(study.goals) > 1 else set()


def _state(study: Study, trial: Trial, front: set[int]) -> str:
    """Return a trial's state in words, with its place on the front and the constraints that it misses."""
    said = [str(trial.state), *([] if trial.trusted else ["not trusted"])]
    said += ["on the front"] if trial.number in front else []
    if trial.state is State.DONE:
        missed = unmet(study.constraints, trial.values or {})
        said += [f"misses {' and '.join(missed)}"] if missed else []
    return ", ".join(said)


def _key(value: Any) -> tuple[int, float, str]:
    """Return what sorts values of mixed kinds: numbers by size, then texts."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return (0, float(value), "")
    return (1, 0.0, str(value))


def _cell(value: Any, tell: Callable[[Any], str]) -> str:
    return "–" if value is _LACKING else short(tell(value), _WIDE)


def describe(study: Study, number: int) -> str:
    """Return everything about a trial as HTML: config, values, error with the cell's line, the end of its log."""
    trial = study.ledger.journal.get(number)
    facts = [f"trial {number}: {_state(study, trial, _on_front(study))}"]
    if trial.values:
        facts.append(", ".join(f"{name} = {value}" for name, value in trial.values.items()))
    if trial.parent is not None:
        facts.append(f"goes on from or repeats trial {trial.parent}")
    if trial.duration is not None:
        facts.append(f"{trial.duration:.3g} s")
    config = "\n".join(f"{name} = {value!r}" for name, value in trial.config.items())
    parts = [f"<b>{escape('; '.join(facts))}</b>", f"<pre>{escape(config)}</pre>"]
    if trial.error is not None:
        parts.append(f'<div class="hpo-error">{escape(str(trial.error))}</div>')
        if trial.error.traceback:
            parts.append(f"<pre>{escape(trial.error.traceback)}</pre>")
    lines = study.log(number).splitlines()
    if lines:
        cut = f"… {len(lines) - _TAIL} lines above, see %hpo log {number}\n" if len(lines) > _TAIL else ""
        parts.append(f'<pre class="hpo-log">{escape(cut + chr(10).join(lines[-_TAIL:]))}</pre>')
    return "".join(parts)
