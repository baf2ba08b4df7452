"""Best values written into the cell: nothing but the values changes."""

from __future__ import annotations

from hpo_magic.jupyter.apply import values_for_namespace, with_defaults


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
