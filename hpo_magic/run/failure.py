"""From an exception to the record of a failure, with the cell's own line where it happened."""

from __future__ import annotations

import linecache
import pickle
import re
import traceback

from hpo_magic.trials import Failure

CELL_PREFIX = "<hpo cell"
"""Cells are compiled under file names that begin so; see hpo_magic.jupyter.cell."""
_OURS = ("report", "should_stop", "checkpoint", "seed")
"""What a trial may ask of the search, by names that are easily taken for built in."""
_NAMELESS = re.compile(r"Can't pickle .*__main__\.")
_MESSAGE, _TRACEBACK = 500, 8000


def failure_of(error: BaseException) -> Failure:
    """Return the record of an exception: the last line of a cell that it passed, and the traceback below the runner.

    Examples
    --------
    >>> try: 1 / 0
    ... except ZeroDivisionError as error: print(failure_of(error))
    ZeroDivisionError: division by zero
    """
    frames = traceback.extract_tb(error.__traceback__)
    in_cell = [frame for frame in frames if frame.filename.startswith(CELL_PREFIX)]
    first = frames.index(in_cell[0]) if in_cell else 0
    shown = traceback.StackSummary.from_list(frames[first:])
    text = "".join([*shown.format(), *traceback.format_exception_only(error)])[-_TRACEBACK:]
    line = in_cell[-1].lineno if in_cell else None
    source = linecache.getline(in_cell[-1].filename, line).strip() if in_cell and line else ""
    return Failure(type(error).__name__, _message(error)[:_MESSAGE], line, source, text)


def _message(error: BaseException) -> str:
    if isinstance(error, NameError) and error.name in _OURS and error.args == (f"name {error.name!r} is not defined",):
        return f"{error}; write from hpo_magic import {error.name}"
    try:
        told = str(error)
    except Exception as broken:  # noqa: BLE001 - the user's own __str__ may raise anything
        return f"(its message cannot be read: {type(broken).__name__})"
    if isinstance(error, pickle.PicklingError) and _NAMELESS.search(told):
        return f"{told}; make it in an earlier cell: pickle looks it up in the notebook, and a trial is none"
    return told
