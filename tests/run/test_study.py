"""Study and runner together, with real threads."""

from __future__ import annotations

import copy
import cProfile
import enum
import gc
import json
import os
import pickle
import re
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import hpo_magic
from hpo_magic import Budget, Choice, Float, Int, Space, Study
from hpo_magic.errors import HpoError, MetricError, SpaceError, StoreError, StrategyError, StudyError, StudyInUse
from hpo_magic.run.limits import Limits
from hpo_magic.run.phase import Phase
from hpo_magic.search.samplers.random import RandomSampler
from hpo_magic.search.schedulers.full import Full
from hpo_magic.search.strategy import Strategy
from hpo_magic.trials import State

SPACE = {"x": Float(-5, 5, default=0.0), "k": Choice(["a", "b"], default="a")}


class Colour(enum.StrEnum):
    """Text with a name."""

    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    """A number with a name."""

    LOW = 1
    HIGH = 2


def loss(config):
    return (config["x"] - 1) ** 2 + (config["k"] == "b")


def until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(0.005)


@pytest.fixture
def study():
    made = Study(SPACE, minimize="loss", strategy="random")
    yield made
    if made.phase.alive:
        made.stop()
        made.wait()


# --- ask and tell ----------------------------------------------------------------------------------


def test_ask_and_tell():
    study = Study(SPACE, maximize="accuracy", seed=3)
    trial = study.ask()
    assert (trial.number, trial.state, trial.config) == (
        0,
        "running",
        {"x": 0.0, "k": "a"},
    )  # the defaults come first
    done = study.tell(trial, 0.5)
    assert (done.state, done.value, done.values) == (State.DONE, 0.5, {"accuracy": 0.5})
    study.tell(study.ask(), {"accuracy": 0.75, "seconds": 3})
    assert study.best.number == 1 and study.best.values == {"accuracy": 0.75, "seconds": 3.0}
    assert study.history.loss(study.best) == -0.75


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("nan"), "loss is nan; it must be a finite number"),
        (float("inf"), "loss is inf"),
        ("0.5", "loss is text ('0.5')"),
        (None, "loss is None"),
        (np.ones(3), "loss is an array of shape (3,)"),
        ({"los": 1}, "lacks 'loss'"),
        (object(), "loss is a object"),
    ],
)
def test_what_is_no_number_fails_the_trial_and_says_what_it_was(study, value, message):
    failed = study.tell(study.ask(), value)
    assert failed.state == "failed" and message in failed.error.message
    assert study.best is None


@pytest.mark.parametrize("value", [3, True, np.float32(3), np.array(3), np.array([3.0]), np.int64(3)])
def test_what_counts_as_a_number(study, value):
    assert study.tell(study.ask(), value).value == float(np.ravel(value)[0])


def test_a_trial_ends_once(study):
    trial = study.ask()
    study.fail(trial, "the power went")
    assert study.trials[0].error.message == "the power went"
    with pytest.raises(StudyError, match="trial 0 is failed, not running; its result was thrown away"):
        study.tell(trial, 1.0)
    with pytest.raises(StudyError, match="there is no trial 7"):
        study.tell(7, 1.0)


def test_reports_are_kept_and_told_to_stop_after_the_end(study):
    trial = study.ask()
    assert study.report(trial, 0.5, 1) and study.report(trial, 0.25, 2)
    study.tell(trial, 0.25)
    assert study.trials[0].reports == ((1, 0.5), (2, 0.25))
    assert not study.report(trial, 0.1, 3)


@pytest.mark.parametrize("lost", [float("nan"), float("inf"), np.float32("nan")])
def test_a_loss_that_overflows_ends_the_loop_of_the_trial_and_then_fails_it(study, lost):
    trial = study.ask()
    assert study.report(trial, 0.5, 1)
    assert not study.report(trial, lost, 2)
    assert study.tell(trial, lost).state == "failed"
    assert study.trials[0].reports == ((1, 0.5),)
    with pytest.raises(MetricError, match="the reported value is text"):
        study.report(study.ask(), "0.5", 1)


def test_the_budget_is_in_the_config():
    space = {"x": Float(0, 1), "epochs": Budget(1, 9)}
    for strategy, budget in (("gp", 9), ("auto", 1)):
        trial = Study(space, minimize="loss", strategy=strategy).ask()
        assert trial.config["epochs"] == trial.budget == budget


