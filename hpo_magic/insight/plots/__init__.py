"""Pictures of the history, one a file: ``draw(history, space, ax)`` draws live, in saved notebooks and in reports."""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hpo_magic.errors import StudyError, did_you_mean
from hpo_magic.insight.plots import (
    brackets,
    contour,
    convergence,
    correlation,
    curves,
    dependence,
    distribution,
    hypervolume,
    importance,
    parallel,
    parameters,
    pareto,
    rank,
    schedule,
    slices,
    timeline,
)
from hpo_magic.space import Space
from hpo_magic.trials import History

Draw = Callable[..., None]
"""From a history, the space, axes, and the options that some plots take."""

PLOTS: Mapping[str, Draw] = MappingProxyType(
    {
        "convergence": convergence.draw,
        "parameters": parameters.draw,
        "curves": curves.draw,
        "brackets": brackets.draw,
        "schedule": schedule.draw,
        "parallel": parallel.draw,
        "slices": slices.draw,
        "dependence": dependence.draw,
        "contour": contour.draw,
        "importance": importance.draw,
        "rank": rank.draw,
        "distribution": distribution.draw,
        "pareto": pareto.draw,
        "hypervolume": hypervolume.draw,
        "timeline": timeline.draw,
        "correlation": correlation.draw,
    }
)


class Picture(Figure):
    """A figure that notebooks show also where pyplot, which teaches them to show figures, was never imported."""

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        self.savefig(file, format="png")
        return file.getvalue()


def canvas() -> Figure:
    """Return an empty figure of its own, never pyplot's: the user's current figure stays what it was."""
    made = Picture(figsize=(6.4, 3.6), dpi=100, layout="constrained")
    FigureCanvasAgg(made)
    return made


def figure(name: str, history: History, space: Space, ax: Axes | None = None, **options: Any) -> Figure:
    """Return a figure with one plot; drawn into `ax` where one is given.

    Raises
    ------
    StudyError
        Where there is no plot of that name, or it has no such option.
    """
    if name not in PLOTS:
        raise StudyError(f"plot={name!r} is unknown{did_you_mean(name, PLOTS)}; choose one of {', '.join(PLOTS)}")
    known = list(inspect.signature(PLOTS[name]).parameters)[3:]
    for option in options:
        if option not in known:
            there = f"it has {', '.join(known)}" if known else "it has none"
            raise StudyError(f"the plot {name!r} has no option {option!r}{did_you_mean(option, known)}; {there}")
    if ax is None:
        ax = canvas().add_subplot()
    PLOTS[name](history, space, ax, **options)
    drawn = ax.get_figure(root=True)
    assert drawn is not None
    return drawn
