"""The static result: a picture and a table that stay in the saved notebook, readable without a kernel."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from hpo_magic.jupyter.live_plot import Easel
from hpo_magic.search.climbers import climbers
from hpo_magic.search.fidelity import budget_of
from hpo_magic.search.schedulers.pbt import Pbt
from hpo_magic.space.shown import readable, telling
from hpo_magic.space.words import teller
from hpo_magic.study import Study
from hpo_magic.trials import History, State, Trial

TOP = 5


class Report:
    """Renders a study's result as HTML and as text; to be used by one thread."""

    def __init__(self, study: Study, easel: Easel | None = None) -> None:
        self._study, self._easel = study, easel or Easel()

    def bundle(self) -> dict[str, str]:
        """Return the result as a MIME bundle."""
        return {"text/html": self.html(), "text/plain": text(self._study)}

    def pictures(self) -> dict[str, bytes]:
        """Return the plots that are worth seeing as PNG, by name."""
        history, space = self._study.history, self._study.space
        return {name: self._easel.png(name, history, space) for name in worth_seeing(self._study)}

    def html(self) -> str:
        """Return pictures and table; everything that comes from trials is escaped."""
        pictures = "".join(
            f'<img class="hpo-static-plot" alt="{escape(name)} of {escape(self._study.name)}" '
            f'style="max-width:49%;display:inline-block" src="data:image/png;base64,'
            f'{base64.b64encode(picture).decode()}"/>'
            for name, picture in self.pictures().items()
        )
        return f'<div class="hpo-static">{pictures}{table(self._study)}</div>'


def worth_seeing(study: Study) -> tuple[str, ...]:
    """Return the plots that show something of a study: curves where trials report, rungs where they have budgets."""
    names = ["convergence", "parameters"]
    budgets = study.original.budget is not None
    if budgets or any(trial.reports for trial in study.trials):
        names.append("curves")
    if budgets:
        names.append("schedule" if isinstance(study.strategy.scheduler, Pbt) else "brackets")
    return tuple(names)


def spent(study: Study) -> str:
    """Return in words what trials have spent of their budget, and what full runs would have taken; "" without one.

    What a promoted trial found in its checkpoint folder it did not spend again.
    """
    budget = budget_of(study.original)
    ended = [trial for trial in study.trials if trial.state.ended and trial.budget is not None]
    if budget is None or not ended:
        return ""
    told, full = sum(trial.cost for trial in ended), budget.high * len(climbers(study.history))
    edited = budget_of(study.space) != budget  # full runs have had different budgets then
    instead = f" instead of the {full:,} of full runs" if told < full and not edited else ""
    return f"{told:,} {study.original.budget} spent{instead}"


def text(study: Study) -> str:
    """Return the result in a few lines of text."""
    lines, tell = [headline(study)], {name: teller(domain) for name, domain in study.original.items()}
    for trial in ranked(study):
        config = ", ".join(f"{name}={tell[name](value)}" for name, value in trial.config.items())
        lines.append(f"  trial {trial.number}: {measured(study, trial)}  ({config})")
    return "\n".join([*lines, *(f"  failed: {reason}" for reason in reasons(study))])


def measured(study: Study, trial: Trial) -> str:
    """Return a trial's metrics, and what constraints read, in words."""
    values = trial.values or {}
    return ", ".join(
        f"{metric} = {readable(values.get(metric), digits(study, metric))}" for metric in study.ledger.measured
    )


def digits(study: Study, metric: str) -> int:
    """Return in how many digits a metric's values are told apart."""
    return telling(value for trial in study.history.done if (value := (trial.values or {}).get(metric)) is not None)


def best_value(study: Study, best: Trial) -> str:
    """Return the best trial's first metric in words."""
    return f"{study.metrics[0]} {readable(best.value, digits(study, study.metrics[0]))}"


