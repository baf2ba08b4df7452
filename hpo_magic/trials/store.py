"""Store: where studies and their trials last, behind one protocol and one function that opens it by URL."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol, cast

from hpo_magic.errors import StoreError, StudyInUse
from hpo_magic.trials.trial import Trial

_PASSWORD = re.compile(r"(://[^:/@]*):.*@")
_SQLITE = re.compile(r"sqlite(?:\+\w+)?:///([^?]*)(?:\?.*)?", re.DOTALL)
LEASE = 15.0
"""Seconds after which a search that no longer renews its lease counts as gone."""
PATIENCE = 600.0
"""The same where its process is seen to live: a trial may hold the interpreter, or somebody have suspended it."""


@dataclass(frozen=True)
class StudyRecord:
    """One version of a study as the store keeps it.

    Attributes
    ----------
    id : int
    name : str
    version : int
        Counted from 1; a study whose definition changes gets a new version.
    fingerprint : str
        Hash of what makes two definitions the same.
    definition : dict
        Space, goals and source of the objective; never changed.
    settings : dict
        Edits to the space, strategy, seed and limits; change while the search runs.
    created : float
        Seconds since the epoch.
    """

    id: int
    name: str
    version: int
    fingerprint: str
    definition: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    created: float = 0.0


class Store(Protocol):
    """What a study needs of a store. Every method commits before it returns, or raises StoreError."""

    url: str

    def open_study(
        self, name: str, fingerprint: str, definition: Mapping[str, Any], settings: Mapping[str, Any]
    ) -> StudyRecord:
        """Return the version of the study with this fingerprint, newly made where there is none."""

    def studies(self) -> Sequence[StudyRecord]:
        """Return every version of every study, oldest first."""

    def delete_study(self, study: int) -> None:
        """Remove a study with its trials for good; StudyInUse where a living search has it.

        Who holds it still hears a StoreError: its number goes to no other study.
        """

    def save_settings(self, study: int, settings: Mapping[str, Any]) -> None:
        """Replace a study's settings."""

    def trials(self, study: int) -> Sequence[Trial]:
        """Return a study's trials in the order of their numbers."""

    def count(self, study: int) -> int:
        """Return how many trials a study has."""

    def add_trial(self, study: int, trial: Trial, ended: Sequence[Trial] = (), exactly: bool = False) -> Trial | None:
        """Store a new trial and return it with the number that it was given; replace others in the same commit.

        A number that the trial has already is a guess, tried first: how many trials the caller knows of. With `exactly`
        None is returned where another process has that number, and nothing is added.
        """

    def save_trial(self, study: int, trial: Trial) -> None:
        """Replace a trial."""

    def begin_trial(self, study: int, trial: Trial) -> bool:
        """Replace a trial that waits; whether it still did, and nobody else has taken it."""

    def take_lease(self, study: int, owner: str) -> None:
        """Claim a study for a search, or renew the claim; StudyInUse where another living search has it."""

    def drop_lease(self, study: int, owner: str) -> None:
        """Give a claim, or a part in a shared search, back; nothing happens where `owner` does not hold it."""

    def take_part(self, study: int, owner: str) -> None:
        """Search a study together with others, or say that one still does; StudyInUse where one has it for itself."""

    def members(self, study: int) -> Sequence[str]:
        """Return the owners of the living searches that have a part in a study, who came first before the others."""

    def searched(self, study: int) -> bool:
        """Whether a search that may be alive has the study, or a part in it, here or elsewhere."""

    def close(self) -> None:
        """Let go of files and connections."""


def open_store(url: str | os.PathLike[str] | Store, make: bool = True) -> Store:
    """Return the store at a URL; one that is open already is returned as it is.

    Parameters
    ----------
    url : str, Path or Store
        ``":memory:"``, or a database URL that SQLAlchemy knows, such as ``"sqlite:///hpo.db"``; a Path is SQLite's.
    make : bool
        Whether an SQLite file that does not exist is made.

    Raises
    ------
    StoreError
        Where it cannot be opened or holds another program's tables.

    Examples
    --------
    >>> open_store(":memory:").studies()
    []
    """
    if hasattr(url, "open_study"):
        return cast(Store, url)
    if isinstance(url, os.PathLike):
        path = os.fspath(url)
        if any(mark in path for mark in "?%"):  # they mean something in a URL
            raise StoreError(f"store={path!r} has a '?' or '%' in its name; choose another name")
        url = f"sqlite:///{path}"
    if not isinstance(url, str) or not url:
        raise StoreError(f"store={url!r} must be ':memory:' or a database URL such as 'sqlite:///hpo.db', or a Path")
    if url in (":memory:", "sqlite://", "sqlite:///:memory:"):  # SQLite's own would be another one in each thread
        from hpo_magic.trials.memory_store import MemoryStore

        return MemoryStore()
    from hpo_magic.trials.sql_store import SqlStore

    return SqlStore(url, make)


