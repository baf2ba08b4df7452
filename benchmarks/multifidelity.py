"""Cheap runs first, side by side: `python -m benchmarks.multifidelity` (about 10 minutes; the peers need optuna).

scikit-learn's networks on its bundled data, 27 epochs a full run. Cost is epochs trained; going on from 3 to 9 epochs
costs 6, for everyone. At each cost the incumbent is the config with the best loss at the largest number of epochs that
any has reached, scored by its loss at 27: networks overfit, so losses of fewer epochs cannot be compared with it.
"""

from __future__ import annotations

import argparse
import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import json
import math
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.compare import seeds_of
from benchmarks.machine import machine
from hpo_magic import Budget, Float, Int, Space, Study
from hpo_magic.space import Domain

FULL, RUNS, AT = 27, 20, (2, 5, 10, 20)
DOMAINS: dict[str, Domain] = {
    "lr": Float(1e-5, 1e-1, log=True),
    "width": Int(4, 128, log=True),
    "layers": Int(1, 3),
    "alpha": Float(1e-7, 1e1, log=True),
    "batch": Int(8, 256, log=True),
    "beta": Float(0.5, 0.999),
}


class Spent(Exception):
    """All epochs are used up."""


class Task:
    """A data set and the curve of each config on it, trained as far as somebody asked, and the epochs charged."""

    def __init__(self, name: str) -> None:
        from sklearn import datasets
        from sklearn.model_selection import train_test_split
        from sklearn.preprocessing import StandardScaler

        X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        parts = train_test_split(StandardScaler().fit_transform(X), y, test_size=0.4, random_state=0, stratify=y)
        self._train, self._test, self._y_train, self._y_test = parts
        self._models: dict[str, tuple[Any, list[float]]] = {}

    def curve(self, config: Mapping[str, Any], epochs: int) -> list[float]:
        """Return the log loss after each epoch."""
        from sklearn.metrics import log_loss
        from sklearn.neural_network import MLPClassifier

        key = json.dumps(dict(config), sort_keys=True)
        if key not in self._models:
            model = MLPClassifier(
                (config["width"],) * config["layers"], learning_rate_init=config["lr"], alpha=config["alpha"],
                batch_size=min(config["batch"], len(self._train)), beta_1=config["beta"], random_state=0,
            )  # fmt: skip
            self._models[key] = model, []
        model, losses = self._models[key]
        while len(losses) < epochs:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                model.partial_fit(self._train, self._y_train, classes=np.unique(self._y_train))
                chances = np.nan_to_num(model.predict_proba(self._test), nan=1.0)
            losses.append(min(float(log_loss(self._y_test, chances / chances.sum(1, keepdims=True))), 10.0))
        return losses


class Meter:
    """Charges epochs and notes the incumbent's loss at the full budget after each evaluation."""

    def __init__(self, task: Task) -> None:
        self._task, self.cost, self._best, self._most = task, 0, math.inf, 0
        self._seen: dict[str, int] = {}
        self.incumbents: list[tuple[int, float]] = []

    def __call__(self, config: Mapping[str, Any], epochs: int) -> float:
        """Return a config's loss after some epochs, and charge those that it had not trained yet."""
        key = json.dumps(dict(config), sort_keys=True)
        self.cost += max(0, epochs - self._seen.get(key, 0))
        self._seen[key] = max(epochs, self._seen.get(key, 0))
        loss = self._task.curve(config, epochs)[epochs - 1]
        if epochs > self._most or (epochs == self._most and loss < self._best):
            self._best, self._most = loss, epochs
            self.incumbents.append((self.cost, self._task.curve(config, FULL)[-1]))
        if self.cost >= FULL * RUNS:
            raise Spent
        return loss

    def at(self, cost: int) -> float:
        """Return the incumbent's loss at a cost."""
        return next((loss for spent, loss in reversed(self.incumbents) if spent <= cost), self.incumbents[0][1])


