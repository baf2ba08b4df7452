"""Which names of the notebook a cell takes along to another process."""

from __future__ import annotations

import ast

import pytest

from hpo_magic.jupyter.cell.own_names import own_names
from hpo_magic.jupyter.cell.sending import names_used

NAMESPACE = dict.fromkeys("abcd", 1)


@pytest.mark.parametrize(
    ("source", "sent"),
    [
        ("c = a + b", "ab"),
        ("a = b\nc = a", "b"),  # as an earlier run of the cell has left a
        ("a += 1", "a"),
        ("c = a\na = 1", "a"),
        ("a = 1\ndel a\nc = a", "a"),
        ("a = sorted(b)\nd = a", "b"),
        ("if b:\n    a = 1\nc = a", "ab"),
        ("for a in range(0): pass\nc = a", "a"),
        ("try:\n    a = b\nexcept ValueError:\n    pass\nc = a", "ab"),
        ("with b:\n    a = 1\nc = a", "ab"),
        ("a = 1\nif b:\n    c = a", "b"),
        ("def f(): return a\nc = f()\na = 2", "a"),
        ("a = 2\ndef f(): return a\nc = f()", ""),
        ("def f(a):\n    b = a\n    return c", "c"),
        ("class a:\n    x = b\nc = a", "b"),
        ("for i in range(2): pass\na = 1\nc = a", ""),
        ("with b as a:\n    c = a\nd = a", "b"),
        ("if b:\n    a = 1\nelse:\n    a = 2\nc = a", "b"),
        ("if b:\n    a = 1\nelse:\n    raise ValueError\nc = a", "b"),
        ("try:\n    a = b\nexcept ValueError:\n    a = 1\nc = a", "b"),
        ("for b in range(2):\n    a = b\n    c = a", ""),
        ("while b:\n    a = 1\n    c = a\nd = a", "ab"),
        ("def f(): return a\na = 2\nc = f()", ""),
        ("def f():\n    def g():\n        a = 1\n    return a\nc = f()\na = 1", "a"),
        ("c = [a for a in b]\nd = a", "ab"),
        ("a += 1\nc = a", "a"),
        ("match b:\n    case a: c = a\nd = 1", "b"),
        ("if (a := b) > 1:\n    c = a", "b"),
        ("a = 1\ndel a\nc = a", "a"),
        ("import a\nfrom x import y as b\nc = a, b", ""),
        ("if b:\n    def f(): return a\nelse:\n    def f(): return 1\nf()\na = 1", "ab"),
    ],
)
def test_what_a_cell_may_read_before_it_has_set_it_goes_along(source, sent):
    code, own = compile(source, "<cell>", "exec"), own_names(ast.parse(source))
    assert sorted(names_used(code, NAMESPACE, own)) == sorted(sent)


def test_what_a_function_of_the_notebook_reads_goes_along_though_the_cell_sets_it():
    namespace = {"__name__": "__main__", "a": 1}
    exec("def helper(): return a", namespace)
    assert sorted(names_used(compile("a = 2\nb = helper()", "<cell>", "exec"), namespace)) == ["a", "helper"]
