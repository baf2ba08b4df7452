"""One row a parameter: its range or its options, a fixed value, and the way back to the cell's own range."""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as widgets

from hpo_magic.errors import HpoError, SpaceError
from hpo_magic.jupyter.panel.number import read_number, written
from hpo_magic.jupyter.panel.quiet import Quiet
from hpo_magic.jupyter.panel.tab import Handle
from hpo_magic.space import Budget, Choice, Float, Int, Space, Value
from hpo_magic.space.shown import each_readable, near, readable

Edit = Callable[[Callable[[Space], Space]], Space]
"""Applies a change to the study's space and returns the new one; raises SpaceError where it may not be."""

_STEPS = 200


class _Row:
    """What all rows share: the name, fixing, and undo. Rows are made of it, not derived from it."""

    def __init__(self, name: str, space: Space, original: Space, edit: Edit, handle: Handle) -> None:
        self.name, self.original, self._edit, self._handle = name, original, edit, handle
        self.quietly = Quiet()
        condition = space.condition(name)
        text = escape(f"when {condition.short}") if condition else ""
        when = f' <span class="hpo-when" title="{text}">{text}</span>' if condition else ""
        self.label = widgets.HTML(f'<span class="hpo-name" title="{escape(name)}">{escape(name)}</span>{when}')
        self.label.layout.width = "150px"
        self.fix = widgets.ToggleButton(description="fix", tooltip=f"hold {name} at one value")
        self.fix.layout.width = "48px"
        self.weight = widgets.HTML()
        self.weight.add_class("hpo-weight")
        self.weight.layout.width = "82px"
        self.undo = widgets.Button(description="↺", tooltip=f"{name}: back to the cell's own range")
        self.undo.layout.width = "36px"

    def on(self, widget: Any, work: Callable[[], None]) -> None:
        """Call `work` when the user changes a widget's value."""

        def changed(_change: Any) -> None:
            if not self.quietly.here:
                self._handle(work)

        widget.observe(changed, names="value")

    def keeping(self, space: Space, changed: Space) -> Space:
        """Return the changed space; SpaceError where it no longer holds the value at which the parameter is fixed."""
        if self.name in space.fixed and self.name not in changed.fixed:
            held = readable(space.fixed[self.name])
            raise SpaceError(f"{self.name} is fixed at {held}, which this would exclude; take fix off first")
        return changed

    def edit(self, change: Callable[[Space], Space], show: Callable[[Space], None], now: Callable[[], Space]) -> None:
        """Apply a change and show what came of it; where it is refused, show what holds still, and raise."""
        try:
            space = self._edit(change)
        except HpoError:
            with self.quietly:
                show(now())
            raise
        with self.quietly:
            show(space)


class NumberRow:
    """Slider, bounds and a fixed value of a Float, an Int or a Budget."""

    def __init__(
        self, name: str, space: Space, original: Space, edit: Edit, handle: Handle, now: Callable[[], Space]
    ) -> None:
        self._row = _Row(name, space, original, edit, handle)
        self._name, self._now = name, now
        self.slider = widgets.FloatRangeSlider(
            value=(0.0, 1.0), min=0.0, max=1.0, readout=False, continuous_update=False,
            description=f"range of {name}",
        )  # fmt: skip
        self.slider.layout.width = "215px"
        self.low = self._text(f"lower bound of {name}")
        self.high = self._text(f"upper bound of {name}")
        self.value = self._text(f"fixed value of {name}")
        with self._row.quietly:
            self.show(space)
        self._row.on(self.slider, lambda: self._change(self._from_slider))
        for text in (self.low, self.high):
            self._row.on(text, lambda: self._change(self._from_texts))
        self._row.on(self._row.fix, lambda: self._change(self._fixing))
        self._row.on(self.value, lambda: self._change(self._fixing))
        self._row.undo.on_click(lambda _: handle(lambda: self._change(lambda s: s.reset(name, original))))
        parts: list[Any] = [self._row.label, self.slider, self.low, self.high]
        if not isinstance(original[name], Budget):
            parts += [self._row.fix, self.value]
        self.box = widgets.HBox([*parts, self._row.undo, self._row.weight])
        self.weight = self._row.weight
        self.box.add_class("hpo-row")

    def show(self, space: Space) -> None:
        """Show what holds."""
        domain = self._domain(space)
        low, high = self._to_slider(domain.low), self._to_slider(domain.high)
        own = self._domain(self._row.original)
        ends = min(low, self._to_slider(own.low)), max(high, self._to_slider(own.high))
        # The ends move apart before the value and together after it, or the slider would clip the value.
        self.slider.min, self.slider.max = min(self.slider.min, ends[0]), max(self.slider.max, ends[1])
        self.slider.step = _step(domain, ends[1] - ends[0])
        self.slider.value = (low, high)
        self.slider.min, self.slider.max = ends
        for text, bound in ((self.low, domain.low), (self.high, domain.high)):
            text.value = text.tooltip = written(bound)
        fixed = space.fixed.get(self._name)
        self._row.fix.value = fixed is not None
        if fixed is not None:
            self.value.value = written(fixed)
        self.slider.disabled = fixed is not None

    def refresh(self) -> None:
        """Show what holds after an edit that was made elsewhere."""
        with self._row.quietly:
            self.show(self._now())

    def _change(self, change: Callable[[Space], Space]) -> None:
        self._row.edit(change, self.show, self._now)

    def _from_slider(self, space: Space) -> Space:
        low, high = self.slider.value
        domain = self._domain(space)
        bounds = [self._from_scale(low), self._from_scale(high)]
        # A handle that did not move keeps its exact bound, which the slider's steps may not hit.
        held = domain.low, domain.high
        for end, (position, bound) in enumerate(zip((low, high), held, strict=True)):
            way = position - self._to_slider(bound)
            if abs(way) < self.slider.step / 2:
                bounds[end] = bound
            elif bounds[end] == bound and not isinstance(domain, Float):
                # A step on a logarithmic scale may lie between two whole numbers.
                bounds[end] = bound + (1 if way > 0 else -1)
        return space.narrow(self._name, *bounds)

    def _from_texts(self, space: Space) -> Space:
        bounds = self._number(self.low.value), self._number(self.high.value)
        return self._row.keeping(space, space.narrow(self._name, *bounds))

    def _fixing(self, space: Space) -> Space:
        if not self._row.fix.value:
            return space.free(self._name)
        domain = self._domain(space)
        text = self.value.value.strip()
        middle = domain.default if domain.default is not None else self._from_scale(sum(self.slider.value) / 2)
        return space.fix(self._name, self._number(text) if text else middle)

    def _number(self, text: str) -> float | int:
        return read_number(self._name, text)

    def _domain(self, space: Space) -> Float | Int | Budget:
        domain = space[self._name]
        assert not isinstance(domain, Choice)
        return domain

    def _log(self, space: Space) -> bool:
        return self._domain(space).log

    def _to_slider(self, value: float) -> float:
        return math.log10(value) if self._log(self._row.original) else float(value)

    def _from_scale(self, position: float) -> float | int:
        number = 10**position if self._log(self._row.original) else position
        if not isinstance(self._domain(self._row.original), Float):
            return round(number)
        return near(number, self.slider.step / 4 * (number * math.log(10) if self._log(self._row.original) else 1.0))

    @staticmethod
    def _text(label: str) -> widgets.Text:
        text = widgets.Text(continuous_update=False, placeholder="", description=label)
        text.layout.width = "92px"
        return text


