"""Space: named domains with conditions, and the edits that a search may make to them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hpo_magic.errors import SpaceError, did_you_mean
from hpo_magic.space import conditions
from hpo_magic.space.domains import Budget, Choice, Domain, clip, contains, on_levels, starts
from hpo_magic.space.encoding import from_unit, to_unit
from hpo_magic.space.json_form import domain_from_json, domain_to_json
from hpo_magic.space.options import Value, identity
from hpo_magic.space.rules import read_conditions
from hpo_magic.space.words import misfit, words

Config: TypeAlias = dict[str, Value]
"""One assignment of the active parameters."""


class Space(Mapping[str, Domain]):
    """Named domains, in the order in which conditions may refer to them.

    A space is a value: every edit returns a new one.

    Parameters
    ----------
    domains : mapping of str to Domain
        A condition may name only parameters that come before its own.
    fixed : mapping of str to value, optional
        Parameters that are held at one value.
    chosen : mapping of str to sequence, optional
        For a Choice, the options still in play.

    Raises
    ------
    SpaceError
        Where a domain, a condition, a fixed value or a choice breaks its rule.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> space = Space({"kernel": Choice(["rbf", "poly"]), "C": Float(1e-3, 1e3, log=True),
    ...                "gamma": Float(1e-4, 10, log=True, when="kernel == 'rbf'")})
    >>> space.active({"kernel": "poly", "C": 1.0})
    ('kernel', 'C')
    >>> sorted(space.sample(np.random.default_rng(0)))
    ['C', 'kernel']
    """

    def __init__(
        self,
        domains: Mapping[str, Any],  # a dict of several kinds has no narrower type that is inferred
        fixed: Mapping[str, Value] | None = None,
        chosen: Mapping[str, Iterable[Value]] | None = None,
    ) -> None:
        if not isinstance(domains, Mapping):
            raise SpaceError(f"Space: domains={domains!r} must map names to domains, as in {{'x': Float(0, 1)}}")
        if not domains:
            raise SpaceError("Space: domains={} is empty; a search needs at least one parameter")
        self._domains: Mapping[str, Domain] = MappingProxyType(dict(domains))
        self._conditions = MappingProxyType(read_conditions(self._domains))
        self.fixed: Mapping[str, Value] = MappingProxyType(self._checked_fixed(fixed or {}))
        self.chosen: Mapping[str, tuple[Value, ...]] = MappingProxyType(self._checked_chosen(chosen or {}))
        self._names = tuple(self._domains)
        self.budget = next((name for name, domain in self.items() if isinstance(domain, Budget)), None)
        """Name of the budget, or None."""

    # --- a read-only mapping ---------------------------------------------------------------------

    def __getitem__(self, name: str) -> Domain:
        return self._domains[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._domains)

    def __len__(self) -> int:
        return len(self._domains)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Space):
            return NotImplemented
        mine = (list(self.items()), dict(self.fixed), dict(self.chosen))
        return mine == (list(other.items()), dict(other.fixed), dict(other.chosen))

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[type[Space], tuple[Any, ...]]:
        return Space, (dict(self), dict(self.fixed), dict(self.chosen))

    def __repr__(self) -> str:
        inside = ", ".join(f"{name!r}: {domain!r}" for name, domain in self.items())
        edits = "".join(f", {what}={dict(m)!r}" for what, m in (("fixed", self.fixed), ("chosen", self.chosen)) if m)
        return f"Space({{{inside}}}{edits})"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all parameters, parents first."""
        return self._names

    def condition(self, name: str) -> conditions.Condition | None:
        """Return the condition under which `name` exists, or None where it always does."""
        return self._conditions.get(name)

    def options(self, name: str) -> tuple[Value, ...]:
        """Return the options of a Choice that are still in play."""
        domain = self._need(name)
        if not isinstance(domain, Choice):
            raise SpaceError(f"{name!r} is a {type(domain).__name__}, not a Choice; it has no options")
        return self.chosen.get(name, tuple(domain.options))

    # --- configs -----------------------------------------------------------------------------------

    def active(self, config: Mapping[str, Value]) -> tuple[str, ...]:
        """Return the names that exist under the values in `config`."""
        known: dict[str, Value] = {}
        for name in self._names:
            condition = self._conditions.get(name)
            if (condition is None or condition.holds(known)) and name in config:
                known[name] = config[name]
        return tuple(known)

    def validate(self, config: Mapping[str, Value]) -> Config:
        """Return the config in the space's order, or say what is wrong with it.

        Raises
        ------
        SpaceError
            For an unknown name, a missing or inactive parameter, or a value outside its domain.
        """
        given = self.given(config)
        checked: Config = {}
        for name, domain in self.items():
            condition = self._conditions.get(name)
            if condition is not None and not condition.holds(checked):
                if name in given:
                    raise SpaceError(f"config has {name}={given[name]!r}, which exists only when {condition.text}")
                continue
            if name not in given:
                raise SpaceError(f"config lacks {name!r}; give it a value of {words(domain)}")
            checked[name] = given[name]
        return checked

    def given(self, config: Mapping[str, Value]) -> Config:
        """Return what a config says of the parameters that it names, or say what is wrong with it.

        Raises
        ------
        SpaceError
            For an unknown name, or a value outside its domain.
        """
        if not isinstance(config, Mapping):
            raise SpaceError(f"config={config!r} must map each parameter to a value")
        given: Config = {}
        for name in config:
            if name not in self._domains:
                raise SpaceError(f"config has {name!r}, which is no parameter{did_you_mean(name, self._names)}")
            domain, value = self[name], config[name]
            value = value.item() if isinstance(value, np.generic) else value
            if not contains(domain, value):
                raise SpaceError(f"{name}={value!r} is {misfit(domain, value)}; choose a value inside")
            given[name] = clip(domain, value)
        return given

    def clip(self, config: Mapping[str, Value]) -> Config:
        """Return the nearest valid config: values moved inside, inactive ones dropped, missing ones from the middle."""
        clipped: Config = {}
        for name, domain in self.items():
            condition = self._conditions.get(name)
            if condition is None or condition.holds(clipped):
                value = clip(domain, config[name]) if name in config else from_unit(domain, 0.5)
                clipped[name] = self._in_play(name, value)
        return clipped

    def sample(self, rng: np.random.Generator) -> Config:
        """Return a random config, uniform on each domain's own scale."""
        return self.decode(rng.random(len(self)))

    def defaults(self) -> Config | None:
        """Return the config of the domains' defaults, or None where one is missing or no longer in play."""
        config: Config = {}
        for name, domain in self.items():
            condition = self._conditions.get(name)
            if condition is not None and not condition.holds(config):
                continue
            default = domain.high if isinstance(domain, Budget) else domain.default
            if not starts(domain):
                return None
            if identity(self._in_play(name, default)) != identity(default):
                return None
            config[name] = default
        return config

    # --- the unit cube -----------------------------------------------------------------------------

    def encode(self, config: Mapping[str, Value]) -> NDArray[np.float64]:
        """Return the coordinates of a config, NaN where a parameter is inactive; shape (len(space),)."""
        return np.array([to_unit(d, config[n]) if n in config else np.nan for n, d in self.items()])

    def decode(self, point: NDArray[np.float64]) -> Config:
        """Return the config at a point of the unit cube; coordinates of inactive parameters do not matter."""
        config: Config = {}
        conditions, fixed, chosen = self._conditions, self.fixed, self.chosen
        for u, (name, domain) in zip(point.tolist(), self._domains.items(), strict=True):
            if name in conditions and not conditions[name].holds(config):
                continue
            if name in fixed:
                config[name] = fixed[name]
            elif name in chosen:
                options = chosen[name]
                config[name] = options[0 if math.isnan(u) else min(int(u * len(options)), len(options) - 1)]
            else:
                config[name] = from_unit(domain, u)
        return config

    # --- edits -------------------------------------------------------------------------------------

    def narrow(self, name: str, low: float, high: float) -> Space:
        """Return the space with new bounds for a number, narrower or wider; a default outside is dropped.

        Where it has a step, the bounds are the outermost of its levels between those given.
        """
        domain = self._need(name)
        if isinstance(domain, Choice):
            raise SpaceError(f"{name!r} is a Choice; use choose({name!r}, options)")
        try:
            low, high = on_levels(domain, low, high)
            default = domain.default if domain.default is not None and low <= domain.default <= high else None
            edited = dataclasses.replace(domain, low=low, high=high, default=default)  # type: ignore[arg-type]
        except SpaceError as error:
            raise SpaceError(f"{name}: {error}") from None
        fixed = {n: v for n, v in self.fixed.items() if n != name or contains(edited, v)}
        return Space({**self, name: edited}, fixed, self.chosen)

    widen = narrow

    def choose(self, name: str, options: Iterable[Value]) -> Space:
        """Return the space with only these options of a Choice in play."""
        return Space(self, {n: v for n, v in self.fixed.items() if n != name}, {**self.chosen, name: options})

    def fix(self, name: str, value: Value) -> Space:
        """Return the space with a parameter held at one value."""
        self._need(name)
        return Space(self, {**self.fixed, name: value}, self.chosen)

    def free(self, name: str) -> Space:
        """Return the space with a parameter no longer fixed."""
        self._need(name)
        return Space(self, {n: v for n, v in self.fixed.items() if n != name}, self.chosen)

    def reset(self, name: str, original: Space) -> Space:
        """Return the space with a parameter as it is in `original`."""
        self._need(name)
        fixed = {n: v for n, v in self.fixed.items() if n != name}
        chosen = {n: v for n, v in self.chosen.items() if n != name}
        return Space({**self, name: original[name]}, fixed, chosen)

    # --- JSON --------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """Return the space as JSON data."""
        return {
            "domains": [{"name": name, **domain_to_json(domain)} for name, domain in self.items()],
            "fixed": dict(self.fixed),
            "chosen": {name: list(options) for name, options in self.chosen.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Space:
        """Return the space that :meth:`to_json` wrote."""
        domains = {entry["name"]: domain_from_json(entry) for entry in data["domains"]}
        return cls(domains, data.get("fixed"), data.get("chosen"))

    def config_from_json(self, config: Mapping[str, Value]) -> Config:
        """Return a config read from JSON with options as they are in the space (tuples, not lists)."""
        read: Config = {}
        for name, value in config.items():
            domain = self._domains.get(name)
            known = isinstance(domain, Choice) and contains(domain, value)
            read[name] = domain.options[domain.index(value)] if known and isinstance(domain, Choice) else value
        return read

    # --- inside ------------------------------------------------------------------------------------

    def _need(self, name: str) -> Domain:
        if name not in self._domains:
            raise SpaceError(f"{name!r} is no parameter of this space{did_you_mean(name, self._names)}")
        return self._domains[name]

    def _in_play(self, name: str, value: Value) -> Value:
        if name in self.fixed:
            return self.fixed[name]
        options = self.chosen.get(name)
        return value if options is None or value in options else options[0]

    def _checked_fixed(self, fixed: Mapping[str, Value]) -> dict[str, Value]:
        for name, value in fixed.items():
            domain = self._need(name)
            if isinstance(domain, Budget):
                raise SpaceError(f"{name!r} is the budget; the scheduler sets it, so it cannot be fixed")
            if not contains(domain, value):
                raise SpaceError(f"{name} cannot be fixed at {value!r}: it is {misfit(domain, value)}")
        return {name: clip(self._domains[name], value) for name, value in fixed.items()}

    def _checked_chosen(self, chosen: Mapping[str, Iterable[Value]]) -> dict[str, tuple[Value, ...]]:
        checked = {}
        for name, options in chosen.items():
            domain = self._need(name)
            if not isinstance(domain, Choice):
                raise SpaceError(f"{name!r} is a {type(domain).__name__}; only a Choice has options to choose from")
            picked = sorted({domain.index(option) for option in options})
            if not picked:
                raise SpaceError(f"{name!r} needs at least one option of {list(domain.options)!r}")
            if len(picked) < len(domain.options):
                checked[name] = tuple(domain.options[i] for i in picked)
        return checked
