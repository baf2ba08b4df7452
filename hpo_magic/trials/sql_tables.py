"""The tables of a database store, and how studies and trials become rows and come back. JSON, never pickles."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateColumn

from hpo_magic.space import Space
from hpo_magic.trials.store import StudyRecord
from hpo_magic.trials.trial import Failure, Report, State, Trial

SCHEMA = 5

TABLES = sa.MetaData()
META = sa.Table("hpo_meta", TABLES, sa.Column("schema_version", sa.Integer, primary_key=True))
STUDIES = sa.Table(
    "hpo_studies",
    TABLES,
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
TRIALS = sa.Table(
    "hpo_trials",
    TABLES,
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
    sa.Column("trusted", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("worker", sa.String(200), nullable=False, server_default=""),
)
SEARCHES = sa.Table(
    "hpo_searches",
    TABLES,
    sa.Column("study", sa.ForeignKey("hpo_studies.id"), primary_key=True),
    sa.Column("owner", sa.String(200), primary_key=True),
    sa.Column("began", sa.Float, nullable=False),
    sa.Column("renewed", sa.Float, nullable=False),
)
"""Those that search a study together. (One that has it for itself stands in STUDIES.)"""

# What runs for every trial is built once: building a statement anew takes longer than running it.
_this_trial = (TRIALS.c.study == sa.bindparam("key_study")) & (TRIALS.c.number == sa.bindparam("key_number"))
SAVE_TRIAL = (
    sa.update(TRIALS).where(_this_trial).values({c.name: sa.bindparam(c.name) for c in TRIALS.c if not c.primary_key})
)
BEGIN_TRIAL = SAVE_TRIAL.where(TRIALS.c.state == str(State.WAITING))
ADD_TRIAL = sa.insert(TRIALS)
HOLD_STUDY = sa.select(STUDIES.c.id).where(STUDIES.c.id == sa.bindparam("study")).with_for_update(key_share=True)
"""Others that number a trial wait for this transaction. (SQLite has one writer at a time as it is, and ignores it.)"""
LAST_NUMBER = sa.select(sa.func.max(TRIALS.c.number)).where(TRIALS.c.study == sa.bindparam("study"))


_SINCE = ((2, TRIALS.c.kept), (2, TRIALS.c.resumed), (3, TRIALS.c.trusted), (4, TRIALS.c.worker))
"""Columns that were added later, and the schema that brought them."""


def bring_up(connection: sa.Connection, version: int) -> None:
    """Bring a store of an earlier schema up to date; tables that lack are there already."""
    for column in [column for since, column in _SINCE if since > version]:
        connection.execute(sa.text(f"ALTER TABLE hpo_trials ADD COLUMN {CreateColumn(column).compile(connection)}"))
    connection.execute(sa.update(META).values(schema_version=SCHEMA))


def study_of(row: Any) -> StudyRecord:
    """Return the record of a row of STUDIES."""
    return StudyRecord(
        row.id,
        row.name,
        row.version,
        row.fingerprint,
        json.loads(row.definition),
        json.loads(row.settings),
        row.created,
    )


def row_of(trial: Trial) -> dict[str, Any]:
    """Return a trial's columns but for its key."""
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
        "log": trial.log if trial.log.isascii() else trial.log.encode(errors="backslashreplace").decode(),
        "kept": trial.kept,
        "resumed": trial.resumed,
        "trusted": trial.trusted,
        "worker": trial.worker,
    }


def trial_of(row: Any, space: Space) -> Trial:
    """Return the trial of a row of TRIALS."""
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
        trusted=row.trusted,
        worker=row.worker,
    )
