"""Checkpoint folders of trials: where they are, and how a promotion or a fork inherits them.

They lie where HPO_MAGIC_CHECKPOINTS says in the environment, else beside a SQLite file, else in the current folder, or
for a store in memory in a temporary one, which is made when the first trial asks for it: a killed process could not
remove it again. Stores and studies that lie side by side have folders of their own, and a trial that goes on from no
other finds its own empty: files of a study whose store was deleted would be taken for its own. A repeat finds it empty
too, a second try of one that was lost what its predecessor has left, or without one its own files.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count
from pathlib import Path
from weakref import WeakKeyDictionary

from hpo_magic.run.lost import tries
from hpo_magic.run.scratch import scratch
from hpo_magic.trials import History, Trial
from hpo_magic.trials.store import Store, file_of

FOLDER = "HPO_MAGIC_CHECKPOINTS"
"""What in the environment names a folder that all who search can reach."""


@dataclass(frozen=True)
class Inherited:
    """What a trial finds in its folder: the budget at which it was written, 0 for nothing, and what is to be said."""

    budget: int = 0
    note: str = ""


class Checkpoints:
    """The folders of one study's trials.

    Parameters
    ----------
    store : Store
    study : str
    version : int

    Examples
    --------
    >>> from hpo_magic.trials.store import open_store
    >>> Checkpoints(open_store(":memory:"), "svm", 1).folder(7).name
    '7'
    """

    def __init__(self, store: Store, study: str, version: int) -> None:
        self._base, kept = _place(store)
        self._own = Path("hpo_checkpoints", kept, f"{_safe(study)}-{version}")
        self._asked = self._base is not None

    def folder(self, number: int) -> Path:
        """Return the folder of a trial; it is not made yet."""
        self._asked = True
        return (self._base or scratch()) / self._own / str(number)

    def remove(self, keep: Collection[int] = ()) -> int:
        """Remove the folders of all trials but some; return the bytes freed. OSError where it cannot be done."""
        base, kept = self._base or scratch(), {str(number) for number in keep}
        own = base / self._own
        gone = [folder for folder in own.iterdir() if folder.name not in kept] if own.is_dir() else []
        freed = sum(file.lstat().st_size for folder in gone for file in folder.rglob("*") if not file.is_dir())
        for folder in gone:
            shutil.rmtree(folder)
        for empty in (self._own, *list(self._own.parents)[:-1]):  # those that hold nothing else
            with suppress(OSError):
                (base / empty).rmdir()
        return freed

    def used(self, number: int) -> bool:
        """Whether a trial has files of its own."""
        folder = self.folder(number) if self._asked else None
        return folder is not None and folder.is_dir() and any(folder.iterdir())

    def anew(self, number: int) -> Inherited:
        """Empty the folder of a trial that goes on from nobody."""
        own = self.folder(number) if self._asked else None
        if own is not None and own.is_dir():
            shutil.rmtree(own, ignore_errors=True)
            if own.is_dir():
                return Inherited(0, f"trial {number} may find files that are not its own: {own} cannot be removed")
        return Inherited()

    def prepare(self, history: History, trial: Trial) -> Inherited:
        """Give a trial that goes on from another one a copy of its files, in place of whatever is in its folder.

        A copy, so that a trial killed while it writes leaves those of its predecessor whole: they are what its next try
        goes on from. One without a predecessor goes on from its own files, once, as it may be they that are broken. A
        repeat begins anew.
        """
        source = history.origin(trial)
        left = self._left_by_the_lost(history, trial) if source is None else None
        if left is not None and not self._copy(left, trial.number):
            return Inherited(0, f"trial {trial.number} goes on with the checkpoint files that trial {left} left")
        if source is None or not source.kept or (source.budget or 0) >= (trial.budget or 0):
            return self.anew(trial.number)
        if why := self._copy(source.number, trial.number):
            note = f"trial {trial.number} begins anew: the checkpoint files of trial {source.number} {why}"
            return Inherited(0, note)
        return Inherited(source.budget or 0)

    def _left_by_the_lost(self, history: History, trial: Trial) -> int | None:
        """Return the trial whose files a second try goes on with."""
        if trial.parent is None or tries(trial, history.trials.__getitem__) != 2:
            return None
        return trial.parent if self.used(trial.parent) else None

    def _copy(self, source: int, to: int) -> str:
        """Put a copy of a trial's files in the folder of another; return what has kept them from it."""
        own = self.folder(to)
        shutil.rmtree(own, ignore_errors=True)
        try:
            shutil.copytree(self.folder(source), own)
        except OSError as error:
            shutil.rmtree(own, ignore_errors=True)
            return "are gone" if isinstance(error, FileNotFoundError) else f"cannot be copied ({error})"
        return ""


_in_memory: WeakKeyDictionary[Store, str] = WeakKeyDictionary()
_memories = count()


def _place(store: Store) -> tuple[Path | None, str]:
    """Return the folder that holds the checkpoints of a store, None for one in memory, and the store's name there."""
    if (chosen := os.environ.get(FOLDER)) and store.url != ":memory:":
        known = file_of(store.url) or store.url  # in full: one folder may serve files of one name
        return Path(chosen).expanduser(), _short_hash(known)
    if store.url == ":memory:":
        return None, _in_memory.setdefault(store, f"{next(_memories)}")
    if file := file_of(store.url):
        return Path(file).parent, Path(file).name
    return Path.cwd(), _short_hash(store.url)


def _safe(study: str) -> str:
    """Return a study's name as that of a folder; what it holds besides letters and digits is told apart by a hash."""
    safe = re.sub(r"[^\w.-]", "_", study)
    return safe if safe == study else f"{safe}-{_short_hash(study)}"


def _short_hash(text: str) -> str:
    return blake2b(text.encode(), digest_size=4).hexdigest()