def test_a_finite_space_ends(study):
    small = Study({"a": Int(1, 3)}, minimize="loss", strategy="grid")
    seen = []
    while (trial := small.ask()) is not None:
        seen.append(trial.config["a"])
        small.tell(trial, 1.0)
    assert sorted(seen) == [1, 2, 3]


def test_the_same_seed_proposes_the_same():
    runs = []
    for _ in range(2):
        study = Study(SPACE, minimize="loss", seed=7)
        study.optimize(loss, trials=14)
        runs.append([trial.config for trial in study.trials])
    assert runs[0] == runs[1]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"strategy": "bayesian"}, StrategyError, "strategy='bayesian' is unknown"),
        ({"strategy": "grd"}, StrategyError, "did you mean 'grid'?"),
        ({"seed": -1}, StrategyError, "seed=-1 must be a whole number"),
        ({"minimize": ["a", "a"]}, StudyError, "named twice"),
        ({"minimize": "a", "maximize": "a"}, StudyError, "named twice"),
        ({"minimize": 3}, StudyError, "minimize=3 must be the name of a metric"),
        ({"subject_to": 3}, StudyError, "subject_to=3 is no constraint"),
        ({"store": 3}, StoreError, "store=3 must be"),
        ({"name": ""}, StudyError, "name='' must be text"),
        ({"store": "sqlite:////no/such/place/x.db"}, StoreError, "cannot open the store"),
    ],
)
def test_wrong_arguments_are_explained(options, error, message):
    with pytest.raises(error) as caught:
        Study(SPACE, **options)
    assert message in str(caught.value)


# --- the background search -------------------------------------------------------------------------


def test_optimize_runs_the_trials_and_improves(study):
    study.optimize(loss, trials=30)
    assert len(study.trials) == 30 and study.phase is Phase.FINISHED
    assert study.best.value < 1.5
    study.optimize(loss, trials=30)  # the study has them already
    assert len(study.trials) == 30


def test_pause_lets_the_trial_end_and_resume_goes_on(study):
    gate = threading.Semaphore(0)
    study.start(lambda config: gate.acquire() and 1.0, Limits(trials=100))
    until(lambda: study.history.running)
    study.pause()
    assert study.phase is Phase.PAUSING
    gate.release()
    until(lambda: study.phase is Phase.PAUSED)
    assert len(study.history.done) == 1 and not study.history.running
    study.resume()
    gate.release(3)
    until(lambda: len(study.history.done) == 4)


def spin(config):
    while True:
        pass


def numpy_loop(config):
    a = np.random.default_rng(0).random((300, 300))
    while True:
        a = a @ a % 1


def stubborn(config):
    while True:
        try:
            while True:
                time.sleep(0.01)
        except BaseException:  # swallows even the stop
            continue


@pytest.mark.parametrize("objective", [spin, numpy_loop, lambda config: time.sleep(4), stubborn])
def test_stop_takes_effect_within_a_second(study, objective):
    study.start(objective, Limits(trials=5))
    until(lambda: study.history.running)
    time.sleep(0.2)
    began = time.monotonic()
    study.stop()
    assert study.wait(3)
    assert time.monotonic() - began < 1.5  # a second, and half of one for a loaded machine
    assert [trial.state for trial in study.trials] == ["stopped"]


def test_a_late_result_is_thrown_away(study):
    late = threading.Event()

    def slow(config):
        time.sleep(1.6)  # one long call into C, as far as the interpreter can see
        late.set()
        return 0.0

    study.start(slow, Limits(trials=1))
    until(lambda: study.history.running)
    study.stop()
    study.wait()
    assert not late.wait(2.5)  # the stop reaches the thread as soon as the call returns
    assert study.trials[0].state == "stopped" and study.best is None


def test_a_stopped_search_goes_on(study):
    study.start(spin, Limits(trials=3))
    until(lambda: study.history.running)
    study.stop()
    study.wait()
    study.optimize(loss, trials=3)
    assert [trial.state for trial in study.trials] == ["stopped", "done", "done", "done"]


def test_the_limits_may_be_raised_while_it_runs(study):
    study.start(lambda config: time.sleep(0.01) or 1.0, Limits(trials=3))
    study.set_limits(Limits(trials=9))
    assert study.wait(10)
    assert len(study.history.done) == 9


