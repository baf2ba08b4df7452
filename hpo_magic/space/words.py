"""A domain in words, as an annotation would say it."""

from __future__ import annotations

import numbers
from collections.abc import Callable

from hpo_magic.space.domains import Budget, Choice, Domain, Float
from hpo_magic.space.options import Value
from hpo_magic.space.shown import each_readable, readable


def words(domain: Domain) -> str:
    """Return a domain as an annotation would say it.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> words(Float(1e-5, 0.1, log=True))
    '1e-05..0.1 log'
    """
    if isinstance(domain, Choice):
        return " | ".join(map(str, domain.options))
    parts = [f"{domain.low!r}..{domain.high!r}"]
    if isinstance(domain, Budget):
        parts.append("budget")
    elif domain.step is not None:
        parts.append(f"step {domain.step!r}")
    return " ".join([*parts, "log"] if domain.log else parts)


def misfit(domain: Domain, value: object) -> str:
    """Return in words what keeps a value out of a domain.

    Examples
    --------
    >>> from hpo_magic.space import Int
    >>> misfit(Int(1, 9), 12), misfit(Int(1, 9), 2.5), misfit(Int(0, 9, step=3), 4)
    ('outside 1..9', 'outside 1..9, as no whole number', 'outside 0..9 step 3, as between two steps')
    """
    inside = (
        not isinstance(domain, Choice)
        and isinstance(value, numbers.Real)
        and not isinstance(value, bool)
        and domain.low <= float(value) <= domain.high
    )
    if not inside:
        return f"outside {words(domain)}"
    whole = isinstance(domain, Float) or float(value) == int(value)  # type: ignore[arg-type, call-overload]
    return f"outside {words(domain)}, as {'between two steps' if whole else 'no whole number'}"


def teller(domain: Domain) -> Callable[[Value], str]:
    """Return what tells the values of a domain in a few characters: options so that they are told apart.

    Examples
    --------
    >>> from hpo_magic.space import Choice
    >>> teller(Choice([0.9999, 0.99999]))(0.99999), teller(Float(0, 1))(0.99999)
    ('0.99999', '1')
    """
    if not isinstance(domain, Choice):
        return readable
    texts = each_readable(domain.options)
    return lambda value: texts[domain.index(value)]
