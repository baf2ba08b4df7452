"""Which configs have been tried: no sampler proposes one twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hpo_magic.space import Space, Value
from hpo_magic.space.domains import identity
from hpo_magic.trials import History, State


def key(config: Mapping[str, Value], space: Space) -> tuple[str, ...]:
    """Return what makes a config itself: every value but the budget.

    Examples
    --------
    >>> from hpo_magic.space import Int
    >>> key({"a": 1}, Space({"a": Int(1, 3)}))
    ('a=int:1',)
    """
    return tuple(f"{name}={identity(value)}" for name, value in config.items() if name != space.budget)


def tried(history: History, space: Space) -> set[tuple[str, ...]]:
    """Return the keys of all configs of the history; those of lost or stopped trials may be tried again."""
    again = (State.LOST, State.STOPPED)
    return {key(trial.config, space) for trial in history.trials if trial.state not in again}


def first_new(
    configs: Iterable[dict[str, Value]], known: set[tuple[str, ...]], space: Space
) -> dict[str, Value] | None:
    """Return the first config that is not known, or None."""
    return next((config for config in configs if key(config, space) not in known), None)
