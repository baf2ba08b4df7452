"""A number as it is written into a field."""

from __future__ import annotations

import ast

from hpo_magic.errors import SpaceError


def read_number(name: str, text: str) -> float | int:
    """Return the number that is written for a parameter; SpaceError where it is none.

    Examples
    --------
    >>> read_number("lr", " 1e-2 "), read_number("n", "3")
    (0.01, 3)
    """
    try:
        number = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        number = None
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise SpaceError(f"{name}: {text!r} is no number; write one such as 0.01 or 1e-2")
    return number
