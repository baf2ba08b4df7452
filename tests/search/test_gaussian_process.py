from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad

from hpo_magic.search.surrogates import gaussian_process as gp
from hpo_magic.search.surrogates.transform import standardise

RNG = np.random.default_rng(0)
POINTS = np.column_stack([RNG.random((30, 2)), RNG.integers(3, size=30)])
UNORDERED = np.array([False, False, True])
LOSSES = np.sin(5 * POINTS[:, 0]) + POINTS[:, 1] ** 2 + (POINTS[:, 2] == 1)


def test_the_gradient_is_that_of_the_objective():
    gaps = gp._squared_gaps(POINTS, UNORDERED)
    y = standardise(LOSSES)
    centre, width = gp.Prior().moments(3)
    for shift in (0.0, 0.7, -0.7):
        error = check_grad(
            lambda t: gp._objective(t, gaps, y, centre, width)[0],
            lambda t: gp._objective(t, gaps, y, centre, width)[1],
            centre + shift,
        )
        assert error < 1e-4  # central differences at 1e-8 steps leave about 1e-6 of rounding


def test_the_posterior_is_the_textbooks():
    """Rasmussen 2006, eqs 2.25 and 2.26, written out with plain inverses."""
    y = standardise(LOSSES)
    model = gp.fit(POINTS, y, UNORDERED)
    new = np.column_stack([RNG.random((7, 2)), RNG.integers(3, size=7)])
    weights, signal, noise = np.exp(-2 * model.theta[:-2]), np.exp(model.theta[-2]), np.exp(model.theta[-1])

    def kernel(a, b):
        gaps = (a[:, None, :] - b[None, :, :]) ** 2
        gaps[..., 2] = a[:, None, 2] != b[None, :, 2]
        q = np.sqrt(5 * (gaps * weights).sum(-1))
        return signal * (1 + q + q**2 / 3) * np.exp(-q)

    inverse = np.linalg.inv(kernel(POINTS, POINTS) + (noise + 1e-8) * np.eye(30))
    mean, spread = model.predict(new)
    np.testing.assert_allclose(mean, kernel(new, POINTS) @ inverse @ y, atol=1e-6)
    variance = signal - np.einsum("ij,jk,ik->i", kernel(new, POINTS), inverse, kernel(new, POINTS))
    np.testing.assert_allclose(spread, np.sqrt(variance), atol=1e-5)


def test_it_learns_a_smooth_function_better_than_its_mean():
    model = gp.fit(POINTS, standardise(LOSSES), UNORDERED)
    grid = np.column_stack([RNG.random((200, 2)), RNG.integers(3, size=200)])
    truth = np.sin(5 * grid[:, 0]) + grid[:, 1] ** 2 + (grid[:, 2] == 1)
    assert np.corrcoef(model.predict(grid)[0], truth)[0, 1] > 0.95


@pytest.mark.parametrize("losses", [[1, 2, 3, 1e12], [-5, -4, 0, 3], [1e-9, 2e-9, 5e-9, 1e-8], [3, 3, 3, 4]])
def test_the_transform_keeps_the_order_and_standardises(losses):
    y = standardise(np.array(losses, dtype=float))
    assert (np.diff(y[np.argsort(losses, kind="stable")]) >= -1e-9).all()
    assert y.mean() == pytest.approx(0, abs=1e-9) and y.std() == pytest.approx(1)