def test_the_time_limit_ends_the_search_and_the_trials_limit_one_trial(study):
    began = time.monotonic()
    study.optimize(spin, trials=9, timeout=0.4)
    assert time.monotonic() - began < 3 and "time limit of 0.4 s" in study.runner.message
    other = Study(SPACE, minimize="loss", strategy="random")
    other.optimize(lambda config: spin(config) if config["k"] == "a" else 1.0, trials=4, trial_timeout=0.2)
    errors = {t.error.message for t in other.history.failed}
    assert errors == {"took longer than the trial's limit of 0.2 s"}


def test_failures_are_told_and_the_search_goes_on(study):
    def fails_for_b(config):
        return 1.0 / (config["k"] == "a")

    study.optimize(fails_for_b, trials=20)
    assert study.history.done and study.history.failed
    assert str(study.history.failed[0].error) == "ZeroDivisionError: float division by zero"


@pytest.mark.parametrize(
    "error", [ValueError("no"), SystemExit(3), KeyboardInterrupt(), GeneratorExit(), MemoryError()]
)
def test_whatever_a_trial_raises_fails_that_trial_only(study, error):
    def raises(config):
        if config["k"] == "a":
            raise error
        return 1.0

    study.optimize(raises, trials=12)
    assert {t.error.kind for t in study.history.failed} == {type(error).__name__}


def test_three_failures_of_the_same_kind_pause_the_search(study):
    study.start(lambda config: 1 / 0, Limits(trials=20))
    until(lambda: study.phase is Phase.PAUSED)
    assert "first three trials all failed in the same way: ZeroDivisionError" in study.runner.message
    assert len(study.history.failed) == 3
    study.resume()
    assert study.wait(10) and len(study.history.failed) == 20


def test_optimize_raises_when_nothing_works():
    with pytest.raises(StudyError, match="first three trials all failed"):
        Study(SPACE, minimize="loss").optimize(lambda config: config["typo"], trials=20)


def test_of_a_later_run_it_says_that_these_are_its_first():
    study = Study(SPACE, minimize="loss", strategy="random")
    study.optimize(lambda config: config["x"], trials=6)
    with pytest.raises(StudyError, match="first three trials of this run all failed in the same way: ZeroDivision"):
        study.confirm(k=2, repeats=3, objective=lambda config: 1 / 0)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda study: study.compare("other"), "compare got 'other', it needs studies"),
        (lambda study: study.compare(3), "compare got 3, it needs studies"),
        (lambda study: study.edit(3), "the edit 3 must be a function of the space"),
        (lambda study: study.follow("stop"), "follow got 'stop'"),
        (lambda study: study.plot(ax=3), "ax=3 must be axes of matplotlib"),
        (lambda study: study.plot(3), "plot=3 is unknown"),
        (lambda study: study.importance(3), "metric=3 was not measured"),
        (lambda study: study.partial_dependence(3), "parameter 3 is unknown"),
        (lambda study: study.set_limits(3), "limits=3 must be Limits"),
        (lambda study: study.wait("a"), "timeout='a' must be a number of seconds"),
        (lambda study: study.log("a"), "trial='a' must be a trial"),
        (lambda study: study.optimize(len, trials=9, progress="a"), "progress='a' must be True or False"),
        (lambda study: study.optimize(len, trials=9, to_noise="a"), "to_noise='a' must be True or False"),
        (lambda study: Study(SPACE, cost_aware="a"), "cost_aware='a' must be True or False"),
    ],
)
def test_wrong_arguments_are_named(call, said):
    study = Study(SPACE, minimize="loss", strategy="random")
    study.optimize(lambda config: config["x"], trials=6)
    with pytest.raises(HpoError, match=re.escape(said)):
        call(study)


def test_edits_hold_from_the_next_proposal_on(study):
    study.start(lambda config: time.sleep(0.005) or 1.0, Limits(trials=60))
    until(lambda: len(study.history.done) > 10)
    study.edit(lambda space: space.narrow("x", 3, 4).fix("k", "b"))
    begun = len(study.trials) + 1
    study.wait()
    assert all(3 <= t.config["x"] <= 4 and t.config["k"] == "b" for t in study.trials[begun:])
    assert any(t.config["x"] < 3 for t in study.trials[:begun])
    with pytest.raises(SpaceError):
        study.edit(lambda space: space.narrow("x", 4, 3))
    with pytest.raises(StudyError, match="not the parameters themselves"):
        study.edit(lambda space: Space({"y": Int(1, 2)}))


