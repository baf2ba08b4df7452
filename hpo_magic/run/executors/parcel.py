"""Parcel: an objective with the data it uses, packed once a search and sent once to each worker."""

from __future__ import annotations

import hashlib
import io
import marshal
import os
import pickle
import sys
from collections import ChainMap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, ModuleType
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import cloudpickle

from hpo_magic.errors import CellError, StudyError, first_line
from hpo_magic.run.trial_run import Objective

LARGE = 100e6
"""Bytes from which on the size is said before the search starts."""


class Used(NamedTuple):
    """A name that an objective uses: what it holds, and where it is used first."""

    value: Any
    line: int | None
    source: str


@runtime_checkable
class Itemised(Protocol):
    """An objective that can say which names it uses."""

    def used(self) -> Mapping[str, Used]:
        """Return the names that it uses."""


@dataclass(frozen=True)
class Parcel:
    """A pickled objective."""

    key: str
    data: bytes
    notice: str = ""


def pack(objective: Objective) -> Parcel:
    """Return an objective as a parcel.

    Raises
    ------
    CellError or StudyError
        Where something in it cannot be sent; names it, with the line that uses it.

    Examples
    --------
    >>> objective = unpack(pack(lambda config: config["x"] ** 2).data)
    >>> objective({"x": 3})
    9
    """
    try:
        with _by_value():
            data = _dumps(objective)
    except Exception as error:
        raise _blame(objective, error) from error
    notice = ""
    if len(data) > LARGE:
        notice = f"{_megabytes(len(data))} are sent once to each worker{_largest(objective)}"
    return Parcel(hashlib.sha256(data).hexdigest(), data, notice)


def unpack(data: bytes) -> Objective:
    """Return the objective of a parcel."""
    objective: Objective = pickle.loads(data)
    return objective


def _code(code: CodeType) -> tuple[Any, ...]:
    return marshal.loads, (marshal.dumps(code),)


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # a pickler reads its table from its class
    """Keeps the file name of code, which cloudpickle drops from 3.1.3 on: tracebacks would lose their lines."""

    dispatch_table: ClassVar[Any] = ChainMap({CodeType: _code}, cloudpickle.Pickler.dispatch_table)


def _dumps(value: Any) -> bytes:
    buffer = io.BytesIO()
    _Pickler(buffer).dump(value)
    return buffer.getvalue()


@contextmanager
def _by_value() -> Iterator[None]:
    """Send modules that lie beside the notebook along: a worker elsewhere cannot import them."""
    ours = __name__.partition(".")[0]
    own = [module for name, module in list(sys.modules.items()) if "." not in name and name != ours and _beside(module)]
    for module in own:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in own:
            cloudpickle.unregister_pickle_by_value(module)


def _beside(module: ModuleType) -> bool:
    path = str(getattr(module, "__file__", None) or "")
    return module.__name__ != "__main__" and path.startswith(os.getcwd() + os.sep) and "site-packages" not in path


def _blame(objective: Objective, error: Exception) -> StudyError | CellError:
    """Return an error that names what cannot be sent."""
    if isinstance(objective, Itemised):
        for name, used in objective.used().items():
            try:
                _dumps(used.value)
            except Exception as own:  # noqa: BLE001 - as above
                kind = type(used.value).__name__
                return CellError(
                    f"{name} (a {kind}) cannot be sent to another process: {first_line(own)}; "
                    "make it inside the cell, or search --on threads",
                    used.line,
                    used.source,
                )
    return StudyError(f"the objective cannot be sent to another process: {first_line(error)}; search on='threads'")


def _largest(objective: Objective) -> str:
    if not isinstance(objective, Itemised):
        return ""
    sizes = {name: _size(used.value) for name, used in objective.used().items()}
    large = sorted((name for name in sizes if sizes[name] > LARGE / 10), key=lambda name: -sizes[name])[:5]
    return f" ({', '.join(f'{name} {_megabytes(sizes[name])}' for name in large)})" if large else ""


def _size(value: Any) -> int:
    for read in (lambda: value.nbytes, lambda: value.memory_usage(deep=False).sum(), lambda: sys.getsizeof(value)):
        try:
            return int(read())
        except (AttributeError, TypeError, ValueError):
            continue
    return 0


def _megabytes(size: float) -> str:
    return f"{size / 1e6:.0f} MB"