def file_of(url: str) -> str | None:
    """Return the absolute path of the SQLite file that a URL names; None where it names none.

    Examples
    --------
    >>> file_of("sqlite:////data/hpo.db?timeout=5"), file_of("sqlite://"), file_of(":memory:")
    ('/data/hpo.db', None, None)
    """
    named = _SQLITE.fullmatch(url)
    file = named.group(1) if named else ""
    return None if not file or file == ":memory:" or file.startswith("file:") else os.path.abspath(file)


def from_folder(url: str, folder: str) -> str:
    """Return the URL of an SQLite file with its path taken from a folder, where it is relative.

    Examples
    --------
    >>> from_folder("sqlite:///hpo.db?timeout=5", "/data"), from_folder("sqlite:////x/hpo.db", "/data")
    ('sqlite:////data/hpo.db?timeout=5', 'sqlite:////x/hpo.db')
    """
    named = _SQLITE.fullmatch(url)
    if named is None or file_of(url) is None:
        return url
    begin, end = named.span(1)
    return url[:begin] + os.path.join(folder, named.group(1)) + url[end:]


def without_password(url: str) -> str:
    """Return a database's URL as it may be shown.

    Examples
    --------
    >>> without_password("postgresql+psycopg://ann:s3cret@db:5432/hpo")
    'postgresql+psycopg://ann:***@db:5432/hpo'
    """
    return _PASSWORD.sub(r"\1:***@", url)


def owner_name(token: str) -> str:
    """Return the name of a search for its lease: host, process and a token of its own."""
    _tokens.add(token)
    return f"{_here()}:{os.getpid()}:{token}"


@cache
def _here() -> str:
    """Return where process numbers are told apart: the host, and on Linux the container, which may share its name."""
    try:
        return f"{socket.gethostname()}/{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return socket.gethostname()


_tokens: set[str] = set()
"""Of the searches of this process."""


def alive(holder: str | None) -> bool:
    """Whether the process behind a lease may still live; a dead one on this machine is known at once."""
    if not holder or holder.count(":") < 2:
        return False
    host, pid, token = holder.rsplit(":", 2)
    if host != _here():
        return True
    if int(pid) == os.getpid():  # in a container a process may have the number of the one before it
        return token in _tokens
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # a living process of another user
        return True
    return not _zombie(int(pid))


def _zombie(pid: int) -> bool:
    """Whether a process is dead, and its parent has not asked for its end yet; known on Linux alone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] in ("Z", "X")
    except (OSError, IndexError):
        return False


def holds(holder: str | None, renewed: float | None, alive: bool) -> bool:
    """Whether a lease has not run out."""
    if holder is None or renewed is None or not alive:
        return False
    seen = holder.startswith(f"{_here()}:") and not holder.startswith(f"{_here()}:{os.getpid()}:")
    return time.time() - renewed < (PATIENCE if seen else LEASE)


def deleted(url: str) -> StoreError:
    """Return the error of who holds a study that is not there any more."""
    return StoreError(f"the study was deleted from the store {without_password(url)!r}; make it anew to go on")


def check_alone(name: str, members: Sequence[str]) -> None:
    """Raise StudyInUse where living members search a study together."""
    if members:
        raise StudyInUse(
            f"study {name!r} is searched by {len(members)} together ({members[0]}, …); take part with "
            "optimize(shared=True), stop those searches first, or give this one another name"
        )


def check_lease(name: str, holder: str | None, renewed: float | None, owner: str, alive: bool) -> None:
    """Raise StudyInUse where another search holds a lease that has not run out."""
    if holder != owner and holds(holder, renewed, alive):
        age = max(time.time() - (renewed or 0.0), 0.0)
        raise StudyInUse(
            f"study {name!r} is in use by a running search ({holder}, seen {age:.0f} s ago); "
            "stop that search first, or give this one another name"
        )
