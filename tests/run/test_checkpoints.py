"""What a promoted trial finds in its folder, what it costs, and what becomes of reports."""

from __future__ import annotations

import dataclasses
import functools
import gc
import shutil
import sqlite3
import tempfile

import numpy as np
import pytest

from hpo_magic import Budget, Float, Study, checkpoint, report
from hpo_magic.run import scratch
from hpo_magic.trials import State

SPACE = {"x": Float(0, 1), "epochs": Budget(1, 9)}


def training(config):
    """Train from where the files in the folder end; the loss says how many epochs this run has trained itself."""
    file = checkpoint() / "epoch.txt"
    start = int(file.read_text()) if file.exists() else 0
    for epoch in range(start, config["epochs"]):
        report(config["x"] + 1 / (epoch + 1), epoch)
    file.write_text(str(config["epochs"]))
    return {"value": config["x"] + 1 / config["epochs"], "trained": config["epochs"] - start}


def study_of(tmp_path, objective=training, trials=12):
    study = Study(SPACE, strategy="asha", store=f"sqlite:///{tmp_path}/hpo.db", subject_to="trained > 0")
    study.optimize(objective, trials=trials)
    return study


def test_the_repeat_of_a_promotion_that_failed_goes_on_from_its_predecessor_again(tmp_path):
    broken = [True]

    def failing_once(config):
        if config["epochs"] == 9 and broken.pop():
            raise OSError("the file server was away")
        broken.append(False) if not broken else None
        return training(config)

    study = study_of(tmp_path, failing_once, trials=14)
    failed = study.history.failed[0]
    again = study.repeat(failed)
    assert again.parent == failed.parent
    study.optimize(failing_once, trials=len(study.history.done) + len(study.history.failed) + 1)
    assert study.trials[again.number].values["trained"] == 6  # of 9, three were there


def test_a_promoted_trial_goes_on_from_its_predecessors_files(tmp_path):
    study = study_of(tmp_path)
    promoted = [trial for trial in study.trials if trial.parent is not None]
    assert promoted
    for trial in promoted:
        before = study.trials[trial.parent].budget
        assert trial.resumed == before
        assert trial.values["trained"] == trial.cost == trial.budget - before
        assert trial.reports[0].step == before
    loaded = Study.load("study", f"sqlite:///{tmp_path}/hpo.db")
    assert [trial.resumed for trial in loaded.trials] == [trial.resumed for trial in study.trials]


def test_without_files_a_promoted_trial_begins_anew_and_costs_its_whole_budget(tmp_path):
    study = study_of(tmp_path, lambda config: {"value": config["x"], "trained": config["epochs"]})
    promoted = [trial for trial in study.trials if trial.parent is not None]
    assert promoted
    assert all(trial.resumed == 0 and trial.cost == trial.budget for trial in promoted)
    assert not (tmp_path / "hpo_checkpoints").exists()


