"""The row of what the search may spend: strategy, trials, time and workers, to be edited while it runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from hpo_magic.errors import HpoError
from hpo_magic.jupyter.panel.quiet import Quiet
from hpo_magic.jupyter.panel.tab import Handle
from hpo_magic.search.recipes import RECIPES
from hpo_magic.study import Study


class LimitsRow:
    """Fields for a study's limits and its strategy; `told` hears what a change has done, in words."""

    def __init__(self, study: Study, handle: Handle, told: Callable[[str], None]) -> None:
        self._study, self._handle, self._told, self._quiet = study, handle, told, Quiet()
        known = list(dict.fromkeys([*RECIPES, study.strategy.name]))
        self._strategy = widgets.Dropdown(options=known, value=study.strategy.name, description="strategy")
        self._strategy.layout.width = "215px"
        self._fields: dict[str, tuple[widgets.Text, type[int] | type[float]]] = {
            "trials": (_field("trials", "trials that the study shall have in the end; empty: no limit", "105px"), int),
            "timeout": (_field("seconds in all", "time for the whole search; empty: no limit"), float),
            "trial_timeout": (_field("seconds a trial", "seconds for one trial; empty: no limit"), float),
            "workers": (_field("workers", "trials at the same time", "105px"), int),
        }
        self.refresh()
        for field, _ in self._fields.values():
            field.observe(lambda _: self._changed(self._apply), names="value")
        self._strategy.observe(lambda _: self._changed(self._choose), names="value")
        self.box = widgets.HBox([self._strategy, *(field for field, _ in self._fields.values())])
        self.box.layout.flex_flow = "row wrap"

    def refresh(self) -> None:
        """Show the limits and the strategy that hold."""
        strategy = self._study.strategy.name
        with self._quiet:
            if strategy not in self._strategy.options:
                self._strategy.options = [*self._strategy.options, strategy]
            self._strategy.value = strategy
            for name, (field, _) in self._fields.items():
                value = getattr(self._study.limits, name)
                field.value = "" if value is None else str(value)

    def _changed(self, work: Callable[[], None]) -> None:
        if not self._quiet.here:
            self._handle(work)

    def _choose(self) -> None:
        try:
            self._study.set_strategy(self._strategy.value)
        finally:  # what was refused does not stay in its field
            self.refresh()

    def _apply(self) -> None:
        try:
            read = {name: _read(field.description, field.value, kind) for name, (field, kind) in self._fields.items()}
            self._study.set_limits(dataclasses.replace(self._study.limits, **read))
            most, done = self._study.limits.trials, self._study.ledger.counted()
            if most is not None and most < done:
                self._told(f"{done} trials are done already, so the search ends; none of them is taken away")
        finally:
            self.refresh()


def _field(label: str, tip: str, width: str = "165px") -> widgets.Text:
    field = widgets.Text(description=label, continuous_update=False, tooltip=tip)
    field.layout.width = width
    field.style.description_width = "initial"
    return field


def _read(name: str, text: str, kind: type[int] | type[float]) -> Any:
    if not text.strip():
        return None
    try:
        return kind(text.strip())
    except ValueError:
        raise HpoError(
            f"{name}={text!r} is no {'whole number' if kind is int else 'number'}; nothing was changed"
        ) from None
