"""The belief in the interior of the ranges: where it counts, and that it fades."""

from __future__ import annotations

import numpy as np
import pytest

from hpo_magic.search.cube import Cube
from hpo_magic.search.interior import log_interior
from hpo_magic.search.samplers.gp import GaussianProcessSampler
from hpo_magic.space import Budget, Choice, Float, Space
from hpo_magic.trials import State, Trial
from tests.strategies import random_history

FLAT = Space({f"x{i}": Float(0, 1) for i in range(4)})
TREE = Space({**FLAT, "net": Choice(["one", "two"]), "width": Float(0, 1, when="net == 'two'")})
CHEAP = Space({**TREE, "epochs": Budget(1, 9)})


def proposals(space, count, interior, acquisition="logei"):
    sampler = GaussianProcessSampler(interior=interior, acquisition=acquisition)
    return [
        sampler.propose(space, random_history(space, count, seed), np.random.default_rng(seed)) for seed in range(12)
    ]


def at_an_end(configs):
    """Return the share of numbers within a twentieth of an end of their range."""
    numbers = np.array([c[f"x{i}"] for c in configs for i in range(4)])
    return float(np.mean(np.abs(numbers - 0.5) > 0.45))


def test_only_numbers_that_a_config_has_count():
    cube = Cube(TREE)
    middle = {f"x{i}": 0.5 for i in range(4)}
    models = cube.encode(
        [
            Trial(0, {**middle, "net": "one"}, State.DONE, {}),
            Trial(1, {**middle, "net": "two", "width": 0.5}, State.DONE, {}),
            Trial(2, {**middle, "net": "two", "width": 1.0}, State.DONE, {}),
        ]
    )
    belief = log_interior(models, cube)
    assert belief[0] == pytest.approx(belief[1])
    assert belief[1] - belief[2] == pytest.approx(np.log(1.05 / 0.05))


def test_in_a_space_with_branches_the_first_proposals_lie_within():
    # Of 48 numbers each, by chance 10 % lie at an end; without the belief every second one, with it none.
    assert at_an_end(proposals(TREE, 7, 0.0)) > 0.3
    assert at_an_end(proposals(TREE, 7, 2.0)) < 0.5 * at_an_end(proposals(TREE, 7, 0.0))


def test_it_fades_as_trials_tell_more():
    cube, ends = Cube(TREE), np.array([[0.0, 0.5, 0.5, 0.5, 0.25, 0.5]])
    few, many = (
        GaussianProcessSampler()._weighed(lambda model: np.zeros(len(model)), cube, random_history(TREE, n))(ends)
        for n in (10, 100)
    )
    assert few < 0
    assert few == pytest.approx(10 * many)


@pytest.mark.parametrize(("space", "acquisition"), [(FLAT, "logei"), (CHEAP, "logei"), (TREE, "lcb")])
def test_elsewhere_nothing_is_believed(space, acquisition):
    assert proposals(space, 7, 0.0, acquisition) == proposals(space, 7, 2.0, acquisition)