def ours(strategy: str) -> Callable[[Meter, int], None]:
    """Return the runner of one of our recipes."""

    def run(meter: Meter, seed: int) -> None:
        study = Study(Space({**DOMAINS, "epochs": Budget(1, FULL)}), strategy=strategy, seed=seed)
        while (trial := study.ask()) is not None:
            config = {name: value for name, value in trial.config.items() if name != "epochs"}
            study.tell(trial, meter(config, trial.budget or FULL))

    return run


def optuna(rule: str) -> Callable[[Meter, int], None]:
    """Return the runner of Optuna's TPE with one of its pruners."""

    def run(meter: Meter, seed: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        pruners = {
            "hyperband": optuna.pruners.HyperbandPruner(min_resource=1, max_resource=FULL, reduction_factor=3),
            "asha": optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3),
            "median": optuna.pruners.MedianPruner(),
        }
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed), pruner=pruners[rule])
        while True:
            trial, config = study.ask(), {}
            for name, domain in DOMAINS.items():
                if isinstance(domain, Int):
                    config[name] = trial.suggest_int(name, domain.low, domain.high, log=domain.log)
                elif isinstance(domain, Float):
                    config[name] = trial.suggest_float(name, domain.low, domain.high, log=domain.log)
            loss, pruned = math.nan, False
            for epoch in range(1, FULL + 1):
                loss = meter(config, epoch)
                trial.report(loss, epoch)
                if pruned := trial.should_prune():
                    break
            study.tell(trial, None if pruned else loss, state=optuna.trial.TrialState.PRUNED if pruned else None)

    return run


METHODS: dict[str, Callable[[Meter, int], None]] = {
    **{name: ours(name) for name in ("asha-gp", "bohb", "hyperband", "asha", "gp")},
    **{f"optuna-tpe+{rule}": optuna(rule) for rule in ("hyperband", "asha", "median")},
}


def busy(workers: int = 8, trials: int = 300) -> float:
    """Return the share of time that workers are busy under ASHA, with trials of 0.025 to 2 s.

    From the first start to the last one: when no more trials are wanted, workers are idle by order.
    """

    def objective(config: Mapping[str, Any]) -> float:
        began = time.time()
        time.sleep(0.05 * config["epochs"] * (0.5 + float(config["x"])))
        spans.append((began, time.time()))
        return float(config["x"])

    spans: list[tuple[float, float]] = []
    study = Study({"x": Float(0, 1), "epochs": Budget(1, 27)}, strategy="asha")
    study.optimize(objective, trials=trials, workers=workers)
    first, last = min(began for began, _ in spans), max(began for began, _ in spans)
    return sum(min(ended, last) - began for began, ended in spans) / (workers * (last - first))


def main() -> None:
    """Run every method on every data set and print the table of regrets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--data", default="digits,breast_cancer,wine")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    print(machine("optuna", "scikit-learn", "numpy"), flush=True)
    print(f"ASHA, 8 workers, trials of very different length: {100 * busy():.0f} % busy\n", flush=True)
    regrets: dict[str, list[list[float]]] = {name: [] for name in options.methods.split(",")}
    for which, data in enumerate(options.data.split(",")):
        task, rng = Task(data), np.random.default_rng(12345)
        drawn = [task.curve(Space(DOMAINS).sample(rng), FULL)[-1] for _ in range(50)]
        meters: dict[str, list[Meter]] = {}
        for name in regrets:
            for seed in seeds_of(which, options.seeds):
                meters.setdefault(name, []).append(meter := Meter(task))
                try:
                    METHODS[name](meter, seed)
                except Spent:
                    continue
        low = min([*drawn, *(loss for runs in meters.values() for meter in runs for _, loss in meter.incumbents)])
        scale = float(np.median(drawn)) - low
        for name, runs in meters.items():
            regrets[name] += [[(meter.at(k * FULL) - low) / scale for k in AT] for meter in runs]
        print(f"{data} done", flush=True)
    print(
        "| regret after full runs' worth of epochs | "
        + " | ".join(map(str, AT))
        + " |\n|---" * 1
        + "|---" * len(AT)
        + "|"
    )
    for name, rows in regrets.items():
        print(f"| {name} | " + " | ".join(f"{value:.3f}" for value in np.mean(rows, axis=0)) + " |")


if __name__ == "__main__":
    main()
