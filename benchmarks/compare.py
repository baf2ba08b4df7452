"""Runs of several optimisers on several problems, and how they compare: regret, rank, and an interval for each.

Regret is (best so far - floor) / (median of random configs - floor); the floor is the least loss that anyone reached.
With noise the best so far is the config that was observed best, and what counts is its loss without noise.
Intervals are 90 % bootstrap intervals over problems.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from benchmarks.peers import Peer
from benchmarks.problems import Problem
from benchmarks.suites import SUITES, suite
from hpo_magic import Space

Maker = Callable[[Space, int, int, int], Peer]


@dataclass(frozen=True)
class Run:
    """One search: its losses, those of the config observed best by then, and the optimiser's own seconds a trial."""

    peer: str
    problem: str
    seed: int
    losses: tuple[float, ...]
    standing: tuple[float, ...]
    seconds: float


def search(
    name: str, make: Maker, problem: Problem, seed: int, trials: int, noise: float = 0.0, flaky: float = 0.0
) -> Run:
    """Run one search; `noise` is the standard deviation of what is added to each loss, `flaky` the share that fails."""
    peer, evaluate = make(problem.space, seed, trials, 1), problem.make(seed)
    losses, standing, least, spent = [], [], np.inf, 0.0
    luck = np.random.default_rng(seed)
    for _ in range(trials):
        began = time.process_time()
        config = peer.ask()
        spent += time.process_time() - began
        losses.append(evaluate(config))
        told = losses[-1] + noise * luck.standard_normal()
        fails = bool(flaky) and bool(standing) and luck.random() < flaky  # whatever the config, but for the first
        standing.append(losses[-1] if told < least and not fails else standing[-1])
        least = least if fails else min(told, least)
        began = time.process_time()
        if fails:
            peer.fail()
        else:
            peer.tell(config, [told])
        spent += time.process_time() - began
    return Run(name, problem.name, seed, tuple(losses), tuple(standing), spent / trials)


def parser_of(description: str | None, suite: str, seeds: int) -> argparse.ArgumentParser:
    """Return the parser of what `run_all` reads, with these defaults."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--suite", default=suite, choices=SUITES)
    parser.add_argument("--seeds", type=int, default=seeds, help="searches of each problem by each peer")
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument(
        "--noise", type=float, default=0.0, help="of each loss, in parts of the spread of random configs"
    )
    parser.add_argument("--flaky", type=float, default=0.0, help="share of trials that fail whatever their config")
    parser.add_argument("--draws", type=int, default=100, help="random configs by which regret is scaled")
    parser.add_argument("--processes", type=int, default=2, help="problems at a time")
    return parser


def run_all(
    options: argparse.Namespace, names: Sequence[str], make: Callable[[str], Maker]
) -> tuple[list[Run], dict[str, tuple[float, float]]]:
    """Run all of `names` on every problem of `options.suite`, some at a time; return the runs and `references`."""
    runs: list[Run] = []
    references = {}
    with ProcessPoolExecutor(options.processes) as pool:
        for done in [pool.submit(_run_one, options, names, make, i) for i in range(len(suite(options.suite)))]:
            name, references[name], found = done.result()
            runs += found
            print(f"{name} done", flush=True)
    return runs, references


def _run_one(
    options: argparse.Namespace, names: Sequence[str], make: Callable[[str], Maker], which: int
) -> tuple[str, tuple[float, float], list[Run]]:
    problem, seeds = suite(options.suite)[which], seeds_of(which, options.seeds)
    least, middle, spread = problem.reference(options.draws)
    noise = options.noise * spread
    runs = [
        search(name, make(name), problem, seed, options.trials, noise, options.flaky)
        for name in names
        for seed in seeds
    ]
    return problem.name, (least, middle), runs


def seeds_of(which: int, count: int) -> range:
    """Return the seeds of a suite's problem: its own, or the same random starts would count once for each data set.

    Examples
    --------
    >>> list(seeds_of(2, 3))
    [6, 7, 8]
    """
    return range(which * count, (which + 1) * count)


def report(runs: Sequence[Run], references: dict[str, tuple[float, float]], at: Sequence[int]) -> str:
    """Return a table, a row a peer: regret, mean rank and its interval at each number of trials, milliseconds."""
    peers, problems = sorted({run.peer for run in runs}), sorted({run.problem for run in runs})
    regret = np.full((len(peers), len(problems), len(at)), np.nan)
    for j, problem in enumerate(problems):
        here = [run for run in runs if run.problem == problem]
        low, median = references[problem]
        low = min([low, *(min(run.losses) for run in here)])
        for i, peer in enumerate(peers):
            best = [run.standing for run in here if run.peer == peer]
            regret[i, j] = np.mean([[(one[k - 1] - low) / (median - low) for k in at] for one in best], axis=0)
    ranks = 1 + (regret[None] < regret[:, None]).sum(axis=1) + 0.5 * ((regret[None] == regret[:, None]).sum(axis=1) - 1)
    head = "".join(f" regret@{k} | rank@{k} |" for k in at)
    lines = [f"| |{head} ms a trial |", "|---|" + "---|" * (2 * len(at) + 1)]
    for i in np.argsort(regret[:, :, -1].mean(axis=1)):
        cells = "".join(
            f" {regret[i, :, k].mean():.4f} | {ranks[i, :, k].mean():.2f} {interval(ranks[i, :, k])} |"
            for k in range(len(at))
        )
        spent = 1000 * np.mean([run.seconds for run in runs if run.peer == peers[i]])
        lines.append(f"| {peers[i]} |{cells} {spent:.1f} |")
    return "\n".join([*lines, f"\n{len(problems)} problems, {len(runs)} runs"])


def interval(values: np.ndarray) -> str:
    """Return the 90 % bootstrap interval of a mean over problems."""
    rng = np.random.default_rng(0)
    means = values[rng.integers(len(values), size=(2000, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [0.05, 0.95])
    return f"({low:.2f}-{high:.2f})"
