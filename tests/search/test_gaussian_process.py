from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad

from hpo_magic import Float, Space
from hpo_magic.search.samplers.gp import GaussianProcessSampler
from hpo_magic.search.surrogates import gaussian_process as gp
from hpo_magic.search.surrogates.transform import standardise
from hpo_magic.trials import History, State, Trial

RNG = np.random.default_rng(0)
POINTS = np.column_stack([RNG.random((30, 2)), RNG.integers(3, size=30)])
UNORDERED = np.array([False, False, True])
LOSSES = np.sin(5 * POINTS[:, 0]) + POINTS[:, 1] ** 2 + (POINTS[:, 2] == 1)


def test_the_gradient_is_that_of_the_objective():
    gaps = gp._squared_gaps(POINTS, UNORDERED)
    trend = gp._trend(POINTS, POINTS, UNORDERED, gp.Prior(pairs=1.0))
    y = standardise(LOSSES)
    centre, width = gp.Prior().moments(3)
    for shift in (0.0, 0.7, -0.7):
        error = check_grad(
            lambda t: gp._objective(t, gaps, trend, y, centre, width)[0],
            lambda t: gp._objective(t, gaps, trend, y, centre, width)[1],
            centre + shift,
        )
        assert error < 1e-4  # central differences at 1e-8 steps leave about 1e-6 of rounding


@pytest.mark.parametrize("pairs", [0.0, 1.0])
def test_the_posterior_is_the_textbooks(pairs):
    """Rasmussen 2006, eqs 2.25 and 2.26, written out with plain inverses."""
    y = standardise(LOSSES)
    model = gp.fit(POINTS, y, UNORDERED, gp.Prior(pairs=pairs))
    new = np.column_stack([RNG.random((7, 2)), RNG.integers(3, size=7)])
    weights, signal, noise = np.exp(-2 * model.theta[:-2]), np.exp(model.theta[-2]), np.exp(model.theta[-1])

    def kernel(a, b):
        gaps = (a[:, None, :] - b[None, :, :]) ** 2
        gaps[..., 2] = a[:, None, 2] != b[None, :, 2]
        q = np.sqrt(5 * (gaps * weights).sum(-1))
        smooth = signal * (1 + q + q**2 / 3) * np.exp(-q)
        linear = 8 * (a[:, :2] - 0.5) @ (b[:, :2] - 0.5).T  # 12 · 2 / 3
        product = 48 * pairs * np.outer(*((x[:, 0] - 0.5) * (x[:, 1] - 0.5) for x in (a, b)))  # 12² / 3 pairs
        option = 4 * (a[:, None, 2] == b[None, :, 2])
        return smooth + linear + product + option

    inverse = np.linalg.inv(kernel(POINTS, POINTS) + (noise + 1e-8) * np.eye(30))
    mean, spread = model.predict(new)
    np.testing.assert_allclose(mean, kernel(new, POINTS) @ inverse @ y, atol=1e-6)
    variance = np.diag(kernel(new, new) - kernel(new, POINTS) @ inverse @ kernel(POINTS, new))
    np.testing.assert_allclose(spread, np.sqrt(variance), atol=1e-5)


def test_it_learns_a_smooth_function_better_than_its_mean():
    model = gp.fit(POINTS, standardise(LOSSES), UNORDERED)
    grid = np.column_stack([RNG.random((200, 2)), RNG.integers(3, size=200)])
    truth = np.sin(5 * grid[:, 0]) + grid[:, 1] ** 2 + (grid[:, 2] == 1)
    assert np.corrcoef(model.predict(grid)[0], truth)[0, 1] > 0.95


def test_a_trend_is_followed_beyond_what_was_seen():
    points = np.linspace(0.2, 0.5, 6)[:, None]
    line = points[:, 0] - points.mean()
    with_trend, without = (gp.fit(points, line, np.array([False]), gp.Prior(trend=t)) for t in (2.0, 0.0))
    far = np.array([[1.0]])
    assert abs(with_trend.predict(far)[0][0] - 0.65) < abs(without.predict(far)[0][0] - 0.65) / 3


