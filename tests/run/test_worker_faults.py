"""Workers that die, hang, flood or vanish: real processes, really killed."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest

from hpo_magic import Float, Space, Study, report
from hpo_magic.errors import CellError, StudyError
from hpo_magic.run.executors.parcel import pack
from hpo_magic.run.executors.processes import Processes
from hpo_magic.run.executors.slot import Slot
from hpo_magic.run.limits import Limits
from hpo_magic.run.phase import Phase
from hpo_magic.trials import State
from tests.run.test_study import until

SPACE = Space({"x": Float(0, 1, default=0.5)})


@pytest.fixture
def study():
    made = Study(SPACE, minimize="loss", strategy="random")
    made.enqueue({"x": 0.5})
    yield made
    if made.phase.alive:
        made.stop()
        made.wait()


def gone(pid, seconds=5.0):
    """Whether a process ends within that time."""
    deadline = time.monotonic() + seconds
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_worker(process):
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.Error:  # it has just ended
        return False


def test_a_killed_worker_costs_one_try(study, tmp_path):
    mark = tmp_path / "killed"

    def objective(config):
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return config["x"]

    study.optimize(objective, trials=3, on="processes")
    lost, *others = study.trials
    assert lost.state is State.LOST and [trial.state for trial in others] == [State.DONE] * 3
    again = next(trial for trial in others if trial.parent == lost.number)
    assert again.config == lost.config and again.value == 0.5
    assert "trial 0: its worker process was killed (SIGKILL); it is tried again" in study.notices


def test_a_trial_that_always_kills_its_worker_is_tried_three_times_then_failed(study):
    def objective(config):
        if config["x"] == 0.5:
            os.kill(os.getpid(), signal.SIGKILL)
        return config["x"]

    study.optimize(objective, trials=4, workers=2, on="processes")
    bad = [trial for trial in study.trials if trial.config["x"] == 0.5]
    assert [trial.state for trial in bad] == [State.LOST, State.LOST, State.FAILED]
    assert bad[-1].error.kind == "WorkerLost" and bad[-1].error.message.endswith("(SIGKILL); that was try 3")
    assert len(study.history.done) == 3


@pytest.mark.parametrize("code", [7, 0])
def test_a_worker_that_leaves_through_os_exit_is_lost_with_its_code(study, code):
    def objective(config):
        os._exit(code)  # three tries each

    with pytest.raises(StudyError, match="the first three trials all failed in the same way"):
        study.optimize(objective, trials=4, on="processes")
    assert f"its worker process ended with exit code {code}" in study.history.failed[0].error.message


def test_a_worker_that_is_killed_between_its_trials_is_replaced(study):
    """At rest, and with a trial on its way to it; only those that have run one, so that no trial is hit three times."""

    def objective(config):
        time.sleep(0.01)
        return config["x"]

    study.start(objective, Limits(trials=2000, workers=2), on="processes")
    kills, deadline = 0, time.monotonic() + 60
    while kills < 10 and time.monotonic() < deadline:
        done = {trial.worker.partition(":")[2] for trial in study.history.done}
        idle = done - {trial.worker.partition(":")[2] for trial in study.history.running}
        for child in psutil.Process().children():
            if is_worker(child) and str(child.pid) in idle:
                child.kill()
                kills += 1
                time.sleep(0.2)
        time.sleep(0.001)
    before = len(study.history.done)
    until(lambda: len(study.history.done) > before + 20)
    assert kills >= 10 and study.phase is Phase.RUNNING, study.runner.message
    assert not study.history.failed


def test_a_process_that_a_trial_has_forked_does_not_hide_its_death(study, tmp_path):
    """It holds the worker's end of every pipe open."""
    pids = tmp_path / "pids"

    def objective(config):
        if config["x"] == 0.5 and not pids.exists():
            child = os.fork()
            if not child:
                os.setsid()
                time.sleep(8)
                os._exit(0)
            pids.write_text(str(child))
            os.kill(os.getpid(), signal.SIGKILL)
        return config["x"]

    began = time.monotonic()
    study.optimize(objective, trials=2, on="processes")
    assert time.monotonic() - began < 7
    os.kill(int(pids.read_text()), signal.SIGKILL)
    assert study.trials[0].state is State.LOST and len(study.history.done) == 2


