"""A real Ray cluster on this machine."""

from __future__ import annotations

import gc
import secrets
import subprocess
import tempfile
import warnings
from contextlib import contextmanager

import pytest

TOKEN = secrets.token_hex(32)
"""Ray reads it once a process; without one it leaves a file in the home folder."""


def servers():
    """The processes that this one has begun and not waited for."""
    return {one for one in gc.get_objects() if isinstance(one, subprocess.Popen) and one.returncode is None}


@contextmanager
def local_ray():
    """Run a Ray cluster of two CPUs whose files are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ray") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_TOKEN", TOKEN)
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        import ray

        others = servers()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what will change in its next version
            ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR", _temp_dir=folder)
        try:
            yield ray
        finally:
            ray.shutdown()
            for ended in servers() - others:  # for which it does not wait itself
                ended.wait(20)
