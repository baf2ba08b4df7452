"""The look into other branches: when it comes, where it goes, and that nothing else changes."""

from __future__ import annotations

import numpy as np

from hpo_magic.search.branches import elsewhere, gains_nothing
from hpo_magic.search.cube import Cube
from hpo_magic.search.samplers.gp import GaussianProcessSampler
from hpo_magic.space import Budget, Choice, Float, Space
from hpo_magic.trials import Goal, History, State, Trial
from hpo_magic.trials.constraints import read_constraints
from tests.strategies import random_history

BRANCHES = ["one", "two", "three", "four", "five", "six"]
TREE = Space(
    {"net": Choice(BRANCHES), **{f"x_{name}": Float(0, 1, when=f"net == {name!r}") for name in BRANCHES}},
)
FLAT = Space({"x": Float(0, 1), "y": Float(0, 1)})
CHEAP = Space({**TREE, "epochs": Budget(1, 9)})


def settled(nets, goals=(Goal("value"),)):
    """Return a history that gains until its fourth trial, all in the first branch, and then nothing in these branches."""
    rng, losses = np.random.default_rng(3), [4.0, 3.0, 2.0, 1.0, *np.linspace(2, 3, len(nets))]
    trials = [
        Trial(i, {"net": net, f"x_{net}": rng.random()}, State.DONE, {goal.metric: losses[i] for goal in goals})
        for i, net in enumerate(["one"] * 4 + nets)
    ]
    return History(tuple(trials), goals)


def proposed(history, space=TREE, **options):
    return [GaussianProcessSampler(**options).propose(space, history, np.random.default_rng(s)) for s in range(4)]


def test_every_second_proposal_of_a_search_that_gains_nothing_lies_in_a_branch_not_just_seen():
    rest = ["two", "one", "three", "one", "four", "one", "one"]
    for count in range(4, len(rest) + 1):
        history, proposals = settled(rest[:count]), proposed(settled(rest[:count]))
        if len(history) == 11:
            assert not {config["net"] for config in proposals} & {"one", *rest[-4:]}
        else:
            assert proposals == proposed(history, patience=0)


def test_where_all_branches_have_just_been_seen_others_than_that_of_the_best_come_first():
    narrow = TREE.choose("net", ["one", "two"])
    assert {config["net"] for config in proposed(settled(["two"] * 7), narrow)} == {"two"}


def test_parallel_looks_go_to_branches_of_their_own():
    history = settled(["one"] * 7)
    ahead = Trial(11, {"net": "two", "x_two": 0.5}, State.RUNNING)
    behind = Trial(12, {"net": "three", "x_three": 0.5}, State.RUNNING)
    nets = {config["net"] for config in proposed(History((*history.trials, ahead, behind), history.goals))}
    assert not nets & {"one", "two", "three"}


def test_a_search_that_is_held_in_one_branch_goes_on_there():
    held = TREE.fix("net", "one")
    history = settled(["one"] * 7)
    assert proposed(history, held) == proposed(history, held, patience=0)


def test_a_flat_space_one_with_cheap_runs_and_several_goals_are_searched_as_without():
    for space in (FLAT, CHEAP):
        for count in range(8, 20):
            history = random_history(space, count, count)
            assert proposed(history, space)[0] == proposed(history, space, patience=0)[0]
    assert not gains_nothing(settled(["one"] * 12, (Goal("loss"), Goal("size"))), 7)


def test_what_misses_a_constraint_is_no_branch_to_leave():
    history = settled(["two"] * 7)
    impossible = History(history.trials, history.goals, read_constraints("value < 0"))
    cube, points = Cube(TREE), np.array([[0.05, *[0.5] * 6]])
    assert elsewhere(lambda model: np.zeros(len(model)), cube, impossible)(cube.model(points)) == 0
    assert elsewhere(lambda model: np.zeros(len(model)), cube, history)(cube.model(points)) < 0
