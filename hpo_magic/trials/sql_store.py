"""A store in a database, through SQLAlchemy. Holds JSON, never pickles; a commit survives the loss of power."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from hpo_magic.errors import StoreError
from hpo_magic.space import Space
from hpo_magic.trials import sql_claims as claims
from hpo_magic.trials.sql_engine import engine_of, is_frozen
from hpo_magic.trials.sql_errors import beaten, guarded, reason_of
from hpo_magic.trials.sql_tables import (
    ADD_TRIAL,
    BEGIN_TRIAL,
    LAST_NUMBER,
    META,
    SAVE_TRIAL,
    SCHEMA,
    SEARCHES,
    STUDIES,
    TABLES,
    TRIALS,
    bring_up,
    row_of,
    study_of,
    trial_of,
)
from hpo_magic.trials.sqlite_file import SqliteFile
from hpo_magic.trials.store import StudyRecord, deleted, file_of, without_password
from hpo_magic.trials.trial import Trial, changed

T = TypeVar("T")

TRIES = 20
"""How often a number that another process took first is asked for anew. Where studies can be held, two are enough."""


class SqlStore:
    """Studies, trials and who searches them in four tables of a database.

    Parameters
    ----------
    url : str
        A URL that SQLAlchemy knows. SQLite runs in WAL mode with full synchronisation.
    make : bool
        Whether an SQLite file that does not exist is made.

    Raises
    ------
    StoreError
        Where the database cannot be opened or holds tables of another program.
    """

    def __init__(self, url: str, make: bool = True) -> None:
        self.url, self._shown = url, without_password(url)
        try:
            file = file_of(url)
            self._frozen = is_frozen(file)
            self._engine = engine_of(url, self._frozen)
            if not make and file is not None and not os.path.exists(file):
                raise StoreError(
                    f"store={self._shown!r} does not exist: there is no file {file!r}; check its name and folder"
                )
        except (SQLAlchemyError, ImportError, ValueError) as error:
            raise StoreError(
                f"store={self._shown!r} is no database URL that can be used ({reason_of(error)}); try 'sqlite:///hpo.db'"
            ) from None
        self._reader = self._engine.execution_options(reads_only=True)
        try:
            _again_where_beaten(lambda: self._prepare(self._reader if self._frozen else self._engine))
        except StoreError:
            self._engine.dispose()
            raise
        self._file = SqliteFile(self._engine, file)

    def _prepare(self, engine: sa.Engine) -> None:
        with guarded("open", self._shown), engine.begin() as connection:
            names = set(sa.inspect(connection).get_table_names())
            ours = set(TABLES.tables)
            if names and not names & ours:
                raise StoreError(
                    f"store={self._shown!r} holds another program's tables ({', '.join(sorted(names)[:5])}); "
                    "nothing was written; choose another file or database"
                )
            if not ours <= names and not self._frozen:
                TABLES.create_all(connection)
            version = connection.execute(sa.select(META.c.schema_version)).scalar()
            if self._frozen and version == 4:  # it lacks a table that is not needed to look at what there is
                return
            if version is None:
                connection.execute(sa.insert(META).values(schema_version=SCHEMA))
            elif version < SCHEMA:
                bring_up(connection, version)
            elif version != SCHEMA:
                raise StoreError(
                    f"store={self._shown!r} was written by another version of hpo_magic "
                    f"(schema {version}, this one knows {SCHEMA}); upgrade hpo_magic or choose another store"
                )

    @contextmanager
    def _guard(self, verb: str) -> Iterator[None]:
        self._file.mind()
        with guarded(verb, self._shown):
            yield

    def open_study(
        self, name: str, fingerprint: str, definition: Mapping[str, Any], settings: Mapping[str, Any]
    ) -> StudyRecord:
        """Return the version of the study with this fingerprint, newly made where there is none."""

        def work(connection: sa.Connection) -> StudyRecord:
            versions = connection.execute(sa.select(STUDIES).where(STUDIES.c.name == name)).all()
            for row in versions:
                if row.fingerprint == fingerprint:
                    return study_of(row)
            version = max((row.version for row in versions), default=0) + 1
            made = StudyRecord(-1, name, version, fingerprint, dict(definition), dict(settings), time.time())
            fields = {**vars(made), "definition": json.dumps(made.definition), "settings": json.dumps(made.settings)}
            del fields["id"]
            key = connection.execute(sa.insert(STUDIES).values(**fields)).inserted_primary_key
            assert key is not None
            return dataclasses.replace(made, id=key[0])

        return self._retry("write to", work)

    def studies(self) -> Sequence[StudyRecord]:
        """Return every version of every study, oldest first."""
        with self._guard("read"), self._reader.connect() as connection:
            there = sa.select(STUDIES).where(STUDIES.c.name != "").order_by(STUDIES.c.id)
            return [study_of(row) for row in connection.execute(there)]

    def delete_study(self, study: int) -> None:
        """Remove a study with its trials for good. Its number stays, so that no other study has it."""
        gone = {"name": "", "version": study, "fingerprint": str(study), "definition": "{}", "settings": "{}"}

        def work(connection: sa.Connection) -> None:
            claims.need_free(connection, study)
            for table in (TRIALS, SEARCHES):
                connection.execute(sa.delete(table).where(table.c.study == study))
            connection.execute(sa.update(STUDIES).where(STUDIES.c.id == study).values(gone))

        self._retry("write to", work)

    def save_settings(self, study: int, settings: Mapping[str, Any]) -> None:
        """Replace a study's settings."""
        self._write(sa.update(STUDIES).where(STUDIES.c.id == study).values(settings=json.dumps(dict(settings))))

    def trials(self, study: int) -> Sequence[Trial]:
        """Return a study's trials in the order of their numbers."""
        with self._guard("read"), self._reader.connect() as connection:
            record = connection.execute(sa.select(STUDIES.c.definition).where(STUDIES.c.id == study)).scalar_one()
            if record == "{}":
                raise deleted(self.url)
            space = Space.from_json(json.loads(record)["space"])
            query = sa.select(TRIALS).where(TRIALS.c.study == study).order_by(TRIALS.c.number)
            return [trial_of(row, space) for row in connection.execute(query)]

    def count(self, study: int) -> int:
        """Return how many trials a study has."""
        with self._guard("read"), self._reader.connect() as connection:
            last = connection.execute(LAST_NUMBER, {"study": study}).scalar()
            return 0 if last is None else int(last) + 1

    def add_trial(self, study: int, trial: Trial, ended: Sequence[Trial] = (), exactly: bool = False) -> Trial | None:
        """Store a new trial and return it with the number that it was given; replace others in the same commit."""
        tried: list[int] = []

        def work(connection: sa.Connection) -> Trial | None:
            claims.hold(connection, study)  # before any trial's row: in another order two would wait for each other
            for known in ended:
                connection.execute(SAVE_TRIAL, _key(study, known) | row_of(known))
            guess = trial.number
            if exactly and tried:
                return None
            if guess < 0 or tried:  # nobody knows, or another process was faster
                last = connection.execute(LAST_NUMBER, {"study": study}).scalar()
                guess = 0 if last is None else last + 1
            tried.append(guess)
            numbered = changed(trial, number=guess)
            connection.execute(ADD_TRIAL, {"study": study, "number": numbered.number, **row_of(numbered)})
            return numbered

        return self._retry("write to", work)

    def save_trial(self, study: int, trial: Trial) -> None:
        """Replace a trial."""
        if not self._write(SAVE_TRIAL, _key(study, trial) | row_of(trial)):
            raise deleted(self.url)

    def begin_trial(self, study: int, trial: Trial) -> bool:
        """Replace a trial that waits; whether it still did, and nobody else has taken it."""
        return self._write(BEGIN_TRIAL, _key(study, trial) | row_of(trial)) > 0

    def take_lease(self, study: int, owner: str) -> None:
        """Claim a study for a search, or renew the claim; StudyInUse where another living search has it."""
        self._retry("write to", lambda connection: claims.claim(connection, study, owner))

    def drop_lease(self, study: int, owner: str) -> None:
        """Give a claim, or a part in a shared search, back; nothing happens where `owner` does not hold it."""
        with self._guard("write to"), self._engine.begin() as connection:
            claims.give_back(connection, study, owner)
        if self._engine.dialect.name == "sqlite":  # the file alone then holds everything, and may be copied
            with self._guard("write to"), closing(self._engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def take_part(self, study: int, owner: str) -> None:
        """Search a study together with others, or say that one still does."""
        self._retry("write to", lambda connection: claims.take_part(connection, study, owner))

    def members(self, study: int) -> Sequence[str]:
        """Return the owners of the living searches that have a part in a study, who came first before the others."""
        if self._frozen:
            return []
        with self._guard("read"), self._reader.connect() as connection:
            return claims.members(connection, study)

    def searched(self, study: int) -> bool:
        """Whether a search that may be alive has the study, or a part in it, here or elsewhere."""
        with self._guard("read"), self._reader.connect() as connection:
            alone = claims.claimed(connection, study)
        return alone or bool(self.members(study))

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _write(self, statement: sa.Update, values: Mapping[str, Any] | None = None) -> int:
        """Run an update in a commit of its own; return how many rows it has changed."""
        with self._guard("write to"), self._engine.begin() as connection:
            return connection.execute(statement, values).rowcount

    def _retry(self, verb: str, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` in a transaction, again where another process took the same number first."""

        def once() -> T:
            with self._guard(verb), self._engine.begin() as connection:
                return work(connection)

        return _again_where_beaten(once)


def _again_where_beaten(work: Callable[[], T]) -> T:
    """Return what `work` returns, tried again where another process was faster: with a number, or with the tables."""
    for _ in range(TRIES - 1):
        try:
            return work()
        except StoreError as error:
            if not beaten(error):
                raise
    return work()


def _key(study: int, trial: Trial) -> dict[str, Any]:
    return {"key_study": study, "key_number": trial.number}
