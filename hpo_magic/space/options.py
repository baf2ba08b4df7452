"""What an option of a choice may be, and when two are the same."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

from hpo_magic.errors import SpaceError

Value: TypeAlias = Any
"""A JSON scalar, or a tuple, list or dict of them."""


def identity(value: Value) -> str:
    """Text that is the same only for the same value of the same type (``1``, ``1.0`` and ``True`` differ).

    Lists and tuples do not differ: JSON, in which values last, has lists alone.
    """
    if isinstance(value, (list, tuple)):
        return f"list:{[identity(item) for item in value]}"
    if isinstance(value, dict):
        return f"dict:{[(name, identity(item)) for name, item in value.items()]}"
    for kind in (bool, int, float, str):  # what is stored of an enum's member, or of numpy's text, is plain
        if isinstance(value, kind):
            return f"{kind.__name__}:{kind.__repr__(value)}"
    return f"{type(value).__name__}:{value!r}"


def plain(option: object) -> Value:
    """Return an option as it is kept: numpy scalars become Python's own; whatever JSON cannot hold is refused."""
    if hasattr(option, "item") and hasattr(option, "dtype") and getattr(option, "ndim", 1) == 0:
        return plain(option.item())
    if option is None or isinstance(option, (bool, int, str)):
        return option
    if isinstance(option, float):
        if math.isfinite(option):
            return float(option)
    elif isinstance(option, (tuple, list)):
        return type(option)(plain(item) for item in option)
    elif isinstance(option, dict) and all(isinstance(key, str) for key in option):
        return {key: plain(item) for key, item in option.items()}
    raise SpaceError(
        f"Choice: the option {option!r} cannot be stored; use None, bool, finite numbers, text or lists of these, "
        "and look objects up by name inside the objective"
    )
