"""Domains as JSON data and back, tuples included."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from hpo_magic.space.domains import Budget, Choice, Domain, Float, Int
from hpo_magic.space.options import Value

_MARKS = ({"tuple"}, {"dict"})


def domain_to_json(domain: Domain) -> dict[str, Any]:
    """Return a domain as JSON data."""
    fields = {f.name: getattr(domain, f.name) for f in dataclasses.fields(domain) if f.init}
    kept = {key: _marked(value) for key, value in fields.items() if value is not None}
    if "options" in kept:
        kept["options"] = [_marked(option) for option in fields["options"]]
    return {"type": type(domain).__name__, **kept}


def _marked(value: Value) -> Value:
    """JSON has no tuples; one in an option is marked, to come back as one. So is a dict that looks like a mark."""
    if isinstance(value, tuple):
        return {"tuple": [_marked(item) for item in value]}
    if isinstance(value, list):
        return [_marked(item) for item in value]
    if isinstance(value, dict):
        marked = {key: _marked(item) for key, item in value.items()}
        return {"dict": marked} if set(value) in _MARKS else marked
    return value


def _unmarked(value: Value) -> Value:
    if isinstance(value, list):
        return [_unmarked(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"tuple"}:
        return tuple(_unmarked(item) for item in value["tuple"])
    items = value["dict"] if set(value) == {"dict"} else value
    return {key: _unmarked(item) for key, item in items.items()}


def domain_from_json(entry: Mapping[str, Any]) -> Domain:
    """Return the domain that `domain_to_json` wrote."""
    kinds: dict[str, Any] = {"Float": Float, "Int": Int, "Choice": Choice, "Budget": Budget}
    fields = {key: _unmarked(value) for key, value in entry.items() if key not in ("type", "name")}
    domain: Domain = kinds[entry["type"]](**fields)
    return domain
