"""Sequences: each is what its name says, block after block."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import qmc

from hpo_magic.errors import StrategyError
from hpo_magic.search.samplers.random import RandomSampler
from hpo_magic.search.sequences import SEQUENCES, point
from hpo_magic.space import Float, Space
from hpo_magic.trials import Goal, History, State, Trial

BLOCK = 64


def cloud(sequence, points, dimensions=4, seed=3):
    return np.array([point(sequence, dimensions, index, seed) for index in range(points)])


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_points_lie_in_the_cube_and_differ_between_seeds_and_blocks(sequence):
    made = cloud(sequence, 3 * BLOCK)
    assert made.shape == (3 * BLOCK, 4) and (made >= 0).all() and (made < 1).all()
    assert len(np.unique(made, axis=0)) == len(made)
    assert not (made == cloud(sequence, 3 * BLOCK, seed=4)).any()


@pytest.mark.parametrize("block", [0, 1, 5])
def test_a_latin_hypercube_has_one_point_in_every_stripe_of_every_axis(block):
    made = np.array([point("lhs", 4, index, 3) for index in range(BLOCK * block, BLOCK * (block + 1))])
    assert (np.sort((made * BLOCK).astype(int), axis=0) == np.arange(BLOCK)[:, None]).all()


@pytest.mark.parametrize(("sequence", "made"), [("sobol", qmc.Sobol), ("halton", qmc.Halton)])
def test_blocks_are_one_sequence(sequence, made):
    whole = made(4, scramble=True, rng=np.random.default_rng(3)).random(256)
    assert (cloud(sequence, 256) == whole).all()


def test_sequences_fill_a_space_more_evenly_than_plain_draws():
    # Discrepancy of 128 points in 4 dimensions, seeds 0 to 9, mean (lowest to highest):
    # Sobol 0.0004 (same), Halton 0.0005 (to 0.0006), hypercubes 0.0017 (0.0011 to 0.0021), plain 0.0086 (0.0044 to 0.0134).
    unevenness = {name: [qmc.discrepancy(cloud(name, 128, seed=seed)) for seed in range(10)] for name in SEQUENCES}
    assert max(unevenness["sobol"] + unevenness["halton"]) < min(unevenness["lhs"])
    assert max(unevenness["lhs"]) < min(unevenness["plain"])


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_a_search_walks_along_its_sequence(sequence):
    space, sampler, history = Space({"x": Float(0, 1), "y": Float(0, 1)}), RandomSampler(7, sequence), History()
    assert {"lhs": "latin", "plain": "independent"}.get(sequence, sequence) in sampler.explain(space, 10).lower()
    for number in range(5):
        config = sampler.propose(space, history, np.random.default_rng(0))
        assert list(config.values()) == pytest.approx(point(sequence, 2, number, 7), abs=1e-9)
        trial = Trial(number, config, State.DONE, {"loss": 0.0}, "loss")
        history = History((*history.trials, trial), (Goal("loss"),))


def test_an_unknown_sequence_is_named_with_what_there_is():
    with pytest.raises(StrategyError, match=r"sequence='sobel' is unknown.*did you mean 'sobol'.*sobol, halton"):
        RandomSampler(0, "sobel")
