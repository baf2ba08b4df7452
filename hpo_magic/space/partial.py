"""A config that names some parameters only: where the others come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hpo_magic.errors import SpaceError
from hpo_magic.space.domains import Budget, Choice, starts
from hpo_magic.space.options import Value
from hpo_magic.space.space import Config, Space


def completed(space: Space, config: Mapping[str, Value], propose: Callable[[Space], Config | None]) -> Config:
    """Return a whole config that holds what was given: defaults for the others, and proposals where there are none.

    Parameters
    ----------
    space : Space
    config : mapping of str to value
        Of some parameters or all; the budget, where it is not among them, is the largest.
    propose : callable
        From a space, in which what is known is fixed, to a config; None where there is no new one.

    Raises
    ------
    SpaceError
        For an unknown name, a value outside its domain, or one of a parameter that would not exist.

    Examples
    --------
    >>> from hpo_magic.space import Float, Int
    >>> space = Space({"lr": Float(1e-4, 1, log=True), "depth": Int(1, 9, default=3), "width": Int(1, 512)})
    >>> completed(space, {"lr": 0.01}, lambda held: {"lr": held.fixed["lr"], "depth": held.fixed["depth"], "width": 64})
    {'lr': 0.01, 'depth': 3, 'width': 64}
    """
    given = space.given(config)
    known = {**_defaults(space), **space.fixed, **given}
    exist = space.active(known)
    for name in given:
        if name not in exist and (why := space.condition(name)) is not None:
            raise SpaceError(
                f"config has {name}={given[name]!r}, which exists only when {why.text}; the rest of it must say so"
            )
    budget = {name: value for name, value in known.items() if name == space.budget}
    held = Space(space, {name: value for name, value in known.items() if name not in budget}, space.chosen)
    middle = held.clip(known)
    whole = middle if set(middle) <= set(known) else propose(held) or middle
    return space.validate({**whole, **budget})


def _defaults(space: Space) -> Config:
    """Return the values with which a search may start, where they are still in play; of the budget the largest."""
    return {
        name: domain.high if isinstance(domain, Budget) else domain.default
        for name, domain in space.items()
        if starts(domain) and (not isinstance(domain, Choice) or domain.default in space.options(name))
    }
