"""Best values written into the cell: nothing but the values changes."""

from __future__ import annotations

import pytest

from hpo_magic.jupyter.apply import values_for_namespace, with_defaults
from hpo_magic.jupyter.cell.program import read_cell


def test_comments_inside_a_value_of_several_lines_are_kept_the_annotation_first():
    source = (
        "if True:\n    opts = [  # sizes\n        1,  # hpo: [1, 2] | [3]\n        2,\n    ]  # end\nloss = sum(opts)"
    )
    assert with_defaults(source, {"opts": [3]}) == (
        "if True:\n    opts = [3]  # end  # hpo: [1, 2] | [3]  # sizes\nloss = sum(opts)"
    )
    inside = "opts = [    # hpo: [1, 2] | [3]\n    1,\n    2,\n]\nsum(opts)"
    assert with_defaults(inside, {"opts": [3]}) == "opts = [3]  # hpo: [1, 2] | [3]\nsum(opts)"


def test_the_notebook_gets_a_list_of_its_own():
    best = {"layers": [8, 8]}
    values_for_namespace(best, frozenset(), {})["layers"].append(1)
    assert best == {"layers": [8, 8]}


@pytest.mark.parametrize(
    ("source", "config", "wanted"),
    [
        (
            "n = 2  # hpo: 1..3\nfor i in range(n):\n    act = relu  # hpo: relu | 'x' | None\n",
            {"n": 3, "act[0]": "relu", "act[1]": "x", "act[2]": None},
            "n = 3  # hpo: 1..3\nfor i in range(n):\n    act = (relu, 'x', None)[i]  # hpo: relu | 'x' | None\n",
        ),
        (
            "a = 1  # hpo: 1..2\nb = 1  # hpo: 1..2\nfor i in range(a):\n    for j in range(b):\n        w = 5  # hpo: 1..9",
            {"a": 1, "b": 2, "w[0][0]": 1, "w[0][1]": 2},
            "a = 1  # hpo: 1..2\nb = 2  # hpo: 1..2\nfor i in range(a):\n    for j in range(b):\n"
            "        w = ((1, 2), (5, 5))[i][j]  # hpo: 1..9",
        ),
        (
            "n = 1  # hpo: 0..1\nfor i in range(n):\n    w = [7, 8][i]  # hpo: 1..9",
            {"n": 1, "w[0]": 4},
            "n = 1  # hpo: 0..1\nfor i in range(n):\n    w = (4,)[i]  # hpo: 1..9",
        ),
    ],
)
def test_values_of_passes_are_written_as_one_a_pass_and_read_so(source, config, wanted):
    assert with_defaults(source, config) == wanted
    again = read_cell(f"{wanted}\n0").space.defaults()
    assert again == config
    assert with_defaults(wanted, again) == wanted
