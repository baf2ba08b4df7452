"""One suite for every executor: threads, processes, executors of concurrent.futures, Dask, ipyparallel and Ray, all real."""

from __future__ import annotations

import itertools
import multiprocessing
import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from hpo_magic import Budget, Float, Space, Study, checkpoint, report, seed, should_stop, trial_slot
from hpo_magic.run.limits import Limits
from hpo_magic.run.phase import Phase
from hpo_magic.trials import State
from tests.run.local_ray import local_ray
from tests.run.test_study import until

SPACE = Space({"x": Float(0, 1, default=0.5)})
REMOTE = ("processes", "futures threads", "futures processes", "dask", "ipyparallel", "ray")


@pytest.fixture(scope="module", params=["threads", *REMOTE])
def place(request):
    """What `on` takes, for each executor."""
    kind = request.param
    if kind in ("threads", "processes"):
        yield kind
    elif kind == "futures threads":
        with ThreadPoolExecutor(2) as pool:
            yield pool
    elif kind == "futures processes":
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            yield pool
    elif kind == "dask":
        from dask.distributed import Client

        with Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
            yield client
    elif kind == "ray":
        with local_ray() as ray:
            yield ray
    else:
        import ipyparallel

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its own event loop, as it starts
            cluster = ipyparallel.Cluster(n=2, log_level=40)
            client = cluster.start_and_connect_sync()
        yield client
        client.close()
        cluster.stop_cluster_sync()


def new_study(**options):
    """Return a study whose first trial has x = 0.5."""
    study = Study(SPACE, minimize="loss", strategy="random", **options)
    study.enqueue({"x": 0.5})
    return study


def test_trials_run_at_once_and_say_where(place):
    def objective(config):
        time.sleep(0.4)
        return config["x"] ** 2

    study = new_study()
    study.optimize(objective, trials=6, workers=2, on=place)
    assert [trial.value for trial in study.trials] == [trial.config["x"] ** 2 for trial in study.trials]
    ordered = sorted(study.trials, key=lambda trial: trial.started)
    assert any(later.started < earlier.finished for earlier, later in itertools.pairwise(ordered))
    assert all(trial.worker for trial in study.trials)


def test_trials_that_run_at_once_have_slots_of_their_own(place):
    def objective(config):
        time.sleep(0.1 + 0.2 * config["x"])
        return {"loss": config["x"], "slot": trial_slot()}

    study = new_study()
    study.optimize(objective, trials=8, workers=2, on=place)
    slots = [trial.values["slot"] for trial in study.trials]
    assert set(slots) == {0, 1} and trial_slot() == 0
    for one, other in itertools.combinations(study.trials, 2):
        at_once = one.started < other.finished and other.started < one.finished
        assert not at_once or slots[one.number] != slots[other.number]
    if place == "processes":  # what a process has on its GPU stays in use
        assert len({(trial.worker, slots[trial.number]) for trial in study.trials}) == 2


def test_a_trial_sees_its_seed_prints_to_its_log_and_reports(place):
    def objective(config):
        print("trial says", seed())
        for step in range(3):
            report(1.0 / (step + 1), step)
        return {"loss": config["x"], "seed": seed()}

    study = new_study(seed=4)
    study.optimize(objective, trials=3, workers=2, on=place)
    for trial in study.trials:
        assert trial.log == f"trial says {int(trial.values['seed'])}"
        assert [(point.step, point.value) for point in trial.reports] == [(0, 1.0), (1, 0.5), (2, 1 / 3)]
    same = new_study(seed=4)
    same.optimize(objective, trials=3)
    assert [t.values["seed"] for t in same.trials] == [t.values["seed"] for t in study.trials]


@pytest.mark.parametrize(
    ("what", "kind"),
    [("odd", "Odd"), ("exit", "SystemExit"), ("large", "MetricError"), ("text", "MetricError"), ("interrupt", "KeyboardInterrupt")],
)  # fmt: skip
def test_a_trial_that_goes_wrong_fails_alone(place, what, kind):
    class Odd(Exception):
        """An exception that cannot be unpickled: it wants two arguments, and pickle gives it one."""

        def __init__(self, one, two):
            super().__init__(f"{one} and {two}")

    def objective(config):
        if config["x"] != 0.5:
            return config["x"]
        if what == "odd":
            raise Odd("this", "that")
        if what == "exit":
            sys.exit(3)
        if what == "interrupt":
            raise KeyboardInterrupt
        return list(range(10**6)) if what == "large" else "good"

    study = new_study()
    study.optimize(objective, trials=3, workers=2, on=place)
    failed, *others = study.trials
    assert (failed.state, failed.error.kind) == (State.FAILED, kind)
    assert [trial.state for trial in others] == [State.DONE] * 2
    if what == "odd":
        assert failed.error.message == "this and that" and "raise Odd" in failed.error.traceback


def test_stop_reaches_trials_that_compute_or_report(place):
    def objective(config):
        while not should_stop():
            report(1.0)
            time.sleep(0.01)
        while True:
            time.sleep(0.01)

    study = new_study()
    study.start(objective, Limits(trials=4, workers=2), on=place)
    until(lambda: len([trial for trial in study.trials if trial.reports]) == 2)
    began = time.monotonic()
    study.stop()
    assert study.wait(5) and time.monotonic() - began < 2
    assert {trial.state for trial in study.trials} == {State.STOPPED}


def test_a_time_limit_ends_a_trial_and_the_search_goes_on(place):
    def objective(config):
        while config["x"] == 0.5:
            time.sleep(0.01)
        return config["x"]

    study = new_study()
    study.optimize(objective, trials=3, workers=2, trial_timeout=0.5, on=place)
    assert study.trials[0].error.kind == "TimeLimit"
    assert [trial.state for trial in study.trials[1:]] == [State.DONE] * 2


def test_a_scheduler_stops_trials_and_promotions_find_their_checkpoints(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    space = Space({"x": Float(0, 1), "epochs": Budget(1, 9)})

    def objective(config):
        state = checkpoint() / "state.txt"
        done = int(state.read_text()) if state.exists() else 0
        for epoch in range(done, config["epochs"]):
            report(config["x"] / (epoch + 1), epoch + 1)
            state.write_text(str(epoch + 1))
        return {"loss": config["x"] / config["epochs"], "begun_at": done}

    study = Study(space, minimize="loss", strategy="hyperband", seed=1, store=f"sqlite:///{tmp_path}/hpo.db")
    study.optimize(objective, trials=16, workers=2, on=place)
    promoted = [trial for trial in study.trials if trial.parent is not None]
    assert promoted
    for trial in promoted:
        assert trial.values["begun_at"] == trial.resumed == study.trials[trial.parent].budget


def test_output_is_bounded(place):
    def objective(config):
        for _ in range(200):
            print("x" * 100_000)
        print("the end")
        return config["x"]

    study = new_study()
    study.optimize(objective, trials=1, on=place)
    assert len(study.log(0)) < 70_000 and study.log(0).endswith("the end")


def test_pause_and_resume(place):
    def objective(config):
        time.sleep(0.05)
        return config["x"]

    study = new_study()
    study.start(objective, Limits(trials=10, workers=2), on=place)
    until(lambda: len(study.history.done) >= 2)
    study.pause()
    until(lambda: study.phase is Phase.PAUSED)
    paused = len(study.trials)
    time.sleep(0.3)
    assert len(study.trials) == paused < 10
    study.resume()
    assert study.wait(20) and len(study.history.done) == 10
