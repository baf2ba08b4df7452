"""Loading and unloading: what `%load_ext hpo_magic` puts into a shell, and takes out again."""

from __future__ import annotations

import shutil
from typing import Any

from hpo_magic.jupyter.completion import Completion
from hpo_magic.jupyter.magic import HpoMagic
from hpo_magic.jupyter.warm_up import warm_up
from hpo_magic.run.context import outside
from hpo_magic.run.isolation import process_state

_SLOT = "_hpo_magic"


class Extension:
    """Everything that one shell holds of hpo_magic."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.magic = HpoMagic(shell)
        self.completion = Completion(self.magic.known_names)

    def load(self) -> None:
        """Register the magics, their completion and the hooks around cells."""
        self.shell.register_magics(self.magic)
        if self.magic not in self.shell.configurables:
            self.shell.configurables.append(self.magic)  # makes %config HpoMagic work
        self.shell.events.register("pre_run_cell", self._before)
        self.shell.events.register("post_run_cell", self._after)
        if self.shell.Completer is not None:
            self.shell.Completer.custom_matchers.append(self.completion.matcher)

    def unload(self) -> None:
        """Stop the searches of this shell and undo `load`."""
        self.magic.close()
        self.shell.events.unregister("pre_run_cell", self._before)
        self.shell.events.unregister("post_run_cell", self._after)
        if self.shell.Completer is not None:
            self.shell.Completer.custom_matchers.remove(self.completion.matcher)
        self.shell.configurables.remove(self.magic)
        for kind in ("line", "cell"):
            self.shell.magics_manager.magics[kind].pop("hpo", None)

    def _before(self, info: Any) -> None:
        if not _ours(info):
            process_state.cell_begins()
            if _trains(str(info.raw_cell or "")):  # with other values it must not go on with these files
                shutil.rmtree(outside(), ignore_errors=True)

    def _after(self, result: Any) -> None:
        if not _ours(result.info):
            process_state.cell_ends()


def _ours(info: Any) -> bool:
    """Whether a cell is one of hpo_magic's own: what runs meanwhile are trials, not the user's code."""
    return str(info.raw_cell or "").lstrip().startswith(("%%hpo", "%hpo"))


def _trains(source: str) -> bool:
    """Whether a cell that is run by hand is one that could be tuned, and keeps files."""
    return "checkpoint" in source and any(sign in source for sign in ("hpo:", "@param", "Budget("))


def load(shell: Any) -> None:
    """Load the extension into a shell; a second load changes nothing."""
    if getattr(shell, _SLOT, None) is None:
        extension = Extension(shell)
        extension.load()
        setattr(shell, _SLOT, extension)
        warm_up()


def unload(shell: Any) -> None:
    """Unload the extension from a shell."""
    extension = getattr(shell, _SLOT, None)
    if extension is not None:
        extension.unload()
        setattr(shell, _SLOT, None)
