"""What holds among the domains of a space: names, conditions over what comes before, one budget at most."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from hpo_magic.errors import SpaceError, did_you_mean
from hpo_magic.space import conditions
from hpo_magic.space.domains import Budget, Choice, Domain, Float, Int

if TYPE_CHECKING:
    from hpo_magic.space.space import Space

_MOST = 1000
"""Combinations of options that are tried for one that meets a condition."""


def read_conditions(domains: Mapping[str, Domain]) -> dict[str, conditions.Condition]:
    """Return the parsed conditions of domains by name; a SpaceError says which rule one breaks."""
    read: dict[str, conditions.Condition] = {}
    seen: list[str] = []
    budgets = []
    for name, domain in domains.items():
        if not isinstance(name, str) or not _is_name(name):
            raise SpaceError(f"Space: {name!r} is no parameter name; use an identifier such as 'lr' or 'width[0]'")
        if not isinstance(domain, (Float, Int, Choice, Budget)):
            raise SpaceError(f"Space: {name}={domain!r} is no domain; use Float, Int, Choice or Budget")
        if isinstance(domain, Budget):
            budgets.append(name)
        if domain.when is not None:
            try:
                condition = conditions.parse(domain.when)
            except SpaceError as error:
                raise SpaceError(f"{name}: {error}") from None
            for used in sorted(condition.names):
                if used not in seen:
                    later = f"a later parameter; move it before {name!r}"
                    kind = later if used in domains else f"no parameter{did_you_mean(used, seen)}"
                    raise SpaceError(f"{name}: when={domain.when!r} reads {used!r}, which is {kind}")
            read[name] = condition
        seen.append(name)
    if len(budgets) > 1:
        raise SpaceError(f"Space: {budgets!r} are {len(budgets)} budgets; a space has at most one")
    return read


def parents(space: Space) -> frozenset[str]:
    """Return the parameters that conditions read: what they are decides which others exist.

    Examples
    --------
    >>> from hpo_magic.space import Space
    >>> sorted(parents(Space({"kernel": Choice(["rbf", "poly"]), "degree": Int(2, 5, when="kernel == 'poly'")})))
    ['kernel']
    """
    conditions_there = (condition for name in space if (condition := space.condition(name)) is not None)
    return frozenset(name for condition in conditions_there for name in condition.names)


def never(space: Space) -> list[str]:
    """Return in words which parameters can never exist, as no options that they ask for are there.

    Examples
    --------
    >>> from hpo_magic.space import Space
    >>> never(Space({"kernel": Choice(["rbf", "poly"]), "degree": Int(2, 5, when="kernel == 'ploy'")}))
    ["degree never exists: no option of kernel makes kernel == 'ploy' true"]
    """
    found = []
    for name in space:
        condition = space.condition(name)
        parents = {} if condition is None else {parent: space[parent] for parent in sorted(condition.names)}
        options = [parent.options for parent in parents.values() if isinstance(parent, Choice)]
        if condition is None or len(options) < len(parents) or prod(map(len, options)) > _MOST:
            continue
        if not any(condition.holds(dict(zip(parents, chosen, strict=True))) for chosen in product(*options)):
            found.append(f"{name} never exists: no option of {' and '.join(parents)} makes {condition.text} true")
    return found


def _is_name(name: str) -> bool:
    stem, *indices = name.replace("]", "").split("[")
    return stem.isidentifier() and all(index.isdigit() for index in indices)
