"""Where the checkpoint folders of trials are: beside a SQLite file, else in the current folder or a temporary one."""

from __future__ import annotations

import os
import re
import tempfile
from functools import lru_cache
from pathlib import Path


def folder_of(store: str, study: str, version: int, trial: int) -> Path:
    """Return the folder of a trial; it is not made yet.

    Examples
    --------
    >>> folder_of("sqlite:////data/hpo.db", "svm", 1, 7).as_posix()
    '/data/hpo_checkpoints/svm-1/7'
    """
    safe = re.sub(r"[^\w.-]", "_", study)
    return _base(store) / "hpo_checkpoints" / f"{safe}-{version}" / str(trial)


def _base(store: str) -> Path:
    prefix = "sqlite:///"
    if store == ":memory:":
        return Path(_temporary(os.getpid()).name)
    if store.startswith(prefix):
        return Path(store[len(prefix) :]).absolute().parent
    return Path.cwd()


@lru_cache(maxsize=1)
def _temporary(_pid: int) -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="hpo_magic-", ignore_cleanup_errors=True)
