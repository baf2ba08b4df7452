"""Best values back into the notebook: into its namespace, and as defaults into the source of the cell."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from hpo_magic.jupyter.cell.annotations import Annotated, Lines, find_annotations
from hpo_magic.space import Config


def values_for_namespace(config: Config, names: frozenset[str], namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Return what to set in the namespace: plain names only, options that are names looked up.

    Examples
    --------
    >>> values_for_namespace({"act": "relu", "w[0]": 8}, frozenset({"relu"}), {"relu": abs})
    {'act': <built-in function abs>}
    """
    values: dict[str, Any] = {}
    for name, value in config.items():
        if not name.isidentifier():
            continue
        if isinstance(value, str) and value in names:
            try:
                values[name] = _look_up(value, namespace)
            except (KeyError, AttributeError):  # the name lives inside the cell alone
                continue
        else:
            values[name] = value
    return values


def with_defaults(source: str, config: Config, plain: str | None = None) -> str:
    """Return the cell's source with the config's values as defaults, all else to the letter as it was.

    `plain` is the same source line by line with magics and shell lines turned into calls, where it has any.

    Examples
    --------
    >>> print(with_defaults("lr = 0.1  # hpo: 1e-5..1e-1 log\\nloss = lr", {"lr": 0.003}))
    lr = 0.003  # hpo: 1e-5..1e-1 log
    loss = lr
    """
    plain = source if plain is None else plain
    tree = ast.parse(plain)
    lines = [line.encode() for line in source.split("\n")]  # offsets of the tree count bytes
    for one in reversed(find_annotations(tree, plain, Lines(plain, 1))):
        if one.name in config:
            _replace(lines, one, config[one.name])
    return b"\n".join(lines).decode()


def _replace(lines: list[bytes], one: Annotated, value: Any) -> None:
    text = value if isinstance(value, str) and value in one.parsed.names else repr(value)
    node = one.value
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    head, tail = lines[first][: node.col_offset], lines[last][node.end_col_offset or 0 :]
    lines[first : last + 1] = [head + text.encode() + tail]


def _look_up(dotted: str, namespace: Mapping[str, Any]) -> Any:
    first, *rest = dotted.split(".")
    value = namespace[first]
    for attribute in rest:
        value = getattr(value, attribute)
    return value