def test_a_call_into_c_that_hangs_is_killed_with_all_that_it_started(study, tmp_path):
    pids = tmp_path / "pids"

    def objective(config):
        if config["x"] == 0.5:
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
            pids.write_text(f"{os.getpid()} {child.pid}")
            time.sleep(1000)
        return config["x"]

    began = time.monotonic()
    study.optimize(objective, trials=2, trial_timeout=1.0, on="processes")
    assert time.monotonic() - began < 10
    assert study.trials[0].error.kind == "TimeLimit" and study.trials[1].state is State.DONE
    assert all(gone(int(pid)) for pid in pids.read_text().split())


def test_a_gigabyte_of_output_past_python_leaves_a_bounded_log(study):
    def objective(config):
        chunk = b"x" * 2**20
        for _ in range(1024):
            os.write(1, chunk)
        subprocess.run(["echo", "said by a subprocess"], check=True)
        print("said by Python")
        return config["x"]

    study.optimize(objective, trials=1, on="processes")
    log = study.log(0)
    assert study.trials[0].state is State.DONE and len(log) < 70_000
    assert "said by a subprocess" in log and "said by Python" in log and "earlier characters were dropped" in log


def test_a_trial_that_forks_ends_once(study):
    """In a worker process; in a thread of the kernel a child may wait for ever for a lock that another thread held."""

    def objective(config):
        child = os.fork()
        if child:
            os.waitpid(child, 0)
        return config["x"]

    study.optimize(objective, trials=3, on="processes")
    assert [trial.state for trial in study.trials] == [State.DONE] * 3


LIMITS = {"memory.limit_in_bytes": 150 * 2**20, "memory.max": 150 * 2**20, "memory.swap.max": 0}