def _step(domain: Float | Int | Budget, width: float) -> float:
    """Return how far a slider of that width moves at once: by the domain's own step, where that is not too fine."""
    own = None if isinstance(domain, Budget) else domain.step
    fine = width / _STEPS
    if own is not None:
        return own * max(math.ceil(fine / own), 1) if isinstance(domain, Float) else own
    return fine if isinstance(domain, Float) or domain.log else 1


class ChoiceRow:
    """A toggle an option, and a fixed value."""

    def __init__(
        self, name: str, space: Space, original: Space, edit: Edit, handle: Handle, now: Callable[[], Space]
    ) -> None:
        self._row = _Row(name, space, original, edit, handle)
        self._name, self._now = name, now
        domain = original[name]
        assert isinstance(domain, Choice)
        self._options = domain.options
        self.toggles = [
            widgets.ToggleButton(description=option, tooltip=f"try {name} = {option}")
            for option in each_readable(domain.options)
        ]
        for toggle in self.toggles:
            toggle.layout.width = "auto"
        self.value = widgets.Dropdown(options=[(option, i) for i, option in enumerate(each_readable(domain.options))])
        self.value.layout.width = "92px"
        self.value.description = f"fixed value of {name}"
        with self._row.quietly:
            self.show(space)
        for toggle in self.toggles:
            self._row.on(toggle, lambda: self._change(self._from_toggles))
        self._row.on(self._row.fix, lambda: self._change(self._fixing))
        self._row.on(self.value, lambda: self._change(self._fixing))
        self._row.undo.on_click(lambda _: handle(lambda: self._change(lambda s: s.reset(name, original))))
        options = widgets.HBox(self.toggles)
        options.layout.width, options.layout.flex_flow = "411px", "row wrap"
        parts = [self._row.label, options, self._row.fix, self.value, self._row.undo, self._row.weight]
        self.box = widgets.HBox(parts)
        self.weight = self._row.weight
        self.box.add_class("hpo-row")

    def show(self, space: Space) -> None:
        """Show what holds."""
        in_play = space.options(self._name)
        for toggle, option in zip(self.toggles, self._options, strict=True):
            toggle.value = any(_same(option, other) for other in in_play)
        self._row.fix.value = self._name in space.fixed
        if self._name in space.fixed:
            fixed = space.fixed[self._name]
            self.value.value = next(i for i, option in enumerate(self._options) if _same(option, fixed))

    def refresh(self) -> None:
        """Show what holds after an edit that was made elsewhere."""
        with self._row.quietly:
            self.show(self._now())

    def _change(self, change: Callable[[Space], Space]) -> None:
        self._row.edit(change, self.show, self._now)

    def _from_toggles(self, space: Space) -> Space:
        chosen = [option for toggle, option in zip(self.toggles, self._options, strict=True) if toggle.value]
        return self._row.keeping(space, space.choose(self._name, chosen))

    def _fixing(self, space: Space) -> Space:
        if not self._row.fix.value:
            return space.free(self._name)
        return space.fix(self._name, self._options[self.value.value])


def _same(one: Value, other: Value) -> bool:
    return type(one) is type(other) and bool(one == other)
