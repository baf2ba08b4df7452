"""Walks over finite spaces: each point once, all parts of the space early, and never the end before it is there."""

from __future__ import annotations

import numpy as np
import pytest

from hpo_magic import Budget, Choice, Float, Int, Study
from hpo_magic.search.walk import shuffled, walk_of
from hpo_magic.space import Space
from hpo_magic.space.grid import Grid


@pytest.mark.parametrize("size", [1, 2, 5, 64, 1000, 100_003])
def test_a_shuffled_place_is_a_permutation(size):
    assert sorted(shuffled(number, size) for number in range(size)) == list(range(size))


def test_a_walk_over_a_huge_grid_sees_every_value_of_every_parameter_early():
    space = Space({f"p{i}": Choice(list(range(4))) for i in range(15)})  # 4**15, about a thousand million
    known, seen = set(), []
    walk = walk_of(space)
    for _ in range(200):
        config = walk.next(known)
        known.add(tuple(f"{name}=int:{value}" for name, value in config.items()))
        seen.append(list(config.values()))
    shares = np.array([[(column == option).mean() for option in range(4)] for column in np.array(seen).T])
    # of 200 draws 50 are expected of each option, 6.1 their spread: 4 spreads for 60 counts; the walk has no seed
    assert np.abs(shares * 200 - 50).max() < 25
    assert len(known) == 200


def test_groups_of_conditions_are_counted_without_all_their_combinations():
    switches = {f"on{i}": Choice([False, True]) for i in range(40)}
    space = Space(switches | {f"k{i}": Int(1, 3, when=f"on{i} == True") for i in range(40)})
    grid = Grid(space)
    assert grid.size == 4**40
    first, last = grid.config(0), grid.config(grid.size - 1)
    assert not any(first.values()) and len(first) == 40
    assert len(last) == 80 and list(last) == list(space)
    assert last == space.validate(last)


def test_fine_steps_are_not_laid_out():
    space = Space({"x": Float(0, 1, step=2.0**-30), "n": Int(1, 4)})
    assert Grid(space).size == 4 * (2**30 + 1)
    study = Study(space, strategy="grid")
    study.optimize(lambda config: config["x"], trials=30)
    assert len({trial.config["x"] for trial in study.trials}) == 30


@pytest.mark.parametrize("strategy", ["random", "random-plain", "gp", "tpe"])
def test_a_countable_space_is_searched_to_its_last_config(strategy):
    space = Space({"n": Int(1, 60), "side": Choice(["a", "b"], when="n > 58")})  # 62 configs, four of them rare
    study = Study(space, strategy=strategy, seed=1)
    study.optimize(lambda config: float(config["n"]), trials=100)
    assert len({tuple(trial.config.values()) for trial in study.trials}) == len(study.trials) == 62
    assert study.runner.message == "every config of the space has been tried"


def test_a_grid_beyond_all_floats_is_walked():
    study = Study({f"x{i}": Float(0, 1) for i in range(500)}, strategy="grid")
    assert study.ask().config != study.ask().config


@pytest.mark.parametrize("strategy", ["grid", "random"])
def test_a_search_ends_where_all_is_tried_and_the_budget_was_narrowed(strategy):
    study = Study({"k": Int(1, 3), "n": Budget(1, 9)}, minimize="l", strategy=strategy)
    study.optimize(lambda c: c["k"] / c["n"], trials=30)
    study.edit(lambda space: space.narrow("n", 1, 4))
    study.optimize(lambda c: c["k"] / c["n"], trials=40)
    assert "has been tried" in study.runner.message
