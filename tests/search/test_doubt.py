"""A trend that misleads is doubted: what it costs and gains is in benchmarks/; here, when it is doubted and what follows."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hpo_magic import Budget, Choice, Float, Space
from hpo_magic.search.cube import cube_of
from hpo_magic.search.samplers.gp import GaussianProcessSampler
from hpo_magic.search.samplers.random import RandomSampler
from hpo_magic.trials import Goal, History, State, Trial
from hpo_magic.trials.constraints import read_constraints

SPACE = Space({"x": Float(0, 1), "y": Float(0, 1)})
BETTER, WORSE = [5.0, 4.0, 6.0, 5.5, 4.5, 3.0, 2.5, 2.0, 1.5], [5.0, 4.0, 6.0, 5.5, 4.5, 7.0, 8.0, 9.0, 9.5]


def history(losses, space=SPACE, **kept):
    configs = [space.sample(np.random.default_rng(i)) for i in range(len(losses))]
    budget = None if space.budget is None else 9
    return History(
        tuple(
            Trial(i, c, State.DONE, {"value": v, "size": v}, budget=budget)
            for i, (c, v) in enumerate(zip(configs, losses, strict=True))
        ),
        **kept,
    )


def proposals(sampler, told, space=SPACE):
    return sampler.propose(space, told, np.random.default_rng(0))


@pytest.mark.parametrize("count", [8, 9])
def test_while_proposals_are_worse_than_most_before_them_spread_points_go_on(count):
    gp = GaussianProcessSampler(7)
    spread = proposals(RandomSampler(7), history(WORSE[:count]))
    assert proposals(gp, history(WORSE[:count])) == spread
    assert proposals(gp, history(BETTER[:count])) != spread
    assert proposals(dataclasses.replace(gp, doubt=1.0), history(WORSE[:count])) != spread


def test_two_proposals_are_too_few_to_judge_by_and_ten_trials_are_spread_enough():
    gp = GaussianProcessSampler(7)
    assert proposals(gp, history(WORSE[:7])) != proposals(RandomSampler(7), history(WORSE[:7]))
    assert proposals(gp, history([*WORSE, 9.7])) != proposals(RandomSampler(7), history([*WORSE, 9.7]))


def test_the_process_believes_in_the_trend_as_long_as_it_is_not_doubted():
    gp, cube = GaussianProcessSampler(), cube_of(SPACE)
    assert [gp._prior(cube, history(told)).trend for told in (BETTER, WORSE)] == [2.0, 0.0]
    # Later proposals are better than most again, but the first ten stay what they were.
    late = [*WORSE, *[9.6] * 6, *[1.0 - i / 100 for i in range(30)]]
    assert gp._prior(cube, history(late)).trend == 0.0


def test_a_missed_constraint_is_worse_than_any_loss():
    """All losses fall, but those of the proposals miss the constraint."""
    gp, cube, limit = GaussianProcessSampler(), cube_of(SPACE), read_constraints("size > 3.5")
    assert gp._prior(cube, history(BETTER, constraints=limit)).trend == 0.0


@pytest.mark.parametrize(
    "space",
    [
        Space({"kind": Choice(["a", "b"]), "x": Float(0, 1, when="kind == 'a'"), "y": Float(0, 1, when="kind == 'b'")}),
        Space({"x": Float(0, 1), "epochs": Budget(1, 9)}),
    ],
)
def test_in_spaces_with_branches_or_budgets_it_is_not_judged(space):
    gp, cube = GaussianProcessSampler(), cube_of(space)
    assert gp._prior(cube, history(WORSE, space)).trend == gp._prior(cube, history(BETTER, space)).trend > 0


def test_of_several_goals_it_is_not_judged():
    gp, cube = GaussianProcessSampler(), cube_of(SPACE)
    assert gp._prior(cube, history(WORSE, goals=(Goal("value"), Goal("size")))).trend == 2.0


@pytest.mark.parametrize("start", [0, 1])
def test_a_search_may_begin_with_the_model(start):
    gp = GaussianProcessSampler(7, start=start)
    assert all(proposals(gp, history(WORSE[:count])) for count in range(len(WORSE)))
