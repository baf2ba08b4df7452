"""A temporary folder of this process: made when it is first asked for, removed when the process ends."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from functools import cache
from pathlib import Path


def scratch() -> Path:
    """Return the folder; a forked process has its own.

    Examples
    --------
    >>> scratch().is_dir(), scratch() == scratch()
    (True, True)
    """
    with _making:  # trials of several threads may ask at once, and must all find the same
        return _made_by(os.getpid())


_making = threading.Lock()


@cache
def _made_by(pid: int) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="hpo_magic-"))
    atexit.register(_remove, folder, pid)
    return folder


def _remove(folder: Path, pid: int) -> None:
    # A forked process inherits what its parent has registered; a TemporaryDirectory would remove the parent's folder.
    if os.getpid() == pid:
        shutil.rmtree(folder, ignore_errors=True)
