from __future__ import annotations

import numpy as np
import pytest

from hpo_magic.search.acquisition import (
    log_expected_improvement,
    log_hypervolume_improvement,
    log_probability_of_improvement,
    lower_confidence_bound,
)
from hpo_magic.trials.pareto import hypervolume

MU, SIGMA = np.array([0.0, 0.5, -1.0, 2.0]), np.array([1.0, 0.2, 2.0, 0.5])


def test_expected_improvement_is_the_mean_over_draws():
    draws = np.random.default_rng(0).normal(MU, SIGMA, size=(400_000, 4))
    # The standard error of these means is below 0.003 (spread at most 2, over sqrt(400,000)); six of them.
    gain, chance = log_expected_improvement(MU, SIGMA, 0.3), log_probability_of_improvement(MU, SIGMA, 0.3)
    np.testing.assert_allclose(np.exp(gain), np.maximum(0.3 - draws, 0).mean(0), atol=0.02)
    np.testing.assert_allclose(np.exp(chance), (draws < 0.3).mean(0), atol=0.006)


def test_its_logarithm_is_smooth_where_it_underflows():
    mu = np.linspace(-3, 60, 2000)
    values = log_expected_improvement(mu, np.ones(2000), 0.0)
    assert np.isfinite(values).all() and (np.diff(values) < 0).all()
    step = mu[1] - mu[0]
    assert np.abs(np.diff(values, 2)).max() < 1.5 * step**2  # its curvature tends to -1: no jump at the seam


def test_the_bound_falls_with_the_mean_and_rises_with_the_spread():
    assert lower_confidence_bound(np.array([1.0]), np.array([2.0]), 0.0) == pytest.approx(2.6)


def test_the_hypervolume_improvement_is_that_of_sampling():
    """Against 20,000 draws, within four standard errors of their mean."""
    rng = np.random.default_rng(0)
    front, corner = np.array([[0.2, 0.8], [0.5, 0.4], [0.9, 0.1]]), np.array([1.1, 1.1])
    before = hypervolume(front, corner)
    for mean, spread in (([0.3, 0.3], [0.2, 0.1]), ([0.9, 0.9], [0.3, 0.3])):
        drawn = mean + spread * rng.standard_normal((20_000, 2))
        gains = [hypervolume(np.vstack([front, one]), corner) - before for one in drawn]
        exact = np.exp(log_hypervolume_improvement(front, corner)(np.array([mean]), np.array([spread])))[0]
        assert exact == pytest.approx(np.mean(gains), abs=4 * np.std(gains) / np.sqrt(20_000))
