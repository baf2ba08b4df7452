"""Names of the notebook that a cell needs to be read: where one is missing nothing starts, and its line is quoted."""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping
from itertools import combinations
from typing import Any

from hpo_magic.errors import CellError, did_you_mean
from hpo_magic.jupyter.cell.program import Cell
from hpo_magic.space import Choice
from hpo_magic.space.rules import parents


def check_names(cell: Cell, namespace: Mapping[str, Any]) -> None:
    """Options and conditions that read names of the notebook need them there, or made by the cell itself."""
    for read in cell.tested:
        if read.name not in namespace and read.name not in cell.made and not hasattr(builtins, read.name):
            hint = did_you_mean(read.name, cell.made)
            raise CellError(f"the condition reads {read.name!r}, which is not defined{hint}", read.line, read.source)
    for name in sorted(cell.needed):
        first = name.split(".")[0]
        if first not in namespace and not hasattr(builtins, first):
            wanted = re.compile(rf"#.*(?<![\w.]){re.escape(name)}(?![\w.])")
            lines = enumerate(cell.source.splitlines(), 2)
            line, text = next(((number, text) for number, text in lines if wanted.search(text)), (None, ""))
            raise CellError(
                f"the option {name!r} is not defined in the notebook; run the cell that defines it first", line, text
            )
    _check_apart(cell, namespace)


def _check_apart(cell: Cell, namespace: Mapping[str, Any]) -> None:
    """Raise CellError where a condition rests on two options that are one thing."""
    for name in sorted(parents(cell.space)):
        domain, held = cell.space[name], cell.needed & namespace.keys()
        options = [option for option in domain.options if option in held] if isinstance(domain, Choice) else []
        for one, other in combinations(map(str, options), 2):
            a, b = namespace[one], namespace[other]
            if a is b or (isinstance(a, (int, float, str)) and type(a) is type(b) and a == b):
                raise CellError(
                    f"{name} = {one} and {name} = {other} are the same, and a condition tells them apart; drop one",
                    None,
                )
