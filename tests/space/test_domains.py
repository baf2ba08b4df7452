from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpo_magic.errors import SpaceError
from hpo_magic.space import Budget, Choice, Float, Int, Space
from hpo_magic.space.domains import clip, contains, level, levels
from hpo_magic.space.encoding import from_unit, to_unit
from hpo_magic.space.json_form import domain_from_json, domain_to_json
from tests.strategies import choices, floats, ints


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Float(1, 0), "Float: low=1.0 must be below high=0.0; swap the bounds or widen the range"),
        (lambda: Float(1, 1), "must be below high"),
        (lambda: Float(0, 1, log=True), "Float: low=0.0 must be above 0 with log=True; raise it or drop log"),
        (lambda: Float(-1, 1, log=True), "above 0 with log=True"),
        (lambda: Float(1, 2, log=True, step=0.1), "exclude each other"),
        (lambda: Float(0, 1, step=0), "step=0.0 must be above 0"),
        (lambda: Float(0, 1, step=2), "at most high - low"),
        (lambda: Float(float("nan"), 1), "low=nan must be a finite number"),
        (lambda: Float(0, float("inf")), "high=inf must be a finite number"),
        (lambda: Float("0", 1), "low='0' must be a finite number"),
        (lambda: Float(True, 2), "low=True must be a finite number"),
        (
            lambda: Float(0, 1, default=2),
            "default=2.0 must be in [0.0, 1.0]; change the default or the range",
        ),
        (lambda: Float(0, 1, step=0.25, default=0.3), "on a step of 0.25"),
        (lambda: Int(0.5, 2), "low=0.5 must be a whole number; write Float(0.5, …)"),
        (lambda: Int(1, 10**400), "must lie between"),
        (lambda: Int(1, 5, default=1.5), "default=1.5 must be a whole number"),
        (lambda: Budget(0, 5), "Budget: low=0 must be at least 1"),
        (lambda: Budget(5, 5), "must be below high"),
        (lambda: Choice([]), "options=[] is empty"),
        (lambda: Choice("abc"), "must be a list of options"),
        (lambda: Choice(["a", "b", "a"]), "the option 'a' is there twice"),
        (lambda: Choice(["a", "b"], default="c"), "default='c' must be one of ['a', 'b']"),
        (lambda: Choice([object()]), "cannot be stored"),
        (lambda: Choice([float("nan")]), "cannot be stored"),
    ],
)
def test_a_broken_rule_is_named_with_its_cure(make, message):
    with pytest.raises(SpaceError) as caught:
        make()
    assert message in str(caught.value)


def test_equal_looking_options_of_different_types_are_different_options():
    domain = Choice([1, 1.0, True, "1"])
    assert [domain.index(o) for o in (1, 1.0, True, "1")] == [0, 1, 2, 3]


def test_numpy_scalars_become_pythons_own():
    assert Choice([np.int64(3), np.float64(0.5)]).options == (3, 0.5)
    assert type(Choice([np.int64(3)]).options[0]) is int


def test_numbers_are_ordered_by_value_and_other_options_are_not():
    assert Choice([32, 8, 16]).ranks == (2, 0, 1)
    assert not Choice(["a", 1]).ordered
    assert Choice(["s", "m", "l"], ordered=True).ranks == (0, 1, 2)


@given(st.one_of(floats(), ints(), choices()))
def test_the_text_of_a_domain_makes_it_again(domain):
    again = eval(repr(domain), {"Float": Float, "Int": Int, "Choice": Choice})
    assert domain_to_json(again) == domain_to_json(domain)


def test_the_text_of_a_domain_is_short():
    assert repr(Choice([1, 2])) == "Choice((1, 2))"  # numbers are ordered anyway
    assert repr(Choice([1, 2], ordered=False, when="a > 1")) == "Choice((1, 2), ordered=False, when='a > 1')"
    assert repr(Int(1, 9, step=2, default=3)) == "Int(1, 9, step=2, default=3)"


@given(st.one_of(floats(), ints(), choices()), st.floats(0, 1))
def test_whatever_is_read_from_the_cube_is_valid_and_comes_back_exactly(domain, u):
    value = from_unit(domain, u)
    assert contains(domain, value)
    again = from_unit(domain, to_unit(domain, value))
    assert again == value and type(again) is type(value)


@given(floats(), st.floats(0, 1))
def test_any_float_comes_back_to_twelve_digits_of_its_range(domain, u):
    value = clip(domain, domain.low + u * (domain.high - domain.low))
    span = value if domain.log else domain.high - domain.low
    assert from_unit(domain, to_unit(domain, value)) == pytest.approx(value, abs=2e-11 * abs(span), rel=0)


@given(st.one_of(ints(), choices()))
def test_every_level_comes_back_and_lies_inside_the_cube(domain):
    count = levels(domain)
    values = domain.options if isinstance(domain, Choice) else [level(domain, k) for k in range(min(count, 300))]
    for value in values:
        u = to_unit(domain, value)
        assert 0 < u < 1
        assert type(from_unit(domain, u)) is type(value) and from_unit(domain, u) == value


def test_every_integer_has_the_same_mass():
    domain = Int(1, 5)
    drawn = [from_unit(domain, u) for u in (np.arange(1000) + 0.5) / 1000]
    assert [drawn.count(k) for k in range(1, 6)] == [200] * 5


@given(st.one_of(floats(), ints()), st.floats(-1e9, 1e9))
def test_clipping_lands_inside_and_keeps_what_is_inside(domain, number):
    clipped = clip(domain, number)
    assert contains(domain, clipped)
    assert clip(domain, clipped) == clipped


@pytest.mark.parametrize("low", [-8.98846567431158e307, -1e17])
def test_a_step_that_floats_cannot_tell_apart_is_refused(low):
    with pytest.raises(SpaceError, match="step=0.5 is too small beside high - low"):
        Float(low, 0.0, step=0.5)


def test_every_level_of_a_fine_grid_far_from_zero_is_inside():
    domain = Float(524288.0, 524288.001, step=5.555555819430285e-05)
    assert all(contains(domain, level(domain, k)) for k in range(levels(domain)))
    assert not contains(domain, 524288.0 + 2.7e-05)


def test_options_come_back_from_json_as_they_were():
    options = [
        (1, (2, [3, (4,)])),
        {"a": (1, 2), "b": [1, (2,)]},
        {"tuple": [1]},
        {"dict": (1,)},
        {"tuple": 1, "b": 2},
        (),
    ]
    choice = Choice(options)
    known = json.loads(json.dumps(domain_to_json(choice)))
    assert repr(domain_from_json(known)) == repr(choice)
    assert Choice([{"a": (1, 2)}]).index({"a": [1, 2]}) == 0  # configs are stored as JSON, which has lists alone


@pytest.mark.parametrize(
    ("low", "high", "step"), [(0.4, 0.5, 0.1), (0.2, 0.3, 0.1), (0.1, 0.15, 0.05), (0.9, 1.0, 0.1)]
)
def test_a_range_of_one_step_has_two_levels(low, high, step):
    """0.5 - 0.4 is a little less than 0.1."""
    space = Space({"x": Float(low, high, step=step)})
    rng = np.random.default_rng(0)
    assert {round(space.sample(rng)["x"], 9) for _ in range(50)} == {low, high}
    with pytest.raises(SpaceError, match="step=.* must be above 0 and at most high - low"):
        Float(low, high, step=1.1 * step)
