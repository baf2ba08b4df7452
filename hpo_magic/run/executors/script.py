"""Script: what this process runs. Processes that a trial starts find its functions in it, though its worker may not."""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import NamedTuple


class Script(NamedTuple):
    """The file of a script, or the module that ``python -m`` runs; neither in a notebook."""

    file: str | None
    module: str | None

    @classmethod
    def of_here(cls) -> Script:
        """Return this process's own.

        Examples
        --------
        >>> Script.of_here().name_as(made := ModuleType("made"))
        >>> (made.__spec__ or made.__file__) is not None
        True
        """
        main = sys.modules["__main__"]
        file, spec = getattr(main, "__file__", None), getattr(main, "__spec__", None)
        path = os.path.abspath(file) if file else ""
        return cls(path if os.path.isfile(path) else None, getattr(spec, "name", None))

    def name_as(self, main: ModuleType) -> None:
        """Have a module stand for the script: a process that is spawned from here imports it where it looks for it.

        https://github.com/python/cpython/blob/v3.11.7/Lib/multiprocessing/spawn.py (get_preparation_data)
        """
        if getattr(main, "__file__", None) or getattr(main, "__spec__", None):
            return  # it has one
        if self.module is not None:
            main.__spec__ = ModuleSpec(self.module, None)
        elif self.file is not None:
            main.__file__ = self.file
