"""A store that lasts as long as its process."""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Mapping, Sequence
from typing import Any

from hpo_magic.trials.store import StudyRecord, check_alone, check_lease, deleted, holds
from hpo_magic.trials.trial import State, Trial, changed


class MemoryStore:
    """Studies and trials in plain dicts.

    Examples
    --------
    >>> store = MemoryStore()
    >>> study = store.open_study("svm", "f00d", {}, {})
    >>> store.add_trial(study.id, Trial(-1, {"C": 1.0})).number
    0
    """

    def __init__(self) -> None:
        self.url = ":memory:"
        self._studies: dict[int, StudyRecord] = {}
        self._trials: dict[int, list[Trial]] = {}
        self._leases: dict[int, tuple[str, float]] = {}
        self._members: dict[int, dict[str, float]] = {}
        self._ids = itertools.count(1)

    def open_study(
        self, name: str, fingerprint: str, definition: Mapping[str, Any], settings: Mapping[str, Any]
    ) -> StudyRecord:
        """Return the version of the study with this fingerprint, newly made where there is none."""
        versions = [record for record in self._studies.values() if record.name == name]
        for record in versions:
            if record.fingerprint == fingerprint:
                return record
        record = StudyRecord(
            next(self._ids),
            name,
            max((record.version for record in versions), default=0) + 1,
            fingerprint,
            dict(definition),
            dict(settings),
            time.time(),
        )
        self._studies[record.id] = record
        self._trials[record.id] = []
        return record

    def studies(self) -> Sequence[StudyRecord]:
        """Return every version of every study, oldest first."""
        return list(self._studies.values())

    def delete_study(self, study: int) -> None:
        """Remove a study with its trials."""
        self._need_free(study)
        del self._studies[study], self._trials[study]

    def _need_free(self, study: int, owner: str = "") -> None:
        check_alone(self._known(study).name, self.members(study))
        self._need_not_claimed(study, owner)

    def _need_not_claimed(self, study: int, owner: str) -> None:
        holder, renewed = self._leases.get(study, (None, None))
        check_lease(self._known(study).name, holder, renewed, owner, alive=True)

    def _of(self, study: int) -> list[Trial]:
        self._known(study)
        return self._trials[study]

    def _known(self, study: int) -> StudyRecord:
        if study not in self._studies:
            raise deleted(self.url)
        return self._studies[study]

    def save_settings(self, study: int, settings: Mapping[str, Any]) -> None:
        """Replace a study's settings."""
        self._studies[study] = dataclasses.replace(self._known(study), settings=dict(settings))

    def trials(self, study: int) -> Sequence[Trial]:
        """Return a study's trials in the order of their numbers."""
        return list(self._of(study))

    def count(self, study: int) -> int:
        """Return how many trials a study has."""
        return len(self._trials.get(study, ()))

    def add_trial(self, study: int, trial: Trial, ended: Sequence[Trial] = (), exactly: bool = False) -> Trial | None:
        """Store a new trial and return it with the number that it was given; replace others."""
        for known in ended:
            self._of(study)[known.number] = known
        number = len(self._of(study))
        if exactly and trial.number != number:
            return None
        numbered = trial if trial.number == number else changed(trial, number=number)
        self._of(study).append(numbered)
        return numbered

    def save_trial(self, study: int, trial: Trial) -> None:
        """Replace a trial."""
        self._of(study)[trial.number] = trial

    def begin_trial(self, study: int, trial: Trial) -> bool:
        """Replace a trial that waits; whether it still did, and nobody else has taken it."""
        if self._of(study)[trial.number].state is not State.WAITING:
            return False
        self._of(study)[trial.number] = trial
        return True

    def take_lease(self, study: int, owner: str) -> None:
        """Claim a study for a search, or renew the claim."""
        self._need_free(study, owner)
        self._leases[study] = (owner, time.time())

    def drop_lease(self, study: int, owner: str) -> None:
        """Give a claim, or a part in a shared search, back."""
        self._members.get(study, {}).pop(owner, None)
        if self._leases.get(study, ("", 0.0))[0] == owner:
            del self._leases[study]

    def take_part(self, study: int, owner: str) -> None:
        """Search a study together with others, or say that one still does."""
        self._need_not_claimed(study, owner)
        self._members.setdefault(study, {})[owner] = time.time()

    def members(self, study: int) -> Sequence[str]:
        """Return the owners of the living searches that have a part in a study, who came first before the others."""
        known = self._members.get(study, {}).items()
        return [owner for owner, renewed in known if holds(owner, renewed, alive=True)]

    def searched(self, study: int) -> bool:
        """Whether a search has the study, or a part in it."""
        return study in self._leases or bool(self.members(study))

    def close(self) -> None:
        """Nothing to let go of."""
