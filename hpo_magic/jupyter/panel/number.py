"""A number as it is written into a field, by hand and by the panel."""

from __future__ import annotations

import ast

from hpo_magic.errors import SpaceError

_FIELD = 10
"""Characters that a field shows."""


def written(number: float | int) -> str:
    """Return a number exactly, in a form that a field shows whole where there is one.

    Examples
    --------
    >>> written(0.001), written(1000000000000.0), written(20000000000), written(12345678901)
    ('0.001', '1e+12', '2e+10', '12345678901')
    """
    plain, short = repr(number), f"{number:g}"
    return short if len(plain) > _FIELD and float(short) == number else plain


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
