"""Panel: head, buttons, limits, tabs and rows of one study.

Input widgets are touched when the panel is made, by the handlers of clicks, and by the panel's live thread where they
show what no longer holds: after an edit made in a cell. Output widgets are touched by that thread alone. Whoever has
something to say leaves a notice, which it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any

import anywidget
import ipywidgets as widgets

from hpo_magic.errors import HpoError, StudyError
from hpo_magic.jupyter.live_plot import Easel
from hpo_magic.jupyter.panel.button import button
from hpo_magic.jupyter.panel.clickable import Lines, hear
from hpo_magic.jupyter.panel.limits_row import LimitsRow
from hpo_magic.jupyter.panel.live import Live
from hpo_magic.jupyter.panel.log_tab import LogTab
from hpo_magic.jupyter.panel.pictures import convergence_tab, curves_tab, landscape_tab, parameters_tab
from hpo_magic.jupyter.panel.rows import ChoiceRow, NumberRow
from hpo_magic.jupyter.panel.space_tab import SpaceTab
from hpo_magic.jupyter.panel.style import CSS
from hpo_magic.jupyter.panel.tab import Tab
from hpo_magic.jupyter.panel.trials_tab import TrialsTab
from hpo_magic.space import Choice, Space
from hpo_magic.study import Study
from hpo_magic.trials import Trial


class Panel:
    """The widgets of a study.

    Parameters
    ----------
    study : Study
    go_on : callable
        Starts or resumes the search; what the Resume button does.
    apply : callable
        Puts the values of a trial, or of the best, into the namespace and returns what to say about it.
    """

    def __init__(self, study: Study, go_on: Callable[[], None], apply: Callable[[Trial | None], str]) -> None:
        self.study, self._go_on, self._apply = study, go_on, apply
        self.notice = self.told = ""
        """What the last click complains of, and what it has done."""
        self.easel = Easel()
        self.head, self.message = widgets.HTML(), widgets.HTML()
        self.lines = Lines()
        hear(self.lines, lambda message: self.handle(lambda: self._follow(message.get("follow"))))
        self._limits = LimitsRow(study, self.handle, self.tell)
        self.rows = {
            name: (ChoiceRow if isinstance(domain, Choice) else NumberRow)(
                name, study.space, study.original, study.edit, self.handle, self._space
            )
            for name, domain in study.original.items()
        }
        self._space_tab = SpaceTab(study, self.handle, self.refresh, self.tell)
        self.tabs: tuple[Tab, ...] = (
            convergence_tab(study, self.easel, self.handle),
            parameters_tab(study, self.easel, self.handle),
            landscape_tab(study, self.easel, self.handle),
            curves_tab(study, self.easel),
            TrialsTab(study, self.handle, self._begin_from, self.tell, apply),
            self._space_tab,
            LogTab(study),
        )
        self._tab = widgets.Tab(children=[tab.box for tab in self.tabs], titles=[tab.title for tab in self.tabs])
        self._tab.selected_index = 0
        self._tab.observe(lambda _: self.handle(lambda: None), names="selected_index")
        self.box = widgets.VBox(
            [widgets.HTML(f"<style>{CSS}</style>"), self.head, self._buttons(), self._limits.box, self.message,
             self._tab, widgets.VBox([row.box for row in self.rows.values()]), self.lines]  # advice moves nothing
        )  # fmt: skip
        self.box.add_class("hpo-panel")
        clickable = (widgets.ValueWidget, widgets.Button, widgets.Tab, anywidget.AnyWidget)
        self._inputs = [widget for widget in _tree(self.box) if isinstance(widget, clickable)]
        self.live = Live(self)

    def view(self) -> tuple[Tab, Hashable]:
        """Return the open tab, and what the user has chosen in it."""
        tab = self.tabs[self._tab.selected_index or 0]
        return tab, tab.wanted()

    def tell(self, what: str) -> None:
        """Leave word of what a click has done."""
        self.told = what

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

    def refresh(self) -> None:
        """Show in every row and field what holds."""
        for row in self.rows.values():
            row.refresh()
        self._limits.refresh()

    def _begin_from(self, trial: Trial) -> None:
        # First, as it is a click too and clears what was told.
        self._tab.selected_index = self.tabs.index(self._space_tab)
        self._space_tab.begin_from(trial)

    def _follow(self, text: Any) -> None:
        found = [one for one in self.live.thoughts.advice if one.text == text]
        if not found:
            raise StudyError("that advice is out of date; nothing was changed")
        self.study.follow(found[0])
        self.refresh()
        self.told = f"done: {found[0].label}"

    def _buttons(self) -> widgets.HBox:
        def apply() -> None:
            self.told = self._apply(None)

        def pause() -> None:
            self._need_alive("pause")
            self.study.pause()

        def stop() -> None:
            self._need_alive("stop")
            self.study.stop()

        return widgets.HBox(
            [
                button("Pause", self.handle, pause),
                button("Resume", self.handle, self._go_on),
                button("Stop", self.handle, stop),
                button("Apply best", self.handle, apply),
            ]
        )

    def _need_alive(self, verb: str) -> None:
        if not self.study.phase.alive:
            raise StudyError(f"there is nothing to {verb}: the search is {self.study.phase}; Resume goes on with it")


def _tree(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _tree(child)