@contextmanager
def little_memory():
    """A memory group of 150 MB that a process may join; None where this machine lets nobody make one."""
    parent = next((p for p in (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")) if p.is_dir()), Path("/absent"))
    group = parent / f"hpo_magic_{os.getpid()}"
    try:
        yield group / "cgroup.procs" if _made(group) else None
    finally:
        if group.is_dir():
            until(lambda: not (group / "cgroup.procs").read_text(), 10)
            group.rmdir()


def _made(group):
    try:
        group.mkdir()
        files = [group / name for name in LIMITS if (group / name).exists()]
        for file in files:
            file.write_text(str(LIMITS[file.name]))
        with subprocess.Popen(["sleep", "60"]) as member:
            try:
                (group / "cgroup.procs").write_text(str(member.pid))
            finally:
                member.kill()
    except OSError:
        return False
    return bool(files)


def test_running_out_of_memory_is_said(study, monkeypatch):
    """The system kills a worker that takes more than its group may have; where no group can be made, it is told of it."""
    from hpo_magic.run.executors import processes

    with little_memory() as group:
        joined = None if group is None else str(group)
        if joined is None:
            counts = itertools.count(5)
            monkeypatch.setattr(processes, "_oom_kills", lambda: next(counts))

        def objective(config):
            if config["x"] == 0.5 and joined is None:
                os.kill(os.getpid(), signal.SIGKILL)
            elif config["x"] == 0.5:
                with open(joined, "w") as members:
                    members.write(str(os.getpid()))
                return float(len(bytearray(b"x") * 2**30))
            return config["x"]

        study.optimize(objective, trials=2, on="processes")
    failed = [trial for trial in study.trials if trial.state is State.FAILED]
    assert len(failed) == 1 and "ran out of memory and killed its worker process" in str(failed[0].error)
    assert len([trial for trial in study.trials if trial.state is State.LOST]) == 2 and len(study.history.done) == 1


def test_stopping_a_search_ends_its_processes(study):
    def objective(config):
        report(os.getpid())
        time.sleep(1000)

    study.start(objective, Limits(trials=4, workers=2), on="processes")
    until(lambda: len([trial for trial in study.trials if trial.reports]) == 2)
    pids = [int(trial.reports[0].value) for trial in study.trials]
    study.stop()
    assert study.wait(5)
    assert all(gone(pid) for pid in pids)


KILLED = """
import os, subprocess, sys, time
from hpo_magic import Float, Space, Study

def objective(config):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
    with open("pids", "a") as file:
        file.write(f"{os.getpid()} {child.pid}\\n")
    time.sleep(1000 if len(open("pids").readlines()) > 2 else 0)
    child.kill()
    return config["x"]

if __name__ == "__main__":
    study = Study(Space({"x": Float(0, 1)}), minimize="loss", strategy="random", store="sqlite:///hpo.db", name="killed")
    study.optimize(objective, trials=8, workers=2, on="processes")
"""


def test_when_the_kernel_is_killed_its_workers_end_and_the_next_start_goes_on(tmp_path):
    (tmp_path / "search.py").write_text(KILLED)
    kernel = subprocess.Popen([sys.executable, "search.py"], cwd=tmp_path)
    pids = tmp_path / "pids"
    until(lambda: pids.exists() and len(pids.read_text().splitlines()) >= 4, 30)
    kernel.send_signal(signal.SIGKILL)
    kernel.wait()
    began = time.monotonic()
    assert all(gone(int(pid), 10) for pid in pids.read_text().split())
    assert time.monotonic() - began < 10
    study = Study.load("killed", f"sqlite:///{tmp_path}/hpo.db")
    assert len(study.history.done) == 2
    study.optimize(lambda config: config["x"], trials=8, workers=2)
    assert len(study.history.done) == 8
    assert sum(trial.state is State.LOST for trial in study.trials) == 2


def test_processes_that_were_killed_at_random_lose_nothing(tmp_path):
    """A soak run: 100 kills; every trial that ended is in the store once, and the store opens clean."""
    rng = np.random.default_rng(5)
    url = f"sqlite:///{tmp_path}/hpo.db"
    study = Study(SPACE, minimize="loss", strategy="random", store=url, name="soak")

    def objective(config):
        time.sleep(0.05)
        return config["x"]

    study.start(objective, Limits(trials=100_000, workers=4), on="processes")
    heard, kills = {}, 0
    while kills < 100 and study.phase is Phase.RUNNING:
        time.sleep(float(rng.exponential(0.25)))
        heard |= {trial.number: trial.value for trial in study.history.done}
        workers = [child for child in psutil.Process().children() if is_worker(child)]
        if workers:
            workers[rng.integers(len(workers))].kill()
            kills += 1
    phase, message = study.phase, study.runner.message
    study.stop()
    assert study.wait(10)
    assert phase is Phase.RUNNING, message
    heard |= {trial.number: trial.value for trial in study.history.done}
    assert len(heard) > 20
    kept = Study.load("soak", url)
    assert {trial.number: trial.value for trial in kept.history.done} == heard
    assert [trial.number for trial in kept.trials] == list(range(len(kept.trials)))
    assert not kept.history.running or {trial.state for trial in kept.history.running} == {State.WAITING}


# --- what is sent -----------------------------------------------------------------------------------


def test_data_is_sent_once_to_a_worker(study, tmp_path):
    folder = tmp_path / "unpacked"
    folder.mkdir()

    class Data:
        def __init__(self):
            self.values = np.arange(1000.0)

        def __setstate__(self, state):
            self.__dict__.update(state)
            (folder / f"{os.getpid()}-{time.monotonic_ns()}").touch()

    data = Data()
    study.optimize(lambda config: config["x"] + data.values[0], trials=12, workers=2, on="processes")
    assert len(study.history.done) == 12
    assert len(list(folder.iterdir())) == len({trial.worker for trial in study.trials}) == 2


def test_a_trial_that_ends_before_the_call_that_sent_it_returns_frees_its_process(study, monkeypatch):
    start, give = Processes.start, Slot.give

    def returns_late(self, ticket, over):
        started = start(self, ticket, over)
        time.sleep(0.2)
        return started

    def is_over_late(self, ticket, over):
        return give(self, ticket, lambda why: (time.sleep(0.5), over(why)))

    monkeypatch.setattr(Processes, "start", returns_late)
    monkeypatch.setattr(Slot, "give", is_over_late)
    study.optimize(lambda config: config["x"], trials=5, on="processes")
    assert len({trial.worker for trial in study.trials}) == 1


def test_a_module_beside_the_notebook_is_sent_along(tmp_path, monkeypatch):
    (tmp_path / "beside.py").write_text("factor = 3\ndef loss(x):\n    return factor * x\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import beside

    (tmp_path / "parcel").write_bytes(pack(lambda config: beside.loss(config["x"])).data)
    (tmp_path / "elsewhere").mkdir()
    code = "from hpo_magic.run.executors.parcel import unpack; print(unpack(open('../parcel', 'rb').read()).objective({'x': 2}))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "elsewhere", capture_output=True, text=True)
    assert ran.stdout == "6\n", ran.stderr
    del sys.modules["beside"]


def test_what_cannot_be_sent_is_named_with_its_line():
    import threading

    from hpo_magic.jupyter.cell import read_cell

    cell = read_cell("x = 0.5  # hpo: 0.0..1.0\nwith lock:\n    loss = x\n", ["loss"])
    study = Study(cell.space, minimize="loss")
    with pytest.raises(
        CellError, match=r"lock \(a lock\) cannot be sent to another process: .*or search --on threads"
    ) as caught:
        study.start(cell.objective({"lock": threading.Lock(), "unused": threading.Lock()}), on="processes")
    assert "line 3" in str(caught.value) and "with lock:" in str(caught.value)
    assert study.phase is Phase.IDLE and not study.trials


def test_large_data_is_said_before_it_is_sent():
    from hpo_magic.jupyter.cell import read_cell

    cell = read_cell("x = 0.5  # hpo: 0.0..1.0\nloss = x + X[0] + small\n", ["loss"])
    study = Study(cell.space, minimize="loss", strategy="random")
    namespace = {"X": np.zeros(15_000_000), "small": 1.0, "unused": np.zeros(50_000_000)}
    study.start(cell.objective(namespace), Limits(trials=1), on="processes")
    assert study.wait(60) and study.trials[0].state is State.DONE
    assert "120 MB are sent once to each worker (X 120 MB)" in study.notices


def test_a_cell_runs_in_processes_as_in_threads():
    from hpo_magic.jupyter.cell import read_cell

    source = textwrap.dedent("""\
        lr = 0.5     # hpo: 0.1..1.0
        scaled = twice()
        def inner():
            return scaled + offset
        loss = inner()
        if lr == 0.25:
            1 / 0
        """)
    namespace = {"__name__": "__main__", "offset": 3.0, "lr": -1.0}
    exec("def twice():\n    return 2 * lr\n", namespace)
    values = {}
    for on in ("threads", "processes"):
        cell = read_cell(source, ["loss"])
        study = Study(cell.space, minimize="loss", strategy="random")
        study.enqueue({"lr": 0.25})
        study.optimize(cell.objective(namespace), trials=4, workers=2, on=on)
        values[on] = [trial.value for trial in study.trials]
        assert study.trials[0].error.line == 8 and study.trials[0].error.source == "1 / 0"
        assert values[on][1:] == [2 * trial.config["lr"] + 3.0 for trial in study.trials[1:]]
    assert values["threads"] == values["processes"]


def test_numerical_libraries_share_the_cores_among_the_processes(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)

    def objective(config):
        from threadpoolctl import threadpool_info

        return {"loss": config["x"], "threads": max(pool["num_threads"] for pool in threadpool_info())}

    study = Study(SPACE, minimize="loss", strategy="random")
    study.optimize(objective, trials=2, workers=os.cpu_count(), on="processes")
    assert {trial.values["threads"] for trial in study.trials} == {1.0}