def test_a_study_in_memory_makes_a_folder_only_where_a_trial_asks_for_one(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(scratch, "_made_by", functools.cache(scratch._made_by.__wrapped__))
    Study({"x": Float(0, 1)}).optimize(lambda config: config["x"], trials=3)
    assert not list(tmp_path.iterdir())
    study = Study(SPACE, strategy="asha")
    study.optimize(training, trials=12)
    assert any(trial.resumed for trial in study.trials)
    assert list(tmp_path.glob("hpo_magic-*/hpo_checkpoints/*/study-1/*/epoch.txt"))


def until_promotion(study):
    while (trial := study.ask()).parent is None:
        folder = study.ledger.context(trial).folder
        folder.mkdir(parents=True)
        (folder / "epoch.txt").write_text(str(trial.budget))
        study.tell(trial, trial.config["x"])
    return trial


def test_a_deleted_checkpoint_is_said_and_the_trial_begins_anew(tmp_path):
    study = Study(SPACE, strategy="asha", store=f"sqlite:///{tmp_path}/hpo.db")
    trial = until_promotion(study)
    shutil.rmtree(tmp_path / "hpo_checkpoints" / "hpo.db" / "study-1" / str(trial.parent))
    context = study.ledger.context(trial)
    assert not context.folder.exists()
    assert study.tell(trial, 1.0).resumed == 0
    assert study.notices == [f"trial {trial.number} begins anew: the checkpoint files of trial {trial.parent} are gone"]


def foreign(study):
    """Return the trials that found files which no trial before them had written: less was left for them to train."""
    assert any(trial.kept for trial in study.trials)
    return [trial.number for trial in study.trials if trial.values["trained"] != trial.cost]


def test_a_study_whose_store_was_deleted_leaves_its_files_to_nobody(tmp_path):
    study_of(tmp_path)
    (tmp_path / "hpo.db").unlink()
    again = Study(SPACE, strategy="asha", store=f"sqlite:///{tmp_path}/hpo.db", subject_to="trained >= 0", seed=1)
    again.optimize(training, trials=12)
    assert not foreign(again)


def test_stores_and_names_side_by_side_have_folders_of_their_own(tmp_path):
    placed = [("a.db", "net 1"), ("a.db", "net_1"), ("a.db", "net/1"), ("b.db", "net_1")]
    studies = [
        Study(SPACE, strategy="asha", store=tmp_path / store, name=name, subject_to="trained >= 0")
        for store, name in placed
    ]
    for trials in (6, 12):  # in turns, as kernels do that run at the same time
        for study in studies:
            study.optimize(training, trials=trials)
    assert not [foreign(study) for study in studies if foreign(study)]


def test_studies_in_memory_have_folders_of_their_own(tmp_path):
    studies = [Study(SPACE, strategy="asha", subject_to="trained >= 0", seed=seed) for seed in range(2)]
    for trials in (6, 12):
        for study in studies:
            study.optimize(training, trials=trials)
    assert not [foreign(study) for study in studies if foreign(study)]


def test_what_a_killed_trial_left_half_written_is_replaced(tmp_path):
    study = Study(SPACE, strategy="asha", store=f"sqlite:///{tmp_path}/hpo.db")
    trial = until_promotion(study)
    folder = study.ledger.context(trial).folder
    (folder / "epoch.txt").write_text("half wri")
    del study
    gc.collect()  # here the kernel dies
    again = Study(SPACE, strategy="asha", store=f"sqlite:///{tmp_path}/hpo.db")
    again.ledger.recover()
    retried = again.ask()
    assert retried.parent == trial.number
    assert retried.budget == trial.budget
    found = again.ledger.context(retried).folder
    assert (found / "epoch.txt").read_text() == str(again.trials[trial.parent].budget)
    assert again.tell(retried, 0.5).resumed == again.trials[trial.parent].budget


def test_a_bracket_goes_on_after_the_kernel_has_died(tmp_path):
    def play(study, count):
        for _ in range(count):
            trial = study.ask()
            study.tell(trial, trial.config["x"])

    whole = Study(SPACE, strategy="hyperband", store=f"sqlite:///{tmp_path}/whole.db")
    play(whole, 16)
    store = f"sqlite:///{tmp_path}/cut.db"
    study = Study(SPACE, strategy="hyperband", store=store)
    play(study, 7)
    study.ask()  # runs when the kernel dies
    study = Study(SPACE, strategy="hyperband", store=store)
    study.ledger.recover()
    play(study, 9)
    kept = [trial for trial in study.trials if trial.state is not State.LOST]
    assert [trial.budget for trial in kept] == [trial.budget for trial in whole.trials]  # the configs are other draws


def test_steps_may_not_go_back():
    def objective(config):
        report(1.0, 5)
        report(1.0, 3)
        return config["x"]

    study = Study({"x": Float(0, 1)}, strategy="random")
    study.optimize(objective, trials=1)
    assert study.trials[0].state is State.FAILED
    assert "report(step=3) after step 5: steps may not go back" in study.trials[0].error.message


@pytest.mark.parametrize("step", [0.37, "epoch", -1, True, float("nan")])
def test_a_step_that_is_no_whole_number_is_refused_as_the_arguments_may_be_swapped(step):
    study = Study({"x": Float(0, 1)}, strategy="random")
    study.optimize(lambda config: report(3, step), trials=1)
    message = f"report(step={step!r}) must be a whole number, 0 or above; the value comes first"
    assert study.trials[0].error.message.startswith(message)


def test_whole_floats_and_numpys_integers_are_steps():
    study = Study({"x": Float(0, 1)}, strategy="random")

    def objective(config):
        report(1.0, 2.0)
        report(0.5, np.int64(3))
        return config["x"]

    study.optimize(objective, trials=1)
    assert study.trials[0].reports == ((2, 1.0), (3, 0.5))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "high", None])
def test_a_report_that_is_no_number_fails_the_trial(bad):
    study = Study({"x": Float(0, 1)}, strategy="random")
    study.optimize(lambda config: report(bad), trials=1)
    assert study.trials[0].state is State.FAILED


def test_very_many_reports_are_thinned_and_the_last_is_kept():
    study = Study({"x": Float(0, 1)}, strategy="random")

    def objective(config):
        for step in range(5000):
            report(step, step)
        return 0.0

    study.optimize(objective, trials=1)
    reports = study.trials[0].reports
    assert 512 <= len(reports) <= 1025
    assert reports[0].step == 0
    assert reports[-1].step == 4999


@pytest.mark.parametrize(
    ("schema", "unknown"),
    [(1, ("kept", "resumed", "trusted", "worker")), (2, ("trusted", "worker")), (3, ("worker",)), (4, ())],
)
def test_a_store_of_an_earlier_schema_is_brought_up_to_date(tmp_path, schema, unknown):
    file = tmp_path / "hpo.db"
    study = Study({"x": Float(0, 1)}, strategy="random", store=f"sqlite:///{file}")
    study.tell(study.ask(), 1.0)
    study.ledger.store.close()
    with sqlite3.connect(file) as old:  # as it was before these were known
        for column in unknown:
            old.execute(f"ALTER TABLE hpo_trials DROP COLUMN {column}")
        old.execute("DROP TABLE hpo_searches")
        old.execute(f"UPDATE hpo_meta SET schema_version = {schema}")
    old.close()
    opened = Study.load("study", f"sqlite:///{file}")
    assert dataclasses.replace(opened.trials[0]) == study.trials[0]
    opened.tell(opened.ask(), 2.0)
    assert len(Study.load("study", f"sqlite:///{file}").trials) == 2
