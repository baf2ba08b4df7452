"""The benchmarks run: their figures are measured by hand, on an idle machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("module", "chosen", "said"),
    [
        ("ablation", ["--rows", "whole,start of 3"], "| start of 3 |"),
        ("search", ["--peers", "auto,random"], "| random |"),
    ],
)
def test_a_benchmark_of_own_samplers_prints_its_table(module, chosen, said):
    few = ["--suite", "corner", "--seeds", "1", "--trials", "8", "--draws", "10", "--processes", "1"]
    command = [sys.executable, "-m", f"benchmarks.{module}", *few, *chosen]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])
    assert run.returncode == 0, run.stderr
    assert said in run.stdout