def headline(study: Study) -> str:
    """Return one line: name, state, counts and the best."""
    history = study.history
    phase = "running in another kernel" if study.ledger.claim.elsewhere() else str(study.phase)
    parts = [f"{study.name} (version {study.version}): {phase}", f"{len(history.done)} trials done"]
    parts += fallen(history)
    best = study.best
    if len(study.goals) > 1 and best is not None:
        parts.append(f"{len(study.pareto)} on the Pareto front of {', '.join(study.metrics)}")
    elif best is not None:
        parts.append(f"best {best_value(study, best)} in trial {best.number}{at_budget(study, best)}")
    elif history.done:
        parts.append(history.why_none)
    if saved := spent(study):
        parts.append(saved)
    message = study.runner.message if study.runner else ""
    return ", ".join(parts) + (f" ({message})" if message else "")


def fallen(history: History) -> list[str]:
    """Return how many trials were stopped early and how many failed, in words, where any were."""
    counts = {"stopped early": sum(trial.cut for trial in history.trials), "failed": len(history.failed)}
    return [f"{count} {what}" for what, count in counts.items() if count]


def at_budget(study: Study, trial: Trial) -> str:
    """Return what a trial had of its budget, in words: another may be better that had less."""
    return "" if trial.budget is None else f" with {trial.budget:,} {study.original.budget}"


def ranked(study: Study) -> list[Trial]:
    """Return the best trials that meet the constraints, best first; of several metrics the Pareto front.

    Those that failed with a larger budget come last.
    """
    history = study.history
    if len(history.goals) > 1:
        return sorted(history.front, key=history.loss)[: 4 * TOP]
    fit = filter(history.feasible, history.done)
    failed = history.passed_over
    return sorted(fit, key=lambda t: (t.number in failed, -(t.budget or 0), history.loss(t)))[:TOP]


def table(study: Study) -> str:
    """Return the best trials and the failures as an HTML table."""
    names = [name for name in study.original if any(name in trial.config for trial in ranked(study))]
    titles = ("trial", *study.ledger.measured, *names, lasted(study))
    head = "".join(f"<th>{escape(title)}</th>" for title in titles)
    metrics = {metric: digits(study, metric) for metric in study.ledger.measured}
    tell = {name: teller(study.original[name]) for name in names}
    body = "".join(_row(trial, metrics, tell) for trial in ranked(study))
    grid = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if body else ""
    return f"<p>{escape(headline(study))}</p>{grid}{failures(study)}"


def lasted(study: Study) -> str:
    """Return what the column of durations is called: "seconds", unless a metric or a parameter is."""
    taken = "seconds" in (*study.ledger.measured, *study.original)
    return "seconds of the trial" if taken else "seconds"


def reasons(study: Study) -> list[str]:
    """Return how many trials failed and why, each reason once."""
    alike: dict[Any, list[Trial]] = {}
    for trial in study.trials:
        if trial.state is State.FAILED and trial.error is not None:
            alike.setdefault(trial.error.likeness, []).append(trial)
    return [
        f"{len(trials)} × {trials[-1].error} (trial {trials[-1].number})"
        for trials in sorted(alike.values(), key=len, reverse=True)[:TOP]
    ]


def failures(study: Study) -> str:
    """Return the reasons of failures as HTML."""
    items = "".join(f"<li>{escape(reason)}</li>" for reason in reasons(study))
    return f"<p>Failed trials:</p><ul>{items}</ul>" if items else ""


def _row(trial: Trial, metrics: Mapping[str, int], tell: Mapping[str, Callable[[Any], str]]) -> str:
    values = [str(trial.number), *(readable((trial.values or {}).get(one), many) for one, many in metrics.items())]
    values += [one(trial.config[name]) if name in trial.config else "–" for name, one in tell.items()]
    values.append("" if trial.duration is None else f"{trial.duration:.2g}")
    return "<tr>" + "".join(f"<td>{escape(value)}</td>" for value in values) + "</tr>"
