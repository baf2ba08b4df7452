"""Studies that are no longer wanted."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from hpo_magic import Budget, Float, Limits, Study, checkpoint
from hpo_magic.errors import StoreError, StudyError, StudyInUse

SPACE = {"x": Float(0, 1)}


def opened(url, name="svm", space=SPACE):
    return Study(space, minimize="loss", strategy="random", store=url, name=name)


def searched(url, name="svm", space=SPACE):
    study = opened(url, name, space)
    study.optimize(written, trials=3)
    return study


def written(config):
    (checkpoint() / "model.bin").write_bytes(b"0" * 1000)
    return config["x"]


def slow(config):
    import time

    for _ in range(500):
        time.sleep(0.02)
    return config["x"]


def test_a_study_goes_with_its_trials_and_their_files_and_others_stay(tmp_path):
    url = f"sqlite:///{tmp_path}/hpo.db"
    searched(url, "kept")
    searched(url)
    searched(url, space={"x": Float(0, 2)})
    assert len(list((tmp_path / "hpo_checkpoints" / "hpo.db").iterdir())) == 3
    assert Study.delete("svm", url) == 6
    with pytest.raises(StudyError, match="holds no study 'svm'; it holds: kept"):
        Study.load("svm", url)
    assert len(Study.load("kept", url).trials) == 3
    assert [folder.name for folder in (tmp_path / "hpo_checkpoints" / "hpo.db").iterdir()] == ["kept-1"]
    with closing(sqlite3.connect(tmp_path / "hpo.db")) as file:
        assert file.execute("SELECT count(*) FROM hpo_trials").fetchone() == (3,)
    Study.delete("kept", url)
    assert not (tmp_path / "hpo_checkpoints").exists()


def test_one_version_is_deleted_and_the_others_stay(tmp_path):
    url = f"sqlite:///{tmp_path}/hpo.db"
    searched(url)
    searched(url, space={"x": Float(0, 2)})
    with pytest.raises(StudyError, match="holds no version 3 of 'svm'; it holds: version 1, version 2"):
        Study.delete("svm", url, version=3)
    assert Study.delete("svm", url, version=1) == 3
    assert Study.load("svm", url).version == 2
    assert opened(url, space={"x": Float(0, 3)}).version == 3


def test_a_study_that_is_searched_is_not_deleted(tmp_path):
    url = f"sqlite:///{tmp_path}/hpo.db"
    study = opened(url)
    study.start(slow, Limits(trials=2))
    with pytest.raises(StudyInUse, match="stop that search first"):
        Study.delete("svm", url)
    study.stop()
    study.wait()
    study.start(slow, Limits(trials=4), shared=True)
    with pytest.raises(StudyInUse, match="stop those searches first"):
        Study.delete("svm", url)
    study.stop()
    study.wait()
    assert Study.delete("svm", url) == len(study.trials) and study.trials


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_who_holds_a_deleted_study_still_has_what_it_knows_and_writes_into_no_other(kind, tmp_path):
    store = opened(":memory:" if kind == "memory" else f"sqlite:///{tmp_path}/hpo.db", "other").ledger.store
    study = opened(store)
    asked = study.ask()
    study.tell(study.ask(), 1.0)
    Study.delete("svm", store)
    new = opened(store)
    assert study.best.value == 1.0 and new.trials == ()
    for attempt in (
        lambda: study.tell(asked, 0.5),
        lambda: study.enqueue({"x": 0.5}),
        study.ask,
        lambda: study.optimize(written, trials=5),
    ):
        with pytest.raises(StoreError, match="was deleted from the store"):
            attempt()
    new.optimize(written, trials=2)
    assert len(opened(store).trials) == 2 and opened(store, "other").trials == ()


def test_files_of_all_but_the_best_are_dropped_and_a_later_search_begins_anew(tmp_path):
    def trained(config):
        file = checkpoint() / "model.bin"
        gone_on.append(file.exists())
        file.write_bytes(b"0" * 1000)
        return config["x"] + 1 / config["epochs"]

    gone_on = []
    space = {"x": Float(0, 1), "epochs": Budget(1, 9)}
    study = Study(space, minimize="loss", strategy="asha", store=f"sqlite:///{tmp_path}/hpo.db", name="net")
    study.optimize(trained, trials=24)
    folder = tmp_path / "hpo_checkpoints" / "hpo.db" / "net-1"
    assert len(list(folder.iterdir())) == 24 and any(gone_on)
    assert study.drop_checkpoints(keep=2) == 22_000
    best = sorted((t for t in study.trials if t.budget == study.best.budget), key=lambda trial: trial.value)[:2]
    assert sorted(int(kept.name) for kept in folder.iterdir()) == sorted(trial.number for trial in best)
    study.optimize(trained, trials=40)
    assert any("begins anew: the checkpoint files of trial" in told for told in study.notices)
    assert study.drop_checkpoints(keep=0) > 0 and not (tmp_path / "hpo_checkpoints").exists()
    assert study.drop_checkpoints() == 0
    with pytest.raises(StudyError, match="keep=-1 must be a whole number"):
        study.drop_checkpoints(keep=-1)


def test_all_who_search_find_the_files_in_a_folder_that_the_environment_names(tmp_path, monkeypatch):
    monkeypatch.setenv("HPO_MAGIC_CHECKPOINTS", str(tmp_path / "shared"))
    for name in ("one", "two"):  # databases of the same name do not share their files
        (tmp_path / name).mkdir()
        searched(f"sqlite:///{tmp_path / name}/hpo.db")
    assert len(list((tmp_path / "shared").rglob("model.bin"))) == 6
    assert not (tmp_path / "one" / "hpo_checkpoints").exists()
    Study.delete("svm", f"sqlite:///{tmp_path}/one/hpo.db")
    assert len(list((tmp_path / "shared").rglob("model.bin"))) == 3


def test_files_in_use_are_not_dropped(tmp_path):
    url = f"sqlite:///{tmp_path}/hpo.db"
    study, other = opened(url), opened(url)
    study.start(slow, Limits(trials=2))
    for one in (study, other):
        with pytest.raises(StudyInUse):
            one.drop_checkpoints()
    study.stop()
    study.wait()


def test_files_of_a_study_in_memory_go_too():
    study = Study({"x": Float(0, 1), "epochs": Budget(1, 9)}, strategy="asha", name="net")
    folders = []
    study.optimize(lambda config: folders.append(checkpoint()) or config["x"], trials=3)
    assert all(folder.is_dir() for folder in folders)
    Study.delete("net", study.ledger.store)
    assert not any(folder.exists() for folder in folders)
