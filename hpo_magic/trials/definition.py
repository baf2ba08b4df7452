"""What makes a study itself: its goals, its space and the source of its objective, as JSON and as a fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from hpo_magic.errors import StudyError
from hpo_magic.space import Space
from hpo_magic.trials.constraints import Constraint, listed, read_constraints
from hpo_magic.trials.history import Goal


def read_goals(minimize: str | Sequence[str] | None, maximize: str | Sequence[str] | None) -> tuple[Goal, ...]:
    """Return the goals; a single metric "value" to minimise where none is named.

    Raises
    ------
    StudyError
        Where a metric is named twice or is no text.

    Examples
    --------
    >>> read_goals(None, "accuracy")
    (Goal(metric='accuracy', sign=-1),)
    """
    goals = [Goal(name, 1) for name in _names("minimize", minimize)]
    goals += [Goal(name, -1) for name in _names("maximize", maximize)]
    metrics = [goal.metric for goal in goals]
    for metric in metrics:
        if metrics.count(metric) > 1:
            raise StudyError(f"the metric {metric!r} is named twice; name each metric once")
    return tuple(goals) or (Goal("value"),)


def _names(argument: str, value: str | Sequence[str] | None) -> list[str]:
    names = listed(value)
    for name in names:
        if not isinstance(name, str) or not name:
            raise StudyError(f"{argument}={value!r} must be the name of a metric, or a list of names")
    return names


def define(space: Space, goals: Sequence[Goal], source: str, constraints: Sequence[Constraint] = ()) -> dict[str, Any]:
    """Return the definition of a study as JSON data."""
    return {
        "space": space.to_json(),
        "goals": [[goal.metric, goal.sign] for goal in goals],
        "constraints": [constraint.text for constraint in constraints],
        "source": source,
    }


def goals_of(definition: Mapping[str, Any]) -> tuple[Goal, ...]:
    """Return the goals of a stored definition."""
    return tuple(Goal(metric, sign) for metric, sign in definition["goals"])


def constraints_of(definition: Mapping[str, Any]) -> tuple[Constraint, ...]:
    """Return the constraints of a stored definition."""
    return read_constraints(definition.get("constraints"))


def fingerprint(definition: Mapping[str, Any], meaning: str) -> str:
    """Return the hash by which a study is known again.

    Defaults do not count (a cell into which the best values were written is the same study), nor does what in the
    source does not change its `meaning` (comments, line breaks).
    """
    domains = [{k: v for k, v in entry.items() if k != "default"} for entry in definition["space"]["domains"]]
    text = json.dumps([domains, definition["goals"], definition["constraints"], meaning], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
