"""Stores: those that a shell's session has opened, by their URL."""

from __future__ import annotations

import os
from collections.abc import Callable

from hpo_magic.errors import HpoError, StudyError
from hpo_magic.trials.store import Store, file_of, from_folder, open_store


class Stores:
    """Opens each store once a session; a file is beside the notebook wherever that has gone since: ``%cd data``.

    Parameters
    ----------
    in_use : callable
        Whether a search runs on a store: it writes a file that was deleted anew itself.
    """

    def __init__(self, in_use: Callable[[Store], bool]) -> None:
        self._in_use, self._folder = in_use, os.getcwd()
        self._open: dict[str, Store] = {}

    def at(self, url: str) -> Store:
        """Return the store at a URL; anew where its file was deleted and nothing runs on it."""
        url = from_folder(url, self._folder)
        file = file_of(url)
        key = file or url
        known = self._open.get(key)
        if known is not None and file and not os.path.exists(file) and not self._in_use(known):
            self._open.pop(key).close()
        if key not in self._open:
            self._open[key] = open_store(url)
        return self._open[key]

    def known(self, url: str) -> Store:
        """Return a store that is there already: to look into one does not make it."""
        file = file_of(from_folder(url, self._folder))
        if file and not os.path.exists(file):
            raise StudyError(f"there is no store {url!r} yet; a search makes it, or name another one")
        return self.at(url)

    def studies(self, url: str) -> list[str]:
        """Return the names of the studies in a store; none where it is not there."""
        try:
            return [record.name for record in self.known(url).studies()]
        except HpoError:
            return []

    def names(self) -> set[str]:
        """Return the names of all studies in the stores that are open."""
        return {record.name for store in self._open.values() for record in store.studies()}

    def close(self) -> None:
        """Close every store."""
        for store in self._open.values():
            store.close()
