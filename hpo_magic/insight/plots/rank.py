"""Rank: the trials over two parameters, coloured by their place; shows where the good ones gather, without a model."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from hpo_magic.errors import StudyError
from hpo_magic.insight.plots.contour import axes_of
from hpo_magic.insight.plots.palette import colours, quality
from hpo_magic.insight.plots.scale import beyond, name_axes, place, short, stands, within
from hpo_magic.insight.plots.style import BEST, dress, say
from hpo_magic.space import Space
from hpo_magic.trials import History


def draw(history: History, space: Space, ax: Axes, x: str | None = None, y: str | None = None) -> None:
    """Draw the trials over two parameters into axes, by default over the two that matter most; dark is good."""
    dress(ax)
    try:
        x, y = axes_of(history, space, x, y)
    except StudyError as error:
        return say(ax, str(error))
    both = [trial for trial in history.done if x in trial.config and y in trial.config]
    there = within(both, space, x, y)
    good = quality(np.array([history.loss(trial) for trial in there]))
    order = np.argsort(good)
    at = np.array([(place(space, x, t.config[x]), place(space, y, t.config[y])) for t in there]).reshape(-1, 2)
    ax.scatter(at[order, 0], at[order, 1], s=26, c=colours(good)[order], alpha=0.85, linewidths=0)
    best = history.incumbent
    if best is not None and stands(best, space, x, y):
        ax.plot([place(space, x, best.config[x])], [place(space, y, best.config[y])], "*", color=BEST, markersize=13)
    name_axes(ax, space, x, y)
    ax.set_xlim(-0.03, 1.03)
    ax.set_ylim(-0.03, 1.03)
    title = f"{short(history.goals[0].metric, 40)}: dark is good{beyond(len(both) - len(there))}"
    ax.set_title(title, fontsize=8, parse_math=False)
