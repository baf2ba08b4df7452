"""Functions of the notebook that read what the cell tunes, or set globals: in a trial these are the trial's own."""

from __future__ import annotations

import dis
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from itertools import islice
from types import CodeType, FunctionType, ModuleType
from typing import Any

from hpo_magic.jupyter.cell.sending import globals_of


def readers(namespace: Mapping[str, Any], names: frozenset[str]) -> dict[str, FunctionType]:
    """Return the functions of a notebook that read one of the names as a global, or set any, or call such a function.

    Examples
    --------
    >>> namespace = {"__name__": "__main__"}
    >>> exec("def loss(): return lr\\ndef train(): return loss()\\ndef other(): return 1", namespace)
    >>> sorted(readers(namespace, frozenset({"lr"})))
    ['loss', 'train']
    >>> exec("def fit():\\n    global model\\n    model = 1", namespace)
    >>> sorted(readers(namespace, frozenset()))
    ['fit']
    """
    own = {
        name: value
        for name, value in namespace.items()
        if isinstance(value, FunctionType) and value.__globals__.get("__name__") == "__main__" and name not in names
    }
    reads = {name: set(_globals(function.__code__)) for name, function in own.items()}
    sets = {name: set(_set_by(function.__code__)) for name, function in own.items()}
    seen = names.union(*sets.values())
    found = {name for name in own if sets[name]}
    while True:
        more = {name for name, read in reads.items() if read & (seen | found)} - found
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


def stale(value: object) -> set[str]:
    """Return the globals of the notebook that its class, an object of one, or a wrapped function reads.

    So does what holds such a function, as a pipeline or a scorer: a trial rebinds functions, not what holds them.

    Examples
    --------
    >>> namespace = {"__name__": "__main__"}
    >>> exec("class Net:\\n    def size(self): return width + self.depth", namespace)
    >>> stale(namespace["Net"]), stale(len)
    ({'width'}, set())
    """
    if type(value) is FunctionType:  # isinstance asks the value, and a dead proxy raises
        return _reads(getattr(value, "__wrapped__", None))
    cls: Any = value if issubclass(type(value), type) else type(value)
    if cls.__module__ != "__main__":
        return set().union(*map(_reads, _held(value)))
    parts = [part for base in cls.__mro__ if base.__module__ == "__main__" for part in vars(base).values()]
    parts += [getter for part in parts if isinstance(part, property) for getter in (part.fget, part.fset)]
    return set().union(*(_reads(getattr(part, "__func__", part)) for part in parts))


_LOOKED_AT = 200
"""Parts of a value that are looked at."""


def _held(value: object) -> list[object]:
    """Return what a container, a pipeline or a scorer holds, and what that holds, and so on; the nearest first."""
    found = [value]
    for one in found:
        with suppress(Exception):  # the user's objects may answer anything in any way
            found += list(islice(_parts(one), _LOOKED_AT - len(found)))
    return found


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, (str, bytes, type, ModuleType, FunctionType)):
        return ()
    if isinstance(value, dict):
        return dict.values(value)
    if isinstance(value, (list, tuple)):
        return value
    also = [value.func] if isinstance(value, partial) else []
    return [*also, *vars(value).values()] if hasattr(value, "__dict__") else also


def _reads(function: object) -> set[str]:
    """Return the globals that a function of the notebook reads."""
    if type(function) is not FunctionType or function.__globals__.get("__name__") != "__main__":
        return set()
    return {name for name, _ in globals_of(function.__code__)}


def _set_by(code: CodeType) -> Iterator[str]:
    """Yield the names that code declares global and sets or deletes."""
    for step in dis.get_instructions(code):
        if step.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            yield str(step.argval)
        elif isinstance(step.argval, CodeType):
            yield from _set_by(step.argval)


def _globals(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals(constant)
