"""Shared by all tests: no test leaves threads of ours, files or changed streams behind."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator

import pytest

from tests.trials.postgres import postgres


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of an empty database on a PostgreSQL server of the module's own."""
    with postgres() as url:
        yield url


@pytest.fixture(autouse=True)
def nothing_left_behind(tmp_path, monkeypatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    streams = sys.stdout, sys.stderr
    yield
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        left = [t.name for t in threading.enumerate() if t.name in ("hpo_magic-runner", "hpo_magic-live")]
        if not left:
            break
        time.sleep(0.02)
    assert not left, f"threads left behind: {left}"
    assert (sys.stdout, sys.stderr) == streams
