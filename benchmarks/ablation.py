"""What each ingredient of the gp sampler is worth: `python -m benchmarks.ablation --suite tables --seeds 10`.

Each row leaves out or changes one ingredient; figures are the ratio of its mean regret to that of the whole, with its
standard error over problems. Above 1: the ingredient helps.
"""

from __future__ import annotations

import argparse
import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from benchmarks.compare import Run, search, seeds_of
from benchmarks.machine import machine
from benchmarks.peers import Ours
from benchmarks.problems import SUITES, suite
from hpo_magic.search.samplers.gp import GaussianProcessSampler
from hpo_magic.search.schedulers.full import Full
from hpo_magic.search.strategy import Strategy

VARIANTS = {
    "whole": {},
    "no output transform": {"transform": "plain"},
    "no linear trend": {"trend": 0.0},
    "the trend in every proposal": {"doubted": False},
    "no worth of options": {"options": 0.0},
    "no groups": {"grouped": 0.0},
    "no belief in the interior": {"interior": 0.0},
    "start of 10": {"start": 10},
    "start of 3": {"start": 3},
    "lower confidence bound": {"acquisition": "lcb"},
    "probability of improvement": {"acquisition": "pi"},
    "Thompson sampling": {"acquisition": "thompson"},
}


def ratios(runs: Sequence[Run], references: dict[str, tuple[float, float]], at: int) -> dict[str, tuple[float, float]]:
    """Return the ratio of mean regrets to the whole's and its standard error."""
    names, regret = dict.fromkeys(run.peer for run in runs), {}
    for problem, (low, median) in references.items():
        here = [run for run in runs if run.problem == problem]
        floor = min([low, *(min(run.losses) for run in here)])
        for name in names:
            values = [(min(run.losses[:at]) - floor) / (median - floor) for run in here if run.peer == name]
            regret[name, problem] = float(np.mean(values))
    whole = np.array([regret["whole", problem] for problem in references])
    found = {}
    for name in names:
        gap = np.array([regret[name, problem] for problem in references]) - whole
        error = gap.std(ddof=1) / np.sqrt(len(gap))
        found[name] = (1 + gap.mean() / whole.mean(), error / whole.mean())
    return found


def runs_of(options: argparse.Namespace, which: int) -> tuple[str, tuple[float, float], list[Run]]:
    """Run every row on one problem; return its name, its least and median loss, and the runs."""
    problem, runs = suite(options.suite)[which], []
    for name in options.rows.split(","):
        for seed in seeds_of(which, options.seeds):
            strategy = Strategy(GaussianProcessSampler(seed, **VARIANTS[name]), Full(), seed)
            runs.append(search(name, lambda s, k, n, g, st=strategy: Ours(st, s, k), problem, seed, options.trials))
    return problem.name, problem.reference(100), runs


def main() -> None:
    """Run all variants and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="tables", choices=SUITES)
    parser.add_argument("--rows", default=",".join(VARIANTS), help="which to run, the whole among them")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--processes", type=int, default=2, help="problems at a time")
    options = parser.parse_args()
    print(machine("numpy", "scipy"), flush=True)
    runs: list[Run] = []
    references = {}
    with ProcessPoolExecutor(options.processes) as pool:
        for done in [pool.submit(runs_of, options, i) for i in range(len(suite(options.suite)))]:
            name, references[name], found = done.result()
            runs += found
    budgets = sorted({20, options.trials})
    print("| | " + " | ".join(f"at {k} trials" for k in budgets) + " |\n|---|" + "---|" * len(budgets))
    tables = [ratios(runs, references, k) for k in budgets]
    for name in options.rows.split(","):
        print(f"| {name} | " + " | ".join(f"{one[name][0]:.2f} ± {one[name][1]:.2f}" for one in tables) + " |")


if __name__ == "__main__":
    main()
