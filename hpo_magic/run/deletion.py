"""Studies that are no longer wanted: found by name and version, and removed with all that was kept of them."""

from __future__ import annotations

from collections.abc import Sequence

from hpo_magic.errors import StudyError, did_you_mean
from hpo_magic.run.checkpoints import Checkpoints
from hpo_magic.trials.store import Store, StudyRecord, without_password


def versions_of(store: Store, name: str, version: int | None = None) -> list[StudyRecord]:
    """Return the versions of a study that a store holds, or the one that is wanted; StudyError where there is none.

    Examples
    --------
    >>> from hpo_magic.trials.memory_store import MemoryStore
    >>> versions_of(MemoryStore(), "svm")
    Traceback (most recent call last):
    ...
    hpo_magic.errors.StudyError: the store ':memory:' holds no study 'svm'; it holds: none
    """
    records = store.studies()
    found = [record for record in records if record.name == name and version in (None, record.version)]
    if found:
        return found
    versions = [f"version {record.version}" for record in records if record.name == name]
    names = sorted({record.name for record in records})
    wanted = f"version {version} of {name!r}" if versions else f"study {name!r}{did_you_mean(name, names)}"
    known = ", ".join(versions or names) or "none"
    raise StudyError(f"the store {without_password(store.url)!r} holds no {wanted}; it holds: {known}")


def delete(store: Store, records: Sequence[StudyRecord]) -> int:
    """Remove versions of studies with their trials and the files of these; return how many trials there were.

    Raises
    ------
    StudyInUse
        Where one is searched; those before it are gone.
    """
    trials = 0
    for record in records:
        count = store.count(record.id)
        store.delete_study(record.id)
        trials += count
        try:
            Checkpoints(store, record.name, record.version).remove()
        except OSError as error:
            raise StudyError(
                f"version {record.version} of {record.name!r} is deleted, but not all files of its trials: {error}"
            ) from None
    return trials
