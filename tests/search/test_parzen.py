"""The Parzen estimator is a density over numbers, choices and conditions, and its draws follow it."""

from __future__ import annotations

import numpy as np
import pytest

from hpo_magic.search.cube import Cube
from hpo_magic.search.surrogates.parzen import estimate
from hpo_magic.space import Choice, Float, Space
from hpo_magic.trials import Trial

TREE = Space({"kind": Choice(["a", "b", "c"]), "x": Float(0, 1, when="kind == 'a'"), "y": Float(0, 1)})


def density(count=6, seed=0):
    cube = Cube(TREE)
    points = cube.model(np.random.default_rng(seed).random((count, 3)))
    return cube, estimate(cube, points, np.random.default_rng(seed + 1).uniform(0.5, 2, count))


def test_it_integrates_to_one():
    """Against the uniform measure: the mean density of uniform draws is 1. Its error at 200,000 draws is below 0.01."""
    cube, parzen = density()
    model = cube.model(np.random.default_rng(2).random((200_000, 3)))
    values = np.exp(parzen.log_density(model))
    assert values.mean() == pytest.approx(1.0, abs=4 * values.std() / np.sqrt(len(values)))
    assert values.std() > 0.3  # it is not flat


def test_every_second_draw_follows_the_density():
    """The mean of any function of the draws is its mean under the density, within four standard errors."""
    cube, parzen = density(seed=5)
    drawn = cube.model(parzen.sample(200_000, np.random.default_rng(3)))[::2]
    uniform = cube.model(np.random.default_rng(4).random((100_000, 3)))
    weight = np.exp(parzen.log_density(uniform))
    for read in (lambda m: m[:, 2], lambda m: m[:, 0] < 0.3, lambda m: (m[:, 0] < 0.3) * m[:, 1]):
        ours, theirs = read(drawn).astype(float), read(uniform) * weight
        error = np.hypot(ours.std(), theirs.std()) / np.sqrt(100_000)
        assert ours.mean() == pytest.approx(theirs.mean(), abs=4 * error)


def test_the_others_take_each_coordinate_from_a_trial_of_its_own():
    """Two trials in opposite corners: half of these draws lie near the others, which no kernel does, to four errors."""
    cube = Cube(Space({"x": Float(0, 1), "y": Float(0, 1)}))
    parzen = estimate(cube, np.array([[0.1, 0.1]] * 20 + [[0.9, 0.9]] * 20), np.ones(40))
    low = parzen.sample(20_000, np.random.default_rng(0)) < 0.5
    apart = low[:, 0] != low[:, 1]
    assert apart[::2].mean() < 0.2
    assert apart[1::2].mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(10_000))


def test_a_trial_says_nothing_of_what_is_inactive_in_it():
    cube = Cube(TREE)
    parzen = estimate(cube, cube.encode([Trial(0, {"kind": "b", "y": 0.5})]), np.ones(1))
    points = cube.model(np.array([[0.1, 0.2, 0.5], [0.1, 0.8, 0.5]]))
    left, right = parzen.log_density(points)
    assert left == pytest.approx(right)


def test_trials_far_outside_of_a_narrowed_range_count_at_its_end():
    """Warnings are errors: of a kernel so far off no mass would be left inside."""
    cube = Cube(Space({"x": Float(0, 1)}))
    parzen = estimate(cube, np.array([[-40.0], [0.3], [60.0]]), np.ones(3))
    low, between, high = parzen.log_density(np.array([[0.0], [0.7], [1.0]]))
    assert between < min(low, high) and np.isfinite([low, between, high]).all()
    assert ((drawn := parzen.sample(100, np.random.default_rng(0))) >= 0).all() and (drawn <= 1).all()
