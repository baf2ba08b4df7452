"""Pictures of the history, one a file: ``draw(history, space, ax)`` draws live, in saved notebooks and in reports."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from types import MappingProxyType

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hpo_magic.errors import StudyError, did_you_mean
from hpo_magic.insight.plots import brackets, convergence, curves, parameters, schedule
from hpo_magic.space import Space
from hpo_magic.trials import History

Draw = Callable[[History, Space, Axes], None]

PLOTS: Mapping[str, Draw] = MappingProxyType(
    {
        "convergence": convergence.draw,
        "parameters": parameters.draw,
        "curves": curves.draw,
        "brackets": brackets.draw,
        "schedule": schedule.draw,
    }
)


class Picture(Figure):
    """A figure that notebooks show also where pyplot, which teaches them to show figures, was never imported."""

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        self.savefig(file, format="png")
        return file.getvalue()


def figure(name: str, history: History, space: Space, ax: Axes | None = None) -> Figure:
    """Return a figure with one plot; drawn into `ax` where one is given.

    Raises
    ------
    StudyError
        Where there is no plot of that name.
    """
    if name not in PLOTS:
        raise StudyError(f"plot={name!r} is unknown{did_you_mean(name, PLOTS)}; choose one of {', '.join(PLOTS)}")
    if ax is None:
        # A figure of its own, never pyplot's: the user's current figure stays what it was.
        made = Picture(figsize=(6.4, 3.6), dpi=100, layout="constrained")
        FigureCanvasAgg(made)
        ax = made.add_subplot()
    PLOTS[name](history, space, ax)
    drawn = ax.get_figure(root=True)
    assert drawn is not None
    return drawn
