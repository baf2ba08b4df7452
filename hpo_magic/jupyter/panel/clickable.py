"""Widgets that ipywidgets lacks: a table whose rows and headers can be clicked, and lines with a button each.

Data flows to the browser in one trait, clicks come back as messages: so the panel's live thread may write them while
whoever handles a click writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

_HERE = Path(__file__).parent
Heard = Callable[[dict[str, Any]], None]


class Table(anywidget.AnyWidget):
    """Rows of text; clicks send ``{"sort": column}``, ``{"open": trial}`` or ``{"turn": pages}``."""

    _esm = (_HERE / "table.js").read_text(encoding="utf-8")
    data = traitlets.Dict().tag(sync=True)


class Lines(anywidget.AnyWidget):
    """Lines with a button each; a click sends ``{"follow": text}``."""

    _esm = (_HERE / "advice.js").read_text(encoding="utf-8")
    lines = traitlets.List().tag(sync=True)


def hear(widget: anywidget.AnyWidget, heard: Heard) -> None:
    """Call `heard` with every message that a click sends."""

    def message(_widget: Any, content: Any, _buffers: Any) -> None:
        if isinstance(content, dict):
            heard(content)

    widget.on_msg(message)
