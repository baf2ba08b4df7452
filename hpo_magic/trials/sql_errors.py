"""What a database's errors mean: whether they may pass, whether another process was faster, and what cures them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)

from hpo_magic.errors import StoreBusy, StoreError, first_line


@contextmanager
def guarded(verb: str, url: str) -> Iterator[None]:
    """Raise a StoreError for what a database says while it is opened, read or written to."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        kind = StoreBusy if _passes(error) else StoreError
        raise kind(f"cannot {verb} the store {url!r}: {reason_of(error)}{_cure(error)}") from error


def _passes(error: Exception) -> bool:
    """Whether it may be over soon: a lock, a server that is started again; not a full disk."""
    if not isinstance(error, (OperationalError, InterfaceError)):
        return False
    return "lock" in str(error).lower() or not isinstance(error.orig, sqlite3.Error)


def beaten(error: StoreError) -> bool:
    """Whether another process was faster: with a number, with the tables, or with rows that both wanted."""
    return isinstance(error.__cause__, (IntegrityError, ProgrammingError)) or "deadlock" in str(error)


def reason_of(error: BaseException) -> str:
    """Return in one line what a database has said."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return first_line(cause)


def _cure(error: Exception) -> str:
    text = str(error).lower()
    cures = {
        "unable to open": "; check that the folder exists and may be written to",
        "not a database": "; the file is no SQLite database; choose another file",
        "locked": "; another program holds the database; close it, then go on",
        "full": "; free some space on the disk, then go on",
        "readonly": "; the file or its folder cannot be written to; change its permissions",
    }
    return next((cure for sign, cure in cures.items() if sign in text), "")
