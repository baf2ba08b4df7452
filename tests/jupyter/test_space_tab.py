"""A config that was written into the panel."""

from __future__ import annotations

import pytest

from hpo_magic import Choice, Float, Space
from hpo_magic.errors import SpaceError
from hpo_magic.jupyter.panel.space_tab import read_config


def test_what_is_left_out_comes_from_inside_the_range_and_lists_read_as_written():
    space = Space({"x": Float(0, 2, default=1.0), "layers": Choice([[8], [8, 8]])}).narrow("x", 1.5, 2)
    config = read_config("layers = [8,8]", space)
    assert config["layers"] == [8, 8] and 1.5 <= config["x"] <= 2
    assert space.validate(config) == config


def test_none_is_a_value_where_it_is_an_option():
    space = Space({"lr": Float(0, 1, default=0.5), "wd": Choice([None, 0.1, 0.01])})
    assert read_config("lr = 0.25", space) == {"lr": 0.25, "wd": None}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("  \n", "the field is empty; write name = value"),
        ("lr = 0.1\nlr = 0.2", "line 2: 'lr' has a value above already"),
        ("beta = 0.9999999", "choose one of 0.9, 0.99999, 0.999999$"),
    ],
)
def test_what_is_no_config_is_explained(text, told):
    space = Space({"lr": Float(0, 1, default=0.5), "beta": Choice([0.9, 0.99999, 0.999999], default=0.9)})
    with pytest.raises(SpaceError, match=told):
        read_config(text, space)


def test_options_are_read_as_they_are_shown():
    space = Space({"beta": Choice([0.9, 0.99999, 0.999999], default=0.9)})
    assert read_config("beta = 0.999999", space) == {"beta": 0.999999}
