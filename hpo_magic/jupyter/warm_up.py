"""Heavy imports ahead of their need, between cells, so that the first panel is there at once; else a line says so."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from IPython.display import display

_MODULES = (
    "numpy", "scipy.optimize", "scipy.special", "matplotlib.figure", "matplotlib.backends.backend_agg", "sqlalchemy",
    "ipywidgets", "anywidget", "cmaes", "hpo_magic.study", "hpo_magic.insight.plots", "hpo_magic.jupyter.launch",
    "sklearn.utils", "sklearn.tree", "sklearn.ensemble", "skopt.learning",
)  # fmt: skip
_FIRST, _BETWEEN = 0.3, 0.03
"""Seconds before the first import, and between two, in which cells and clicks come first."""


def warm_up() -> None:
    """Import one module after the other whenever the kernel's loop is idle; nothing happens where no loop runs.

    In the main thread, not beside it: where two threads import modules that import each other, Python lets one of them
    see a module half made rather than wait for ever.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # a plain IPython: its prompt shows no panel
        return

    def step(place: int) -> None:
        try:
            importlib.import_module(_MODULES[place])
        except ImportError:  # whoever needs it says so, in a cell of theirs
            return
        if place + 1 < len(_MODULES):
            loop.call_later(_BETWEEN, step, place + 1)

    loop.call_later(_FIRST, step, 0)


@contextmanager
def loading(shell: Any, module: str) -> Iterator[None]:
    """Show a line while a module is imported for the first time; nothing where nobody watches."""
    kernel = getattr(shell, "kernel", None)
    if module in sys.modules or kernel is None or not getattr(kernel, "_allow_stdin", True):
        yield
        return
    line = {"text/html": '<div class="hpo-starting">starting the search …</div>', "text/plain": "starting the search …"}
    handle = display(line, raw=True, display_id=True)
    try:
        yield
    finally:
        if handle is not None:
            handle.update({"text/html": "", "text/plain": ""}, raw=True)
