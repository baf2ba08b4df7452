"""What a process is told of a goal: losses squeezed by a power, or only clipped where trials are noisy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from hpo_magic.search.cube import Cube
from hpo_magic.search.surrogates.belief import of_constraint, of_goal, prior_of, squashed
from hpo_magic.search.surrogates.prior import Prior
from hpo_magic.search.surrogates.transform import clipped, standardise
from hpo_magic.space import Budget, Float, Space
from hpo_magic.trials import History, State, Trial
from hpo_magic.trials.constraints import read_constraints

SPACE = Space({"x": Float(0, 1), "y": Float(0, 1)})


def measured(noise, count=40):
    """Return trials of a bowl with that much noise, in parts of its spread, seed 4."""
    rng = np.random.default_rng(4)
    configs = [SPACE.sample(rng) for _ in range(count)]
    bowl = np.array([(c["x"] - 0.4) ** 2 + (c["y"] - 0.6) ** 2 for c in configs])
    losses = bowl + noise * bowl.std() * rng.standard_normal(count)
    return History(tuple(Trial(i, c, State.DONE, {"value": float(v)}) for i, (c, v) in enumerate(zip(configs, losses))))


def test_where_trials_are_noisy_the_lucky_ones_are_not_drawn_apart():
    for noise, squeeze in ((0.0, standardise), (1.0, clipped)):
        history = measured(noise)
        _, told = of_goal(Cube(SPACE), history, 0, Prior(), "power")
        np.testing.assert_allclose(told, squeeze(history.losses[:, 0]))


def test_in_a_space_with_branches_a_power_is_kept():
    tree = Space({**SPACE, "z": Float(0, 1, when="x > 2")})
    history = measured(1.0)
    np.testing.assert_allclose(of_goal(Cube(tree), history, 0, Prior(), "power")[1], standardise(history.losses[:, 0]))


def test_how_losses_are_told_can_be_said():
    history = measured(1.0)
    spread = (history.losses[:, 0] - history.losses[:, 0].mean()) / history.losses[:, 0].std()
    np.testing.assert_allclose(of_goal(Cube(SPACE), history, 0, Prior(), "plain")[1], spread)


def test_how_noisy_trials_are_is_told_from_them():
    process, _ = of_goal(Cube(SPACE), measured(1.0), 0, Prior(), "power")
    assert 0.3 < np.exp(process.theta[-1]) < 0.8  # half of the variance is noise; within a factor of 1.6 at 40 trials


def test_outliers_are_clipped_where_there_is_noise_too():
    noisy = measured(1.0)
    history = History((*noisy.trials, Trial(40, {"x": 0.9, "y": 0.9}, State.DONE, {"value": 1e9})))
    told = of_goal(Cube(SPACE), history, 0, Prior(), "power")[1]
    assert np.ptp(told[:-1]) > 2


def test_many_running_trials_count_as_a_draw_and_few_as_what_is_expected():
    rng, done = np.random.default_rng(5), measured(0.0, 10)
    for count, drawn in ((8, False), (9, True)):
        running = tuple(Trial(10 + i, SPACE.sample(rng), State.RUNNING) for i in range(count))
        history = History((*done.trials, *running))
        plainly, _ = of_goal(Cube(SPACE), history, 0, Prior(), "power")
        one, _ = of_goal(Cube(SPACE), history, 0, Prior(), "power", np.random.default_rng(6))
        points = Cube(SPACE).encode(running)
        expected, told = plainly.predict(points)[0], one.predict(points)[0]
        assert (np.abs(told - expected).max() > 0.01) == drawn


def test_of_hundreds_of_running_trials_those_count_that_may_come_out_best():
    rng, done = np.random.default_rng(5), measured(0.0, 10)
    running = tuple(Trial(10 + i, SPACE.sample(rng), State.RUNNING) for i in range(300))
    alone, _ = of_goal(Cube(SPACE), done, 0, Prior(), "power")
    process, _ = of_goal(Cube(SPACE), History((*done.trials, *running)), 0, Prior(), "power", np.random.default_rng(6))
    points = Cube(SPACE).encode(running)
    counted = (points[:, None] == process.points[None, 10:]).all(axis=2).any(axis=1)
    mean, spread = alone.predict(points)
    assert counted.sum() == len(process.points) - 10 == 200
    assert (mean - spread)[counted].max() <= (mean - spread)[~counted].min()


def test_a_constraint_that_is_hardly_ever_met_is_not_taken_for_met_far_from_the_data():
    configs = [{"x": x, "y": y} for x in (0.02, 0.05, 0.08) for y in (0.0, 0.2, 0.4)]
    values = [{"value": 0.0, "ok": -0.5 if i == 4 else 0.5} for i in range(len(configs))]
    done = tuple(Trial(i, c, State.DONE, v) for i, (c, v) in enumerate(zip(configs, values)))
    history = History(done, constraints=read_constraints("ok < 0"))
    mean, spread = of_constraint(Cube(SPACE), history, 0, Prior()).predict(np.array([[1.0, 1.0]]))
    assert norm.cdf(-mean / spread)[0] < 0.35  # one of nine was; around the bound it would be 0.5


def test_margins_that_span_orders_of_magnitude_are_told_apart_near_the_bound():
    margins = np.exp(np.linspace(0, 30, 40)) - 20
    order = np.random.default_rng(0).permutation(40)  # the first ten trials are spread over all
    told, plainly = np.empty(40), np.arcsinh(margins / np.median(np.abs(margins)))
    told[order] = squashed(margins[order])
    assert np.diff(told)[:5].min() > 100 * np.diff(plainly)[:5].min() > 0
    even = np.linspace(-1, 1, 21)
    np.testing.assert_allclose(squashed(even), np.arcsinh(even / np.median(np.abs(even))))


def test_failed_trials_count_as_worse_than_three_of_four_not_as_worst():
    done = measured(0.0).done
    failed = tuple(Trial(40 + i, {"x": 0.9 + 0.02 * i, "y": 0.1}, State.FAILED) for i in range(4))
    process, told = of_goal(Cube(SPACE), History((*done, *failed)), 0, Prior(), "power")
    there = process.predict(np.array([[0.93, 0.1]]))[0][0]
    assert np.quantile(told, 0.6) < there < np.quantile(told, 0.9)


def test_a_trial_that_failed_where_others_did_not_counts_as_expected():
    done = measured(0.0).done
    best, *others = sorted(done, key=lambda trial: trial.values["value"])[:20:5]
    failed = tuple(Trial(40 + i, dict(trial.config), State.FAILED) for i, trial in enumerate((best, *others)))
    knows, told = of_goal(Cube(SPACE), History((*done, *failed)), 0, Prior(), "power")
    without, _ = of_goal(Cube(SPACE), History(done), 0, Prior(), "power")
    there = Cube(SPACE).encode([best, *done])
    # What is said of the failed ones is what is known there already, so that nothing moves but for the noise.
    assert np.abs(knows.predict(there)[0] - without.predict(there)[0]).max() < 0.1


def test_trials_that_gather_at_a_bound_make_no_step_of_it():
    margins = np.append(np.linspace(-1, 1, 10), np.linspace(-1e-2, 1e-2, 8) ** 3)
    np.testing.assert_allclose(squashed(margins), np.arcsinh(margins / np.median(np.abs(margins))))


@pytest.mark.parametrize("falls", [True, False])
def test_where_losses_fall_by_decades_with_the_budget_large_ones_are_told_apart(falls):
    """At the full budget the best lies at x = 0.3; small budgets have losses that are up to ten thousand times as large."""
    space = Space({"x": Float(0, 1), "n": Budget(1, 27)})
    decades = 4 if falls else 0.5
    trials = []
    for budget, count in ((1, 18), (3, 9), (9, 6), (27, 4)):
        for k in range(count):
            x = (k + 0.5) / count
            loss = (0.1 + (x - 0.3) ** 2) * 10 ** (decades * (1 - budget / 27))
            trials.append(Trial(len(trials), {"x": x, "n": budget}, State.DONE, {"value": loss}, budget=budget))
    history, cube = History(tuple(trials)), Cube(space)
    process, told = of_goal(cube, history, 0, prior_of(history), "power")
    full = told[history.budgets == 27]
    assert np.ptp(full) > 0.05 * np.ptp(told)  # without a logarithm 0.0002 of it for four decades
    line = np.column_stack([np.linspace(0, 1, 101), np.ones(101)])
    assert abs(line[process.predict(line)[0].argmin(), 0] - 0.3) < 0.1
