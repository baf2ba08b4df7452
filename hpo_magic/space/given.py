"""Options as they were given: members of enums are more than JSON holds of them."""

from __future__ import annotations

from hpo_magic.space.domains import Choice
from hpo_magic.space.space import Space

_PLAIN = (bool, int, float, str, type(None), tuple, list, dict)


def beyond_json(space: Space) -> bool:
    """Whether an option is more than JSON holds of it.

    Examples
    --------
    >>> beyond_json(Space({"kernel": Choice(["rbf", "poly"])}))
    False
    """
    choices = (domain for domain in space.values() if isinstance(domain, Choice))
    return any(type(option) not in _PLAIN for domain in choices for option in domain.options)


def as_given(space: Space, original: Space) -> Space:
    """Return a space that was read from JSON with the options of the original.

    Examples
    --------
    >>> original = Space({"sizes": Choice([(1,), (2,)])})
    >>> as_given(Space.from_json(original.to_json()), original).options("sizes")
    ((1,), (2,))
    """
    domains = {name: original[name] if isinstance(domain, Choice) else domain for name, domain in space.items()}
    chosen = {
        name: tuple(original.config_from_json({name: option})[name] for option in options)
        for name, options in space.chosen.items()
    }
    return Space(domains, original.config_from_json(space.fixed), chosen)
