"""Constraints and failures, side by side: `python -m benchmarks.constrained`, or with `--failing`.

The best loss that meets a constraint: six real problems, whose size has to be among the least fifth of those of random
configs, and six pairs of functions, of which the second has to be among its least tenth. With `--failing` nothing is
told of the constraint: a trial that misses it fails.
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from benchmarks import pareto
from benchmarks.compare import Run, report, seeds_of
from benchmarks.functions import function
from benchmarks.machine import machine
from benchmarks.pareto import Pair, Trade
from benchmarks.peers import Optuna, Ours

_PAIRS = [("rastrigin", "levy"), ("steps", "rastrigin"), ("valleys", "bowl"), ("bowl", "valleys"),
          ("edge", "bottleneck"), ("product", "growing")]  # fmt: skip


def problems() -> list[tuple[Trade, float]]:
    """Return problems of a loss and what is bounded, each with the share of random configs that meet the bound."""
    return [(one, 0.2) for one in pareto.problems()] + [(_pair(*names), 0.1) for names in _PAIRS]


def _pair(name: str, bounded: str) -> Trade:
    sought, limit = function(name, 10), function(bounded, 11)

    def make(seed: int) -> Callable[[Mapping[str, Any]], Pair]:
        loss, size = sought.make(seed), limit.make(seed)
        return lambda config: (loss(config), size(config))

    return Trade(f"{name} within {bounded}", sought.space, make)


def search(name: str, problem: Trade, bound: float, worst: float, seed: int, trials: int, failing: bool) -> Run:
    """Run one search; its losses are the best so far that meets the bound, `worst` before there is one."""
    theirs = name.startswith("optuna-")
    peer: Optuna | Ours = (
        Optuna(name.removeprefix("optuna-"), problem.space, seed)
        if theirs
        else Ours(name, problem.space, seed, bounded=not failing)
    )
    evaluate = problem.make(seed)
    best: list[float] = []
    spent = 0.0
    for _ in range(trials):
        began = time.process_time()
        config = peer.ask()
        spent += time.process_time() - began
        loss, size = evaluate(config)
        best.append(min([best[-1] if best else worst, *([loss] if size <= bound else [])]))
        if not failing:
            peer.tell_bounded(loss, size - bound)
        elif size <= bound:
            peer.tell(config, [loss])
        else:
            peer.fail()
    return Run(name, problem.name, seed, tuple(best), tuple(best), spent / trials)


def searched(which: int, options: argparse.Namespace) -> tuple[list[Run], tuple[str, tuple[float, float]]]:
    """Run all peers on one problem; return the runs, and the least and the median loss of random configs in bounds."""
    problem, share = problems()[which]
    rng, evaluate = np.random.default_rng(12345), problem.make(0)
    losses, sizes = np.array([evaluate(problem.space.sample(rng)) for _ in range(1000)]).T
    bound = float(np.quantile(sizes, share))
    known = losses[sizes <= bound]
    runs = [
        search(peer, problem, bound, float(known.max()), seed, options.trials, options.failing)
        for peer in options.peers.split(",")
        for seed in seeds_of(which, options.seeds)
    ]
    return runs, (problem.name, (float(known.min()), float(np.median(known))))


def main() -> None:
    """Run every peer on every problem and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", default="auto,tpe,nsga2,random,optuna-tpe,optuna-gp")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--failing", action="store_true", help="a trial that misses the constraint fails")
    parser.add_argument("--processes", type=int, default=2, help="problems at a time")
    options = parser.parse_args()
    print(machine("optuna", "scikit-learn", "numpy"), flush=True)
    with ProcessPoolExecutor(options.processes) as pool:
        done = [pool.submit(searched, which, options) for which in range(len(problems()))]
        found = [one.result() for one in done]
    runs = [run for many, _ in found for run in many]
    print(report(runs, dict(reference for _, reference in found), sorted({min(30, options.trials), options.trials})))


if __name__ == "__main__":
    main()
