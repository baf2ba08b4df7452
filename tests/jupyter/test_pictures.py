"""What the panel's tabs of pictures choose to show first."""

from __future__ import annotations

from hpo_magic import Choice, Float, Int, Study
from hpo_magic.jupyter.live_plot import Easel
from hpo_magic.jupyter.panel.pictures import landscape_tab


def shown(space):
    tab = landscape_tab(Study(space), Easel(), lambda work: work())
    return [box.value for box in tab.box.children[0].children]


def test_the_first_landscape_is_of_two_parameters_that_exist_together():
    leaves = {"depth": Int(2, 15, when="kind == 'tree'"), "trees": Int(2, 40, when="kind == 'forest'")}
    kind = {"kind": Choice(["tree", "forest", "knn"])}
    assert shown({**kind, **leaves, "leaf": Float(0, 1, when="kind == 'forest'")}) == ["trees", "leaf"]
    assert shown({**kind, **leaves}) == ["kind", ""]  # each pair decides or excludes the other: one parameter alone
    assert shown({"x": Float(0, 1), "y": Float(0, 1)}) == ["x", "y"]
