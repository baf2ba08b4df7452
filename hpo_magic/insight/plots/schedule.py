"""Schedule: the values that the best trial was trained with, over the budget; each between its own bounds."""

from __future__ import annotations

from matplotlib.axes import Axes

from hpo_magic.insight.plots.style import SERIES, dress, say
from hpo_magic.insight.schedule import schedule_of
from hpo_magic.space import Choice, Space
from hpo_magic.space.encoding import to_unit
from hpo_magic.space.shown import readable
from hpo_magic.trials import History


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
    for colour, name in zip(SERIES, moving or names, strict=False):
        values = [segment.config.get(name) for segment in segments]
        places = [float("nan") if v is None else to_unit(space[name], v) for v in values]
        ax.step(edges, [places[0], *places], where="pre", color=colour, linewidth=1.8)
        for number, (segment, value, place) in enumerate(zip(segments, values, places, strict=True)):
            if value is not None:
                shown = f"{name} {readable(value)}" if segment is segments[0] else readable(value)
                side = 0.02 if number % 2 == 0 else -0.07  # above and below in turns: short segments stand close
                left = segment.start + 0.01 * edges[-1]
                ax.text(left, place + side, shown, color=colour, fontsize=8, clip_on=True, parse_math=False)
