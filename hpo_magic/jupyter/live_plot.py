"""A plot that is redrawn often: the frame is drawn once and kept, only what lies inside is drawn anew."""

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
        self._draw = PLOTS[name]
        self._figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI)
        self._canvas = FigureCanvasAgg(self._figure)
        left, right = (0.24, 0.99) if name == "parameters" else (0.14, 0.97)
        self._figure.subplots_adjust(left=left, right=right, top=0.96, bottom=0.15)
        self._axes = self._figure.add_subplot()
        self._frame: tuple[Any, ...] | None = None
        self._background: Any = None

    def png(self, history: History, space: Space) -> bytes:
        """Return the picture of a history."""
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
        return png(np.asarray(self._canvas.buffer_rgba()))


def _inside(ax: Axes) -> list[Any]:
    return [*ax.collections, *ax.lines]


def _frame_of(ax: Axes) -> tuple[Any, ...]:
    labels = tuple(label.get_text() for label in ax.get_yticklabels()) if ax.get_gid() == "rows" else ()
    texts = tuple(text.get_text() for text in ax.texts)  # they change with the incumbent only
    return (ax.get_xlim(), ax.get_ylim(), ax.get_yscale(), ax.get_xlabel(), ax.get_ylabel(), labels, texts)
