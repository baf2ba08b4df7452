"""What becomes of trials whose SQLite file is deleted while a search has it open."""

from __future__ import annotations

import os

import pytest

from hpo_magic import Float, Study
from hpo_magic.errors import StoreError, StudyError
from hpo_magic.run.limits import Limits
from hpo_magic.run.phase import Phase
from tests.run.test_study import until


def deleted(tmp_path):
    for file in list(tmp_path.iterdir()):
        file.unlink()


def test_a_search_whose_file_is_deleted_pauses_and_goes_on_in_a_new_one_that_holds_all(tmp_path):
    url = f"sqlite:///{tmp_path}/hpo.db"
    other = Study({"x": Float(0, 1)}, store=url, name="other", strategy="random")
    other.optimize(lambda config: config["x"], trials=2)
    study = Study({"x": Float(0, 1)}, store=url, strategy="random")

    def objective(config):
        if len(study.trials) == 4:
            deleted(tmp_path)
        return config["x"]

    study.start(objective, Limits(trials=9))
    until(lambda: study.phase is Phase.PAUSED)
    assert "hpo.db, was deleted while it was open; who goes on has it made anew" in study.runner.message
    study.resume()
    assert study.wait(10) and study.phase is Phase.FINISHED
    assert [trial.values for trial in Study.load("study", url).trials] == [trial.values for trial in study.trials]
    assert len(study.trials) == 9 and len(Study.load("other", url).trials) == 2
    assert not any("anew" in name for name in os.listdir(tmp_path))


def test_a_script_whose_file_is_deleted_ends_with_an_error_and_keeps_what_it_had(tmp_path):
    url = f"sqlite:///{tmp_path}/hpo.db"
    study = Study({"x": Float(0, 1)}, store=url, strategy="random")

    def objective(config):
        if len(study.trials) == 4:
            deleted(tmp_path)
        return config["x"]

    with pytest.raises(StudyError, match="was deleted while it was open"):
        study.optimize(objective, trials=9)
    kept = Study.load("study", url)
    assert len(kept.history.done) == len(study.history.done) >= 3


def test_an_old_journal_beside_a_file_made_anew_is_not_read_as_its_own(tmp_path):
    url = f"sqlite:///{tmp_path}/hpo.db"
    study = Study({"x": Float(0, 1)}, store=url, strategy="random")
    for _ in range(3):
        study.tell(study.ask(), 0.5)
    (tmp_path / "hpo.db").unlink()  # its journal stays
    with pytest.raises(StoreError, match="was deleted"):
        study.ask()
    for _ in range(2):
        study.tell(study.ask(), 0.25)
    assert [trial.value for trial in Study.load("study", url).trials] == [0.5, 0.5, 0.5, 0.25, 0.25]


def test_a_file_that_is_replaced_is_left_alone_and_said_until_it_is_moved(tmp_path):
    url, file = f"sqlite:///{tmp_path}/hpo.db", tmp_path / "hpo.db"
    study = Study({"x": Float(0, 1)}, store=url, strategy="random")
    study.optimize(lambda config: config["x"], trials=2)
    file.unlink()
    other = Study({"x": Float(0, 1)}, store=url, name="other", strategy="random")
    other.optimize(lambda config: config["x"], trials=3)
    for _ in range(2):
        with pytest.raises(StoreError, match="hpo.db, was replaced by another one while it was open; move that one"):
            study.optimize(lambda config: config["x"], trials=4)
    other.ledger.store.close()
    file.rename(tmp_path / "other.db")
    with pytest.raises((StoreError, StudyError), match="who goes on has it made anew"):
        study.optimize(lambda config: config["x"], trials=4)
    study.optimize(lambda config: config["x"], trials=4)
    assert len(Study.load("study", url).trials) == 4
    assert len(Study.load("other", f"sqlite:///{tmp_path}/other.db").trials) == 3
