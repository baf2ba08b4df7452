"""Panel: head, buttons, limits, rows and plots of one study.

Input widgets are touched only when the panel is made and by their own handlers. Output widgets are touched only by the
panel's live thread. Whoever has something to say leaves a notice, which that thread shows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets as widgets

from hpo_magic.errors import HpoError, StudyError
from hpo_magic.insight.plots import PLOTS
from hpo_magic.jupyter.panel.live import Live
from hpo_magic.jupyter.panel.rows import ChoiceRow, NumberRow
from hpo_magic.jupyter.panel.style import CSS
from hpo_magic.search.recipes import RECIPES
from hpo_magic.space import Choice, Space
from hpo_magic.study import Study


class Panel:
    """The widgets of a study.

    Parameters
    ----------
    study : Study
    go_on : callable
        Starts or resumes the search; what the Resume button does.
    apply : callable
        Puts the best values into the namespace and returns what to say about it.
    """

    def __init__(self, study: Study, go_on: Callable[[], None], apply: Callable[[], str]) -> None:
        self.study, self._go_on, self._apply = study, go_on, apply
        self.notice = self.told = ""
        """What the last click complains of, and what it has done."""
        self.head = widgets.HTML()
        self.message = widgets.HTML()
        self.plots = {name: widgets.Image(format="png") for name in PLOTS}
        for name, plot in self.plots.items():
            plot.add_class("hpo-plot")
            plot.layout.max_width = "49%"
            plot.add_class(f"hpo-{name}")
            plot.layout.display = "none"
        self._inputs: list[Any] = []
        make = ChoiceRow, NumberRow
        rows = [
            make[0 if isinstance(domain, Choice) else 1](
                name, study.space, study.original, study.edit, self.handle, self._space
            ).box
            for name, domain in study.original.items()
        ]
        self.box = widgets.VBox(
            [widgets.HTML(f"<style>{CSS}</style>"), self.head, self._buttons(), self._limits(), self.message,
             widgets.HBox(list(self.plots.values()), layout={"flex_flow": "row wrap"}), widgets.VBox(rows)]
        )  # fmt: skip
        self.box.add_class("hpo-panel")
        self._inputs = [w for w in _tree(self.box) if isinstance(w, (widgets.ValueWidget, widgets.Button))]
        self.live = Live(self)

    def handle(self, work: Callable[[], None]) -> None:
        """Run what a click asks for; an error is shown in the panel and changes nothing."""
        try:
            self.notice = self.told = ""
            work()
        except HpoError as error:
            self.notice = str(error)
        except Exception as error:  # noqa: BLE001 - a click must say what went wrong, whatever it was
            self.notice = f"internal error: {type(error).__name__}: {error}"
        finally:
            self.study.ledger.journal.announce()
            self.unpin()

    def unpin(self) -> None:
        """Let clicks be heard while another cell is busy.

        ipykernel 7.4 answers a widget's messages on the shell that last wrote to the widget; where that was the main
        shell, a click waits for the cell that runs there. Without that memory it goes to the shell that the front end
        chose. A private attribute, so nothing is done where it is absent.
        """
        for widget in self._inputs:
            getattr(widget.comm, "__dict__", {}).pop("_reply_subshell_id", None)

    def close(self) -> None:
        """Take the panel away."""
        self.live.stop()
        for widget in [*_tree(self.box)]:
            widget.close()

    def _space(self) -> Space:
        return self.study.space

    def _buttons(self) -> widgets.HBox:
        def button(label: str, work: Callable[[], None]) -> widgets.Button:
            # No icon: its glyph would become part of the name that a screen reader says.
            made = widgets.Button(description=label)
            made.layout.width = "auto"
            made.on_click(lambda _: self.handle(work))
            return made

        def apply() -> None:
            self.told = self._apply()

        def pause() -> None:
            self._need_alive("pause")
            self.study.pause()

        def stop() -> None:
            self._need_alive("stop")
            self.study.stop()

        return widgets.HBox(
            [
                button("Pause", pause),
                button("Resume", self._go_on),
                button("Stop", stop),
                button("Apply best", apply),
            ]
        )

    def _need_alive(self, verb: str) -> None:
        if not self.study.phase.alive:
            raise StudyError(f"there is nothing to {verb}: the search is {self.study.phase}; Resume goes on with it")

    def _limits(self) -> widgets.HBox:
        limits = self.study.limits
        strategy = widgets.Dropdown(
            options=list(dict.fromkeys([*RECIPES, self.study.strategy.name])), value=self.study.strategy.name,
            description="strategy",
        )  # fmt: skip
        trials = _field("trials", limits.trials, "trials that the study shall have in the end; empty: no limit")
        timeout = _field("seconds in all", limits.timeout, "time for the whole search; empty: no limit")
        one = _field("seconds a trial", limits.trial_timeout, "seconds for one trial; empty: no limit")

        quiet = False

        def show() -> None:
            nonlocal quiet
            quiet, holding = True, self.study.limits
            for field, value in (
                (trials, holding.trials), (timeout, holding.timeout), (one, holding.trial_timeout)
            ):  # fmt: skip
                field.value = "" if value is None else str(value)
            quiet = False

        def changed(_change: Any) -> None:
            if quiet:
                return

            def work() -> None:
                try:
                    apply()
                finally:  # what was refused does not stay in its field
                    show()

            def apply() -> None:
                self.study.set_limits(
                    dataclasses.replace(
                        self.study.limits,
                        trials=_read("trials", trials.value, int),
                        timeout=_read("seconds in all", timeout.value, float),
                        trial_timeout=_read("seconds a trial", one.value, float),
                    )
                )

            self.handle(work)

        for field in (trials, timeout, one):
            field.observe(changed, names="value")
        strategy.observe(lambda change: self.handle(lambda: self.study.set_strategy(change["new"])), names="value")
        strategy.layout.width = "215px"
        return widgets.HBox([strategy, trials, timeout, one])


def _field(label: str, value: float | None, tip: str) -> widgets.Text:
    field = widgets.Text(
        value="" if value is None else str(value), description=label, continuous_update=False, tooltip=tip
    )
    field.layout.width = "190px"
    field.style.description_width = "95px"
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


def _tree(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _tree(child)
