"""What counts as a number, and how an objective's result becomes the values of its metrics."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from hpo_magic.errors import MetricError


def as_number(value: Any, name: str = "the metric") -> float:
    """Return a finite float from a number, a numpy scalar, a 0-d array or a one-element tensor.

    Raises
    ------
    MetricError
        Says what it was instead.

    Examples
    --------
    >>> import numpy as np
    >>> as_number(np.array(0.5))
    0.5
    >>> as_number("0.9", "accuracy")
    Traceback (most recent call last):
    ...
    hpo_magic.errors.MetricError: accuracy is text ('0.9'); it must be a finite number, as float(…) makes it
    """
    if value is None:
        raise MetricError(f"{name} is None; it must be a finite number (does a function lack its return?)")
    if isinstance(value, (str, bytes)):
        raise MetricError(f"{name} is text ({_short(value)}); it must be a finite number, as float(…) makes it")
    shape = getattr(value, "shape", None)
    if shape is not None and math.prod(shape) != 1:
        raise MetricError(f"{name} is an array of shape {tuple(shape)}; reduce it to one number, as with .mean()")
    try:
        number = float(value.item() if hasattr(value, "item") else value)
    except OverflowError:
        raise MetricError(f"{name} is too large for a float ({_short(value)}); it must be a finite number") from None
    except (TypeError, ValueError, RuntimeError):
        if inspect.iscoroutine(value):
            value.close()
            cure = "have it run, as in lambda config: asyncio.run(objective(config))"
            raise MetricError(f"{name} is a coroutine, not a number; {cure}") from None
        raise MetricError(f"{name} is a {type(value).__name__} ({_short(value)}); it must be a finite number") from None
    if not math.isfinite(number):
        raise MetricError(f"{name} is {number}; it must be a finite number")
    return number


def overflown(value: Any) -> bool:
    """Whether a value is a number, but no finite one: NaN or infinite, as losses become in training.

    Examples
    --------
    >>> overflown(float("nan")), overflown(0.5), overflown("0.5")
    (True, False, False)
    """
    try:
        return not math.isfinite(value.item() if hasattr(value, "item") else value)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        return False


def as_values(result: Any, metrics: Sequence[str]) -> dict[str, float]:
    """Return {metric: number} from a mapping that holds every metric, or from a number where there is one metric.

    What else the mapping holds is kept where it is a finite number.

    Examples
    --------
    >>> as_values({"loss": 1, "time": 2, "note": "slow"}, ["loss"])
    {'loss': 1.0, 'time': 2.0}
    """
    if isinstance(result, float) or not isinstance(result, Mapping):  # the first is fast, and the usual case
        if len(metrics) > 1:
            raise MetricError(f"the objective returned {_short(result)}; return a dict with {', '.join(metrics)}")
        return {metrics[0]: as_number(result, metrics[0])}
    missing = [metric for metric in metrics if metric not in result]
    if missing:
        raise MetricError(f"the objective returned {sorted(map(str, result))}, which lacks {missing[0]!r}; add it")
    values = {metric: as_number(result[metric], metric) for metric in metrics}
    for name, value in result.items():
        if name not in values:
            with suppress(MetricError):
                values[str(name)] = as_number(value)
    return {str(name): values[str(name)] for name in result if str(name) in values}


def unkept(result: Any, values: Mapping[str, float]) -> tuple[str, ...]:
    """Return the names of what a result holds and its values do not.

    Examples
    --------
    >>> unkept({"loss": 1, "note": "slow"}, {"loss": 1.0})
    ('note',)
    """
    if isinstance(result, float) or not isinstance(result, Mapping) or len(result) == len(values):
        return ()
    return tuple(str(name) for name in result if str(name) not in values)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
