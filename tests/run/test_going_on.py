"""A script that goes on with a study: what it is told, and what its trials and callbacks may do."""

from __future__ import annotations

import copy
import gc
import pickle
import time

import pytest

from hpo_magic import Choice, Float, Int, Limits, Space, Study, checkpoint, seed, trial_number
from hpo_magic.errors import SpaceError, StudyError
from hpo_magic.run.phase import Phase
from tests.run.test_study import until

SPACE = {"x": Float(0, 1)}


def opened(tmp_path, space=SPACE, **options):
    return Study(space, strategy="random", store=tmp_path / "hpo.db", name="p", **options)


def as_in_a_script(objective):
    objective.__module__ = "__main__"
    return objective


def test_a_run_that_goes_on_says_what_is_there_and_what_has_changed(tmp_path):
    first = opened(tmp_path)
    first.optimize(as_in_a_script(lambda config: config["x"]), trials=3)
    first.optimize(as_in_a_script(lambda config: config["x"] + 1), trials=4)
    assert first.notices == []  # who runs both knows it
    first.edit(lambda space: space.narrow("x", 0, 0.5))
    second = opened(tmp_path)
    second.optimize(as_in_a_script(lambda config: config["x"] + 1), trials=5)
    assert [notice.partition(";")[0] for notice in second.notices] == [
        "goes on with version 1: 4 of 5 trials are there already",
        "the objective is not what the earlier trials ran, and their results stand beside the new ones",
        "edited since, and kept: ranges and options",
    ]
    third = opened(tmp_path)
    third.optimize(as_in_a_script(lambda config: config["x"] + 1), trials=5)
    assert not any("objective" in notice for notice in third.notices) and len(third.trials) == 5


def test_another_definition_and_half_of_the_defaults_are_said(tmp_path):
    opened(tmp_path).optimize(lambda config: config["x"], trials=1)
    other = opened(tmp_path, {"x": Float(0, 1), "y": Float(0, 1, default=0.5)})
    other.optimize(lambda config: config["x"], trials=1)
    assert other.notices == [
        "the space or the metrics are not those of version 1: this is version 2, earlier ones are kept",
        "the search does not begin with the defaults, as x has none; give each parameter one, or none",
    ]


def test_an_edit_by_another_study_is_kept_by_one_that_is_older(tmp_path):
    older, other = opened(tmp_path), opened(tmp_path)
    other.edit(lambda space: space.narrow("x", 0, 0.25))
    older.optimize(lambda config: config["x"], trials=3)
    assert older.space["x"].high == 0.25 and all(trial.config["x"] <= 0.25 for trial in older.trials)


def test_a_callback_hears_every_trial_and_may_stop_the_search():
    study, heard = Study(SPACE, strategy="random"), []

    def callback(told, trial):
        assert told is study
        heard.append((trial.number, str(trial.state)))
        trial.config.clear()  # it has a config of its own
        if len(heard) == 4:
            told.stop()

    def objective(config):
        if trial_number() == 1:
            raise ValueError("no")
        return config["x"]

    study.optimize(objective, trials=50, callback=callback)
    assert heard[:4] == [(0, "done"), (1, "failed"), (2, "done"), (3, "done")]
    assert len(study.trials) < 7 and all(trial.config for trial in study.trials)
    assert trial_number() is None


def test_what_a_callback_raises_ends_the_search_and_loses_nothing():
    study = Study(SPACE, strategy="random")
    with pytest.raises(StudyError, match="the callback failed on trial 0: ZeroDivisionError: .*; its result is kept"):
        study.optimize(lambda config: config["x"], trials=3, callback=lambda study, trial: 1 / 0)
    assert study.trials[0].value is not None
    with pytest.raises(StudyError, match="callback=3 must be a function"):
        study.optimize(lambda config: config["x"], trials=3, callback=3)


@pytest.mark.parametrize("pause", [0.0, 1.2])  # the second is longer than others have to heed a stop
def test_a_trial_that_stops_its_own_search_counts(pause):
    study = Study(SPACE, strategy="random")

    def objective(config):
        if trial_number() == 2:
            study.stop()
            until(lambda: study.phase is Phase.STOPPING)
            time.sleep(pause)
        return config["x"]

    study.optimize(objective, trials=9)
    assert [str(trial.state) for trial in study.trials] == ["done"] * 3


def test_another_stop_from_outside_ends_also_the_trial_that_stopped_its_search():
    study = Study(SPACE, strategy="random")

    def objective(config):
        study.stop()
        while True:
            time.sleep(0.01)

    study.start(objective, Limits(trials=3))
    until(lambda: study.phase is Phase.STOPPING)
    study.stop()
    assert study.wait(10) and [str(trial.state) for trial in study.trials] == ["stopped"]


