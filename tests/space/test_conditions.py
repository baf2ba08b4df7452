from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpo_magic.errors import SpaceError
from hpo_magic.space.conditions import parse


@pytest.mark.parametrize(
    ("text", "config", "holds"),
    [
        ("kernel == 'rbf'", {"kernel": "rbf"}, True),
        ("not kernel == 'rbf'", {"kernel": "rbf"}, False),
        ("kernel in ('rbf', 'poly') and C > 1", {"kernel": "poly", "C": 2}, True),
        ("1 < C <= 3", {"C": 3}, True),
        ("bn", {"bn": True}, True),
        ("kernel is None", {"kernel": None}, True),
        ("width[0] > 8", {"width[0]": 16}, True),
        ("C > 'a'", {"C": 1}, False),
    ],
)
def test_conditions_mean_what_python_means(text, config, holds):
    assert parse(text).holds(config) is holds


@pytest.mark.parametrize(
    ("text", "config", "holds"),
    [
        ("gamma > 1", {}, False),
        ("not gamma > 1", {}, False),
        ("gamma > 1 or kernel == 'rbf'", {"kernel": "rbf"}, True),
        ("gamma > 1 and kernel == 'rbf'", {"kernel": "rbf"}, False),
        ("not (gamma > 1 and kernel == 'rbf')", {"kernel": "poly"}, True),
    ],
)
def test_an_inactive_parameter_makes_a_comparison_unknown(text, config, holds):
    assert parse(text).holds(config) is holds


@pytest.mark.parametrize(
    "text", ["f(x)", "x.y", "x[y]", "[i for i in x]", "lambda: 1", "x + 1 > 2", "x = 1", "", "(", "`"]
)
def test_anything_else_is_refused(text):
    with pytest.raises(SpaceError, match="when="):
        parse(text)


def test_a_condition_that_is_no_text_is_refused():
    with pytest.raises(SpaceError, match="must be a string"):
        parse(3)


@settings(max_examples=300)
@given(st.text(max_size=60))
def test_any_text_is_a_condition_or_an_error(text):
    try:
        parse(text).holds({})
    except SpaceError:
        return
