from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpo_magic.errors import SpaceError
from hpo_magic.space import Budget, Choice, Float, Int, Space
from hpo_magic.space.grid import points, size
from tests.strategies import spaces

SVM = Space(
    {
        "kernel": Choice(["rbf", "poly"], default="rbf"),
        "C": Float(1e-3, 1e3, log=True, default=1.0),
        "gamma": Float(1e-4, 10, log=True, when="kernel == 'rbf'", default=0.1),
        "degree": Int(2, 5, when="kernel == 'poly'", default=3),
    }
)


@given(spaces(), st.integers(0, 2**32 - 1))
def test_sampled_configs_are_valid_and_come_back_from_the_cube(space, seed):
    config = space.sample(np.random.default_rng(seed))
    assert space.validate(config) == config
    assert tuple(config) == space.active(config)
    assert space.decode(space.encode(config)) == config


@given(spaces(), st.integers(0, 2**32 - 1))
def test_a_space_comes_back_from_json(space, seed):
    again = Space.from_json(json.loads(json.dumps(space.to_json())))
    assert again == space
    config = space.sample(np.random.default_rng(seed))
    assert again.config_from_json(json.loads(json.dumps(config))) == config


def test_inactive_parameters_are_not_there():
    assert SVM.active({"kernel": "poly", "C": 1.0, "degree": 2}) == ("kernel", "C", "degree")
    assert np.isnan(SVM.encode({"kernel": "poly", "C": 1.0, "degree": 2})[2])


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"kernel": "rbf", "C": 1.0, "gamma": 0.1, "gama": 1},
            "'gama', which is no parameter (did you mean 'gamma'?)",
        ),
        ({"kernel": "rbf", "C": 1.0}, "lacks 'gamma'"),
        ({"kernel": "poly", "C": 1.0, "degree": 3, "gamma": 1.0}, "exists only when kernel == 'rbf'"),
        ({"kernel": "lin", "C": 1.0}, "kernel='lin' is outside"),
        ({"kernel": "poly", "C": 1.0, "degree": 2.5}, "degree=2.5 is outside"),
    ],
)
def test_a_wrong_config_is_explained(config, message):
    with pytest.raises(SpaceError) as caught:
        SVM.validate(config)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("domains", "message"),
    [
        ({}, "needs at least one parameter"),
        ({"a b": Int(1, 2)}, "is no parameter name"),
        ({"a": 3}, "a=3 is no domain"),
        (
            {"a": Int(1, 2, when="b > 1"), "b": Int(1, 2)},
            "reads 'b', which is a later parameter; move it before 'a'",
        ),
        (
            {"kern": Int(1, 2), "a": Int(1, 2, when="kerm > 1")},
            "reads 'kerm', which is no parameter (did you mean 'kern'?)",
        ),
        ({"a": Budget(1, 2), "b": Budget(1, 2)}, "are 2 budgets"),
        ({"a": Int(1, 2), "b": Int(1, 2, when="a.b")}, "b: when='a.b'"),
    ],
)
def test_a_wrong_space_is_explained(domains, message):
    with pytest.raises(SpaceError) as caught:
        Space(domains)
    assert message in str(caught.value)


def test_edits_return_new_spaces_and_hold_in_samples():
    rng = np.random.default_rng(0)
    edited = SVM.narrow("C", 1, 10).choose("kernel", ["poly"]).fix("degree", 4)
    drawn = [edited.sample(rng) for _ in range(50)]
    assert all(1 <= c["C"] <= 10 and c["kernel"] == "poly" and c["degree"] == 4 for c in drawn)
    assert SVM["C"].high == 1e3
    assert edited.reset("C", SVM).reset("kernel", SVM).reset("degree", SVM) == SVM
    assert edited.free("degree").fixed == {}
    assert edited.narrow("C", 1e-5, 1e5)["C"].low == 1e-5


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda s: s.narrow("C", 10, 1), "C: Float: low=10.0 must be below high=1.0"),
        (lambda s: s.narrow("kernel", 0, 1), "is a Choice; use choose"),
        (lambda s: s.choose("kernel", []), "needs at least one option"),
        (lambda s: s.choose("C", [1]), "only a Choice has options"),
        (lambda s: s.choose("kernel", ["lin"]), "'lin' is none of the options"),
        (lambda s: s.fix("C", 1e9), "cannot be fixed at 1000000000.0"),
        (lambda s: s.fix("gama", 1), "(did you mean 'gamma'?)"),
    ],
)
def test_a_wrong_edit_is_explained(edit, message):
    with pytest.raises(SpaceError) as caught:
        edit(SVM)
    assert message in str(caught.value)


def test_values_from_outside_a_narrowed_range_keep_their_place_on_the_scale():
    narrow = SVM.narrow("C", 1, 10)
    assert narrow.encode({"kernel": "rbf", "C": 100.0, "gamma": 1.0})[1] == pytest.approx(2.0)


def test_defaults_are_the_cells_own_and_vanish_when_edited_away():
    assert SVM.defaults() == {"kernel": "rbf", "C": 1.0, "gamma": 0.1}
    assert SVM.narrow("C", 2, 3).defaults() is None
    assert SVM.choose("kernel", ["poly"]).defaults() is None
    assert Space({"e": Budget(1, 9), "x": Int(1, 3, default=2)}).defaults() == {"e": 9, "x": 2}


@given(spaces(most=4))
def test_the_grid_is_as_large_as_it_says_and_holds_no_config_twice(space):
    if size(space) > 3000:
        return
    grid = list(points(space))
    assert len(grid) == size(space)
    assert len({repr(config) for config in grid}) == len(grid)
    assert all(space.validate(config) == config for config in grid)


def test_a_narrowed_range_with_a_step_keeps_to_its_levels():
    space = Space({"d": Float(0, 1, step=0.1), "n": Int(10, 100, step=10), "free": Float(0, 1)})
    narrowed = space.narrow("d", 0.25, 0.8).narrow("n", 15, 107).narrow("free", 0.25, 0.33)
    assert [(narrowed[name].low, narrowed[name].high) for name in narrowed] == [(0.3, 0.8), (20, 100), (0.25, 0.33)]
    assert space.narrow("n", -5, 125)["n"] == Int(0, 120, step=10)
    for low, high, message in (
        (0.21, 0.29, "d: low=0.21 and high=0.29 leave fewer than two levels"),
        (1, 0, "d: Float: low=1"),
    ):
        with pytest.raises(SpaceError, match=message):
            space.narrow("d", low, high)
