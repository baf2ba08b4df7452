"""Completion offers what the magic takes: the list is written by hand, as reading the parser would import it early."""

from __future__ import annotations

import re

from hpo_magic.jupyter.completion import OPTIONS
from hpo_magic.jupyter.magic import HpoMagic


def test_every_option_of_the_magic_is_completed():
    taken = set(re.findall(r"--[a-z][a-z-]*", HpoMagic.hpo.parser.format_usage() + HpoMagic.hpo.parser.format_help()))
    assert set(OPTIONS) == taken - {"--help"}
