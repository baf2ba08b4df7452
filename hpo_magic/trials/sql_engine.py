"""How a database is reached: SQLite as it lasts and waits for its turn, and files that can only be read."""

from __future__ import annotations

import os
import sqlite3
import time
from typing import Any
from urllib.parse import quote
from weakref import ref

import sqlalchemy as sa

from hpo_magic.trials.store import file_of

BUSY_SECONDS = 10
"""How long a statement waits for another writer before the database counts as locked."""
_AGAIN = 0.05
"""Seconds until it is tried again."""


def is_frozen(file: str | None) -> bool:
    """Whether a file lies where nothing can be written: it can be looked at, without the files of a journal."""
    return file is not None and os.path.exists(file) and not os.access(os.path.dirname(file), os.W_OK)


def engine_of(url: str, frozen: bool) -> sa.Engine:
    """Return SQLAlchemy's engine for a URL.

    Examples
    --------
    >>> engine_of("sqlite://", frozen=False).dialect.name
    'sqlite'
    """
    engine = _made(url, frozen)
    if hasattr(os, "register_at_fork"):
        _forget_in_children(engine)
    return engine


def _made(url: str, frozen: bool) -> sa.Engine:
    if sa.make_url(url).get_backend_name() != "sqlite":
        engine = sa.create_engine(url, pool_pre_ping=True)
        if engine.dialect.name == "postgresql":
            sa.event.listen(engine, "connect", _wait_as_sqlite)
        return engine
    if frozen:  # where nobody else writes, no lock is needed: https://www.sqlite.org/uri.html#uriimmutable
        file = file_of(url) or ""
        source = f"file:{quote(file)}?{'mode=ro' if os.path.exists(f'{file}-wal') else 'immutable=1'}"
        return sa.create_engine(url, poolclass=sa.NullPool, creator=lambda: sqlite3.connect(source, uri=True))
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @sa.event.listens_for(engine, "connect")
    def _durable(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where _begin says, not where the driver guesses
        cursor = connection.cursor()
        _set_wal(cursor)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # A deferred transaction that reads and then writes fails at once when another has written in between;
        # an immediate one waits for its turn: https://www.sqlite.org/lang_transaction.html
        connection.exec_driver_sql(
            "BEGIN" if connection.get_execution_options().get("reads_only") else "BEGIN IMMEDIATE"
        )

    return engine


def _wait_as_sqlite(connection: Any, _record: Any) -> None:
    """Have PostgreSQL wait for a lock no longer than SQLite does: who holds it may be suspended, or cut off."""
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
    cursor.close()
    connection.commit()


def _forget_in_children(engine: sa.Engine) -> None:
    """Have a forked process open connections of its own: to use its parent's as well would break both.

    https://docs.sqlalchemy.org/en/20/core/pooling.html#using-connection-pools-with-multiprocessing-or-os-fork
    """
    known = ref(engine)

    def forget() -> None:
        if (there := known()) is not None:
            there.dispose(close=False)

    os.register_at_fork(after_in_child=forget)


def _set_wal(cursor: Any) -> None:
    """Have a file keep a journal that others can read beside; of several that make it at once all but one fail.

    SQLite does not wait for that lock: https://www.sqlite.org/wal.html#sometimes_queries_return_sqlite_busy_in_wal_mode
    """
    given_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > given_up:
                raise
            time.sleep(_AGAIN)
