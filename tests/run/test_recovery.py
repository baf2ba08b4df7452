"""Searches whose process died: what they had begun is tried again, but not for ever."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time

import pytest

from hpo_magic import Float, Study

KILLER = """
import os, sys
from hpo_magic import Float, Study
def objective(config):
    if config["x"] > 0.5:
        os._exit(9)
    return config["x"]
study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random", store="sqlite:///" + sys.argv[1])
study.optimize(objective, trials=4)
print("\\n".join(study.notices))
"""


def test_a_config_whose_kernel_dies_each_time_fails_after_three_tries(tmp_path):
    script, path = tmp_path / "killer.py", tmp_path / "hpo.db"
    script.write_text(KILLER)
    for _ in range(15):
        ran = subprocess.run([sys.executable, script, path], capture_output=True, text=True, timeout=60, check=False)
        if ran.returncode == 0:
            break
    study = Study.load("study", path)
    failed = study.history.failed
    assert ran.returncode == 0, ran.stderr
    assert failed and all("its kernel died while it ran; that was try 3" in str(trial.error) for trial in failed)
    assert all(trial.config["x"] > 0.5 for trial in failed) and len(study.history.done) + len(failed) == 4
    assert f"study.repeat({failed[-1].number}) tries it again" in ran.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="zombies are known on Linux alone")
def test_a_search_that_was_killed_and_that_nobody_has_reaped_is_gone(tmp_path):
    path = tmp_path / "hpo.db"
    search = f"""
        import os, time
        from hpo_magic import Float, Study
        study = Study({{"x": Float(0, 1)}}, minimize="loss", strategy="random", store={f"sqlite:///{path}"!r})
        study.optimize(lambda config: os.write(1, b"begun") and time.sleep(60), trials=4)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(search)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        assert process.stdout.read(5) == b"begun"
        process.kill()  # not waited for: it stays a zombie
        time.sleep(0.5)
        study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random", store=path)
        study.optimize(lambda config: config["x"], trials=4)
        assert len(study.history.done) == 4
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