def test_several_workers_run_at_once(study):
    together = threading.Barrier(4, timeout=10)
    study.optimize(lambda config: together.wait() * 0.0, trials=8, workers=4)
    assert len(study.history.done) == 8


def test_a_running_study_cannot_be_started_twice(study):
    study.start(spin, Limits(trials=3))
    with pytest.raises(StudyInUse, match="stop it first"):
        study.start(loss)


def test_own_configs_come_first(study):
    study.enqueue({"x": 2.5, "k": "b"})
    with pytest.raises(SpaceError):
        study.enqueue({"x": 9.0, "k": "b"})
    assert study.ask().config == {"x": 2.5, "k": "b"}
    study.enqueue({"x": 1.5})
    assert study.ask().config["x"] == 1.5 and study.ask().config["x"] != 1.5


# --- in a trial ------------------------------------------------------------------------------------


def test_what_a_trial_may_ask(study, capsys):
    seen = {}

    def asks(config):
        print("hello from", config["k"])
        folder = hpo_magic.checkpoint()
        (folder / "weights").write_text("1")
        seen[hpo_magic.seed()] = folder
        hpo_magic.report(1.0)
        hpo_magic.report(0.5)
        return 0.5 + hpo_magic.should_stop()

    study.optimize(asks, trials=3)
    assert capsys.readouterr().out == ""
    assert study.trials[0].log.startswith("hello from")
    assert [report.step for report in study.trials[0].reports] == [0, 1]
    assert len(seen) == 3 and len(set(seen.values())) == 3
    again = Study(SPACE, minimize="loss", strategy="random")
    seeds = set(seen)
    seen.clear()
    again.optimize(asks, trials=3)
    assert set(seen) == seeds


def test_report_raises_in_a_trial_that_should_stop(study):
    ended = []

    def reports(config):
        try:
            while True:
                hpo_magic.report(1.0)
                time.sleep(0.01)
        except Exception:  # a stop is no Exception, so this does not swallow it
            ended.append("swallowed")

    study.start(reports, Limits(trials=1))
    until(lambda: study.history.running and study.trials[0].reports)
    study.stop()
    study.wait()
    assert study.trials[0].state == "stopped" and not ended


def test_outside_a_trial_they_do_nothing(tmp_path):
    assert hpo_magic.report(0.5) is None
    assert hpo_magic.should_stop() is False
    assert hpo_magic.seed() == 0
    assert hpo_magic.checkpoint().is_dir()


# --- stores ----------------------------------------------------------------------------------------


def sqlite_study(tmp_path, **options):
    made = {"minimize": "loss", "strategy": "random", "store": f"sqlite:///{tmp_path}/hpo.db", "name": "svm"}
    return Study(SPACE, **made | options)


def test_a_study_goes_on_where_it_was(tmp_path):
    first = sqlite_study(tmp_path)
    first.optimize(loss, trials=5)
    first.edit(lambda space: space.narrow("x", 0, 2))
    again = sqlite_study(tmp_path)
    assert again.trials == first.trials and again.space == first.space and again.version == 1
    again.optimize(loss, trials=9)
    assert [t.number for t in again.trials] == list(range(9))
    whole = Study(SPACE, minimize="loss", strategy="random")
    whole.optimize(loss, trials=5)
    assert [t.config for t in whole.trials] == [t.config for t in again.trials[:5]]
    changed = sqlite_study(tmp_path, minimize="cost")
    assert (changed.version, len(changed.trials)) == (2, 0)
    assert Study.load("svm", f"sqlite:///{tmp_path}/hpo.db", version=1).best == again.best


def test_trials_of_a_dead_process_are_lost_and_tried_again(tmp_path):
    first = sqlite_study(tmp_path)
    config = first.ask().config
    del first
    gc.collect()  # nobody here holds the trial any more
    again = sqlite_study(tmp_path)
    again.optimize(loss, trials=1)
    assert [(t.state, t.parent) for t in again.trials] == [("lost", None), ("done", 0)]
    assert again.trials[1].config == config
    assert "was lost when its kernel died" in again.notices[0]


def test_a_study_in_use_elsewhere_is_refused(tmp_path):
    one, two = sqlite_study(tmp_path), sqlite_study(tmp_path)
    one.start(spin, Limits(trials=1))
    with pytest.raises(StudyInUse, match="in use by a running search"):
        two.start(loss)
    one.stop()
    one.wait()
    two.optimize(loss, trials=1)


