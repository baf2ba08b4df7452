"""What a Gaussian process says of a metric over one parameter or two, the others averaged out, in its own units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_magic.errors import StudyError, whole
from hpo_magic.insight.measured import check_parameter
from hpo_magic.insight.view import View
from hpo_magic.space import Choice, Space, Value
from hpo_magic.space.encoding import from_unit, to_unit
from hpo_magic.space.shown import readable
from hpo_magic.trials import History

Array = NDArray[np.float64]
_WIDTH = 1.96
"""Spreads to either side of the mean that hold 95 %."""
_ROWS = 9
"""Of a curve in words."""


@dataclass(frozen=True, repr=False)
class PartialDependence:
    """The metric over one parameter, averaged over all others.

    Attributes
    ----------
    name, metric : str
    values : tuple
        Of the parameter, k of them.
    mean, low, high : (k,)
        The metric as the user counts it; between low and high it lies with a chance of 95 %.
    acquisition : (k,)
        How promising the best place with this value is, from 0 to 1.
    """

    name: str
    metric: str
    values: tuple[Value, ...]
    mean: Array
    low: Array
    high: Array
    acquisition: Array

    def __repr__(self) -> str:
        shown = np.unique(np.linspace(0, len(self.values) - 1, _ROWS).round().astype(int))
        rows = [
            f"  {readable(self.values[i]):12} {self.mean[i]:10.4g}  ({self.low[i]:.4g} to {self.high[i]:.4g})"
            for i in shown
        ]
        return "\n".join([f"{self.metric} over {self.name}, the others averaged out", *rows])


@dataclass(frozen=True)
class Surface:
    """The metric over two parameters, averaged over all others: mean and spread, each (values of y, values of x)."""

    x: str
    y: str
    metric: str
    xs: tuple[Value, ...]
    ys: tuple[Value, ...]
    mean: Array
    spread: Array


def partial_dependence(
    history: History, space: Space, name: str, metric: str | None = None, points: int = 40
) -> PartialDependence:
    """Return how a metric depends on one parameter (Friedman 2001, eq. 53; spread: Moosbauer 2021, eq. 6).

    Parameters
    ----------
    history : History
    space : Space
    name : str
        A parameter; a conditional one is looked at where it exists.
    metric : str, optional
        By default the first goal.
    points : int
        Values of the parameter at most.

    Raises
    ------
    StudyError
        For an unknown parameter or metric, or fewer than five finished trials.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> from hpo_magic.trials import State, Trial
    >>> space = Space({"x": Float(0, 1)})
    >>> done = tuple(Trial(i, {"x": i / 20}, State.DONE, {"value": i / 20}) for i in range(21))
    >>> line = partial_dependence(History(done), space, "x", points=3)
    >>> line.values, line.mean.round(2).tolist()
    ((0.0, 0.5, 1.0), [0.0, 0.5, 1.0])
    """
    space = space.free(check_parameter(space, name))
    view = View(history, space, metric)
    grid = _grid(space, name, whole("points", points, 2))
    groups = view.groups({name: grid}, background=64)
    if np.isnan(groups).all():
        raise StudyError(f"{name} does not exist in the space as it is searched now; choose another parameter")
    mean, spread = view.average(groups)
    promise = view.promise(groups)
    sign, (low, high) = view.goal.sign, (mean - _WIDTH * spread, mean + _WIDTH * spread)
    low, high = (sign * view.unscaled(end) for end in ((low, high) if sign > 0 else (high, low)))
    values = tuple(from_unit(space[name], u) for u in grid)
    return PartialDependence(name, view.goal.metric, values, sign * view.unscaled(mean), low, high, promise)


def surface(
    history: History, space: Space, x: str, y: str, metric: str | None = None, points: int = 20
) -> Surface:  # fmt: skip
    """Return how a metric depends on two parameters together; arguments and errors as of `partial_dependence`."""
    if check_parameter(space, x) == check_parameter(space, y):
        raise StudyError(f"x and y are both {x!r}; choose two different parameters")
    space = space.free(x).free(y)
    view = View(history, space, metric)
    xs, ys = _grid(space, x, points), _grid(space, y, points)
    groups = view.groups({x: np.tile(xs, len(ys)), y: np.repeat(ys, len(xs))}, background=12)
    if np.isnan(groups).all():
        raise StudyError(f"{x} and {y} never exist together; choose two parameters that do")
    mean, spread = view.average(groups)
    shape, goal = (len(ys), len(xs)), view.goal
    told, above = view.unscaled(mean), view.unscaled(mean + spread)
    return Surface(
        x, y, goal.metric, tuple(from_unit(space[x], u) for u in xs), tuple(from_unit(space[y], u) for u in ys),
        (goal.sign * told).reshape(shape), (above - told).reshape(shape),
    )  # fmt: skip


def noise(history: History, space: Space) -> float:
    """Return the standard deviation of one trial's first goal around its expectation, in its own units."""
    view = View(history, space, None)
    return view.scale * float(np.sqrt(view.noise))


def _grid(space: Space, name: str, points: int) -> Array:
    """Return model coordinates of a parameter, ascending: its options, or values spread evenly on its scale."""
    domain = space[name]
    if isinstance(domain, Choice):
        return np.sort([to_unit(domain, option) for option in space.options(name)])
    places = np.unique([to_unit(domain, from_unit(domain, u)) for u in np.linspace(0, 1, 8 * points + 1)])
    return np.asarray(places[np.linspace(0, len(places) - 1, min(points, len(places))).round().astype(int)])
