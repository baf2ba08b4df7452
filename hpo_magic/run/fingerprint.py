"""A value's fingerprint: the same for the same content in another process, or none where content cannot be told."""

from __future__ import annotations

import ast
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import inspect
import pathlib
import sys
import sysconfig
import textwrap
import uuid
from contextlib import suppress
from hashlib import sha1
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

_MOST, _SAMPLE, _ENDS = 16_000_000, 400_000, 1000
"""Bytes that are read whole, in about 10 ms; of a larger array so many entries at random, and so many at its ends."""
_ROWS = 200_000
"""Of a frame that is read whole; of a larger one so many."""
_PARTS = 20_000
"""Of one value that are looked at; of what else it holds nothing is known."""
_AS_WRITTEN = (
    range, slice, datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo, decimal.Decimal,
    fractions.Fraction, pathlib.PurePath, uuid.UUID, enum.Enum,
)  # fmt: skip
"""Types whose representation is the whole of a value."""
_OPEN = ("sklearn", "scipy.sparse", "torch.utils.data")
"""Libraries whose objects are what is in their attributes, and do not change by being looked at."""


def fingerprint(value: Any) -> str | None:
    """Return a text that is the same only for the same content, as far as it can be read; None for other objects.

    Examples
    --------
    >>> fingerprint({"n": 3}) == fingerprint({"n": 3}), fingerprint({"n": 3}) == fingerprint({"n": 4})
    (True, False)
    >>> fingerprint(object()) is None
    True
    """
    told = _Reader().told(value)
    return None if told is None else sha1(told).hexdigest()[:16]


