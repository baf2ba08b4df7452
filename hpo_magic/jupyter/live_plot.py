"""A plot that is redrawn often: where the frame stays as it was, only what lies inside is drawn anew."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hpo_magic.insight.plots import PLOTS
from hpo_magic.jupyter.png import png
from hpo_magic.space import Space
from hpo_magic.trials import History

WIDTH, HEIGHT, DPI = 5.4, 3.0, 100
_STEADY = ("convergence", "parameters", "curves", "brackets", "schedule")
"""Plots whose frame stays for most new trials; the others have texts and areas that move, and are drawn whole."""
_LEFT = {"parameters": 0.24, "importance": 0.27, "parallel": 0.02, "contour": 0.2, "rank": 0.2, "timeline": 0.24}
_RIGHT = {"parameters": 0.99, "parallel": 0.95, "importance": 0.95}
_BOTTOM = {"slices": 0.18, "parallel": 0.12}


class LivePlot:
    """Draws one plot of a history to PNG, again and again; to be used by one thread.

    Drawing ticks and labels costs ten times as much as drawing 200 trials, so the picture of the empty frame is kept
    as long as limits and labels stay the same. pyplot is not involved: its figures belong to the user.

    Parameters
    ----------
    name : str
        A name in :data:`hpo_magic.insight.plots.PLOTS`.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> LivePlot("convergence").png(History(), Space({"x": Float(0, 1)}))[1:4]
    b'PNG'
    """

    def __init__(self, name: str) -> None:
        self._draw, self._steady = PLOTS[name], name in _STEADY
        self._figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI)
        self._canvas = FigureCanvasAgg(self._figure)
        self._figure.subplots_adjust(
            left=_LEFT.get(name, 0.14), right=_RIGHT.get(name, 0.97), top=0.96 if self._steady else 0.92,
            bottom=_BOTTOM.get(name, 0.15),
        )  # fmt: skip
        self._axes = self._figure.add_subplot()
        self._frame: tuple[Any, ...] | None = None
        self._background: Any = None

    def png(self, history: History, space: Space, **options: Any) -> bytes:
        """Return the picture of a history; options are the plot's own."""
        if not self._steady or options:
            self._axes.clear()
            self._axes.set_label("")  # what is cleared is to be dressed again
            self._frame = None
            self._draw(history, space, self._axes, **options)
            self._canvas.draw()
        else:
            self._inside_only(history, space)
        return png(np.asarray(self._canvas.buffer_rgba()))

    def _inside_only(self, history: History, space: Space) -> None:
        for artist in [*_inside(self._axes), *self._axes.texts]:
            artist.remove()
        self._draw(history, space, self._axes)
        inside = _inside(self._axes)
        frame = _frame_of(self._axes)
        if frame != self._frame:
            for artist in inside:
                artist.set_visible(False)
            self._canvas.draw()
            self._background = self._canvas.copy_from_bbox(self._figure.bbox)
            self._frame = frame
            for artist in inside:
                artist.set_visible(True)
        self._canvas.restore_region(self._background)
        for artist in sorted(inside, key=lambda artist: artist.get_zorder()):
            self._axes.draw_artist(artist)


def _inside(ax: Axes) -> list[Any]:
    return [*ax.collections, *ax.lines]


def _frame_of(ax: Axes) -> tuple[Any, ...]:
    labels = tuple(label.get_text() for label in ax.get_yticklabels()) if ax.get_gid() == "rows" else ()
    texts = tuple(text.get_text() for text in ax.texts)  # they change with the incumbent only
    return (ax.get_xlim(), ax.get_ylim(), ax.get_yscale(), ax.get_xlabel(), ax.get_ylabel(), labels, texts)


class Easel:
    """The live plots of a study by name, each made when it is first drawn; to be used by one thread."""

    def __init__(self) -> None:
        self._plots: dict[str, LivePlot] = {}

    def png(self, name: str, history: History, space: Space, **options: Any) -> bytes:
        """Return the picture of a history."""
        if name not in self._plots:  # a figure takes longer to make than to draw
            self._plots[name] = LivePlot(name)
        return self._plots[name].png(history, space, **options)
