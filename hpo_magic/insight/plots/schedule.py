"""Schedule: the values that the best trial was trained with, over the budget; each between its own bounds."""

from __future__ import annotations

from matplotlib.axes import Axes

from hpo_magic.insight.plots.style import SERIES, dress, say
from hpo_magic.insight.schedule import schedule_of
from hpo_magic.space import Choice, Space
from hpo_magic.space.encoding import to_unit
from hpo_magic.space.shown import readable
from hpo_magic.trials import History

_CHARACTER, _LINE = 0.0115, 0.065
"""Width and height of what is written, in parts of the axes'."""


def draw(history: History, space: Space, ax: Axes) -> None:
    """Draw the schedule of the best trial into axes; numbers that never change are left out where others do."""
    dress(ax)
    segments = schedule_of(history, space.budget)
    ax.set_xlabel(space.budget or "step", fontsize=9, parse_math=False)
    ax.set_ylabel("place within its range", fontsize=9)
    ax.set_ylim(-0.05, 1.12)
    ax.set_xlim(0, segments[-1].end if segments else 1)
    if not segments:
        say(ax, "no trial with a budget yet")
        return
    names = [n for n in segments[-1].config if not isinstance(space[n], Choice)]
    moving = [n for n in names if len({s.config.get(n) for s in segments}) > 1]
    edges = [segments[0].start, *(segment.end for segment in segments)]
    labels = _Labels(ax)
    for colour, name in zip(SERIES, moving or names, strict=False):
        values = [segment.config.get(name) for segment in segments]
        places = [float("nan") if v is None else to_unit(space[name], v) for v in values]
        ax.step(edges, [places[0], *places], where="pre", color=colour, linewidth=1.8)
        before = None
        for segment, value, place in zip(segments, values, places, strict=True):
            if value is not None and value != before:
                shown = readable(value) if before is not None else f"{name} {readable(value)}"
                labels.write(segment.start / edges[-1] + 0.01, place, shown, colour)
            before = value


class _Labels:
    """Labels of steps, each above or below its own where no other one stands; one that finds no room is left out."""

    def __init__(self, ax: Axes) -> None:
        self._ax = ax
        self._taken: list[tuple[float, float, float]] = []  # left, right, height

    def write(self, left: float, height: float, text: str, colour: str) -> None:
        """Write a text from a place in parts of the axes' width on."""
        right = left + _CHARACTER * len(text)
        for side in (0.02, -0.07, 0.09, -0.14):
            at = height + side
            free = all(right < other or end < left or abs(at - y) > _LINE for other, end, y in self._taken)
            if free and -0.05 < at < 1.1:
                self._taken.append((left, right, at))
                self._ax.text(
                    left, at, text, transform=self._ax.get_yaxis_transform(), color=colour, fontsize=8, clip_on=True,
                    parse_math=False,
                )  # fmt: skip
                return
