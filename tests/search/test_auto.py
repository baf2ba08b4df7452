"""The default strategy: what it takes, and that it starts from the cell's own values."""

from __future__ import annotations

import numpy as np

from hpo_magic.search.samplers.auto import AutoSampler
from hpo_magic.search.samplers.evolution import EvolutionSampler
from hpo_magic.search.samplers.gp import GaussianProcessSampler
from hpo_magic.search.samplers.tpe import TpeSampler
from hpo_magic.space import Float, Space
from hpo_magic.trials import Goal, History, State, Trial

SMALL = Space({"x": Float(0, 1, default=0.25), "y": Float(0, 1, default=0.5)})
WIDE = Space({f"x{i}": Float(0, 1) for i in range(31)})


def history(space, count):
    rng = np.random.default_rng(0)
    trials = [Trial(i, space.sample(rng), State.DONE, {"value": float(rng.normal())}) for i in range(count)]
    return History(tuple(trials), (Goal("value"),))


def test_the_cells_own_values_are_the_first_trial():
    assert AutoSampler().propose(SMALL, History(), np.random.default_rng(0)) == {"x": 0.25, "y": 0.5}


def test_few_trials_of_few_parameters_are_for_the_process_alone():
    assert {type(AutoSampler()._part(SMALL, history(SMALL, n))) for n in range(60)} == {GaussianProcessSampler}


def test_beyond_what_a_process_can_learn_the_parts_take_turns():
    for space, first in ((SMALL, 400), (WIDE, 8)):
        parts = [type(AutoSampler()._part(space, history(space, n))) for n in range(first, first + 4)]
        assert parts == [GaussianProcessSampler, TpeSampler, GaussianProcessSampler, EvolutionSampler]
        config = AutoSampler().propose(space, history(space, first + 1), np.random.default_rng(1))
        assert space.validate(config) == config


def test_it_says_what_it_chose_and_why():
    assert "as 31 parameters are many" in AutoSampler().explain(WIDE, 50)
    assert "from trial 400 on in turns" in AutoSampler().explain(SMALL, 1000)
    assert AutoSampler(cost_aware=True).explain(SMALL, 50).endswith("expected improvement per second")