def test_a_try_of_what_was_lost_has_its_seed_and_its_files_once(tmp_path):
    seen = []

    def objective(config):
        file = checkpoint() / "epoch"
        seen.append((trial_number(), file.read_text() if file.exists() else "", seed()))
        file.write_text(f"of {trial_number()}")
        return config["x"]

    for _ in range(2):  # it is begun twice, and each time the kernel dies
        study = opened(tmp_path)
        study.ledger.recover()
        lost = study.ask()
        folder = study.ledger.context(lost).folder
        found = (folder / "epoch").read_text() if (folder / "epoch").exists() else ""
        seen.append((lost.number, found, study.ledger.context(lost).seed))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "epoch").write_text(f"of {lost.number}")
        del study
        gc.collect()
    last = opened(tmp_path)
    last.optimize(objective, trials=1)
    assert [one[:2] for one in seen] == [(0, ""), (1, "of 0"), (2, "")]  # the second may have died of its files
    assert len({one[2] for one in seen}) == 1
    assert "trial 1 goes on with the checkpoint files that trial 0 left" not in last.notices


def test_what_is_returned_and_not_kept_is_said_once():
    study = Study(SPACE, minimize="loss", strategy="random")
    study.optimize(lambda config: {"loss": config["x"], "note": "slow", "size": 3}, trials=3)
    assert study.trials[0].values.keys() == {"loss", "size"}
    assert [notice.partition(":")[0] for notice in study.notices] == ["note of trial 0 is not kept"]


def test_trials_that_run_elsewhere_are_said_to_who_asks(tmp_path):
    opened(tmp_path).ask()
    gc.collect()
    other = opened(tmp_path)
    other.ask()
    other.ask()
    assert other.notices == ["trial 0 runs elsewhere; where nobody works on it any more, study.fail(0, 'lost')"]


def test_the_queue_is_run_though_the_target_is_reached():
    study = Study(SPACE, strategy="random")
    study.optimize(lambda config: config["x"], trials=50, target=2.0)
    assert len(study.trials) == 1
    study.enqueue({"x": 0.125})
    study.make_room()
    study.start(lambda config: config["x"], study.limits)
    assert study.wait(10) and [trial.config["x"] for trial in study.trials][1:] == [0.125]


def test_a_limit_below_what_is_done_stays_where_nothing_waits():
    study = Study(SPACE, strategy="random")
    study.optimize(lambda config: config["x"], trials=5)
    study.set_limits(Limits(trials=3))
    assert not study.make_room() and study.limits.trials == 3
    study.enqueue({"x": 0.5})
    assert study.make_room() and study.limits.trials == 6


def test_what_the_search_elsewhere_would_not_hear_is_refused(tmp_path):
    searching, other = opened(tmp_path), opened(tmp_path)
    searching.optimize(lambda config: config["x"], trials=2)
    other.ledger.catch_up()
    searching.start(lambda config: time.sleep(0.01) or config["x"], Limits())
    for change in (
        lambda: other.edit(lambda space: space.narrow("x", 0, 0.5)), lambda: other.set_limits(Limits(trials=9)),
        lambda: other.set_strategy("tpe"), lambda: other.distrust(0),
    ):  # fmt: skip
        with pytest.raises(
            StudyError, match="is searched in another kernel or by another study, .*nothing was changed"
        ):
            change()
    searching.edit(lambda space: space.narrow("x", 0, 0.5))
    searching.stop()
    assert searching.wait(10)
    other.distrust(0)
    assert not other.trials[0].trusted


def test_errors_of_scripts_have_their_cure():
    study = Study(SPACE, strategy="random")

    async def objective(config):
        return config["x"]

    with pytest.raises(StudyError, match=r"value is a coroutine.*lambda config: asyncio.run\(objective\(config\)\)"):
        study.optimize(objective, trials=3)
    with pytest.raises(SpaceError, match=r"Choice\(\[3\]\) is one value alone"):
        Int(3, 3)
    with pytest.raises(StudyError, match="limits=20 must be Limits, as in Limits.*from hpo_magic import Limits"):
        study.start(objective, 20)
    with pytest.raises(SpaceError, match="n=2.5 is outside 1..9, as no whole number"):
        Study({"n": Int(1, 9)}).enqueue({"n": 2.5})


def test_a_space_is_copied_and_pickled_with_its_edits():
    space = Space({"x": Float(0, 1), "k": Choice(["a", "b", "c"])}).narrow("x", 0, 0.5).choose("k", ["a", "b"])
    space = space.fix("x", 0.25)
    assert copy.deepcopy(space) == space == pickle.loads(pickle.dumps(space))
