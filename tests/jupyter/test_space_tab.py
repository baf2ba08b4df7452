"""A config that was written into the panel."""

from __future__ import annotations

from hpo_magic import Choice, Float, Space
from hpo_magic.jupyter.panel.space_tab import read_config


def test_what_is_left_out_comes_from_inside_the_range_and_lists_read_as_written():
    space = Space({"x": Float(0, 2, default=1.0), "layers": Choice([[8], [8, 8]])}).narrow("x", 1.5, 2)
    config = read_config("layers = [8,8]", space)
    assert config["layers"] == [8, 8] and 1.5 <= config["x"] <= 2
    assert space.validate(config) == config
