"""--on in a real kernel: the same cell in threads, in processes and on clusters."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.kernel.kernel import Kernel, kernel

CELL = """%%hpo {name} --minimize loss -n {trials} {options} --store :memory:
x = 0.5    # hpo: 0.0..1.0
!echo from the shell
print(where(), X.sum())
loss = (x - 0.3) ** 2
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Kernel:
    with kernel(tmp_path_factory.mktemp("places")) as made:
        assert made.run("%load_ext hpo_magic")["error"] == ""
        made.run(
            "import os, threading, numpy as np\nX = np.ones(10)\ndef where(): return os.getpid()\nlock = threading.Lock()"
        )
        yield made


def cell(name, options, trials=6):
    return CELL.format(name=name, options=options, trials=trials)


def test_a_cell_runs_in_processes_with_the_notebooks_data_and_shell_lines(shared):
    answer = shared.run(cell("inprocesses", "-w 2 --on processes --wait --no-panel"))
    assert answer["error"] == ""
    assert shared.value("len(inprocesses.history.done)") == 6
    logs = shared.value("[trial.log for trial in inprocesses.trials]")
    assert all("from the shell" in log and "10.0" in log for log in logs)
    assert not any(f"{shared.value('os.getpid()')} 10.0" in log for log in logs)


def test_a_search_in_processes_can_be_paused_resumed_stopped_and_taken_up(shared):
    slow = cell("steered", "-w 2 --on processes", 40).replace("loss =", "import time; time.sleep(0.05)\nloss =")
    assert shared.run(slow)["error"] == ""
    shared.until("len(steered.history.done) >= 2")
    shared.run("%hpo pause steered")
    shared.until("steered.phase == 'paused'")
    shared.run("%hpo resume steered")
    shared.until("len(steered.history.done) >= 8")
    shared.run("%hpo stop steered")
    shared.until("steered.phase == 'stopped'")
    shared.run("%hpo resume steered")
    shared.run("%hpo wait steered")
    assert shared.value("len(steered.history.done)") == 40


def test_a_cluster_is_named_by_its_variable_and_gives_the_number_of_workers(shared):
    shared.run(
        "from dask.distributed import Client\ncluster = Client(n_workers=2, threads_per_worker=1, dashboard_address=None)"
    )
    try:
        answer = shared.run(cell("ondask", "--on cluster --wait --no-panel"))
        assert answer["error"] == ""
        assert shared.value(
            "(ondask.limits.workers, len(ondask.history.done), len({t.worker for t in ondask.trials}))"
        ) == (2, 6, 2)
    finally:
        shared.run("cluster.shutdown()")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--on nowhere", "--on 'nowhere' is neither threads nor processes nor a variable of the notebook"),
        ("--on X", "a ndarray is no place for trials; choose threads or processes, or give a dask.distributed.Client"),
    ],
)
def test_a_wrong_place_is_refused_before_anything_starts(shared, options, said):
    error = shared.run(cell("refused", options))["text"]
    assert said in error
    assert shared.value("'refused' in globals()") is False


def test_what_cannot_be_sent_is_named_with_its_line_and_nothing_is_lost(shared):
    text = cell("unsent", "--on processes").replace("loss =", "with lock: pass\nloss =")
    error = shared.run(text)["text"]
    assert (
        "lock (a lock) cannot be sent to another process" in error and "line 5" in error and "with lock: pass" in error
    )
    shared.run(text.replace("--on processes", "--on threads --wait --no-panel"))
    assert shared.value("len(unsent.history.done)") == 6


def test_when_the_kernel_is_killed_no_worker_is_left(tmp_path):
    with kernel(tmp_path) as own:
        own.run("%load_ext hpo_magic\nimport os, time, subprocess, sys")
        text = (
            "%%hpo left --minimize loss -n 9 -w 2 --on processes\nx = 0.5  # hpo: 0.0..1.0\n"
            "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)'])\n"
            "open('pids', 'a').write(f'{os.getpid()} {child.pid}\\n')\ntime.sleep(1000)\nloss = x\n"
        )
        assert own.run(text)["error"] == ""
        pids = Path(tmp_path) / "pids"
        deadline = time.monotonic() + 30
        while not pids.exists() or len(pids.read_text().splitlines()) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(own.value("os.getpid()"), signal.SIGKILL)
        left = [int(pid) for pid in pids.read_text().split()]
        deadline = time.monotonic() + 10
        while any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in left):
            assert time.monotonic() < deadline, "workers outlive their kernel"
            time.sleep(0.05)


