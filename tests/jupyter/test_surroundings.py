"""Fingerprints of what a cell uses: of values by content, of functions by how they are written; of the rest none."""

from __future__ import annotations

import threading

import numpy as np
import pandas as pd
import pytest

from hpo_magic.jupyter.cell.surroundings import prints
from hpo_magic.run.executors.parcel import Used


def printed(value):
    return prints({"it": Used(value, 1, "")}).get("it")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2), (1, 1.0), (True, 1), ("a", "b"), (None, 0), ((1, 2), [1, 2]), ([1, [2, 3]], [1, 2, 3]),
        ({"a": 1}, {"a": 2}), ({"a": 1}, {"b": 1}), (["ab", "c"], ["a", "bc"]),
        (np.arange(4), np.arange(4.0)), (np.zeros((2, 3)), np.zeros((3, 2))), (np.float64(1), np.float64(2)),
        (np.zeros(5_000_000), np.append(np.zeros(4_999_999), 1.0)[::-1].copy()),
        (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 3]})), (pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})),
        (pd.Series(["a"]), pd.Series(["b"])), ("x" * 20_000_000, "x" * 20_000_001),
    ],
)  # fmt: skip
def test_what_differs_has_another_fingerprint_and_what_does_not_the_same(one, other):
    assert printed(one) is not None and printed(other) is not None
    assert printed(one) != printed(other)
    assert printed(one) == printed(one.copy() if hasattr(one, "copy") else one)


def test_what_cannot_be_told_apart_has_none():
    itself = []
    itself.append(itself)
    for value in (
        object(), threading.Lock(), itself, 10**9999, np.array([object()]), np.random.default_rng(0), print, [object()],
        pd.DataFrame({"a": [1, [2]]}), pd.DataFrame({"a": [1], "o": [object()]}), [np.zeros(1_900_000)] * 3, pd.DataFrame({"index": [1], "b": [2]}).groupby("index"), pd.Index([1]), type,
    ):  # fmt: skip
        assert printed(value) is None
