"""The cube of a space is shared by all who search it: threads must not read each other's trials."""

from __future__ import annotations

import sys
from threading import Thread

import pytest

from hpo_magic import Float, Space, Study


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
