"""A domain in words, as an annotation would say it."""

from __future__ import annotations

from hpo_magic.space.domains import Budget, Choice, Domain


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
