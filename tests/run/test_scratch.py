"""The temporary folder of a process: one for all its threads, its own in a fork, gone at the end."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from hpo_magic import checkpoint
from hpo_magic.run.scratch import scratch

FORKS = """
import os, sys
from hpo_magic.run.scratch import scratch
mine = scratch()
child = os.fork()
if child == 0:
    assert scratch() != mine and scratch().is_dir()
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
assert mine.is_dir(), "the fork has removed the folder of its parent"
"""


def test_all_threads_find_the_same():
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: scratch(), range(32)))) == 1


def test_a_fork_has_its_own_and_both_are_gone_at_the_end(tmp_path):
    subprocess.run([sys.executable, "-c", FORKS], env={**os.environ, "TMPDIR": str(tmp_path)}, check=True, timeout=60)
    assert not list(tmp_path.iterdir())


def test_outside_a_trial_one_may_delete_the_folder_to_begin_anew():
    (checkpoint() / "epoch.txt").write_text("3")
    (checkpoint() / "epoch.txt").unlink()
    checkpoint().rmdir()
    assert checkpoint().is_dir()
