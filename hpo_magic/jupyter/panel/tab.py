"""What a tab of the panel is: a title, widgets, what the user has chosen in it, and how it is brought up to date."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Protocol

Handle = Callable[[Callable[[], None]], None]
"""Runs what a click asks for and shows an error instead of raising it."""


class Tab(Protocol):
    """A tab. `show` belongs to the panel's live thread, everything else to whoever handles a click."""

    title: str
    box: Any

    def wanted(self) -> Hashable:
        """Return what the user has chosen to see in it; where that changes, it is shown at once."""

    def show(self, fresh: bool) -> None:
        """Bring the tab up to date: all of it where `fresh`, else as much as is cheap."""
