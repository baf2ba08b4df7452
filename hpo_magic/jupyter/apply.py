"""Best values back into the notebook: into its namespace, and as defaults into the source of the cell."""

from __future__ import annotations

import ast
import copy
import io
import tokenize
from collections.abc import Mapping, Sequence
from typing import Any

from hpo_magic.insight.schedule import Segment
from hpo_magic.jupyter.cell.annotations import Annotated, Lines, find_annotations
from hpo_magic.jupyter.cell.layout import Layout, lay_out
from hpo_magic.jupyter.cell.per_pass import written
from hpo_magic.space import Config
from hpo_magic.trials import State, Trial
from hpo_magic.trials.constraints import Constraint, unmet


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
            values[name] = copy.deepcopy(value)  # the notebook may change its list, the search's stays
    return values


def doubt(trial: Trial, constraints: Sequence[Constraint]) -> str:
    """Say of a trial whose values are taken why they may not be good.

    Examples
    --------
    >>> doubt(Trial(2, {"x": 1}, State.FAILED), ())
    ', which has no result (failed)'
    """
    if trial.state is not State.DONE:
        return f", which has no result ({trial.state})"
    if not trial.trusted:
        return ", which is not trusted"
    missed = unmet(constraints, trial.values or {})
    return f", which misses {' and '.join(missed)}" if missed else ""


def with_defaults(source: str, config: Config, plain: str | None = None) -> str:
    """Return the cell's source with the config's values as defaults, all else to the letter as it was.

    `plain` is the same source line by line with magics and shell lines turned into calls, where it has any.

    Examples
    --------
    >>> print(with_defaults("lr = 0.1  # hpo: 1e-5..1e-1 log\\nloss = lr", {"lr": 0.003}))
    lr = 0.003  # hpo: 1e-5..1e-1 log
    loss = lr
    >>> loop = "n = 2  # hpo: 1..3\\nfor i in range(n):\\n    width = 8  # hpo: 4..64"
    >>> print(with_defaults(loop, {"n": 2, "width[0]": 51, "width[1]": 16}))
    n = 2  # hpo: 1..3
    for i in range(n):
        width = (51, 16, 8)[i]  # hpo: 4..64
    """
    plain = source if plain is None else plain
    tree = ast.parse(plain)
    lines = [line.encode() for line in source.split("\n")]  # offsets of the tree count bytes
    annotated, layout = _read(tree, plain)
    for one in reversed(annotated):
        if (text := _text(one, config, layout)) is not None:
            _write(lines, one, text)
    return b"\n".join(lines).decode()


def replayed(source: str, schedule: Sequence[Segment], budget: str) -> str | None:
    """Return the cell in a loop over a schedule, each pass training on from the files of the one before.

    None where the cell cannot be indented: text over several lines would change.

    Examples
    --------
    >>> parts = [Segment(0, 2, {"lr": 0.2}), Segment(2, 9, {"lr": 0.1})]
    >>> print(replayed("lr = 0.5  # hpo: 0.0..1.0\\nn = 9  # hpo: 1..9 budget", parts, "n"))
    import shutil
    from hpo_magic import checkpoint
    shutil.rmtree(checkpoint())  # begin anew
    for now_lr, now_n in [
        (0.2, 2),
        (0.1, 9),
    ]:
        lr = now_lr  # hpo: 0.0..1.0
        n = now_n  # hpo: 1..9 budget
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:  # magics and shell lines
        return None
    texts = (node for node in ast.walk(tree) if isinstance(node, (ast.Constant, ast.JoinedStr)))
    if any(node.lineno != node.end_lineno for node in texts):
        return None
    last = schedule[-1].config
    moving = [name for name in last if len({repr(part.config.get(name)) for part in schedule}) > 1]
    if any(name not in part.config or not name.isidentifier() for name in moving for part in schedule):
        return None
    lines = [line.encode() for line in source.split("\n")]
    annotated, layout = _read(tree, source)
    for one in reversed(annotated):
        if one.name in moving or one.name == budget:
            _write(lines, one, f"now_{one.name}")
        elif (text := _text(one, last, layout)) is not None:
            _write(lines, one, text)
    passes = [[*(repr(part.config[name]) for name in moving), repr(part.end)] for part in schedule]
    return "\n".join(
        [
            "import shutil",
            "from hpo_magic import checkpoint",
            "shutil.rmtree(checkpoint())  # begin anew",
            f"for {', '.join(f'now_{name}' for name in [*moving, budget])} in [",
            *(f"    ({', '.join(values)})," for values in passes),
            "]:",
            *(f"    {line}" if line.strip() else line for line in b"\n".join(lines).decode().split("\n")),
        ]
    )


def _read(tree: ast.Module, source: str) -> tuple[list[Annotated], Layout]:
    lines = Lines(source, 1)
    annotated = find_annotations(tree, source, lines)
    return annotated, lay_out(tree, annotated, lines)


def _text(one: Annotated, config: Config, layout: Layout) -> str | None:
    """Return what a config gives an annotated statement as source; None where it gives nothing."""
    if one.name not in config and not any(name.startswith(f"{one.name}[") for name in config):
        return None
    return written(one.name, layout.indices[one.statement], config, layout.space, one.parsed.names)


def _write(lines: list[bytes], one: Annotated, text: str) -> None:
    node = one.value
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    head, tail = lines[first][: node.col_offset], lines[last][node.end_col_offset or 0 :]
    kept = "".join(f"  {comment}" for comment in _comments(lines[first : last + 1], one.line - 1 - first))
    lines[first : last + 1] = [head + text.encode() + tail + kept.encode()]


def _comments(lines: list[bytes], annotation: int) -> list[str]:
    """Return the comments behind all lines but the last, that of the annotation first."""
    text = b"\n".join(lines).decode()
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, IndentationError):
        return []
    inside = [token for token in tokens if token.type == tokenize.COMMENT and token.start[0] < len(lines)]
    return [token.string for token in sorted(inside, key=lambda token: token.start[0] != annotation + 1)]


def _look_up(dotted: str, namespace: Mapping[str, Any]) -> Any:
    first, *rest = dotted.split(".")
    value = namespace[first]
    for attribute in rest:
        value = getattr(value, attribute)
    return value
