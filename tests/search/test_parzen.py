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


def test_draws_follow_the_density():
    """The mean of any function of the draws is its mean under the density, within four standard errors."""
    cube, parzen = density(seed=5)
    drawn = cube.model(parzen.sample(100_000, np.random.default_rng(3)))
    uniform = cube.model(np.random.default_rng(4).random((100_000, 3)))
    weight = np.exp(parzen.log_density(uniform))
    for read in (lambda m: m[:, 2], lambda m: m[:, 0] < 0.3, lambda m: (m[:, 0] < 0.3) * m[:, 1]):
        ours, theirs = read(drawn).astype(float), read(uniform) * weight
        error = np.hypot(ours.std(), theirs.std()) / np.sqrt(100_000)
        assert ours.mean() == pytest.approx(theirs.mean(), abs=4 * error)


def test_a_trial_says_nothing_of_what_is_inactive_in_it():
    cube = Cube(TREE)
    parzen = estimate(cube, cube.encode([Trial(0, {"kind": "b", "y": 0.5})]), np.ones(1))
    points = cube.model(np.array([[0.1, 0.2, 0.5], [0.1, 0.8, 0.5]]))
    left, right = parzen.log_density(points)
    assert left == pytest.approx(right)
