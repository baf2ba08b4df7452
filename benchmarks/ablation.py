"""What each ingredient of the gp sampler is worth: `python -m benchmarks.ablation --suite tables --seeds 10`.

Each row leaves out or changes one ingredient; figures are the ratio of its mean regret to that of the whole, with its
standard error over problems. Above 1: the ingredient helps.
"""

from __future__ import annotations

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

from collections.abc import Sequence

import numpy as np

from benchmarks.compare import Maker, Run, parser_of, run_all
from benchmarks.machine import machine
from benchmarks.peers import Ours
from hpo_magic import Space
from hpo_magic.search.samplers.gp import GaussianProcessSampler
from hpo_magic.search.schedulers.full import Full
from hpo_magic.search.strategy import Strategy

VARIANTS = {
    "whole": {},
    "no output transform": {"transform": "plain"},
    "no linear trend": {"trend": 0.0, "branch_trend": 0.0},
    "the trend as strong for many parameters": {"fade": 0.0},
    "options worth as much where they are many": {"crowding": 0.0},
    "the trend never doubted": {"doubt": 1.0},
    "a trend in branches as strong as elsewhere": {"branch_trend": 2.0},
    "the signal's prior in branches as elsewhere": {"branch_signal": (0.0, 1.0)},
    "no worth of options": {"options": 0.0},
    "no belief in the interior": {"interior": 0.0},
    "no look into other branches": {"patience": 0},
    "lengthscales as for few parameters": {"stretch": 0.0},
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
            values = [(run.standing[at - 1] - floor) / (median - floor) for run in here if run.peer == name]
            regret[name, problem] = float(np.mean(values))
    whole = np.array([regret["whole", problem] for problem in references])
    found = {}
    for name in names:
        gap = np.array([regret[name, problem] for problem in references]) - whole
        error = gap.std(ddof=1) / np.sqrt(len(gap))
        found[name] = (1 + gap.mean() / whole.mean(), error / whole.mean())
    return found


def variant(name: str) -> Maker:
    """Return what makes the sampler of a row from space, seed, trials and number of goals."""

    def make(space: Space, seed: int, trials: int, goals: int) -> Ours:
        return Ours(Strategy(GaussianProcessSampler(seed, **VARIANTS[name]), Full(), seed), space, seed, goals)

    return make


def main() -> None:
    """Run all variants and print the table."""
    parser = parser_of(__doc__, "tables", 10)
    parser.add_argument("--rows", default=",".join(VARIANTS), help="which to run, the whole among them")
    options = parser.parse_args()
    print(machine("numpy", "scipy"), flush=True)
    names = options.rows.split(",")
    runs, references = run_all(options, names, variant)
    budgets = sorted({min(20, options.trials), options.trials})
    print("| | " + " | ".join(f"at {k} trials" for k in budgets) + " |\n|---|" + "---|" * len(budgets))
    tables = [ratios(runs, references, k) for k in budgets]
    for name in names:
        print(f"| {name} | " + " | ".join(f"{one[name][0]:.2f} ± {one[name][1]:.2f}" for one in tables) + " |")


if __name__ == "__main__":
    main()