def test_a_search_that_has_ended_holds_the_study_no_longer(tmp_path, monkeypatch):
    monkeypatch.setattr("hpo_magic.run.runner._RENEW", 0.0)  # as if five seconds were over at every step
    for trials in (2, 4, 6):
        sqlite_study(tmp_path).optimize(loss, trials=trials)


def test_a_store_may_be_named_by_its_path(tmp_path):
    Study(SPACE, minimize="loss", store=tmp_path / "path.db").optimize(loss, trials=2)
    assert len(Study.load("study", tmp_path / "path.db").trials) == 2


def test_a_study_that_is_looked_for_in_the_wrong_place_is_refused_and_makes_no_file(tmp_path):
    with pytest.raises(StoreError, match=r"does not exist: there is no file '.*hop\.db'; check its name"):
        Study.load("study", tmp_path / "hop.db")
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_is_said(study):
    for call, message in (
        (lambda: study.ask(-1), "n=-1 must be a whole number, 1 or above"),
        (lambda: study.ask("2"), "n='2' must be a whole number"),
        (lambda: study.report(study.ask(), 1.0, None), "step=None must be a whole number"),
        (lambda: study.edit(lambda space: None), "the edit returned None"),
        (lambda: study.partial_dependence("x", points=0), "points=0 must be a whole number, 2 or above"),
        (lambda: Study("x"), "Space: domains='x' must map names to domains"),
    ):
        study.optimize(loss, trials=6)
        with pytest.raises(HpoError) as caught:
            call()
        assert message in str(caught.value)
    grid = Study({"n": Int(1, 1000)}, strategy="grid")
    grid.optimize(lambda config: config["n"], trials=20)
    assert grid.runner.message == "every point of the grid has been tried"
    never = Study({"kind": Choice(["a", "b"]), "x": Int(1, 3, when="kind == 'c'")})
    assert never.notices == ["x never exists: no option of kind makes kind == 'c' true"]


def test_a_locked_database_pauses_the_search_and_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("hpo_magic.trials.sql_engine.BUSY_SECONDS", 0.2)
    study = sqlite_study(tmp_path)
    go = threading.Semaphore(0)
    study.start(lambda config: go.acquire() and 0.125, Limits(trials=2))
    until(lambda: study.history.running)
    other = sqlite3.connect(tmp_path / "hpo.db")
    other.execute("BEGIN EXCLUSIVE")
    go.release()
    until(lambda: study.phase is Phase.PAUSED)
    assert "locked; another program holds the database" in study.runner.message
    other.rollback()
    other.close()
    go.release()
    study.resume()
    assert study.wait(10)
    assert [t.value for t in study.trials] == [0.125, 0.125]
    assert [t.value for t in sqlite_study(tmp_path).trials] == [0.125, 0.125]


def prints(config):
    print("x" * 50_000)
    return 0.25


def small_disk(study):
    """Have the store see a disk with room for 30 pages more, until it is told of another size; returns how to tell."""
    import sqlalchemy as sa

    engine = study.ledger.store._engine
    with engine.connect() as connection:
        limit = connection.exec_driver_sql("PRAGMA page_count").scalar() + 30
    engine.dispose()

    @sa.event.listens_for(engine, "connect")
    def _small_disk(connection, _record):  # SQLite's own SQLITE_FULL, as on a full disk
        connection.execute(f"PRAGMA max_page_count={limit}")

    def grow():
        nonlocal limit
        limit = 1_000_000
        engine.dispose()

    return engine, grow


def test_a_full_disk_pauses_the_search_and_loses_nothing(tmp_path):
    study = sqlite_study(tmp_path)
    _, grow = small_disk(study)
    study.start(prints, Limits(trials=12))
    until(lambda: study.phase is Phase.PAUSED)
    assert "full; free some space on the disk" in study.runner.message
    grow()
    study.resume()
    assert study.wait(10)
    assert len(study.history.done) == 12
    assert len(sqlite_study(tmp_path).history.done) == 12


def test_what_was_failing_when_the_search_is_resumed_does_not_pause_it_again(tmp_path):
    import sqlalchemy as sa

    study = sqlite_study(tmp_path)
    engine, grow = small_disk(study)
    resumed = []

    @sa.event.listens_for(engine, "handle_error")
    def _in_the_very_moment(context):
        if study.phase is Phase.PAUSED and not resumed:  # what was held is tried once more
            grow()
            study.resume()
            resumed.append(context)

    study.start(prints, Limits(trials=12))
    assert study.wait(10)
    assert resumed
    assert len(sqlite_study(tmp_path).history.done) == 12


