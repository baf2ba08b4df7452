"""Functions of the notebook that read what the cell tunes: in a trial they must see the trial's values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType
from typing import Any


def readers(namespace: Mapping[str, Any], names: frozenset[str]) -> dict[str, FunctionType]:
    """Return the functions of a notebook that read one of the names as a global, themselves or through another.

    Examples
    --------
    >>> namespace = {"__name__": "__main__"}
    >>> exec("def loss(): return lr\\ndef train(): return loss()\\ndef other(): return 1", namespace)
    >>> sorted(readers(namespace, frozenset({"lr"})))
    ['loss', 'train']
    """
    own = {
        name: value
        for name, value in namespace.items()
        if isinstance(value, FunctionType) and value.__globals__.get("__name__") == "__main__" and name not in names
    }
    reads = {name: set(_globals(function.__code__)) for name, function in own.items()}
    found: set[str] = set()
    while True:
        more = {name for name, read in reads.items() if read & (names | found)} - found
        if not more:
            return {name: own[name] for name in found}
        found |= more


def rebound(functions: Mapping[str, FunctionType], namespace: dict[str, Any]) -> dict[str, FunctionType]:
    """Return copies of functions whose globals are another namespace."""
    copies = {}
    for name, function in functions.items():
        copy = FunctionType(
            function.__code__, namespace, function.__name__, function.__defaults__, function.__closure__
        )
        copy.__kwdefaults__, copy.__doc__ = function.__kwdefaults__, function.__doc__
        copy.__qualname__, copy.__module__ = function.__qualname__, function.__module__
        copy.__annotations__ = function.__annotations__
        copy.__dict__.update(function.__dict__)
        copies[name] = copy
    return copies


def _globals(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals(constant)
