"""Cells with an await at their outermost level."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def complete(running: Coroutine[Any, Any, Any]) -> None:
    """Run a cell with top-level await to its end, in a thread of its own where this one has an event loop already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(running)
        return
    context = contextvars.copy_context()
    with ThreadPoolExecutor(1, "hpo_magic-await") as pool:
        pool.submit(context.run, asyncio.run, running).result()