def test_a_frame_and_plots(study, tmp_path):
    study.optimize(lambda config: loss(config) / (config["k"] == "a" or config["x"] > 0), trials=12)
    frame = study.to_frame()
    assert list(frame["number"]) == list(range(12)) and {
        "loss",
        "x",
        "k",
        "state",
        "duration",
        "error",
    } <= set(frame)
    for name in ("convergence", "parameters"):
        study.plot(name).savefig(tmp_path / f"{name}.png")
        assert (tmp_path / f"{name}.png").stat().st_size > 3000
    with pytest.raises(StudyError, match="did you mean 'convergence'?"):
        study.plot("convergense")
    assert json.dumps(frame["loss"].dropna().tolist())


def test_a_search_ends_under_a_profiler():
    """A stop taken back by PyThreadState_SetAsyncExc(…, NULL) hung here: the interpreter's flag for it stayed raised."""
    study = Study({"x": Float(0, 1)}, strategy="random")
    profile = cProfile.Profile()
    threading.setprofile(lambda *event: profile.enable())  # the first event in a new thread starts the profile there
    try:
        study.start(lambda config: config["x"], Limits(trials=20))
    finally:
        threading.setprofile(None)
    assert study.wait(20)
    assert len(study.history.done) == 20


def test_a_trial_that_changes_a_list_changes_its_own():
    def grows(config):
        config["layers"].append(9)
        return len(config["layers"])

    study = Study({"layers": Choice([[8], [8, 8], [16]]), "x": Float(0, 1)}, strategy="random")
    study.optimize(grows, trials=8)
    assert all(trial.config["layers"] in ([8], [8, 8], [16]) for trial in study.trials)
    assert study.space["layers"].options == ([8], [8, 8], [16])


def test_a_strategy_that_cannot_search_the_space_is_refused_and_the_old_one_kept(study):
    with pytest.raises(StrategyError, match="a population trains in steps"):
        study.set_strategy("pbt")
    assert study.strategy.name == "random"
    study.set_strategy("tpe")
    assert study.notices[-1].startswith("from now on tpe: ")


def test_what_cannot_be_encoded_is_printed_all_the_same(tmp_path):
    """Names of files that are no UTF-8 come as lone surrogates, which no database stores."""
    study = sqlite_study(tmp_path)
    study.optimize(lambda config: print(os.fsdecode(b"caf\xe9.csv")) or loss(config), trials=3)
    assert [trial.state for trial in study.trials] == ["done"] * 3
    assert "caf" in sqlite_study(tmp_path).log(0)


def test_columns_of_a_frame_do_not_replace_each_other():
    study = Study(
        {"state": Choice(["CA", "NY"]), "acc": Float(0, 1)}, maximize="acc", minimize="duration", strategy="random"
    )
    study.optimize(lambda config: {"acc": config["acc"] + 1, "duration": 123.0}, trials=3)
    frame = study.to_frame()
    assert list(frame["state"]) == ["done"] * 3 and list(frame["value.duration"]) == [123.0] * 3
    assert list(frame["config.acc"]) == pytest.approx([value - 1 for value in frame["acc"]]) and set(
        frame["config.state"]
    ) <= {
        "CA",
        "NY",
    }


def test_a_path_that_would_mean_something_else_in_a_url_is_refused(tmp_path):
    with pytest.raises(StoreError, match="choose another name"):
        Study(SPACE, store=tmp_path / "a?b.db")


def test_a_study_whose_strategy_was_an_object_is_loaded(tmp_path):
    url = f"sqlite:///{tmp_path / 'hpo.db'}"
    own = Strategy(RandomSampler(3), Full(), seed=3)
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy=own, store=url)
    study.optimize(lambda config: config["x"], trials=4)
    again = Study.load("study", url)
    assert again.strategy.name == "auto" and again.strategy.seed == 3
    assert again.notices[0].startswith("the strategy 'custom' is an object of one's own")
    again.set_strategy(own)
    again.optimize(lambda config: config["x"], trials=6)
    assert len(Study({"x": Float(0, 1)}, minimize="loss", strategy=own, store=url).trials) == 6


