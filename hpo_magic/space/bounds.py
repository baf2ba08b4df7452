"""What the arguments of a domain of numbers must be: bounds, scale and step; each error names the domain."""

from __future__ import annotations

import math
import numbers

from hpo_magic.errors import SpaceError

_ROUNDING = 1e-9
"""Of a difference of two bounds."""


def finite(domain: str, argument: str, value: object) -> float:
    """Return a finite number as a float."""
    try:
        if isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    except OverflowError:
        raise SpaceError(f"{domain}: {argument} must lie between -1.8e308 and 1.8e308") from None
    raise SpaceError(f"{domain}: {argument}={value!r} must be a finite number")


def whole(domain: str, argument: str, value: object) -> int:
    """Return a whole number as an int."""
    told = finite(domain, argument, value)
    if told != int(told):
        raise SpaceError(
            f"{domain}: {argument}={value!r} must be a whole number; write Float({value!r}, …) for real numbers"
        )
    if abs(told) > 2**53:
        raise SpaceError(f"{domain}: {argument}={value!r} must lie within ±2**53, where every whole number is exact")
    return int(value)  # type: ignore[call-overload, no-any-return]


def check_range(domain: str, low: float, high: float, log: bool, step: float | None) -> None:
    """Check that a range is one, and that its scale and its step go with it."""
    if not low < high:
        cure = f"Choice([{low!r}]) is one value alone; " if low == high else ""
        raise SpaceError(f"{domain}: low={low!r} must be below high={high!r}; {cure}swap the bounds or widen the range")
    if not math.isfinite(high - low):
        raise SpaceError(
            f"{domain}: low={low!r} and high={high!r} lie too far apart for floating point; narrow the range"
        )
    if log and low <= 0:
        raise SpaceError(f"{domain}: low={low!r} must be above 0 with log=True; raise it or drop log")
    if step is not None and log:
        raise SpaceError(f"{domain}: step={step!r} and log=True exclude each other; drop one of them")
    # 0.5 - 0.4 is 0.09999999999999998, and 0.1 is one step of it.
    if step is not None and not 0 < step <= (high - low) * (1 + _ROUNDING):
        raise SpaceError(f"{domain}: step={step!r} must be above 0 and at most high - low = {high - low!r}")
    if isinstance(step, float) and (high - low) / step > 2**53:  # a float cannot tell the steps apart
        raise SpaceError(f"{domain}: step={step!r} is too small beside high - low = {high - low!r}; enlarge it")