def test_what_an_earlier_run_of_the_cell_has_left_is_not_sent(shared):
    shared.run("import threading; left = threading.Lock()  # cannot be sent")
    shared.run(cell("leftover", "--on processes --wait --no-panel").replace("loss =", "left = 0\nloss = left +"))
    assert shared.value("len(leftover.history.done)") == 6


NOTEBOOK = """import decimal, functools, pickle
import numpy as np
from hpo_magic import checkpoint, report

class Net:
    def __init__(self):
        self.weight = 5.0

def gain(x):
    return 1 - x

@functools.cache
def steps(n):
    return 0 if n == 0 else 1 + steps(n - 1)
"""
KEPT_IN_A_FILE = """%%hpo {name} --minimize loss --strategy asha --seed 0 -n 12 -w 2 {options} --wait --no-panel --store :memory:
lr = 0.05      # hpo: 1e-3..0.5 log
epochs = 9     # hpo: 1..9 budget
file = checkpoint() / "net.pkl"
net, update, done = pickle.loads(file.read_bytes()) if file.exists() else (Net(), gain, 0)
for step in range(steps(done), epochs):
    net.weight *= update(lr)
    loss = net.weight ** 2
    report(loss, step)
file.write_bytes(pickle.dumps((net, update, epochs)))
"""


def test_trials_in_processes_keep_the_notebooks_own_classes_in_files_and_use_its_cached_functions(shared):
    """Pickle finds classes and functions by name; all trials failed where the name was the notebook's alone."""
    assert shared.run(NOTEBOOK)["error"] == ""
    found = {}
    for place in ("threads", "processes"):
        answer = shared.run(KEPT_IN_A_FILE.format(name=f"kept_{place}", options=f"--on {place}"))
        assert answer["error"] == "", answer
        found[place] = shared.value(f"[(str(t.state), t.parent is None) for t in kept_{place}.trials]")
    for states in found.values():
        assert [state for state, _ in states] == ["done"] * 12
        assert any(not root for _, root in states)
    assert shared.run("assert type(Net()) is Net and Net.__module__ == '__main__'")["error"] == ""


@pytest.mark.parametrize("place", ["threads", "processes"])
def test_what_a_cell_has_set_for_its_thread_holds_in_trials(shared, place):
    """Each thread has its own: without that trials divided by zero in silence where the notebook raises."""
    shared.run(
        "import decimal, numpy as np\nimport sklearn\nfrom sklearn.preprocessing import StandardScaler\n"
        "np.seterr(divide='raise'); decimal.getcontext().prec = 50; sklearn.set_config(transform_output='pandas')"
    )
    try:
        answer = shared.run(
            f"%%hpo thread_{place} --minimize loss -n 2 --on {place} --wait --no-panel --store :memory:\n"
            "x = 0.5    # hpo: 0.1..1.0\n"
            "frame = StandardScaler().fit_transform(np.arange(6.0).reshape(3, 2)) * x\n"
            "loss = frame.iloc[0, 0] + decimal.getcontext().prec\n"
            "try:\n    np.ones(1) / 0\nexcept FloatingPointError:\n    loss += 1000"
        )
        assert answer["error"] == "", answer
        assert shared.value(f"min(t.value for t in thread_{place}.trials) > 1000 + 50 - 2")
    finally:
        shared.run(
            "np.seterr(divide='warn'); decimal.getcontext().prec = 28; sklearn.set_config(transform_output='default')"
        )


def test_shell_lines_have_the_trials_values_in_processes_too(shared):
    """A script was called with the braces themselves."""
    answer = shared.run(
        "%%hpo filled -n 3 -w 1 --on processes --wait --no-panel --store :memory: --minimize loss\n"
        "x = 0.5    # hpo: 0.0..1.0\nsaid = !echo {x * 2} $x $HOME_IS_NOT_SET {{x}}\nloss = float(said[0].split()[0]) - 2 * x\n"
        "print(said)"
    )
    assert answer["error"] == "", answer
    assert shared.value("max(abs(trial.value) for trial in filled.trials)") < 1e-9
    assert shared.value("filled.trials[0].log") == "['1.0 0.5 {x}']"


def test_what_trials_change_in_place_is_told_for_processes_as_well(shared):
    answer = shared.run(
        "%%hpo piling -n 2 -w 1 --on processes --wait --no-panel --store :memory: --minimize loss\n"
        "x = 0.5    # hpo: 0.0..1.0\nX += x\nloss = X.sum()"
    )
    assert "changes X itself, which the trials of each worker share" in answer["text"]
