"""Configs that name some parameters only."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpo_magic.errors import SpaceError
from hpo_magic.space import Budget, Choice, Float, Int, Space
from hpo_magic.space.partial import completed
from tests.strategies import spaces

TREE = Space(
    {
        "kernel": Choice(["rbf", "poly"], default="poly"),
        "C": Float(1e-3, 1e3, log=True),
        "gamma": Float(1e-4, 10, log=True, when="kernel == 'rbf'"),
        "degree": Int(2, 5, when="kernel == 'poly'", default=3),
        "epochs": Budget(1, 9),
    }
)


def nothing(held):
    raise AssertionError(f"nothing is left to be proposed in {held}")


@given(spaces(), st.integers(0, 2**32 - 1), st.data())
def test_what_was_given_is_kept_and_the_rest_is_valid(space, seed, data):
    rng = np.random.default_rng(seed)
    whole = space.sample(rng)
    cut = data.draw(st.integers(0, len(whole)))
    some = dict(list(whole.items())[:cut])  # parents stand before what depends on them
    config = completed(space, some, lambda held: held.sample(rng))
    assert space.validate(config) == config and {name: config[name] for name in some} == some


def test_defaults_come_before_proposals_and_the_budget_is_the_largest():
    asked = []

    def propose(held):
        asked.append(dict(held.fixed))
        return {"kernel": "poly", "C": 7.0, "degree": 3}

    assert completed(TREE, {}, propose) == {"kernel": "poly", "C": 7.0, "degree": 3, "epochs": 9}
    assert asked == [{"kernel": "poly", "degree": 3}]
    assert completed(TREE, {"C": 1.0, "epochs": 2}, nothing) == {"kernel": "poly", "C": 1.0, "degree": 3, "epochs": 2}


def test_where_there_is_no_new_config_the_middle_is_taken():
    assert completed(TREE, {}, lambda held: None)["C"] == pytest.approx(1.0)


def test_edits_hold_for_what_was_not_given():
    fixed, chosen = TREE.fix("C", 5.0), TREE.choose("kernel", ["rbf"]).fix("C", 5.0)
    assert completed(fixed, {}, nothing)["C"] == 5.0 and completed(fixed, {"C": 2.0}, nothing)["C"] == 2.0
    assert completed(chosen, {"gamma": 0.5, "kernel": "rbf"}, nothing)["kernel"] == "rbf"
    assert completed(chosen, {}, lambda held: held.sample(np.random.default_rng(0)))["kernel"] == "rbf"
    assert completed(chosen, {"kernel": "poly"}, nothing)["kernel"] == "poly"  # one's own config may go beyond


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"gamma": 0.1}, "gamma=0.1, which exists only when kernel == 'rbf'; the rest of it must say so"),
        ({"kernel": "poly", "gamma": 0.1}, "which exists only when kernel == 'rbf'"),
        ({"C": 1e9}, "C=1000000000.0 is outside 0.001..1000.0 log; choose a value inside"),
        ({"c": 1.0}, "config has 'c', which is no parameter"),
    ],
)
def test_what_cannot_be_completed_is_explained(config, message):
    with pytest.raises(SpaceError) as caught:
        completed(TREE, config, nothing)
    assert message in str(caught.value)
