"""A button that does one thing."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from hpo_magic.jupyter.panel.tab import Handle


def button(label: str, handle: Handle, work: Callable[[], None], tip: str = "") -> widgets.Button:
    """Return a button as wide as its label; no icon: its glyph would become part of what a screen reader says."""
    made = widgets.Button(description=label, tooltip=tip or label)
    made.layout.width = "auto"
    made.add_class(f"hpo-do-{label.lower().replace(' ', '-')}")  # what cannot be done now is shown pale
    made.on_click(lambda _: handle(work))
    return made
