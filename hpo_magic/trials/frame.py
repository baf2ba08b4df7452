"""The history as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hpo_magic.trials.history import History
from hpo_magic.trials.trial import State

_OWN = ("number", "state", "parent", "trusted", "feasible", "duration", "error")


def rows(history: History, names: Sequence[str], absent: Any = None) -> list[dict[str, Any]]:
    """Return a dict a trial: number, state, metrics, parameters (`absent` where inactive), duration, error.

    Where any trial repeats another one or goes on from it, that one's number stands in ``parent``; where any is not
    trusted, ``trusted`` says which are; where there are constraints, ``feasible`` says which finished trials meet them.

    A metric or a parameter whose name is taken already comes as ``value.NAME`` or ``config.NAME``.

    Examples
    --------
    >>> from hpo_magic.trials import State, Trial
    >>> rows(History((Trial(0, {"x": 1}, State.DONE, {"value": 2.0}),)), ["x", "y"])[0]["y"] is None
    True
    """
    metrics = dict.fromkeys([goal.metric for goal in history.goals])
    for trial in history.trials:
        metrics.update(dict.fromkeys(trial.values or {}))
    value = {metric: f"value.{metric}" if metric in _OWN else metric for metric in metrics}
    config = {name: f"config.{name}" if name in _OWN or name in metrics else name for name in names}
    family = any(trial.parent is not None for trial in history.trials)
    doubted = not all(trial.trusted for trial in history.trials)
    return [
        {
            "number": trial.number,
            "state": str(trial.state),
            **{column: (trial.values or {}).get(metric) for metric, column in value.items()},
            **{column: trial.config.get(name, absent) for name, column in config.items()},
            **({"parent": trial.parent} if family else {}),
            **({"trusted": trial.trusted} if doubted else {}),
            **({"feasible": trial.state is State.DONE and history.feasible(trial)} if history.constraints else {}),
            "duration": trial.duration,
            "error": str(trial.error) if trial.error else None,
        }
        for trial in history.trials
    ]


def to_frame(history: History, names: Sequence[str]) -> Any:
    """Return the rows as a pandas DataFrame if pandas is installed, else as a dict of columns.

    What a config lacks is NaN in a frame, so that it differs from the option None.
    """
    try:
        import pandas
    except ImportError:
        table = rows(history, names)
        return {column: [row[column] for row in table] for column in (table[0] if table else {})}
    table = rows(history, names, float("nan"))
    frame = pandas.DataFrame(table)
    none = [name for name in names if any(name in t.config and t.config[name] is None for t in history.trials)]
    for column in [column for column in frame if column in none or str(column).removeprefix("config.") in none]:
        frame[column] = pandas.Series([row[column] for row in table], dtype=object)  # else pandas makes None NaN
    return frame