def test_what_is_told_beside_the_metrics_is_kept_where_it_is_a_number():
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
    told = study.tell(study.ask(), {"loss": 1, "time": 2, "note": "slow", "ratio": float("inf")})
    assert told.state is State.DONE and told.values == {"loss": 1.0, "time": 2.0}
    failed = study.tell(study.ask(), 10**400)
    assert failed.state is State.FAILED and "loss is too large for a float" in failed.error.message
    with pytest.raises(SpaceError, match="config=3 must map each parameter to a value"):
        study.enqueue(3)


def test_a_config_of_ones_own_that_has_a_result_is_a_repeat():
    study = Study({"x": Float(0, 1)}, strategy="tpe")
    for value in (1.0, 3.0):
        study.enqueue({"x": 0.5})
        study.tell(study.ask(), value)
    assert [trial.parent for trial in study.trials] == [None, 0]


def test_what_a_caller_takes_out_of_a_config_stays_in_the_record(study):
    asked = study.ask()
    asked.config.pop("k")
    study.tell(asked, 1.0)
    study.best.config.pop("x")
    assert set(study.trials[0].config) == {"x", "k"}


def test_a_trial_that_changes_a_list_in_a_tuple_changes_its_own():
    study = Study({"sizes": Choice([([1],), ([2],)])}, strategy="random")
    study.optimize(lambda config: float(len(config["sizes"][0].append(9) or config["sizes"][0])), trials=2)
    assert [trial.value for trial in study.trials] == [2.0, 2.0]


def test_a_search_begins_with_what_others_have_stored_meanwhile(tmp_path):
    def opened():
        return Study(SPACE, store=tmp_path / "hpo.db", name="p", strategy="random")

    first = opened()
    asked = first.ask()
    second = opened()  # which sees a running trial
    first.tell(asked, 0.0)
    first.enqueue({"x": 4.0, "k": "a"})
    third = opened()
    first.optimize(loss, trials=2)
    first.edit(lambda space: space.narrow("x", -5, 4))
    assert third.ask().config["x"] != 4.0  # it has been tried
    third.fail(2, "not run")
    second.optimize(loss, trials=6)
    assert [str(trial.state) for trial in second.trials] == ["done", "done", "failed", "done", "done", "done"]
    assert second.best.number == 0 and second.space["x"].high == 4.0 and second.notices == []


def test_a_trial_that_could_not_be_begun_waits_and_is_tried_next():
    study = Study({"k": Choice(list(range(3)))}, strategy="grid")
    study.enqueue({"k": 1})
    closed = ThreadPoolExecutor(1)
    closed.shutdown()
    with pytest.raises(StudyError, match="make a new one"):
        study.optimize(lambda config: config["k"], trials=3, on=closed)
    assert [str(trial.state) for trial in study.trials] == ["waiting"]
    study.optimize(lambda config: config["k"], trials=3)
    assert [trial.config["k"] for trial in study.history.done][0] == 1 and len(study.history.done) == 3


def test_a_pause_from_another_thread_does_not_end_optimize(study):
    def steer():
        until(lambda: len(study.history.done) >= 3)
        study.pause()
        until(lambda: study.phase is Phase.PAUSED)
        time.sleep(0.5)  # optimize looks every 0.2 s
        study.resume()

    thread = threading.Thread(target=steer)
    thread.start()
    study.optimize(lambda config: time.sleep(0.01) or loss(config), trials=200)
    thread.join()
    assert study.phase is Phase.FINISHED and len(study.history.done) == 200


def test_who_asks_is_told_which_trial_of_a_dead_process_is_waited_for(tmp_path):
    space = {"x": Float(0, 1), "epochs": Budget(1, 9)}

    def opened():
        return Study(space, store=tmp_path / "hpo.db", strategy="pbt")

    study = opened()
    for trial in [study.ask() for _ in range(3)][:2]:
        study.tell(trial, 1.0)
    again = opened()
    while (trial := again.ask()) is not None:
        again.tell(trial, 1.0)
    assert again.notices[-1] == "trial 2 runs elsewhere, and is waited for; where it does not, study.fail(2, 'lost')"
    again.fail(2, "lost")
    assert again.ask() is not None


@pytest.mark.parametrize("options", [list(Colour), list(Level), list(np.array(["a", "b"]))])
def test_members_of_enums_and_numpys_text_are_options_that_a_store_holds(tmp_path, options):
    seen = []
    for trials in (3, 6):
        study = Study({"c": Choice(options), "x": Float(0, 1)}, store=tmp_path / "hpo.db", strategy="random")
        study.optimize(lambda config: seen.append(config["c"]) or config["x"], trials=trials)
    assert len(study.trials) == 6 and set(seen) <= set(options)
    assert {type(value) for value in seen} == {type(study.space["c"].options[0])}


