"""Scripts: worker processes do not run them again, and what a trial starts finds their functions."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

HEAD = """
import multiprocessing, sys, time
from hpo_magic import Float, Study
print("ran")
def square(number):
    return number * number
"""
BUSY = """
def loss(config):
    end = time.perf_counter() + 0.3
    while time.perf_counter() < end:
        pass
    return square(config["x"])
study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
study.optimize(loss, trials=6, workers=2)
print(len(study.history.done), any("run in processes" in told for told in study.notices))
"""
POOL = """
def loss(config):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return sum(pool.map(square, [config["x"], 1.0]))
if __name__ == "__main__":
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
    study.optimize(loss, trials=2, workers=2, on="processes", trial_timeout=60)
    print(len(study.history.done))
"""
ENUM = """
import enum
from hpo_magic import Choice
class Kind(str, enum.Enum):
    A = "a"
    B = "b"
def loss(config):
    return len(config["k"].value) + (config["k"] is Kind.A)
study = Study({"k": Choice(list(Kind)), "x": Float(0, 1)}, minimize="loss", strategy="random")
study.optimize(loss, trials=4, workers=2, on="processes")
print(sorted({trial.value for trial in study.history.done}), len(study.history.done))
"""
SETTING = """
import pickle
class Record:
    pass
def loss(config):
    pickle.loads(kept)
    return float(sys.getrecursionlimit())
sys.setrecursionlimit(4321)
if __name__ == "__main__":
    kept = pickle.dumps(Record())
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
    study.optimize(loss, trials=2, workers=2, on="processes")
    print([trial.value for trial in study.history.done])
"""
SPAWNED = """
def search():
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
    study.optimize(lambda config: square(config["x"]), trials=3, workers=2, on="processes")
    print(len(study.history.done), flush=True)
if __name__ == "__main__":
    child = multiprocessing.get_context("spawn").Process(target=search)
    child.start()
    child.join()
"""

BESIDE = """
import threading
from multiprocessing import spawn
usual = spawn.get_preparation_data
def searching():
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
    study.optimize(lambda config: square(config["x"]), trials=2, workers=2, on="processes")
threads = [threading.Thread(target=searching) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(spawn.get_preparation_data is usual)
"""

BEFORE = """
from hpo_magic.run.limits import Limits
study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
study.start(lambda config: time.sleep(0.5) or square(config["x"]), Limits(trials=2), on="processes")
if __name__ == "__main__":
    study.wait(60)
    print(len(study.history.done))
"""


def out(tmp_path, text, stdin=False):
    script = tmp_path / "search.py"
    script.write_text(textwrap.dedent(HEAD + text))
    if stdin:
        done = subprocess.run(
            [sys.executable, "-"], input=script.read_text(), text=True, capture_output=True, timeout=120
        )
    else:
        done = subprocess.run([sys.executable, script.name], text=True, capture_output=True, timeout=120, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


@pytest.mark.parametrize("stdin", [False, True])
def test_a_search_at_a_scripts_outermost_level_moves_to_processes_and_loses_no_trial(tmp_path, stdin):
    assert out(tmp_path, BUSY, stdin) == ["ran", "6 True"]


def test_processes_that_a_trial_starts_in_a_worker_find_the_scripts_functions(tmp_path):
    lines = out(tmp_path, POOL)
    assert lines[-1] == "2" and set(lines[:-1]) == {"ran"}


def test_a_spawned_process_may_search_in_processes(tmp_path):
    assert out(tmp_path, SPAWNED)[-1] == "3"


def test_members_of_a_scripts_enum_reach_workers(tmp_path):
    assert out(tmp_path, ENUM)[-1] == "[1.0, 2.0] 4"


def test_under_its_guard_a_script_is_known_whole_to_workers(tmp_path):
    assert out(tmp_path, SETTING)[-1] == "[4321.0, 4321.0]"


def test_searches_that_start_workers_at_once_leave_multiprocessing_as_it_was(tmp_path):
    assert out(tmp_path, BESIDE) == ["ran", "True"]


def test_a_search_that_was_begun_before_the_guard_is_begun_once(tmp_path):
    assert out(tmp_path, BEFORE)[-1] == "2" and out(tmp_path, BEFORE).count("ran") == 1
