"""Fingerprints: of values by content, of functions and classes by how they are written; of the rest none."""

from __future__ import annotations

import importlib
import sys
import threading
import weakref
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold

from hpo_magic.run.fingerprint import fingerprint


@dataclass
class Settings:
    folds: int


def columns(changed):
    # Every entry of four columns of six: a regular stride over the memory may miss all of them.
    table = np.arange(6e6).reshape(-1, 6)
    table[:, [1, 2, 4, 5]] += changed
    return table


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2), (1, 1.0), (True, 1), ("a", "b"), (None, 0), ((1, 2), [1, 2]), ([1, [2, 3]], [1, 2, 3]),
        ({"a": 1}, {"a": 2}), ({"a": 1}, {"b": 1}), (["ab", "c"], ["a", "bc"]),
        (np.arange(4), np.arange(4.0)), (np.zeros((2, 3)), np.zeros((3, 2))), (np.float64(1), np.float64(2)),
        (np.zeros(5_000_000), np.append(np.zeros(4_999_999), 1.0)[::-1].copy()),
        (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 3]})), (pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})),
        (pd.Series(["a"]), pd.Series(["b"])), ("x" * 20_000_000, "x" * 20_000_001),
        (columns(0), columns(1)), (np.asfortranarray(columns(0)), np.asfortranarray(columns(1))),
        (pd.DataFrame({"a": np.arange(300_000)}), pd.DataFrame({"a": 2 * np.arange(300_000)})),
        (pd.DataFrame({"a": [1, 1], "b": [[1], [2]]}), pd.DataFrame({"a": [1, 1], "b": [[1], [3]]})),
        (KFold(2), KFold(5)), (Ridge(alpha=1), Ridge(alpha=2)), ({"model": Ridge(), "k": 1}, {"model": Ridge(), "k": 2}),
        ({"lock": threading.Lock(), "k": 1}, {"lock": threading.Lock(), "k": 2}), ({1, 2}, {1, 3}),
        (csr_matrix(np.eye(2)), csr_matrix(2 * np.eye(2))), (date(2020, 1, 1), date(2021, 1, 1)),
        (Path("a"), Path("b")), (Settings(2), Settings(5)), (SimpleNamespace(k=1), SimpleNamespace(k=2)),
        (partial(max, 1), partial(max, 2)), ([np.zeros(1_900_000)] * 3, [np.zeros(1_900_000)] * 2),
    ],
)  # fmt: skip
def test_what_differs_has_another_fingerprint_and_what_does_not_the_same(one, other):
    assert fingerprint(one) is not None and fingerprint(other) is not None
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint(one) == fingerprint(one.copy() if hasattr(one, "copy") else one)


def test_what_cannot_be_told_apart_has_none():
    for value in (object(), threading.Lock(), np.random.default_rng(0), print, type, np.sum, pd.DataFrame().groupby):
        assert fingerprint(value) is None


class Odd:
    def __getattr__(self, name):
        raise RuntimeError(name)


def test_objects_may_answer_in_any_way():
    class Gone:
        pass

    gone = Gone()
    dead = weakref.proxy(gone)
    del gone
    assert fingerprint(dead) is None
    assert fingerprint([1, Odd(), dead]) != fingerprint([2, Odd(), dead])


def test_a_lambda_is_itself_and_not_the_rest_of_its_line():
    one = lambda c: c + 1  # noqa: E731
    two = [lambda c: c + 1, 5]
    three = [lambda c: c + 2, 5]
    for function in (one, two[0], three[0]):
        function.__module__ = "__main__"  # as in a script or a notebook
    assert fingerprint(one) == fingerprint(two[0]) != fingerprint(three[0])


def test_a_number_too_long_to_be_written_is_told_apart():
    assert fingerprint(10**9999) != fingerprint(10**9998)


def test_what_holds_itself_is_read_once():
    one, other = [1], [2]
    one.append(one)
    other.append(other)
    assert fingerprint(one) != fingerprint(other)


def test_a_module_of_ones_own_and_what_it_holds_is_its_text_and_that_of_a_library_is_none(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_helpers.py").write_text("def f():\n    return 1\n")
    own = importlib.import_module("own_helpers")
    before = fingerprint(own), fingerprint(own.f)
    (tmp_path / "own_helpers.py").write_text("def f():\n    return 2\n")
    after = fingerprint(own), fingerprint(own.f)
    assert None not in (*before, *after) and before[0] != after[0] and before[1] != after[1]
    assert fingerprint(np) is None and fingerprint(KFold) is None
    monkeypatch.delitem(sys.modules, "own_helpers")
