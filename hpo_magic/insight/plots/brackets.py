"""Brackets: the rungs side by side, every config at its place on each; lines show who was promoted."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from hpo_magic.insight.lineage import lineage
from hpo_magic.insight.plots.style import BEST, INK, LINE, TRIAL, dress, say
from hpo_magic.search.standing import best_first
from hpo_magic.space import Space
from hpo_magic.trials import History, State


def draw(history: History, space: Space, ax: Axes) -> None:
    """Draw who stands where on the rungs of a history with budgets into axes; the best of a rung is at the top."""
    dress(ax)
    runs = lineage(history)
    budgets = sorted({trial.budget for trial, _ in runs.values() if trial.budget is not None})
    ax.set_xlabel(space.budget or "budget", fontsize=9, parse_math=False)
    ax.set_ylabel("place on its rung", fontsize=9)
    if not budgets:
        say(ax, "no trial with a budget yet")
        return
    rungs = {budget: [trial for trial, _ in runs.values() if trial.budget == budget] for budget in budgets}
    places = {rung[i].number: place for rung in rungs.values() for place, i in enumerate(best_first(history, rung), 1)}
    x_of = {trial.number: x for x, rung in enumerate(rungs.values()) for trial in rung}
    lines = [
        [(x_of[run.number], places[run.number]) for run in (before, trial)]
        for trial, before in runs.values()
        if before is not None and trial.number in places and before.number in places
    ]
    ax.add_collection(LineCollection(lines, colors=LINE, linewidths=0.9, alpha=0.6))
    most = max(map(len, rungs.values()))
    for x, rung in enumerate(rungs.values()):
        here = [places[trial.number] for trial in rung if trial.number in places]
        ax.plot([x] * len(here), here, "o", color=TRIAL, markersize=4, alpha=0.7, markeredgewidth=0)
        running = sum(trial.state is State.RUNNING for trial in rung)
        ended = sum(trial.state is State.DONE for trial in rung)
        told = f"{len(here)} of {ended}" if len(here) < ended else f"{len(here)}"  # the others miss a constraint
        ax.text(x, -0.05 * most, told + (f" + {running}" if running else ""), ha="center", fontsize=8, color=INK)
    best = history.incumbent
    if best is not None and best.number in places:
        ax.plot([x_of[best.number]], [places[best.number]], "*", color=BEST, markersize=13)
    ax.set_xlim(-0.5, len(budgets) - 0.5)
    ax.set_xticks(range(len(budgets)), [str(budget) for budget in budgets])
    ax.set_ylim(most * 1.04 + 1, -most * 0.12 - 0.5)
