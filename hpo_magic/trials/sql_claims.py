"""Who searches a study, as a database keeps it: one search for itself, or several together. Each in one transaction."""

from __future__ import annotations

import time

import sqlalchemy as sa

from hpo_magic.trials.sql_tables import HOLD_STUDY, SEARCHES, STUDIES
from hpo_magic.trials.store import alive, check_alone, check_lease, deleted, holds


def hold(connection: sa.Connection, study: int) -> None:
    """Keep others from adding trials and from claiming the study until the transaction ends."""
    if connection.dialect.name != "sqlite":  # which begins with its lock taken
        connection.execute(HOLD_STUDY, {"study": study})


def need_free(connection: sa.Connection, study: int, owner: str = "") -> None:
    """Keep others from the study until the transaction ends; StudyInUse where living searches but this one have it."""
    check_alone(_hold_from_others(connection, study, owner), members(connection, study))


def claim(connection: sa.Connection, study: int, owner: str) -> None:
    """Claim a study for one search, or renew the claim; StudyInUse where other living ones have it."""
    need_free(connection, study, owner)
    connection.execute(sa.update(STUDIES).where(STUDIES.c.id == study).values(holder=owner, renewed=time.time()))


def take_part(connection: sa.Connection, study: int, owner: str) -> None:
    """Give a search a part in a study, or renew it, and forget the dead; StudyInUse where one has it for itself."""
    _hold_from_others(connection, study, owner)
    here = [owner, *members(connection, study)]
    connection.execute(sa.delete(SEARCHES).where((SEARCHES.c.study == study) & SEARCHES.c.owner.not_in(here)))
    now, mine = time.time(), _part(study, owner)
    if not connection.execute(sa.update(SEARCHES).where(mine).values(renewed=now)).rowcount:
        connection.execute(sa.insert(SEARCHES).values(study=study, owner=owner, began=now, renewed=now))


def give_back(connection: sa.Connection, study: int, owner: str) -> None:
    """Take back what a search has of a study."""
    connection.execute(sa.delete(SEARCHES).where(_part(study, owner)))
    where = (STUDIES.c.id == study) & (STUDIES.c.holder == owner)
    connection.execute(sa.update(STUDIES).where(where).values(holder=None, renewed=None))


def members(connection: sa.Connection, study: int) -> list[str]:
    """Return the owners of the living searches that have a part in a study, who came first before the others."""
    known = sa.select(SEARCHES).where(SEARCHES.c.study == study).order_by(SEARCHES.c.began, SEARCHES.c.owner)
    return [row.owner for row in connection.execute(known) if holds(row.owner, row.renewed, alive(row.owner))]


def claimed(connection: sa.Connection, study: int) -> bool:
    """Whether a search that may be alive has a study for itself."""
    row = connection.execute(sa.select(STUDIES).where(STUDIES.c.id == study)).one()
    return holds(row.holder, row.renewed, alive(row.holder))


def _hold_from_others(connection: sa.Connection, study: int, owner: str) -> str:
    """Hold a study and return its name; StudyInUse where another living search has it for itself."""
    hold(connection, study)
    row = connection.execute(sa.select(STUDIES).where(STUDIES.c.id == study)).one()
    if not row.name:
        raise deleted(str(connection.engine.url))
    check_lease(row.name, row.holder, row.renewed, owner, alive(row.holder))
    return str(row.name)


def _part(study: int, owner: str) -> sa.ColumnElement[bool]:
    return (SEARCHES.c.study == study) & (SEARCHES.c.owner == owner)
