"""Which configs have been tried: no sampler proposes one twice."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from hpo_magic.space import Config, Space, Value
from hpo_magic.space.options import identity
from hpo_magic.trials import History, Trial


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
    """Return the keys of all configs of the history; those of lost or interrupted trials may be tried again."""
    return {_key_of(trial.config, space) for trial in once(history)}


def once(history: History) -> list[Trial]:
    """Return the trials whose configs are not to be tried again: all but lost and interrupted ones."""
    return [trial for trial in history.trials if not trial.gone]


class Tried:
    """Tells of configs whether they have been tried, without a key of every trial in the usual case.

    Examples
    --------
    >>> from hpo_magic.space import Int
    >>> from hpo_magic.trials import Trial
    >>> Tried(History((Trial(0, {"a": 1}),)), Space({"a": Int(1, 3)}))({"a": 1})
    True
    """

    def __init__(self, history: History, space: Space) -> None:
        self._history, self._space = history.whole or history, space

    def __call__(self, config: Config) -> bool:
        """Whether the config has been tried."""
        budget = self._space.budget
        if budget is not None and self._history.index is None:
            return key(config, self._space) in self._keys
        runs = [config] if budget is None else [config, *({**config, budget: spent} for spent in self._budgets)]
        same = [trial.config for run in runs for trial in self._history.having_config(run) if not trial.gone]
        return bool(same) and key(config, self._space) in {_key_of(known, self._space) for known in same}

    @cached_property
    def _budgets(self) -> set[int]:
        return {trial.budget for trial in self._history.trials if trial.budget is not None}

    @cached_property
    def _keys(self) -> set[tuple[str, ...]]:
        return tried(self._history, self._space)


_KEYS: dict[tuple[int, str | None], tuple[Config, tuple[str, ...]]] = {}
_MOST_KEYS = 30_000


def _key_of(config: Config, space: Space) -> tuple[str, ...]:
    """Return the key of a trial's config, worked out once an object: writing a thousand of them takes 20 ms."""
    slot = id(config), space.budget
    known = _KEYS.get(slot)
    if known is None or known[0] is not config:
        if len(_KEYS) >= _MOST_KEYS:
            _KEYS.clear()
        known = _KEYS[slot] = config, key(config, space)
    return known[1]
