"""Parcel: an objective with the data it uses, packed once a search and sent once to each worker."""

from __future__ import annotations

import functools
import hashlib
import io
import marshal
import os
import pickle
import socket
import sys
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import cloudpickle

from hpo_magic.errors import CellError, StudyError, first_line
from hpo_magic.run.executors.script import Script
from hpo_magic.run.trial_run import Guard, Objective
from hpo_magic.space import Config

NOT_UNPACKED = "the worker cannot unpack the objective"
"""How the failure of a trial begins whose objective could be sent, but not read there."""
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


class Contents(NamedTuple):
    """What a parcel holds: an objective, what is held around each of its trials, and what pickles refer to by name."""

    objective: Objective
    guards: tuple[Guard, ...]
    main: dict[str, Any]
    home: tuple[str, int]
    script: Script

    def name_main(self) -> None:
        """Give this process's ``__main__`` the classes and functions that the objective uses of the sender's.

        Pickle finds them there by name: a trial that keeps its model in a file would fail otherwise. Processes that a
        trial starts find them in the script.
        """
        if self.home != _here():
            main = sys.modules["__main__"]
            vars(main).update(self.main)
            if self.home[0] == _here()[0]:
                self.script.name_as(main)


def pack(objective: Objective, guards: Sequence[Guard] = ()) -> Parcel:
    """Return an objective, and what is to be held around each of its trials, as a parcel.

    Raises
    ------
    CellError or StudyError
        Where something in it cannot be sent; names it, with the line that uses it.

    Examples
    --------
    >>> contents = unpack(pack(lambda config: config["x"] ** 2).data)
    >>> contents.objective({"x": 3})
    9
    """
    try:
        with _by_value():
            data = _dumps(objective, tuple(guards))
    except CellError:  # it says itself why not
        raise
    except Exception as error:
        raise _blame(objective, error) from error
    notice = ""
    if len(data) > LARGE:
        notice = f"{_megabytes(len(data))} are sent once to each worker{_largest(objective)}"
    return Parcel(hashlib.sha256(data).hexdigest(), data, notice)


def packed(config: Config) -> bytes:
    """Return a config for a worker; members of the user's own enums are found there when the objective is."""
    if all(type(value) in (bool, int, float, str, type(None)) for value in config.values()):
        return pickle.dumps(dict(config))
    with _by_value():
        data: bytes = cloudpickle.dumps(dict(config))
    return data


def unpack(data: bytes | bytearray) -> Contents:
    """Return what a parcel holds."""
    contents: Contents = pickle.loads(data)
    return contents


def _here() -> tuple[str, int]:
    return socket.gethostname(), os.getpid()


def _code(code: CodeType) -> tuple[Any, ...]:
    return marshal.loads, (marshal.dumps(code),)


def _remembering(size: int | None, typed: bool) -> Any:
    """Return a cache for a function that is set on it later: it may refer to itself."""

    def call(*args: Any, **named: Any) -> Any:
        return cached.__wrapped__(*args, **named)

    cached = functools.lru_cache(size, typed)(call)
    return cached


_CACHED = type(_remembering(1, False))


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # a pickler reads its table from its class
    """Keeps the file name of code, which cloudpickle drops from 3.1.3 on: tracebacks would lose their lines.

    Sends cached functions empty, which cloudpickle takes for importable, and notes what it sends of ``__main__``.
    """

    dispatch_table: ClassVar[Any] = ChainMap({CodeType: _code}, cloudpickle.Pickler.dispatch_table)

    def __init__(self, buffer: io.BytesIO) -> None:
        super().__init__(buffer)
        self.main: dict[str, Any] = {}
        self._names, self._own = vars(sys.modules["__main__"]), cloudpickle.list_registry_pickle_by_value()

    def reducer_override(self, value: Any) -> Any:
        """Return how a value is made anew; NotImplemented for the usual way."""
        if isinstance(value, (type, FunctionType)) and value.__module__ == "__main__":
            if self._names.get(name := value.__name__) is value:
                self.main[name] = value
        elif isinstance(value, _CACHED) and value.__module__ in ("__main__", *self._own):
            how = value.cache_parameters()
            limits = how["maxsize"], how["typed"]
            return _remembering, limits, value.__wrapped__, None, None, functools.update_wrapper
        return super().reducer_override(value)


def _dumps(value: Any, guards: tuple[Guard, ...] = ()) -> bytes:
    buffer = io.BytesIO()
    pickler = _Pickler(buffer)
    # In this order: what is noted comes after what is sent.
    pickler.dump(Contents(value, guards, pickler.main, _here(), Script.of_here()))
    return buffer.getvalue()


@contextmanager
def _by_value() -> Iterator[None]:
    """Send modules that lie beside the notebook along: a worker elsewhere cannot import them."""
    ours = __name__.partition(".")[0]
    there = cloudpickle.list_registry_pickle_by_value()
    named = {name: module for name, module in list(sys.modules.items()) if getattr(module, "__name__", "") == name}
    own = [
        module for name, module in named.items() if "." not in name and name not in {ours, *there} and _beside(module)
    ]
    for module in own:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in own:
            cloudpickle.unregister_pickle_by_value(module)


def _beside(module: ModuleType) -> bool:
    path = str(getattr(module, "__file__", None) or "")
    beside = path.startswith(os.getcwd() + os.sep) and "site-packages" not in path
    return module.__name__ == _SPAWNED or (beside and module.__name__ != "__main__")  # which cloudpickle sends itself


_SPAWNED = "__mp_main__"
"""What multiprocessing calls the script in a process that it has spawned."""


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
