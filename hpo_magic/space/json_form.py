"""Domains as JSON data and back, tuples included."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from hpo_magic.space.domains import Budget, Choice, Domain, Float, Int
from hpo_magic.space.options import Value


def domain_to_json(domain: Domain) -> dict[str, Any]:
    """Return a domain as JSON data."""
    fields = {f.name: getattr(domain, f.name) for f in dataclasses.fields(domain) if f.init}
    kept = {key: _tuple_to_json(value) for key, value in fields.items() if value is not None}
    if "options" in kept:
        kept["options"] = [_tuple_to_json(option) for option in fields["options"]]
    return {"type": type(domain).__name__, **kept}


def _tuple_to_json(value: Value) -> Value:
    """JSON has no tuples; one that is an option is marked, so that it comes back as one."""
    return {"tuple": list(value)} if isinstance(value, tuple) else value


def _tuple_from_json(value: Value) -> Value:
    return tuple(value["tuple"]) if isinstance(value, dict) and set(value) == {"tuple"} else value


def domain_from_json(entry: Mapping[str, Any]) -> Domain:
    """Return the domain that `domain_to_json` wrote."""
    kinds: dict[str, Any] = {"Float": Float, "Int": Int, "Choice": Choice, "Budget": Budget}
    fields = {key: _tuple_from_json(value) for key, value in entry.items() if key not in ("type", "name")}
    if "options" in fields:
        fields["options"] = [_tuple_from_json(option) for option in fields["options"]]
    domain: Domain = kinds[entry["type"]](**fields)
    return domain
