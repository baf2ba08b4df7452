"""Settings of a study that may change while it runs, kept in its store: what was asked for, and edits on top."""

from __future__ import annotations

from typing import Any

from hpo_magic.trials.store import Store, StudyRecord


class Settings:
    """What the last call asked for, overlaid by what was edited since.

    Asking for the same again keeps the edits; asking for something new takes their place.

    Examples
    --------
    >>> from hpo_magic.trials.memory_store import MemoryStore
    >>> store = MemoryStore()
    >>> settings = Settings(store, store.open_study("svm", "f00d", {}, {}))
    >>> settings.asked(trials=40); settings.edit(trials=60); settings.asked(trials=40); settings.get("trials")
    60
    >>> settings.asked(trials=100); settings.get("trials")
    100
    """

    def __init__(self, store: Store, record: StudyRecord) -> None:
        self._store, self._study = store, record.id
        self._take(record)

    def reload(self) -> None:
        """Read what other processes have stored since."""
        for record in self._store.studies():
            if record.id == self._study:
                self._take(record)

    def _take(self, record: StudyRecord) -> None:
        self._asked: dict[str, Any] = dict(record.settings.get("asked", {}))
        self._edits: dict[str, Any] = dict(record.settings.get("edits", {}))

    def get(self, name: str) -> Any:
        """Return the setting that holds, or None."""
        return self._edits.get(name, self._asked.get(name))

    def asked_for(self, name: str) -> Any:
        """Return what the last call asked for, edited or not."""
        return self._asked.get(name)

    def asked(self, **values: Any) -> None:
        """Note what a call asked for."""
        new = {name: value for name, value in values.items() if name not in self._asked or self._asked[name] != value}
        if new:
            edits = {name: value for name, value in self._edits.items() if name not in new}
            self._save({**self._asked, **new}, edits)

    def edit(self, **values: Any) -> None:
        """Note an edit, on top of those of others; None takes an edit back."""
        self.reload()
        edits = {**self._edits, **values}
        self._save(self._asked, {name: value for name, value in edits.items() if value is not None})

    def _save(self, asked: dict[str, Any], edits: dict[str, Any]) -> None:
        if (asked, edits) != (self._asked, self._edits):
            self._store.save_settings(self._study, {"asked": asked, "edits": edits})
            self._asked, self._edits = asked, edits
