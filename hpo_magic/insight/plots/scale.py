"""A parameter's own scale on a plot: where a value lies between the ends of its range, and what is written there."""

from __future__ import annotations

import math

from hpo_magic.space import Budget, Choice, Domain, Float, Int, Space, Value
from hpo_magic.space.encoding import from_unit, to_unit
from hpo_magic.space.shown import readable

_MOST_OPTIONS = 6


def short(text: str, limit: int) -> str:
    """Shorten from the middle: names of a family differ at their ends.

    Examples
    --------
    >>> short("learning_rate_of_layer_1", 12)
    'learni…yer_1'
    """
    if len(text) <= limit:
        return text
    tail = limit // 2 - 1 if limit > 3 else 1
    return f"{text[: limit - 1 - tail]}…{text[-tail:]}"


def place(space: Space, name: str, value: Value) -> float:
    """Return where a value lies in its range, from 0 to 1; what lies outside is at the end."""
    domain = space[name]
    if isinstance(domain, Choice) and value not in domain.options:
        return 0.0
    return min(max(to_unit(domain, value), 0.0), 1.0)


def ticks(domain: Domain, most: int = 3) -> tuple[list[float], list[str]]:
    """Return places and labels along a range: its options, or round values from end to end.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> ticks(Float(1e-3, 10, log=True))
    ([0.0, 0.5, 1.0], ['0.001', '0.1', '10'])
    """
    if isinstance(domain, Choice):
        places = sorted((to_unit(domain, option), short(readable(option), 10)) for option in domain.options)
        if len(places) > _MOST_OPTIONS:
            places = [places[0], places[-1]]
        return [u for u, _ in places], [text for _, text in places]
    values = _decades(domain, most) or [from_unit(domain, k / (most - 1)) for k in range(most)]
    kept = dict.fromkeys(float(f"{value:.2g}") for value in values)
    at = [(min(max(to_unit(domain, value), 0.0), 1.0), f"{value:g}") for value in kept]
    return [u for u, _ in at], [text for _, text in at]


def _decades(domain: Float | Int | Budget, most: int) -> list[float]:
    """Return powers of ten within a logarithmic range, evenly spread; [] where there are fewer than two."""
    if not domain.log:
        return []
    first, last = math.ceil(math.log10(domain.low) - 1e-9), math.floor(math.log10(domain.high) + 1e-9)
    step = max(1, -(-(last - first) // (most - 1)))
    return [10.0**k for k in range(first, last + 1, step)] if last > first else []
