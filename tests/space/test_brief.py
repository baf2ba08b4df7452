"""Conditions in few words mean what they meant."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpo_magic.space.conditions import parse

VALUES = st.sampled_from(["a", "b", "c", "d"])
LEAVES = st.one_of(
    st.builds("{} {} {!r}".format, st.sampled_from("mk"), st.sampled_from(["==", "!="]), VALUES),
    st.builds(
        lambda name, how, values: f"{name} {how} {tuple(values)!r}",
        st.sampled_from("mk"), st.sampled_from(["in", "not in"]), st.lists(VALUES, min_size=1, max_size=3, unique=True),
    ),
    st.sampled_from(["n > 1", "b"]),
)  # fmt: skip
TESTS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("(not {})".format, inner),
    ),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)
@given(TESTS)
def test_what_is_said_in_short_holds_where_the_condition_does(text):
    condition = parse(text)
    told = parse(condition.short)
    assert len(told.text) <= len(condition.text) + 4  # "m == 'a'" twice becomes "m in ('a', 'b')"
    for m, k, n, b in product("abcd", "abcd", (1, 2), (True, False)):
        config = {"m": m, "k": k, "n": n, "b": b}
        assert told.holds(config) == condition.holds(config)


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("m != 'a' and m != 'b' and (m != 'c') and (m in ('d', 'e'))", "m in ('d', 'e')"),
        ("m not in ('d', 'e') and m == 'f'", "m == 'f'"),
        ("m == 'a' or (m != 'a' and m == 'b')", "m in ('a', 'b')"),
        ("(m != 'svc' or kernel != 'rbf') and m == 'svc'", "kernel != 'rbf' and m == 'svc'"),
        ("m != 'a' and m != 'b'", "m != 'a' and m != 'b'"),
        ("m in ('a', 'b') and m != 'a' and n > 1", "m == 'b' and n > 1"),
        ("m == 'a' and m == 'b'", "m == 'a' and m == 'b'"),  # never true: as it is
        ("not m == 'a'", "not m == 'a'"),
    ],
)
def test_chains_of_branches_are_said_in_short(text, short):
    assert parse(text).short == short
