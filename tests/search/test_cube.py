"""The cube of a space: threads that share it read their own trials, and what lies far outside breaks nothing."""

from __future__ import annotations

import sys
from threading import Thread

import numpy as np
import pytest

from hpo_magic import Choice, Float, Space, Study


@pytest.fixture
def switching():
    """Threads take turns far more often than usual, so that what may go wrong does."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("switching")
@pytest.mark.parametrize("strategy", ["cmaes", "evolution", "auto"])
def test_searches_of_one_space_at_once_do_not_read_each_others_trials(strategy):
    def searched(space, seed, found):
        study = Study(space, minimize="loss", strategy=strategy, seed=seed)
        study.optimize(lambda c: sum((x - 0.2 * seed) ** 2 for x in c.values()), trials=40, progress=False)
        found[seed] = [trial.config for trial in study.trials]

    alone: dict[int, list] = {}
    for seed in range(1, 4):
        searched(Space({f"x{i}": Float(0, 1) for i in range(4)}), seed, alone)
    together: dict[int, list] = {}
    shared = Space({f"x{i}": Float(0, 1) for i in range(4)})
    threads = [Thread(target=searched, args=(shared, seed, together)) for seed in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone


@pytest.mark.parametrize("strategy", ["auto", "gp", "tpe", "forest", "cmaes"])
@pytest.mark.parametrize("high", [1e-3, 1e-12, 1e-300])
def test_a_search_goes_on_in_a_range_that_was_narrowed_to_next_to_nothing(strategy, high):
    study = Study({"n": Float(0, 100), "kind": Choice(["a", "b"])}, minimize="loss", strategy="random")
    study.optimize(lambda config: config["n"], trials=10)
    study.edit(lambda space: space.narrow("n", 0, high))
    study.set_strategy(strategy)
    study.optimize(lambda config: config["n"], trials=14)
    assert all(trial.config["n"] <= high for trial in study.trials[10:])
    assert np.isfinite(study.partial_dependence("n").mean).all()
