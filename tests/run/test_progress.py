"""A script's line of progress: on a real terminal, and on none."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys

from hpo_magic import Float, Study
from hpo_magic.run.progress import ProgressLine

SCRIPT = """
from hpo_magic import Float, Study

def loss(config):
    if config["x"] > 0.5:
        raise ValueError("far off")
    return config["x"]

study = Study({"x": Float(0, 1)}, minimize="loss", strategy="median", name="line")
study.optimize(loss, trials=12)
"""


def test_a_script_on_a_terminal_says_how_far_it_has_come():
    ours, theirs = pty.openpty()
    try:
        run = subprocess.Popen([sys.executable, "-c", SCRIPT], stderr=theirs, stdout=subprocess.PIPE, text=True)
        os.close(theirs)
        seen = b""
        while chunk := _read(ours):
            seen += chunk
        assert run.communicate(timeout=60)[0] == "" and run.returncode == 0
    finally:
        os.close(ours)
    lines = seen.decode().replace("\r\n", "\n").split("\n")
    assert "trial 0 reported nothing, so median stops none early" in lines[0]  # a notice has a line of its own
    last = lines[-2].split("\r")[-1]
    assert last.startswith("line: 12 of 12 trials, best loss ") and " failed, 0:0" in last


def test_in_the_log_of_a_job_notices_are_written_and_nothing_else():
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0 and run.stdout == ""
    (notice,) = run.stderr.splitlines()
    assert notice.startswith("trial ") and "reported nothing, so median stops none early" in notice


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux says so when the other end is closed
        return b""


def test_where_there_is_no_terminal_it_must_be_asked_for(capfd):
    study = Study({"x": Float(0, 1)}, maximize="gain", strategy="random")
    study.optimize(lambda config: config["x"], trials=3)
    assert capfd.readouterr().err == ""
    study.optimize(lambda config: config["x"], trials=5, progress=True)
    assert "study: 5 of 5 trials, best gain " in capfd.readouterr().err.split("\r")[-1]


def test_several_goals_are_counted_by_their_front(capfd):
    study = Study({"x": Float(0, 1)}, minimize=["a", "b"], strategy="random")
    study.optimize(lambda config: {"a": config["x"], "b": -config["x"]}, trials=4, progress=True)
    assert "study: 4 of 4 trials, 4 on the Pareto front, 0:0" in capfd.readouterr().err


def test_what_was_longer_before_is_wiped_out():
    texts, stream = ["a long text", "short"], io.StringIO()
    line = ProgressLine(True, lambda seconds: texts.pop(0), [], stream)
    line.end()
    assert stream.getvalue() == ""  # nothing had begun
    line.update()
    line.end()
    assert stream.getvalue() == "\ra long text\rshort      \n"
