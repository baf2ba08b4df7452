"""Between values and the unit cube: one coordinate a parameter, equal mass for every level of a discrete one.

Notation: u is a coordinate in [0, 1]; a domain of k levels puts level i at (i + ½)/k and reads ⌊u·k⌋.
A value outside the bounds (from before a range was narrowed) lies outside [0, 1] on the same scale, so that
what was learnt there stays known.
"""

from __future__ import annotations

import math

from hpo_magic.space.domains import Budget, Choice, Domain, Float, Int, level, levels
from hpo_magic.space.options import Value

_DIGITS = 12
"""Floats read from the cube keep this many digits of their range: readable, and decode∘encode gives them back."""


def to_unit(domain: Domain, value: Value) -> float:
    """Return the coordinate of a value.

    Examples
    --------
    >>> to_unit(Float(0, 10), 5), to_unit(Choice(["a", "b"]), "b"), to_unit(Int(1, 4), 1)
    (0.5, 0.75, 0.125)
    """
    if isinstance(domain, Choice):
        return (domain.ranks[domain.index(value)] + 0.5) / len(domain.options)
    if not isinstance(domain, Budget) and domain.step is not None:
        return ((float(value) - domain.low) / domain.step + 0.5) / (levels(domain) or 1)
    low, high = _span(domain)
    number = math.log(value) if domain.log and value > 0 else float(value)
    if domain.log and value <= 0:  # only from before a range became logarithmic
        return -1.0
    return (number - low) / (high - low)


def from_unit(domain: Domain, u: float) -> Value:
    """Return the value at a coordinate, which is clipped to [0, 1].

    Examples
    --------
    >>> from_unit(Float(1e-2, 1e2, log=True), 0.5), from_unit(Choice(["a", "b"]), 0.99), from_unit(Int(1, 4), 0.3)
    (1.0, 'b', 2)
    """
    u = min(max(float(u), 0.0), 1.0)
    if isinstance(domain, Choice):
        place = min(int(u * len(domain.options)), len(domain.options) - 1)
        return domain.options[domain.ranks.index(place)]
    if not isinstance(domain, Budget) and domain.step is not None:
        count = levels(domain) or 1
        return level(domain, min(int(u * count), count - 1))
    low, high = _span(domain)
    number = low + u * (high - low)
    if domain.log:
        number = math.exp(number)
    if isinstance(domain, Float):
        return min(max(_rounded(domain, number), domain.low), domain.high)
    return min(max(round(number), domain.low), domain.high)


def _span(domain: Float | Int | Budget) -> tuple[float, float]:
    """Ends of the continuous scale beneath a numeric domain; half a unit wider for whole numbers."""
    margin = 0.0 if isinstance(domain, Float) else 0.5
    low, high = domain.low - margin, domain.high + margin
    return (math.log(low), math.log(high)) if domain.log else (float(low), float(high))


def _rounded(domain: Float, number: float) -> float:
    if domain.log:
        return float(f"{number:.{_DIGITS - 1}e}")
    return round(number, _DIGITS - math.ceil(math.log10(domain.high - domain.low)))
