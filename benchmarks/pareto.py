"""Two objectives, side by side: `python -m benchmarks.pareto --seeds 10` (hypervolume missing after 50 and 100 trials).

Validation loss against the size of what was trained: tables of real networks, and a random forest and a booster on
bundled data. The reference point is the median of 1,000 random configs, in each objective; what is given is the share
of the hypervolume of the front of all runs together that is still missing.
"""

from __future__ import annotations

import argparse
import math
import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.compare import interval, seeds_of
from benchmarks.machine import machine
from benchmarks.peers import maker
from benchmarks.problems import data, log_loss, table
from hpo_magic import Float, Int, Space
from hpo_magic.trials.pareto import hypervolume

Pair = tuple[float, float]


@dataclass(frozen=True)
class Trade:
    """A problem of two losses; `make` builds its objective for a seed."""

    name: str
    space: Space
    make: Callable[[int], Callable[[Mapping[str, Any]], Pair]]


def network(bench: str, dataset: str, weights: Callable[[Mapping[str, Any]], float]) -> Trade:
    """Return a table of networks: its loss (of HPOLib's squared errors the logarithm), and the logarithm of how many
    weights lie beyond the input layer.
    """
    scale: Callable[[float], float] = math.log10 if bench == "HPOLib" else float
    problem = table(bench, dataset)

    def make(seed: int) -> Callable[[Mapping[str, Any]], Pair]:
        evaluate = problem.make(seed)
        return lambda config: (scale(evaluate(config)), math.log10(weights(config)))

    return Trade(problem.name, problem.space, make)


def trees(dataset: str, boosted: bool) -> Trade:
    """Return an ensemble of trees on bundled data: its error on held-out rows, and the logarithm of its nodes."""
    space = Space(
        {
            "trees": Int(2, 100, log=True),
            "depth": Int(1, 12),
            "leaf": Int(1, 30, log=True),
            "features": Float(0.05, 1.0),
            **({"rate": Float(0.01, 1.0, log=True)} if boosted else {}),
        }
    )
    return Trade(f"{'boosting' if boosted else 'forest'}:{dataset}", space, lambda seed: _grown(dataset, boosted))


def _grown(dataset: str, boosted: bool) -> Callable[[Mapping[str, Any]], Pair]:
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier

    X, y = data(dataset)
    half = len(y) // 2

    def evaluate(c: Mapping[str, Any]) -> Pair:
        shape = {
            "n_estimators": c["trees"], "max_depth": c["depth"], "min_samples_leaf": c["leaf"],
            "max_features": c["features"], "random_state": 0,
        }  # fmt: skip
        model = (
            GradientBoostingClassifier(learning_rate=c["rate"], **shape) if boosted else RandomForestClassifier(**shape)
        )
        model.fit(X[:half], y[:half])
        nodes = sum(tree.tree_.node_count for tree in np.ravel(model.estimators_))
        return log_loss(model.predict_proba(X[half:]), y[half:]), math.log10(nodes)

    return evaluate


def problems() -> list[Trade]:
    """Return the real problems of two objectives."""
    return [
        *(
            network("HPOLib", name, lambda c: c["p_n_units_1"] * c["p_n_units_2"] + c["p_n_units_2"])
            for name in ("naval_propulsion", "parkinsons_telemonitoring")
        ),
        *(
            network("HPOBench", name, lambda c: c["p_width"] ** 2 * (c["p_depth"] - 1) + c["p_width"])
            for name in ("segment", "phoneme")
        ),
        trees("digits", boosted=False),
        trees("breast_cancer", boosted=True),
    ]


def searched(peer: str, problem: Trade, seed: int, trials: int) -> list[Pair]:
    """Run one search and return its losses in order."""
    chosen, evaluate = maker(peer)(problem.space, seed, trials, 2), problem.make(seed)
    losses = []
    for _ in range(trials):
        config = chosen.ask()
        losses.append(evaluate(config))
        chosen.tell(config, losses[-1])
    return losses


def main() -> None:
    """Run every peer on every problem and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", default="auto,gp,nsga2,random,optuna-gp,optuna-tpe,optuna-nsga2")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trials", type=int, default=100)
    options = parser.parse_args()
    print(machine("optuna", "scikit-learn", "numpy"), flush=True)
    peers, at = options.peers.split(","), sorted({50, options.trials})
    found = {peer: {k: [] for k in at} for peer in peers}
    for which, problem in enumerate(problems()):
        rng, evaluate = np.random.default_rng(12345), problem.make(0)
        drawn = [evaluate(problem.space.sample(rng)) for _ in range(1000)]
        reference = np.median(drawn, axis=0)
        seeds = seeds_of(which, options.seeds)
        runs = {p: [searched(p, problem, seed, options.trials) for seed in seeds] for p in peers}
        whole = hypervolume(np.vstack([drawn, *(run for many in runs.values() for run in many)]), reference)
        for peer in peers:
            for k in at:
                missing = [1 - hypervolume(np.array(run[:k]), reference) / whole for run in runs[peer]]
                found[peer][k].append(float(np.mean(missing)))
        print(f"{problem.name}: " + ", ".join(f"{p} {found[p][at[-1]][-1]:.4f}" for p in peers), flush=True)
    print("\n| |" + "".join(f" missing@{k} |" for k in at) + "\n|---|" + "---|" * len(at))
    for peer in sorted(peers, key=lambda peer: np.mean(found[peer][at[-1]])):
        cells = "".join(f" {np.mean(found[peer][k]):.4f} {interval(np.array(found[peer][k]))} |" for k in at)
        print(f"| {peer} |{cells}")


if __name__ == "__main__":
    main()
