"""Checkpoint folders of trials: where they are, and how a promotion or a fork inherits them.

They lie beside a SQLite file, else in the current folder, or for a store in memory in a temporary one, which is made
when the first trial asks for it: a killed process could not remove it again.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from hpo_magic.run.scratch import scratch
from hpo_magic.trials import History, Trial


@dataclass(frozen=True)
class Inherited:
    """What a trial finds in its folder: the budget at which it was written, 0 for nothing, and what is to be said."""

    budget: int = 0
    note: str = ""


class Checkpoints:
    """The folders of one study's trials.

    Parameters
    ----------
    base : Path or None
        Where they lie; None: in a temporary folder of this process.
    study : str
    version : int

    Examples
    --------
    >>> Checkpoints(Path("/data"), "svm", 1).folder(7).as_posix()
    '/data/hpo_checkpoints/svm-1/7'
    """

    def __init__(self, base: Path | None, study: str, version: int) -> None:
        safe = re.sub(r"[^\w.-]", "_", study)
        self._base, self._own = base, Path("hpo_checkpoints") / f"{safe}-{version}"
        self._asked = base is not None

    def folder(self, number: int) -> Path:
        """Return the folder of a trial; it is not made yet."""
        self._asked = True
        return (self._base or scratch()) / self._own / str(number)

    def used(self, number: int) -> bool:
        """Whether a trial has files of its own."""
        folder = self.folder(number) if self._asked else None
        return folder is not None and folder.is_dir() and any(folder.iterdir())

    def prepare(self, history: History, trial: Trial) -> Inherited:
        """Give a trial that goes on from another one a copy of its files, in place of whatever is in its folder.

        A copy, so that a trial killed while it writes leaves those of its predecessor whole.
        """
        source = history.origin(trial)
        if source is None or not source.kept or (source.budget or 0) >= (trial.budget or 0):  # a repeat begins anew
            return Inherited()
        own, files = self.folder(trial.number), self.folder(source.number)
        shutil.rmtree(own, ignore_errors=True)
        try:
            shutil.copytree(files, own)
        except OSError as error:
            shutil.rmtree(own, ignore_errors=True)
            why = "are gone" if isinstance(error, FileNotFoundError) else f"cannot be copied ({error})"
            return Inherited(
                0, f"trial {trial.number} begins anew: the checkpoint files of trial {source.number} {why}"
            )
        return Inherited(source.budget or 0)


def base_of(store: str) -> Path | None:
    """Return the folder that holds the checkpoints of a store; None for one in memory.

    Examples
    --------
    >>> base_of("sqlite:////data/hpo.db").as_posix()
    '/data'
    """
    prefix = "sqlite:///"
    if store == ":memory:":
        return None
    if store.startswith(prefix):
        return Path(store[len(prefix) :]).absolute().parent
    return Path.cwd()
