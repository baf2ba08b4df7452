"""Brackets: the rungs side by side, every config at its place on each; lines show who was promoted."""

from __future__ import annotations

from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from hpo_magic.insight.plots.style import BEST, INK, LINE, TRIAL, dress, say
from hpo_magic.search.fidelity import climbers, ranked
from hpo_magic.space import Space
from hpo_magic.trials import History, State


def draw(history: History, space: Space, ax: Axes) -> None:
    """Draw who stands where on the rungs of a history with budgets into axes; the best of a rung is at the top."""
    dress(ax)
    group = climbers(history)
    budgets = sorted({budget for climber in group for budget in climber.at})
    ax.set_xlabel(space.budget or "budget", fontsize=9, parse_math=False)
    ax.set_ylabel("place on its rung", fontsize=9)
    if not budgets:
        say(ax, "no trial with a budget yet")
        return
    places = {
        budget: {climber.root.number: place for place, climber in enumerate(ranked(history, group, budget), 1)}
        for budget in budgets
    }
    lines: list[tuple[tuple[float, float], tuple[float, float]]] = []
    for climber in group:
        stops = [(x, places[b].get(climber.root.number)) for x, b in enumerate(budgets)]
        known = [(float(x), float(y)) for x, y in stops if y is not None]
        lines += pairwise(known)
    ax.add_collection(LineCollection(lines, colors=LINE, linewidths=0.9, alpha=0.6))
    most = max((len(place) for place in places.values()), default=1)
    for x, budget in enumerate(budgets):
        here = list(places[budget].values())
        ax.plot([x] * len(here), here, "o", color=TRIAL, markersize=4, alpha=0.7, markeredgewidth=0)
        running = sum(c.at[budget].state is State.RUNNING for c in group if budget in c.at)
        ax.text(
            x, -0.05 * most, f"{len(here)}" + (f" + {running}" if running else ""), ha="center", fontsize=8, color=INK
        )
    best = history.incumbent
    if best is not None and best.budget is not None:
        place = next((places[best.budget][c.root.number] for c in group if c.at.get(best.budget) is best), 1)
        ax.plot([budgets.index(best.budget)], [place], "*", color=BEST, markersize=13)
    ax.set_xlim(-0.5, len(budgets) - 0.5)
    ax.set_xticks(range(len(budgets)), [str(budget) for budget in budgets])
    ax.set_ylim(most * 1.04 + 1, -most * 0.12 - 0.5)
