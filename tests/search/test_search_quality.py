"""The model must earn its keep: on smooth functions it beats random search clearly, on every seed tried."""

from __future__ import annotations

import numpy as np
import pytest

from hpo_magic import Budget, Choice, Float, Study

SPACE = {
    "kind": Choice(["a", "b", "c"]),
    "x": Float(1e-4, 1, log=True),
    "y": Float(-2, 2),
    "z": Float(0, 1, when="kind == 'b'"),
}


def loss(config):
    offset = {"a": 1.0, "b": 0.0, "c": 2.0}[config["kind"]]
    return offset + (np.log10(config["x"]) + 2) ** 2 + (config["y"] - 0.7) ** 2 + 2 * abs(config.get("z", 0.5) - 0.25)


@pytest.mark.parametrize("name", ["gp", "asha-gp"])
def test_failures_by_accident_do_not_lead_away_from_the_best(name):
    space = {**SPACE, "epochs": Budget(1, 9)} if name == "asha-gp" else SPACE
    found = []
    for seed in range(5):
        study, chance = Study(space, minimize="loss", strategy=name, seed=seed), np.random.default_rng(seed)
        while len(study.trials) < 60:
            trial = study.ask()
            if chance.random() < 0.3:
                study.fail(trial, "out of memory, as others use it too")
            else:
                study.tell(trial, loss(trial.config) + 0.3 / trial.config.get("epochs", 1))
        found.append(min(loss(trial.config) for trial in study.history.done[len(study.history.done) // 2 :]))
    # Measured over 20 seeds: medians of 0.006 and 0.10; where accidents count as bad results, of 0.5 and 1.5.
    assert np.median(found) < 0.3


@pytest.mark.parametrize("name", ["gp", "gp-lcb"])
def test_the_model_beats_random_search(name):
    found = {}
    for strategy in (name, "random"):
        runs = []
        for seed in range(3):
            study = Study(SPACE, minimize="loss", strategy=strategy, seed=seed)
            study.optimize(loss, trials=35)
            runs.append(study.best.value)
        found[strategy] = np.array(runs)
    # Measured over 20 seeds: the model's worst is 0.06, random search's best is 0.10 and its median 0.35.
    assert (found[name] < 0.2).all()
    assert found[name].mean() < 0.5 * found["random"].mean()