def test_confirm_during_a_search_is_refused_and_leaves_nothing(study):
    study.start(lambda config: time.sleep(0.02) or loss(config), Limits(trials=100))
    until(lambda: len(study.history.done) >= 3)
    with pytest.raises(StudyInUse):
        study.confirm(k=2, repeats=2)
    assert study.limits.trials == 100 and not any(trial.parent is not None for trial in study.trials)
    study.stop()
    assert study.wait(10)


def test_what_fails_once_a_trial_runs_loses_neither_its_result_nor_the_reason():
    class Broken(RandomSampler):
        def ahead(self, space, history):
            raise MemoryError("no room to look ahead")

    study = Study({"x": Float(0, 1)}, strategy=Strategy(Broken(0), Full(), 0))
    with pytest.raises(StudyError, match="MemoryError: no room to look ahead"):
        study.optimize(lambda config: time.sleep(0.05) or config["x"], trials=3)
    assert [str(trial.state) for trial in study.trials] == ["done"]


def test_a_trial_that_somebody_here_holds_is_not_lost(tmp_path):
    holder, other = (Study(SPACE, store=tmp_path / "hpo.db", name="p", strategy="random") for _ in range(2))
    held = holder.ask()
    other.optimize(loss, trials=3)
    assert other.trials[0].state is State.RUNNING and other.notices == []
    assert holder.tell(held, 0.5).state is State.DONE


def test_members_of_enums_stay_members_after_edits_and_in_the_queue(tmp_path):
    study = Study({"c": Choice(list(Colour)), "x": Float(0, 1)}, store=tmp_path / "hpo.db", strategy="random")
    seen = []
    study.optimize(lambda config: seen.append(config["c"]) or config["x"], trials=2)
    study.edit(lambda space: space.narrow("x", 0, 0.5).choose("c", [Colour.BLUE]))
    study.repeat(0)
    study.optimize(lambda config: seen.append(config["c"]) or config["x"], trials=6)
    assert {type(one) for one in seen} == {Colour} and seen[3:] == [Colour.BLUE] * 3
    again = Study.load("study", tmp_path / "hpo.db")
    assert len(again.trials) == 6


def test_a_search_that_has_ended_goes_on_up_to_its_limits_when_it_is_resumed():
    study = Study(SPACE, strategy="random")
    heard = []
    study.optimize(loss, trials=3, callback=lambda study, trial: heard.append(trial.number))
    with pytest.raises(
        StudyError, match="has all of its 3 trials; to go on ask for more, by set_limits or by optimize"
    ):
        study.resume()
    study.set_limits(Limits(trials=5))
    study.resume()
    assert study.wait(60) and len(study.history.done) == 5 and heard == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("space", "options", "why"),
    [
        ({"k": Choice(["a", "b"])}, {}, "every config of the space has been tried"),
        ({"x": Float(0, 1)}, {"strategy": "grid"}, "every point of the grid has been tried"),
        ({"x": Float(0, 1)}, {"target": 2.0}, "the target value 2 is reached"),
    ],
)
def test_a_script_is_told_why_a_search_ended_before_its_last_trial(space, options, why):
    study = Study(space, strategy=options.pop("strategy", "random"))
    study.optimize(lambda config: 1.0, trials=30, **options)
    assert study.notices == [f"ended early: {why}"]


def test_a_strategy_of_ones_own_has_its_own_seed():
    own = Strategy(RandomSampler(3), Full(), 3)
    assert Study(SPACE, strategy=own).strategy.seed == Study(SPACE, strategy=own, seed=3).strategy.seed == 3
    with pytest.raises(StrategyError, match="seed=4 does not hold: the strategy that was given has its own, seed=3"):
        Study(SPACE, strategy=own, seed=4)
    study = Study(SPACE, seed=7)
    study.set_strategy(own)
    assert study.strategy.seed == 3


@pytest.mark.parametrize("through", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_study_is_not_copied_and_says_what_to_do_instead(through):
    with pytest.raises(TypeError, match="study 'study' cannot be pickled or copied.*read it anywhere with Study.load"):
        through(Study(SPACE))