def test_what_two_parameters_do_together_is_followed_beyond_what_was_seen():
    points = 0.2 + 0.4 * np.random.default_rng(0).random((30, 2))
    product = (points[:, 0] - 0.5) * (points[:, 1] - 0.5)
    y, far = (product - product.mean()) / product.std(), np.array([[1.0, 1.0]])
    truth = (0.25 - product.mean()) / product.std()
    paired, linear = (gp.fit(points, y, np.array([False, False]), gp.Prior(pairs=p)) for p in (1.0, 0.0))
    assert abs(paired.predict(far)[0][0] - truth) < abs(linear.predict(far)[0][0] - truth) / 3


def test_what_an_option_is_worth_is_known_where_it_was_never_tried_with_the_others():
    """Two choices of four options, each worth something by itself; seen in seven pairs, asked for the best pair."""
    worth = np.array([-1.5, 0.0, 0.5, 1.0])
    seen = np.array([[0, 1], [0, 2], [0, 3], [1, 0], [2, 0], [3, 0], [3, 3]])
    losses = worth[seen].sum(axis=1)
    y, best = (losses - losses.mean()) / losses.std(), np.array([[0.0, 0.0]])
    unordered = np.array([True, True])
    with_worth, without = (gp.fit(seen + 0.0, y, unordered, gp.Prior(options=o)) for o in (4.0, 0.0))
    assert with_worth.predict(best)[0][0] < y.min() < without.predict(best)[0][0]


def test_a_choice_that_is_not_in_play_is_worth_nothing():
    inactive = np.array([[0.2, -1.0], [0.7, -1.0]])
    flags, prior = np.array([False, True]), gp.Prior(trend=0.0)
    assert gp._trend(inactive, inactive, flags, prior).tolist() == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("pairs", [0.0, 1.0])
def test_the_average_over_one_point_is_the_posterior_there(pairs):
    model = gp.fit(POINTS, standardise(LOSSES), UNORDERED, gp.Prior(pairs=pairs))
    new = np.column_stack([RNG.random((7, 2)), RNG.integers(3, size=7)])
    np.testing.assert_allclose(model.average(new[:, None]), model.predict(new), atol=1e-6)
    mean, spread = model.average(new[None])  # of all seven: that of draws of the function, 1,000 a standard error apart
    draws = np.array([model.sample(new, np.random.default_rng(i)).mean() for i in range(1000)])
    assert abs(draws.mean() - mean[0]) < 4 * spread[0] / np.sqrt(1000)
    assert draws.std() == pytest.approx(spread[0], rel=0.1)  # four standard errors of a spread of 1,000 draws: 0.09


@pytest.mark.parametrize(
    "losses", [[1, 2, 3, 1e12], [1, 2, 3, 1e15], [-5, -4, 0, 3], [1e-9, 2e-9, 5e-9, 1e-8], [3, 3, 3, 4]]
)
def test_the_transform_keeps_the_order_and_standardises(losses):
    y = standardise(np.array(losses, dtype=float))
    assert (np.diff(y[np.argsort(losses, kind="stable")]) >= -1e-9).all()
    assert y.mean() == pytest.approx(0, abs=1e-9) and y.std() == pytest.approx(1)
    assert y[0] < y[-1] and len(set(y)) == len(set(losses))  # beside a loss of 1e15 the others are still told apart


@pytest.mark.parametrize(("count", "alike"), [(9, True), (16, False)])
def test_lengthscales_are_longer_a_priori_for_configs_of_many_parameters_alone(count, alike):
    space = Space({f"x{i}": Float(0, 1) for i in range(count)})
    rng = np.random.default_rng(0)
    done = [Trial(i, space.sample(rng), State.DONE, {"value": float(rng.random())}) for i in range(12)]
    made = [
        GaussianProcessSampler(stretch=stretch).propose(space, History(tuple(done)), np.random.default_rng(0))
        for stretch in (0.0, 0.5)
    ]
    assert (made[0] == made[1]) == alike
