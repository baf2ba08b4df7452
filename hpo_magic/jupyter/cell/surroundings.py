"""What a cell uses of the notebook, told apart by content: so that a study is not gone on with by another objective."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha1
from types import FunctionType
from typing import Any

from hpo_magic.run.executors.parcel import Used

_MOST = 16_000_000
"""Bytes of an array that are read whole, in about 10 ms; of a larger one so many, evenly."""
_ROWS = 200_000
"""Of a frame; a larger one has no fingerprint."""


def prints(used: Mapping[str, Used]) -> dict[str, str]:
    """Return a fingerprint of each name that has one: numbers, text, containers of these, arrays, frames, functions.

    Examples
    --------
    >>> before, after = ({"n": Used(n, 1, ""), "lock": Used(object(), 1, "")} for n in (3, 4))
    >>> prints(before).keys(), prints(before) == prints(after)
    (dict_keys(['n']), False)
    """
    found = {}
    for name, one in used.items():
        with suppress(ValueError, RecursionError):  # a number too long to be written, a list that holds itself
            found[name] = _told(one.value)
    return {name: sha1(told).hexdigest()[:16] for name, told in found.items() if told is not None}


def differing(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the names that have a fingerprint in both and not the same one, in order.

    Examples
    --------
    >>> differing({"n": "1", "train": "a"}, {"n": "2", "train": "a", "new": "b"})
    ['n']
    """
    return sorted(name for name, told in now.items() if before.get(name, told) != told)


def _told(value: Any) -> bytes | None:
    if isinstance(value, (str, bytes)) and len(value) > _MOST:
        return f"{len(value)}:{value[:1000]!r}{value[-1000:]!r}".encode()
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        return f"{type(value).__name__}:{value!r}".encode()
    if isinstance(value, (list, tuple)):
        return _all(type(value).__name__, list(value))
    if isinstance(value, dict):
        return _all("dict", [*value, *value.values()])
    if isinstance(value, FunctionType):
        return _written(value) if value.__module__ == "__main__" else None
    module = type(value).__module__.partition(".")[0]
    if module == "numpy" and hasattr(value, "tobytes"):
        return _array(value)
    return _frame(value) if module == "pandas" else None


def _array(value: Any) -> bytes | None:
    if value.dtype.hasobject:  # its bytes would be addresses
        return None
    if value.nbytes > _MOST:
        if not value.flags.c_contiguous:  # to read a part of it, all would be copied
            return None
        seen = value.reshape(-1)[:: -(-value.nbytes // _MOST)]
    else:
        seen = value
    return f"{value.dtype}{value.shape}".encode() + bytes(seen.tobytes())


def _frame(value: Any) -> bytes | None:
    import pandas

    if not isinstance(value, (pandas.DataFrame, pandas.Series)) or len(value) > _ROWS:
        return None
    columns = [value] if isinstance(value, pandas.Series) else [column for _, column in value.items()]
    if any(pandas.api.types.infer_dtype(column, skipna=True).startswith("mixed") for column in columns):
        return None  # objects are hashed by their text, in which their address may be
    try:
        rows = pandas.util.hash_pandas_object(value).to_numpy().tobytes()
    except TypeError:  # it holds what has no hash
        return None
    return f"{type(value).__name__}{list(getattr(value, 'columns', ()))}".encode() + bytes(rows)


def _all(kind: str, items: list[Any]) -> bytes | None:
    told = [kind.encode()]
    size = 0
    for item in items:
        one = _told(item)
        size += 0 if one is None else len(one)
        if one is None or size > _MOST or len(told) > 1000:
            return None
        told.append(b"%d:%s" % (len(one), one))
    return b"".join(told)


def _written(function: FunctionType) -> bytes | None:
    """Return a function as it is written, but for comments and layout."""
    try:
        return ast.dump(ast.parse(textwrap.dedent(inspect.getsource(function)))).encode()
    except (OSError, TypeError, SyntaxError):
        return None
