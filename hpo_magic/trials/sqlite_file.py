"""The file of a SQLite store that is open. A deleted one still takes what is written to it, and keeps nothing of it."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing, suppress

import sqlalchemy as sa

from hpo_magic.errors import StoreError, StoreGone


class SqliteFile:
    """Looks after a file while its store is open.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    path : str or None
        None for a store that is no file: nothing is looked after.
    """

    def __init__(self, engine: sa.Engine, path: str | None) -> None:
        self._engine, self._path = engine, path
        self._said, self._one = False, threading.Lock()
        self._opened = _which(path)

    def mind(self) -> None:
        """Say once that the file was deleted, as a StoreGone; who goes on then has it made anew, with all it held.

        Another file in its place is left alone, and said each time.
        """
        if self._path is None or (now := _which(self._path)) == self._opened:
            return
        if now is not None:
            raise StoreError(
                f"the file of the store, {self._path}, was replaced by another one while it was open; move that one "
                "elsewhere and go on: the file is then made anew, with all that it held"
            )
        with self._one:
            if not self._said:
                self._said = True
                raise StoreGone(
                    f"the file of the store, {self._path}, was deleted while it was open; "
                    "who goes on has it made anew, with all that it held"
                )
            if not os.path.exists(self._path):
                self._make_anew(self._path)

    def _make_anew(self, path: str) -> None:
        if not self._engine.pool.checkedin():  # type: ignore[attr-defined]  # a new connection knows nothing of it
            raise StoreError(f"the file of the store, {path}, was deleted; try again in a moment")
        copy = f"{path}.anew"
        with closing(self._engine.raw_connection()) as open_still, closing(sqlite3.connect(copy)) as made:
            source = open_still.driver_connection
            assert isinstance(source, sqlite3.Connection)
            source.backup(made)
        self._engine.dispose()
        for rest in (f"{path}-wal", f"{path}-shm"):  # of the deleted file; to the new one they would be a journal
            with suppress(FileNotFoundError):
                os.remove(rest)
        os.replace(copy, path)
        self._said, self._opened = False, _which(path)


def _which(path: str | None) -> tuple[int, int] | None:
    """Return which file a path names, as device and number; None where there is none."""
    try:
        found = os.stat(path or "")
    except OSError:
        return None
    return found.st_dev, found.st_ino
