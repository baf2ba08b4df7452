"""CMA-ES: options that nobody has tried get their chance, and the start is no lucky point."""

from __future__ import annotations

import numpy as np

from hpo_magic import Choice, Float, Study


def least(space, loss, trials, seed):
    study = Study(space, minimize="loss", strategy="cmaes", seed=seed)
    for _ in range(trials):
        trial = study.ask()
        study.tell(trial, loss(trial.config))
    return study.best.value


def test_the_one_good_option_of_ten_is_found():
    """While choices followed the two best trials from the start, 7 of 20 searches had not met it in 60 trials; now 3 do."""
    space = {"kind": Choice(list("abcdefghij")), "x": Float(0, 1), "y": Float(0, 1)}

    def loss(config):
        return (config["kind"] != "g") + (config["x"] - 0.3) ** 2 + (config["y"] - 0.8) ** 2

    found = [least(space, loss, 60, seed) < 1 for seed in range(10)]
    assert sum(found) >= 8, found


def test_many_dimensions_do_not_begin_at_the_luckiest_of_five_points():
    """A sphere around a point near the centre of [-5, 5] in 20 dimensions, 100 trials: the median over 12 seeds was 40
    while the evolution began at the best of five points, with a quarter of the range as its spread, and is 21.
    """
    rng = np.random.default_rng(2012)
    centre = rng.choice([-1, 1], 20) * rng.uniform(0.6, 1.2, 20)
    space = {f"x{i}": Float(-5, 5) for i in range(20)}

    def loss(config):
        return sum((config[f"x{i}"] - centre[i]) ** 2 for i in range(20))

    assert np.median([least(space, loss, 100, seed) for seed in range(6)]) < 30


def test_where_trials_fail_is_left():
    """Trials around the centre fail, where the evolution begins: of the last 100 of 150 trials 39 failed on average over
    twelve seeds while only finished ones taught it, 15 since failed ones count as the worst; of these three 30 at most.
    """
    space = {f"x{i}": Float(0, 1) for i in range(10)}
    for seed in range(3):
        study = Study(space, minimize="loss", strategy="cmaes", seed=seed)
        failed = []
        for _ in range(150):
            trial = study.ask()
            place = np.array(list(trial.config.values()))
            failed.append(bool(np.linalg.norm(place - 0.5) < 0.75))
            if failed[-1]:
                study.fail(trial, "diverged")
            else:
                study.tell(trial, float(((place - 0.85) ** 2).sum()))
        assert sum(failed[50:]) < 33, seed
