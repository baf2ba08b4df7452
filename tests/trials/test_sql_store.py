from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys

import pytest

from hpo_magic import Float, Study
from hpo_magic.errors import StoreError
from hpo_magic.trials import sql_store
from hpo_magic.trials.store import open_store, owner_name
from tests.conformance.test_stores import DEFINITION


def test_another_programs_tables_are_left_alone(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("create table studies (study_id integer)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"another program's tables \(studies\); nothing was written"):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes()[100:] == before[100:]


def test_when_a_search_has_ended_the_file_alone_holds_everything(tmp_path):
    study = Study({"x": Float(0, 1)}, store=f"sqlite:///{tmp_path / 'hpo.db'}", strategy="random")
    study.optimize(lambda config: config["x"], trials=5)
    shutil.copy(tmp_path / "hpo.db", tmp_path / "copy.db")  # without the write-ahead log beside it
    copied = Study.load("study", f"sqlite:///{tmp_path / 'copy.db'}")
    assert [trial.value for trial in copied.trials] == [trial.value for trial in study.trials]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:////no/such/folder/hpo.db", "check that the folder exists"),
        ("nonsense", "is no database URL"),
        ("", "must be ':memory:' or a database URL"),
    ],
)
def test_a_store_that_cannot_be_opened_is_explained(url, message):
    with pytest.raises(StoreError, match=message):
        open_store(url)


def test_a_file_that_is_no_database_is_explained(tmp_path):
    (tmp_path / "notes.db").write_text("dear diary " * 500)
    with pytest.raises(StoreError, match="no SQLite database"):
        open_store(f"sqlite:///{tmp_path}/notes.db")


def test_commits_are_durable(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/hpo.db")
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
    store.close()


def test_the_lease_of_a_dead_process_on_this_machine_does_not_hold(tmp_path):
    url = f"sqlite:///{tmp_path}/hpo.db"
    store = open_store(url)
    study = store.open_study("svm", "aa", DEFINITION, {}).id
    code = (
        "from hpo_magic.trials.store import open_store, owner_name\n"
        f"open_store({url!r}).take_lease({study}, owner_name('dead'))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    store.take_lease(study, owner_name("alive"))
    store.close()


def test_processes_that_write_at_once_get_numbers_of_their_own(tmp_path):
    url = f"sqlite:///{tmp_path}/hpo.db"
    store = open_store(url)
    study = store.open_study("svm", "aa", DEFINITION, {}).id
    code = (
        "from hpo_magic.trials.store import open_store\n"
        "from hpo_magic.trials import Trial\n"
        f"store = open_store({url!r})\n"
        f"for i in range(40): store.add_trial({study}, Trial(-1, {{'x': i / 40, 'layers': (16,)}}))"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert [trial.number for trial in store.trials(study)] == list(range(120))
    store.close()


def test_a_store_where_nothing_can_be_written_is_looked_at(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path}/hpo 1.db"
    Study({"x": Float(0, 1)}, store=url, strategy="random").optimize(lambda config: config["x"], trials=3)
    monkeypatch.setattr(sql_store, "is_frozen", lambda file: True)  # who tests as root may write everywhere
    study = Study.load("study", url)
    assert len(study.trials) == 3 and study.best is not None
    with pytest.raises(StoreError, match="its folder cannot be written to; change its permissions"):
        study.optimize(lambda config: config["x"], trials=5)
    assert [name for name in os.listdir(tmp_path) if not name.startswith("hpo 1.db")] == []
    study.ledger.store.close()
    with sqlite3.connect(tmp_path / "hpo 1.db") as old:  # as an earlier schema was, which lacks a table
        old.execute("DROP TABLE hpo_searches")
        old.execute("UPDATE hpo_meta SET schema_version = 4")
    old.close()
    earlier = Study.load("study", url)
    assert len(earlier.trials) == 3 and not earlier.ledger.claim.elsewhere()
    earlier.ledger.store.close()


def test_many_that_make_one_file_at_once_wait_for_each_other(tmp_path):
    code = f"from hpo_magic.trials.store import open_store; open_store('sqlite:///{tmp_path}/hpo.db').close()"
    makers = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) for _ in range(6)]
    assert [maker.communicate(timeout=60)[1] for maker in makers] == [""] * 6
