"""Constraints on a trial's outcome: "latency < 20" over the metrics and variables that it returns."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpo_magic.errors import StudyError
from hpo_magic.space.conditions import literal_of

_BELOW = (ast.Lt, ast.LtE)
_ABOVE = (ast.Gt, ast.GtE)


@dataclass(frozen=True)
class Constraint:
    """One side of a comparison: `metric` below `bound` (sign 1) or above it (sign -1).

    Examples
    --------
    >>> limit = read_constraints("latency < 20")[0]
    >>> limit.margin({"latency": 25.0}), limit.holds({"latency": 25.0})
    (5.0, False)
    """

    metric: str
    bound: float
    sign: int
    strict: bool
    text: str

    def margin(self, values: Mapping[str, float]) -> float:
        """Return by how much the constraint is missed; below 0 where it holds."""
        return self.sign * (values[self.metric] - self.bound)

    def holds(self, values: Mapping[str, float]) -> bool:
        """Whether the constraint holds."""
        margin = self.margin(values)
        return margin < 0 or (margin == 0 and not self.strict)


def read_constraints(texts: str | Sequence[str] | None) -> tuple[Constraint, ...]:
    """Read comparisons of names with numbers, joined by `and` or chained.

    Raises
    ------
    StudyError
        Where a text is anything else.

    Examples
    --------
    >>> [c.text for c in read_constraints("0.1 <= recall and latency < 20")]
    ['recall >= 0.1', 'latency < 20']
    """
    read: list[Constraint] = []
    for text in listed(texts):
        try:
            tree = ast.parse(str(text).strip(), mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            raise _refused(text) from None
        for part in tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]:
            if not isinstance(part, ast.Compare):
                raise _refused(text)
            sides = [part.left, *part.comparators]
            for left, op, right in zip(sides, part.ops, sides[1:], strict=False):
                read.append(_one(left, op, right, text))
    return tuple(dict.fromkeys(read))


def margins_of(constraints: Sequence[Constraint], trials: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
    """Return by how much trials miss constraints, (trials, constraints): above 0 where one is missed, below where not.

    A value at the bound itself, as whole numbers often are, counts as half the way to the nearest one beside it, so
    that a model learns on which side it lies.

    Examples
    --------
    >>> limits = read_constraints(["rooms < 3", "rooms <= 3"])
    >>> margins_of(limits, [{"rooms": 3.0}, {"rooms": 4.0}]).tolist()
    [[0.5, -0.5], [1.0, 1.0]]
    """
    rows = [[constraint.margin(values) for constraint in constraints] for values in trials]
    margins = np.array(rows, dtype=float).reshape(len(trials), len(constraints))
    for constraint, column in zip(constraints, margins.T, strict=True):  # columns are views
        at = column == 0
        beside = np.abs(column[~at])
        column[at] = (0.5 if constraint.strict else -0.5) * (beside.min() if len(beside) else 1.0)
    return margins


def unmet(constraints: Sequence[Constraint], values: Mapping[str, float]) -> list[str]:
    """Return the constraints that values miss, in words.

    Examples
    --------
    >>> unmet(read_constraints("0.1 <= recall and latency < 20"), {"recall": 0.2, "latency": 25.0})
    ['latency < 20']
    """
    return [constraint.text for constraint in constraints if not constraint.holds(values)]


def missed(margins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much trials miss the constraints, each on the scale of its largest margin, summed, (n, c) → (n,).

    Examples
    --------
    >>> missed(np.array([[-1.0], [2.0], [1.0]])).tolist()
    [0.0, 1.0, 0.5]
    """
    scale = np.abs(margins).max(axis=0, initial=0.0)
    return np.asarray((np.maximum(margins, 0.0) / np.where(scale > 0, scale, 1.0)).sum(axis=1))


def listed(value: Any) -> list[Any]:
    """Return what is one thing, several or None as a list; whether it is text, the reader of each tells.

    Examples
    --------
    >>> listed(None), listed("loss"), listed(("loss", "size")), listed(3)
    ([], ['loss'], ['loss', 'size'], [3])
    """
    if value is None:
        return []
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str) else [value]


def _one(left: ast.expr, op: ast.cmpop, right: ast.expr, text: str) -> Constraint:
    if not isinstance(op, (*_BELOW, *_ABOVE)):
        raise _refused(text)
    below = isinstance(op, _BELOW)
    name, number = (left, right) if isinstance(left, ast.Name) else (right, left)
    below = below if name is left else not below
    value = literal_of(number)
    if not isinstance(name, ast.Name) or value is None or isinstance(value[0], bool):
        raise _refused(text)
    if not isinstance(value[0], (int, float)) or not math.isfinite(value[0]):
        raise _refused(text)
    strict = isinstance(op, (ast.Lt, ast.Gt))
    sign = "<" if below else ">"
    shown = f"{name.id} {sign}{'' if strict else '='} {value[0]!r}"
    return Constraint(name.id, float(value[0]), 1 if below else -1, strict, shown)


def _refused(text: object) -> StudyError:
    return StudyError(
        f"subject_to={text!r} is no constraint; compare a metric or a variable of the cell with a finite number, "
        "as in 'latency < 20'"
    )
