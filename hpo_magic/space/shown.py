"""How values and records are shown: in few characters, and as the shortest call that makes them."""

from __future__ import annotations

import dataclasses
from typing import Any


def readable(value: Any) -> str:
    """Return a value in a few characters.

    Examples
    --------
    >>> readable(0.000123456), readable("rbf"), readable(64)
    ('0.0001235', 'rbf', '64')
    """
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def near(value: float, within: float) -> float:
    """Return a number of few digits, four at least, that is no further off than `within`.

    Examples
    --------
    >>> near(0.123456, 0.01), near(100049.8765, 0.01)
    (0.1235, 100049.88)
    """
    digits = 4
    while abs(float(f"{value:.{digits}g}") - value) > within and digits < 17:
        digits += 1
    return float(f"{value:.{digits}g}")


def shown(record: Any, **defaults: Any) -> str:
    """Return an instance of a dataclass as the shortest call that makes it; `defaults` are those it works out itself.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> shown(Float(0.001, 1000.0, log=True))
    'Float(0.001, 1000.0, log=True)'
    """
    told = []
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if field.default is dataclasses.MISSING and field.repr:
            told.append(repr(value))
        elif field.repr and value != defaults.get(field.name, field.default):
            told.append(f"{field.name}={value!r}")
    return f"{type(record).__name__}({', '.join(told)})"
