"""A value a pass: ``(64, 32)[i]`` gives each pass of a loop over a parameter a default of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hpo_magic.space import Space

Pass = tuple[int, ...]
"""The places in the loops around a parameter, the outermost first."""


@dataclass(frozen=True)
class PerPass:
    """The loop variables by which an annotated value is indexed, and the default that each pass has."""

    variables: tuple[str, ...]
    defaults: Mapping[Pass, Any]

    def at(self, passes: Pass) -> Any:
        """Return the default of a pass; beyond the last the last one's."""
        return self.defaults.get(passes, list(self.defaults.values())[-1])


def values_by_pass(value: ast.expr) -> tuple[tuple[str, ...], dict[Pass, ast.expr]]:
    """Return the variables that index a tuple or list, and what each pass takes; nothing for any other value.

    Examples
    --------
    >>> variables, values = values_by_pass(ast.parse("((8, 4), (2, 1))[i][j]", mode="eval").body)
    >>> variables, {place: node.value for place, node in values.items()}
    (('i', 'j'), {(0, 0): 8, (0, 1): 4, (1, 0): 2, (1, 1): 1})
    """
    variables: tuple[str, ...] = ()
    while isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Name):
        variables, value = (value.slice.id, *variables), value.value
    return variables, dict(_leaves(value, len(variables))) if variables else {}


def _leaves(node: ast.expr, depth: int, above: Pass = ()) -> Iterator[tuple[Pass, ast.expr]]:
    if not depth:
        yield above, node
    for place, item in enumerate(node.elts if depth and isinstance(node, (ast.Tuple, ast.List)) else ()):
        yield from _leaves(item, depth - 1, (*above, place))


def written(
    name: str, variables: tuple[str, ...], config: Mapping[str, Any], space: Space, names: frozenset[str]
) -> str:
    """Return a config's value of a parameter as source, inside of loops one a pass; one it lacks keeps its default.

    Examples
    --------
    >>> from hpo_magic.space import Int
    >>> space = Space({f"w[{i}]": Int(1, 99, default=8) for i in range(3)})
    >>> written("w", ("i",), {"w[0]": 51, "w[1]": 16}, space, frozenset())
    '(51, 16, 8)[i]'
    """

    def text(prefix: str, depth: int) -> str:
        if not depth:
            value = config.get(prefix, space[prefix].default)
            return str(value) if isinstance(value, str) and value in names else repr(value)
        count = len({known[len(prefix) + 1 :].partition("]")[0] for known in space if known.startswith(f"{prefix}[")})
        inner = [text(f"{prefix}[{place}]", depth - 1) for place in range(count)]
        return f"({', '.join(inner)}{',' * (count == 1)})"

    return text(name, len(variables)) + "".join(f"[{variable}]" for variable in variables)
