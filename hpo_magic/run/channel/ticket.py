"""Ticket: all that a worker is told of a trial; small, as it is sent once a trial."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Access:
    """Where a search listens, and the keys that open it (CURVE, in Z85)."""

    address: str
    server_key: bytes
    public_key: bytes
    secret_key: bytes
    patience: float = 60.0
    """Seconds for which a trial goes on without an answer of its search."""

    def __repr__(self) -> str:
        return f"Access({self.address!r})"  # keys do not belong into logs


@dataclass(frozen=True)
class Place:
    """A folder, and how to tell whether it is the same one elsewhere."""

    path: str
    host: str
    anchor: str
    inode: int

    @classmethod
    def of(cls, folder: Path) -> Place:
        """Return the place of a folder that need not be there yet."""
        anchor = next((parent for parent in folder.absolute().parents if parent.is_dir()), Path(folder.anchor or "."))
        return cls(str(folder.absolute()), socket.gethostname(), str(anchor), anchor.stat().st_ino)

    @property
    def here(self) -> bool:
        """Whether this process sees the same folder under that path.

        The host's name alone would not do: containers may share it.
        """
        try:
            return socket.gethostname() == self.host and os.stat(self.anchor).st_ino == self.inode
        except OSError:
            return False


@dataclass(frozen=True)
class Ticket:
    """A trial for a worker.

    Attributes
    ----------
    access : Access
    token : str
        Of this run of the trial; another try has another one.
    parcel : str
        Key of the objective, which the worker asks for once.
    number, seed, slot : int
    config : bytes
        Pickled, to be read when the objective is there.
    metrics : tuple of str
    place : Place or None
        The checkpoint folder.
    """

    access: Access
    token: str
    parcel: str
    number: int
    seed: int
    slot: int
    config: bytes
    metrics: tuple[str, ...]
    place: Place | None
