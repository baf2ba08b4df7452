"""Clusters that lose a worker, a scheduler, an engine or the network in mid-run: real ones, really killed."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest

from hpo_magic import Float, Space, Study, report
from hpo_magic.errors import StudyError
from hpo_magic.run.executors.futures import FuturesPool
from hpo_magic.run.executors.parcel import pack
from hpo_magic.run.executors.remote import RemoteExecutor
from hpo_magic.run.limits import Limits
from hpo_magic.run.phase import Phase
from hpo_magic.run.runner import Runner
from hpo_magic.trials import State
from tests.run.local_ray import local_ray
from tests.run.relay import Relay
from tests.run.test_study import until


def slow_objective():
    """Return an objective that is sent by value: workers cannot import this file."""

    def slow(config):
        report(float(os.getpid()), 0)
        time.sleep(0.7)
        return config["x"]

    return slow


@pytest.fixture
def study():
    made = Study(Space({"x": Float(0, 1)}), minimize="loss", strategy="random")
    yield made
    if made.phase.alive:
        made.stop()
        made.wait()


def running(study):
    return [trial for trial in study.history.running if trial.reports]


def end_well(study, trials):
    """A search ends with all of its trials, and what was lost was tried again."""
    assert study.wait(60), study.runner.message
    assert study.phase is Phase.FINISHED and len(study.history.done) == trials
    for lost in (trial for trial in study.trials if trial.state is State.LOST):
        assert any(trial.parent == lost.number and trial.config == lost.config for trial in study.trials)


def test_a_dask_worker_that_is_killed_costs_one_try(study):
    from dask.distributed import Client

    with Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
        study.start(slow_objective(), Limits(trials=6, workers=2), on=client)
        until(lambda: len(running(study)) == 2, 20)
        os.kill(int(running(study)[0].reports[0].value), signal.SIGKILL)
        end_well(study, 6)
        assert sum(trial.state is State.LOST for trial in study.trials) == 1
        assert any(notice.startswith("trial ") and "is gone; it is tried again" in notice for notice in study.notices)


def dask(*arguments, **options):
    return subprocess.Popen([sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]], **options)


def test_when_the_dask_scheduler_is_lost_the_search_pauses_and_loses_nothing(study, tmp_path):
    from dask.distributed import Client

    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    address = "tcp://127.0.0.1:38786"
    scheduler = dask("scheduler", "--host", "127.0.0.1", "--port", "38786", "--no-dashboard", **quiet)
    worker = dask(
        "worker", address, "--nworkers", "1", "--nthreads", "2", "--no-dashboard", "--death-timeout", "5", **quiet
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            client = Client(address, timeout=30)
            client.wait_for_workers(1, timeout=30)
            study.start(slow_objective(), Limits(trials=8, workers=2), on=client)
            until(lambda: len(study.history.done) >= 2 and running(study), 20)
            scheduler.kill()
            until(lambda: study.phase is Phase.PAUSED, 60)
            assert (
                "the Dask cluster takes no trials" in study.runner.message
                or "failed in the same way" in study.runner.message
            )
            done = len(study.history.done)
            assert done >= 2
            study.stop()
            assert study.wait(10)
            client.close(timeout=1)
    finally:
        scheduler.kill()
        scheduler.wait()
        worker.terminate()  # it takes its own processes and semaphores with it
        worker.wait(30)
    study.optimize(slow_objective(), trials=8, workers=4)  # it goes on elsewhere
    assert len(study.history.done) == 8


@contextmanager
def engines(count):
    """A client of so many ipyparallel engines, which end with it."""
    import ipyparallel

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own event loop, as it starts
        cluster = ipyparallel.Cluster(n=count, log_level=50)
        client = cluster.start_and_connect_sync()
    try:
        yield client
    finally:
        client.close()
        cluster.stop_cluster_sync()


def test_an_ipyparallel_engine_that_is_killed_costs_one_try(study):
    with engines(2) as client:
        study.start(slow_objective(), Limits(trials=6, workers=2), on=client)
        until(lambda: len(running(study)) == 2, 20)
        os.kill(int(running(study)[0].reports[0].value), signal.SIGKILL)
        end_well(study, 6)
        assert sum(trial.state is State.LOST for trial in study.trials) == 1


def test_when_the_last_ipyparallel_engine_is_gone_the_search_pauses_and_goes_on_elsewhere(study):
    """The cluster takes trials without engines too, and keeps them for good."""
    with engines(1) as client:
        study.start(slow_objective(), Limits(trials=6), on=client)
        until(lambda: len(running(study)) == 1, 20)
        os.kill(int(running(study)[0].reports[0].value), signal.SIGKILL)
        until(lambda: study.phase is Phase.PAUSED, 60)
        assert "the ipyparallel cluster takes no trials: no engine is left" in study.runner.message
        study.stop()
        assert study.wait(10)
    study.optimize(slow_objective(), trials=6, workers=3, progress=False)
    assert len(study.history.done) == 6


def test_a_ray_worker_that_is_killed_costs_one_try(study):
    with local_ray() as ray:
        study.start(slow_objective(), Limits(trials=6, workers=2), on=ray)
        until(lambda: len(running(study)) == 2, 40)
        os.kill(int(running(study)[0].reports[0].value), signal.SIGKILL)
        end_well(study, 6)
        assert sum(trial.state is State.LOST for trial in study.trials) == 1
        assert any("its worker is gone" in notice for notice in study.notices)


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_trials_that_hold_all_workers_beyond_their_limit_pause_the_search(study, kind):
    def hangs(config):
        time.sleep(6 if config["x"] < 0.75 else 0)
        return config["x"]

    with kind(2) as pool:
        study.start(hangs, Limits(trials=12, workers=2, trial_timeout=0.5), on=pool)
        until(lambda: study.phase is Phase.PAUSED, 20)
        assert "hold all 2 workers, which their pool cannot end" in study.runner.message
        study.stop()
        assert study.wait(10)
    assert not [trial for trial in study.trials if trial.state is State.RUNNING]
    assert {str(trial.error).partition(":")[0] for trial in study.history.failed} == {"TimeLimit"}


def test_a_broken_process_pool_pauses_the_search_with_a_word(study):
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        study.start(slow_objective(), Limits(trials=6, workers=2), on=pool)
        until(lambda: len(running(study)) == 2, 20)
        os.kill(int(running(study)[0].reports[0].value), signal.SIGKILL)
        until(lambda: study.phase is Phase.PAUSED, 20)
        assert "ProcessPoolExecutor takes no trials" in study.runner.message
    with pytest.raises(StudyError, match="unknown; choose threads or processes"):
        Study(Space({"x": Float(0, 1)})).optimize(slow_objective(), trials=1, on="thread")


# --- an unplugged network ---------------------------------------------------------------------------

NAME, HERE, THERE = "hpo-test", "10.213.77.1", "10.213.77.2"


def ip(*arguments):
    return subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)


class Namespace:
    """Processes in a network namespace, with a cable to this one; needs root."""

    reach, prefix = THERE, ["ip", "netns", "exec", NAME]

    def __enter__(self):
        for command in (
            f"link add hpo0 type veth peer name hpo1 netns {NAME}", f"addr add {HERE}/24 dev hpo0", "link set hpo0 up",
            f"-n {NAME} addr add {THERE}/24 dev hpo1", f"-n {NAME} link set hpo1 up",
        ):  # fmt: skip
            done = ip(*command.split())
            assert done.returncode == 0, done.stderr
        return self

    def __exit__(self, *_):
        ip("netns", "del", NAME)

    def access(self, access):
        return access

    def pull(self):
        assert ip("link", "set", "hpo0", "down").returncode == 0

    def plug(self):
        assert ip("link", "set", "hpo0", "up").returncode == 0


class Relayed:
    """Processes behind a relay: what a user who is not root can unplug."""

    reach, prefix = "127.0.0.1", []

    def __enter__(self):
        self._held = ExitStack()
        return self

    def __exit__(self, *_):
        self._held.close()

    def access(self, access):
        self._relay = self._held.enter_context(Relay(int(access.address.rsplit(":", 1)[1])))
        return replace(access, address=f"tcp://127.0.0.1:{self._relay.port}")

    def pull(self):
        self._relay.cut()

    def plug(self):
        self._relay.mend()


@pytest.fixture
def cable():
    made = ip("netns", "add", NAME)
    assert made.returncode == 0 or "Operation not permitted" in made.stderr, made.stderr
    with Namespace() if made.returncode == 0 else Relayed() as plugged:
        yield plugged


class Elsewhere(Executor):
    """Runs each call in a process of its own at the other end of a cable."""

    def __init__(self, cable):
        self._cable = cable

    def submit(self, call, ticket):
        future = Future()
        future.set_running_or_notify_cancel()
        code = "import pickle, sys; call, ticket = pickle.load(sys.stdin.buffer); call(ticket)"
        ticket = replace(ticket, access=self._cable.access(ticket.access))

        def run():
            command = [*self._cable.prefix, sys.executable, "-c", code]
            done = subprocess.run(command, input=pickle.dumps((call, ticket)), check=False)
            future.set_result(done.returncode)

        threading.Thread(target=run).start()
        return future


def test_a_worker_reconnects_after_its_network_was_unplugged(study, cable):
    def reports(config):
        for step in range(30):
            report(config["x"] + step, step)
            time.sleep(0.1)
        return config["x"]

    pool = FuturesPool(Elsewhere(cable))
    pool.reach = cable.reach
    study.ledger.claim.take()
    study.runner = Runner(study.ledger, reports, RemoteExecutor(pool, pack(reports)), Limits(trials=1))
    study.runner.start()
    until(lambda: study.trials and len(study.trials[0].reports) >= 3, 20)
    cable.pull()
    time.sleep(1)
    before = len(study.trials[0].reports)
    time.sleep(4)
    assert len(study.trials[0].reports) == before < 30  # nothing gets through
    cable.plug()
    assert study.wait(60)
    (trial,) = study.trials
    assert trial.state is State.DONE and [point.step for point in trial.reports] == list(range(30))
    assert trial == replace(trial, values={"loss": trial.config["x"]})
