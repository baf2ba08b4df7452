"""A trend that misleads is doubted, and fades among many parameters: when, and what follows; its worth is in benchmarks/."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hpo_magic import Budget, Choice, Float, Space, Study
from hpo_magic.search.cube import cube_of
from hpo_magic.search.samplers.gp import GaussianProcessSampler
from hpo_magic.search.samplers.random import RandomSampler
from hpo_magic.search.schedulers.full import Full
from hpo_magic.search.strategy import Strategy
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


@pytest.mark.parametrize(("count", "part"), [(2, 1.0), (9, 1.0), (18, 1 / 16), (36, 1 / 256)])
def test_the_trend_fades_where_a_config_has_many_parameters(count, part):
    gp, numbers = GaussianProcessSampler(), {f"x{i}": Float(0, 1) for i in range(count)}
    flat = Space(numbers)
    assert gp._prior(cube_of(flat), history([1.0, 2.0], flat)).trend == pytest.approx(2.0 * part)
    held = flat if count < 18 else flat.fix("x0", 0.5)  # what is held is no parameter of a config any more
    assert gp._prior(cube_of(held), history([1.0, 2.0], flat)).trend >= 2.0 * part
    cheap = Space({**numbers, "n": Budget(1, 9)})
    assert gp._prior(cube_of(cheap), history([1.0, 2.0], cheap)).trend == pytest.approx(
        2.0 * min(1, 9 / (count + 1)) ** 4
    )


def test_an_option_among_many_is_worth_less_a_priori():
    space = Space({"few": Choice(list("abc")), "x": Float(0, 1), "many": Choice([f"o{i}" for i in range(20)])})
    gp, known = GaussianProcessSampler(), history([1.0, 2.0], space)
    assert gp._prior(cube_of(space), known).crowds == (1.0, 1.0, 0.25)
    some = space.choose("many", [f"o{i}" for i in range(4)])
    assert gp._prior(cube_of(some), known).crowds == (1.0, 1.0, 1.0)


def test_of_many_parameters_of_which_few_matter_these_are_found():
    """Eighteen numbers of which three matter, 30 trials, seeds 0 to 5."""
    space, found = Space({f"x{i}": Float(0, 1) for i in range(18)}), {0.0: [], 4.0: []}
    for fade, losses in found.items():
        for seed in range(6):
            gp = GaussianProcessSampler(seed, fade=fade)
            study = Study(space, strategy=Strategy(gp, Full(), seed))
            study.optimize(lambda c: (c["x1"] - 0.3) ** 2 + (c["x7"] - 0.7) ** 2 + (c["x12"] - 0.5) ** 2, trials=30)
            losses.append(study.best.value)
    assert np.mean(found[4.0]) < 0.3 * np.mean(found[0.0])  # a twentieth of it, as with twelve other seeds
