"""How values and records are shown: in few characters, and as the shortest call that makes them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from typing import Any

_DIGITS, _FINE, _MOST = 4, 6, 12
"""Digits of a number: usually, to tell the best half apart, and at most."""
_FEW = 8
"""Characters in which an option is shown as it is."""


def readable(value: Any, digits: int = _DIGITS) -> str:
    """Return a value in a few characters.

    Examples
    --------
    >>> readable(0.000123456), readable("rbf"), readable(64), readable(1000.0123, digits=6)
    ('0.0001235', 'rbf', '64', '1000.01')
    """
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def each_readable(values: Sequence[Any]) -> list[str]:
    """Return different values in a few characters, each in as many as tell them all apart; short ones as they are.

    Examples
    --------
    >>> each_readable([0.99, 0.9999, 0.99999]), each_readable(["None", None]), each_readable([1, 1.0])
    (['0.99', '0.9999', '0.99999'], ["'None'", 'None'], ['1', '1.0'])
    """
    for digits in range(_DIGITS, _MOST + 1):
        texts = [plain if len(plain := readable(value, _MOST)) <= _FEW else readable(value, digits) for value in values]
        if len(set(texts)) == len(texts):
            return texts
    return [repr(value) for value in values]


def telling(values: Iterable[float]) -> int:
    """Return how many digits tell numbers of one kind apart.

    A thousandth of their range is seen, and, up to six digits, a tenth of the way from their middle to the nearer end,
    where the best lie close together.

    Examples
    --------
    >>> telling([0.2, 0.3, 0.9]), telling([1000.01, 1000.02, 1000.03]), telling([0.5, 0.9999, 0.99999])
    (4, 8, 6)
    """
    finite = sorted(value for value in values if math.isfinite(value))
    if not finite or finite[0] == finite[-1]:
        return _DIGITS
    low, middle, high = finite[0], finite[len(finite) // 2], finite[-1]
    size = max(abs(low), abs(middle))
    near_end = min(way for way in (middle - low, high - middle) if way > 0)
    fine = min(_needed(size, near_end / 10), _FINE)
    return min(max(fine, _needed(size, (high - low) / 1000), _DIGITS), _MOST)


def _needed(size: float, step: float) -> int:
    """Return the digits of a number of that size in which such a step can be seen."""
    return math.ceil(math.log10(size / step)) if size > step > 0 else 1


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
