"""A store in a database, through SQLAlchemy. Holds JSON, never pickles; a commit survives the loss of power."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.schema import CreateColumn

from hpo_magic.errors import StoreError
from hpo_magic.space import Space
from hpo_magic.trials.store import StudyRecord, alive, check_lease
from hpo_magic.trials.trial import Failure, Report, State, Trial

T = TypeVar("T")

SCHEMA = 2
BUSY_SECONDS = 10
"""How long a statement waits for another writer before the database counts as locked."""

_tables = sa.MetaData()
_meta = sa.Table("hpo_meta", _tables, sa.Column("schema_version", sa.Integer, primary_key=True))
_studies = sa.Table(
    "hpo_studies",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("definition", sa.Text, nullable=False),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("holder", sa.String(200)),
    sa.Column("renewed", sa.Float),
    sa.UniqueConstraint("name", "version"),
    sa.UniqueConstraint("name", "fingerprint"),
)
_trials = sa.Table(
    "hpo_trials",
    _tables,
    sa.Column("study", sa.ForeignKey("hpo_studies.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("metric", sa.String(200), nullable=False),
    sa.Column("budget", sa.Integer),
    sa.Column("parent", sa.Integer),
    sa.Column("started", sa.Float),
    sa.Column("finished", sa.Float),
    sa.Column("config", sa.Text, nullable=False),
    sa.Column("values", sa.Text),
    sa.Column("reports", sa.Text),
    sa.Column("error", sa.Text),
    sa.Column("log", sa.Text, nullable=False, default=""),
    sa.Column("kept", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("resumed", sa.Integer, nullable=False, server_default="0"),
)

# What runs for every trial is built once: building a statement anew takes longer than running it.
_this_trial = (_trials.c.study == sa.bindparam("key_study")) & (_trials.c.number == sa.bindparam("key_number"))
_save = (
    sa.update(_trials).where(_this_trial).values({c.name: sa.bindparam(c.name) for c in _trials.c if not c.primary_key})
)
_add = sa.insert(_trials)
_last = sa.select(sa.func.max(_trials.c.number)).where(_trials.c.study == sa.bindparam("study"))


class SqlStore:
    """Studies and trials in three tables of a database.

    Parameters
    ----------
    url : str
        A URL that SQLAlchemy knows. SQLite runs in WAL mode with full synchronisation.

    Raises
    ------
    StoreError
        Where the database cannot be opened or holds tables of another program.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            self._engine = _engine(url)
        except (SQLAlchemyError, ImportError, ValueError) as error:
            raise StoreError(
                f"store={url!r} is no database URL that can be used ({_reason(error)}); try 'sqlite:///hpo.db'"
            ) from None
        self._reader = self._engine.execution_options(reads_only=True)
        try:
            self._prepare()
        except StoreError:
            self._engine.dispose()
            raise

    def _prepare(self) -> None:
        with self._guard("open"), self._engine.begin() as connection:
            names = set(sa.inspect(connection).get_table_names())
            ours = set(_tables.tables)
            if names and not names & ours:
                raise StoreError(
                    f"store={self.url!r} holds another program's tables ({', '.join(sorted(names)[:5])}); "
                    "nothing was written; choose another file or database"
                )
            if not ours <= names:
                _tables.create_all(connection)
            version = connection.execute(sa.select(_meta.c.schema_version)).scalar()
            if version is None:
                connection.execute(sa.insert(_meta).values(schema_version=SCHEMA))
            elif version == 1:
                _from_first(connection)
            elif version != SCHEMA:
                raise StoreError(
                    f"store={self.url!r} was written by another version of hpo_magic "
                    f"(schema {version}, this one knows {SCHEMA}); upgrade hpo_magic or choose another store"
                )

    @contextmanager
    def _guard(self, verb: str) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise StoreError(f"cannot {verb} the store {self.url!r}: {_reason(error)}{_cure(error)}") from error

    def open_study(
        self, name: str, fingerprint: str, definition: Mapping[str, Any], settings: Mapping[str, Any]
    ) -> StudyRecord:
        """Return the version of the study with this fingerprint, newly made where there is none."""

        def work(connection: sa.Connection) -> StudyRecord:
            versions = connection.execute(sa.select(_studies).where(_studies.c.name == name)).all()
            for row in versions:
                if row.fingerprint == fingerprint:
                    return _study(row)
            version = max((row.version for row in versions), default=0) + 1
            made = StudyRecord(-1, name, version, fingerprint, dict(definition), dict(settings), time.time())
            fields = {**vars(made), "definition": json.dumps(made.definition), "settings": json.dumps(made.settings)}
            del fields["id"]
            key = connection.execute(sa.insert(_studies).values(**fields)).inserted_primary_key
            assert key is not None
            return dataclasses.replace(made, id=key[0])

        return self._retry("write to", work)

    def studies(self) -> Sequence[StudyRecord]:
        """Return every version of every study, oldest first."""
        with self._guard("read"), self._reader.connect() as connection:
            return [_study(row) for row in connection.execute(sa.select(_studies).order_by(_studies.c.id))]

    def save_settings(self, study: int, settings: Mapping[str, Any]) -> None:
        """Replace a study's settings."""
        self._write(sa.update(_studies).where(_studies.c.id == study).values(settings=json.dumps(dict(settings))))

    def trials(self, study: int) -> Sequence[Trial]:
        """Return a study's trials in the order of their numbers."""
        with self._guard("read"), self._reader.connect() as connection:
            record = connection.execute(sa.select(_studies.c.definition).where(_studies.c.id == study)).scalar_one()
            space = Space.from_json(json.loads(record)["space"])
            query = sa.select(_trials).where(_trials.c.study == study).order_by(_trials.c.number)
            return [_trial(row, space) for row in connection.execute(query)]

    def add_trial(self, study: int, trial: Trial) -> Trial:
        """Store a new trial and return it with the number that it was given."""

        def work(connection: sa.Connection) -> Trial:
            last = connection.execute(_last, {"study": study}).scalar()
            numbered = dataclasses.replace(trial, number=0 if last is None else last + 1)
            connection.execute(_add, {"study": study, "number": numbered.number, **_row(numbered)})
            return numbered

        return self._retry("write to", work)

    def save_trial(self, study: int, trial: Trial) -> None:
        """Replace a trial."""
        self._write(_save, {"key_study": study, "key_number": trial.number, **_row(trial)})

    def take_lease(self, study: int, owner: str) -> None:
        """Claim a study for a search, or renew the claim; StudyInUse where another living search has it."""

        def work(connection: sa.Connection) -> None:
            row = connection.execute(sa.select(_studies).where(_studies.c.id == study)).one()
            check_lease(row.name, row.holder, row.renewed, owner, alive(row.holder))
            connection.execute(
                sa.update(_studies).where(_studies.c.id == study).values(holder=owner, renewed=time.time())
            )

        self._retry("write to", work)

    def drop_lease(self, study: int, owner: str) -> None:
        """Give a claim back; nothing happens where `owner` does not hold it."""
        where = (_studies.c.id == study) & (_studies.c.holder == owner)
        self._write(sa.update(_studies).where(where).values(holder=None, renewed=None))
        if self._engine.dialect.name == "sqlite":  # the file alone then holds everything, and may be copied
            with self._guard("write to"), closing(self._engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _write(self, statement: sa.Update, values: Mapping[str, Any] | None = None) -> None:
        with self._guard("write to"), self._engine.begin() as connection:
            connection.execute(statement, values)

    def _retry(self, verb: str, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` in a transaction, again where another process took the same number first."""
        for attempt in range(20):
            try:
                with self._guard(verb), self._engine.begin() as connection:
                    return work(connection)
            except StoreError as error:
                if attempt == 19 or not isinstance(error.__cause__, IntegrityError):
                    raise
        raise AssertionError("unreachable")


def _engine(url: str) -> sa.Engine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True)
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @sa.event.listens_for(engine, "connect")
    def _durable(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where _begin says, not where the driver guesses
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # A deferred transaction that reads and then writes fails at once when another has written in between;
        # an immediate one waits for its turn: https://www.sqlite.org/lang_transaction.html
        connection.exec_driver_sql(
            "BEGIN" if connection.get_execution_options().get("reads_only") else "BEGIN IMMEDIATE"
        )

    return engine


def _from_first(connection: sa.Connection) -> None:
    """Bring a store of schema 1 up to date: it knew no checkpoints."""
    for column in (_trials.c.kept, _trials.c.resumed):
        connection.execute(sa.text(f"ALTER TABLE hpo_trials ADD COLUMN {CreateColumn(column).compile(connection)}"))
    connection.execute(sa.update(_meta).values(schema_version=SCHEMA))


def _reason(error: BaseException) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return str(cause).splitlines()[0] if str(cause) else type(cause).__name__


def _cure(error: SQLAlchemyError) -> str:
    text = str(error).lower()
    cures = {
        "unable to open": "; check that the folder exists and may be written to",
        "not a database": "; the file is no SQLite database; choose another file",
        "locked": "; another program holds the database; close it, then go on",
        "full": "; free some space on the disk, then go on",
        "readonly": "; the file or its folder cannot be written to; change its permissions",
    }
    return next((cure for sign, cure in cures.items() if sign in text), "")


def _study(row: Any) -> StudyRecord:
    return StudyRecord(
        row.id,
        row.name,
        row.version,
        row.fingerprint,
        json.loads(row.definition),
        json.loads(row.settings),
        row.created,
    )


def _row(trial: Trial) -> dict[str, Any]:
    return {
        "state": str(trial.state),
        "metric": trial.metric,
        "budget": trial.budget,
        "parent": trial.parent,
        "started": trial.started,
        "finished": trial.finished,
        "config": json.dumps(trial.config),
        "values": None if trial.values is None else json.dumps(dict(trial.values)),
        "reports": json.dumps(trial.reports) if trial.reports else None,
        "error": None if trial.error is None else json.dumps(dataclasses.asdict(trial.error)),
        "log": trial.log,
        "kept": trial.kept,
        "resumed": trial.resumed,
    }


def _trial(row: Any, space: Space) -> Trial:
    return Trial(
        number=row.number,
        config=space.config_from_json(json.loads(row.config)),
        state=State(row.state),
        values=None if row.values is None else json.loads(row.values),
        metric=row.metric,
        budget=row.budget,
        reports=tuple(Report(int(step), float(value)) for step, value in json.loads(row.reports or "[]")),
        parent=row.parent,
        error=None if row.error is None else Failure(**json.loads(row.error)),
        started=row.started,
        finished=row.finished,
        log=row.log,
        kept=row.kept,
        resumed=row.resumed,
    )