class _Reader:
    """Reads one value: so many bytes and parts at most, and none of it twice."""

    def __init__(self) -> None:
        self._bytes, self._draws, self._parts = _MOST, 2 * _SAMPLE, _PARTS
        self._seen: dict[int, tuple[int, Any]] = {}

    def told(self, value: Any) -> bytes | None:
        """Return the content as bytes; None where it is not known how to read it."""
        try:
            return self._told(value)
        except Exception:  # noqa: BLE001 - objects may answer in any way, and be nested too deeply
            return None

    def _told(self, value: Any) -> bytes | None:
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
            return f"{kind}:".encode() + _plain(value)
        if isinstance(value, _AS_WRITTEN):
            return f"{kind}:{value!r}".encode()
        if id(value) in self._seen:
            return b"again:%d" % self._seen[id(value)][0]
        self._seen[id(value)] = len(self._seen), value  # kept, so that no other object has its address
        read = self._array(value) or self._frame(value) or _module(value) or self._callable(value)
        if read is not None:
            return f"{kind}:".encode() + read
        parts = _parts(value)
        return None if parts is None else f"{kind}:".encode() + self._all(parts, isinstance(value, (set, frozenset)))

    def _all(self, parts: list[Any], unordered: bool) -> bytes:
        """Return what parts are; of one that cannot be read its type."""
        told = []
        for part in parts:
            self._parts -= 1
            if self._parts < 0:
                break
            one = self.told(part)
            told.append(sha1(type(part).__qualname__.encode() if one is None else one).digest())
        return b"%d:" % len(parts) + b"".join(sorted(told) if unordered else told)

    def _array(self, value: Any) -> bytes | None:
        name = type(value).__module__.partition(".")[0]
        if name == "torch" and hasattr(value, "detach") and hasattr(value, "numpy"):
            try:
                value = value.detach().cpu().numpy()
            except (RuntimeError, TypeError):  # numpy has no such numbers, or they are sparse
                return None
        elif name != "numpy" or not hasattr(value, "tobytes"):
            return None
        if value.dtype.hasobject:  # its bytes would be addresses
            return self._all(value.reshape(-1)[:_PARTS].tolist(), False) if value.size else b"empty"
        whole, self._bytes = value.nbytes <= self._bytes, self._bytes - min(value.nbytes, self._bytes)
        if not whole:
            draws = min(_SAMPLE, self._draws)
            self._draws -= draws
        seen = value if whole else _sampled(value, draws)
        return f"{value.dtype}{value.shape}".encode() + bytes(seen.tobytes())

    def _frame(self, value: Any) -> bytes | None:
        if type(value).__module__.partition(".")[0] != "pandas":
            return None
        import pandas

        if not isinstance(value, (pandas.DataFrame, pandas.Series, pandas.Index)):
            return None
        step = -(-len(value) // _ROWS) or 1
        seen = value[::step] if isinstance(value, pandas.Index) else value.iloc[::step]
        columns = [column for _, column in seen.items()] if isinstance(seen, pandas.DataFrame) else [seen]
        read = b"".join(self._column(column) for column in columns)
        return f"{len(value)}{list(getattr(value, 'columns', ()))}".encode() + read

    def _column(self, column: Any) -> bytes:
        import pandas

        # Objects are hashed by their text, in which their address may be.
        if not pandas.api.types.infer_dtype(column, skipna=True).startswith("mixed"):
            with suppress(TypeError):  # it holds what has no hash
                return sha1(pandas.util.hash_pandas_object(column).to_numpy().tobytes()).digest()
        return sha1(self._all(list(column), False)).digest()

    def _callable(self, value: Any) -> bytes | None:
        if isinstance(value, functools._lru_cache_wrapper):
            return self.told(value.__wrapped__)
        if isinstance(value, functools.partial):
            return self._all([value.func, *value.args, *value.keywords, *value.keywords.values()], False)
        if not isinstance(value, (FunctionType, type)):
            return None
        if value.__module__ != "__main__":
            return _module(sys.modules.get(value.__module__))
        if isinstance(value, FunctionType):
            return _written(value)
        own = {name: part for name, part in vars(value).items() if not _made_by_python(name, part)}
        return self._all([*map(_of_class, own.values()), *own, *value.__bases__], False)


def _plain(value: Any) -> bytes:
    if isinstance(value, (str, bytes)) and len(value) > _MOST:
        return f"{len(value)}:{value[:_ENDS]!r}{value[-_ENDS:]!r}".encode()
    try:
        return repr(value).encode(errors="surrogatepass")
    except ValueError:  # a whole number of more digits than Python writes
        return hex(value).encode()


def _parts(value: Any) -> list[Any] | None:
    """Return what a container holds, and an object whose attributes are all of it; None for others."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)
    if isinstance(value, dict):
        return [*value, *value.values()]
    held = getattr(value, "__dict__", None)
    if held is None or isinstance(value, type):
        return None
    module = type(value).__module__
    if any(f"{module}.".startswith(f"{name}.") for name in _OPEN):  # what is private may be noted as it is used
        public = sorted(name for name in held if not name.startswith("_"))
        return [*public, *(held[name] for name in public), getattr(value, "shape", None)]
    if isinstance(value, SimpleNamespace) or dataclasses.is_dataclass(value) or module == "__main__":
        return [*sorted(held), *(held[name] for name in sorted(held)), *([type(value)] if module == "__main__" else [])]
    return None


def _sampled(value: Any, draws: int) -> Any:
    """Return entries of a large array: those at its ends, and others at random, so that no column is left out."""
    import numpy as np

    drawn = np.random.default_rng(0).integers(value.size, size=draws)
    ends = np.arange(min(_ENDS, value.size))
    places = np.concatenate([ends, np.sort(drawn), value.size - 1 - ends])
    return value[np.unravel_index(places, value.shape)]


def _module(value: Any) -> bytes | None:
    """Return the text of a module that lies beside the notebook, or elsewhere among one's own files."""
    file = getattr(value, "__file__", None) if isinstance(value, ModuleType) else None
    if not isinstance(file, str) or not file.endswith(".py"):
        return None
    paths = [sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")]
    if value.__name__.partition(".")[0] == "hpo_magic" or any(file.startswith(path) for path in paths):
        return None
    try:
        return pathlib.Path(file).read_bytes()
    except OSError:
        return None


def _written(function: FunctionType) -> bytes | None:
    """Return a function as it is written, but for comments and layout, and a lambda without the rest of its line."""
    try:
        tree: ast.AST = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None
    if function.__name__ == "<lambda>":
        found = [node for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
        if len(found) != 1:
            return None
        tree = found[0]
    return ast.dump(tree).encode()


def _made_by_python(name: str, part: Any) -> bool:
    return name in ("__module__", "__dict__", "__weakref__", "__doc__", "__firstlineno__", "__static_attributes__") or (
        name.startswith("__dataclass") or (name.startswith("__") and isinstance(part, type(vars(type)["__dict__"])))
    )


def _of_class(part: Any) -> Any:
    """Return the function behind what a class holds of one."""
    if isinstance(part, property):
        return (part.fget, part.fset, part.fdel)
    return part.__func__ if isinstance(part, (staticmethod, classmethod)) else part
