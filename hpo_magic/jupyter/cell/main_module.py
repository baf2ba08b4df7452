"""__main__ as a trial sees it: with the classes and functions that the trial has made, which pickle looks up there."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any

_made: ContextVar[Mapping[str, Any] | None] = ContextVar("hpo_magic_namespace", default=None)


class _Main(ModuleType):
    """The module __main__; who is in no trial finds what has always been there.

    pickle finds a class by the name of its module and its own, and refuses one that is not the same object.
    """

    def __getattribute__(self, name: str) -> Any:
        made = _made.get()
        if made is not None and name in made and not name.startswith("__"):
            return made[name]
        return super().__getattribute__(name)


@contextmanager
def as_main(namespace: Mapping[str, Any]) -> Iterator[None]:
    """Let __main__ show a namespace to this thread.

    Examples
    --------
    >>> with as_main({"answer": 42}):
    ...     sys.modules["__main__"].answer
    42
    """
    main = sys.modules["__main__"]
    if type(main) is ModuleType:
        main.__class__ = _Main
    token = _made.set(namespace)
    try:
        yield
    finally:
        _made.reset(token)
