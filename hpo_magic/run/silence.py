"""What is not heard of a trial: reports that a scheduler waits for, and results that cannot be kept."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hpo_magic.search.strategy import Strategy
from hpo_magic.space import Space
from hpo_magic.trials import Trial


def silence(trial: Trial, space: Space, strategy: Strategy) -> list[str]:
    """Return what to say of a trial that has ended well and reported nothing, where somebody waits for reports.

    Examples
    --------
    >>> from hpo_magic.search.strategy import strategy
    >>> from hpo_magic.space import Budget, Float
    >>> space, trial = Space({"x": Float(0, 1)}), Trial(0, {"x": 0.5})
    >>> silence(trial, space, strategy("random")), len(silence(trial, space, strategy("median")))
    ([], 1)
    >>> space = Space({"x": Float(0, 1), "epochs": Budget(1, 9)})
    >>> [len(silence(trial, space, strategy(name))) for name in ("asha", "gp+median")]
    [0, 1]
    """
    if trial.reports or not _stops(space, strategy):
        return []
    return [
        f"trial {trial.number} reported nothing, so {strategy.name} stops none early; "
        "call report(value, step) as it trains, from hpo_magic import report"
    ]


def _stops(space: Space, strategy: Strategy) -> bool:
    """Whether trials are stopped by what they report; on rungs they end by themselves."""
    rungs = space.budget is not None and hasattr(strategy.scheduler, "eta")
    return bool(getattr(strategy.scheduler, "listens", False)) and not rungs


def mismatch(trial: Trial, space: Space, strategy: Strategy) -> list[str]:
    """Return what to say of a trial whose reports look like those of another quantity than its metric.

    Examples
    --------
    >>> from hpo_magic.search.strategy import strategy
    >>> from hpo_magic.space import Float
    >>> from hpo_magic.trials import Report, State
    >>> trial = Trial(0, {"x": 0.5}, State.DONE, {"acc": 0.9}, "acc", reports=(Report(0, 2.3), Report(1, 0.4)))
    >>> [len(mismatch(trial, Space({"x": Float(0, 1)}), strategy(name))) for name in ("median", "random")]
    [1, 0]
    """
    if not trial.reports or trial.value is None or not _stops(space, strategy):
        return []
    if any(math.isclose(report.value, trial.value, rel_tol=1e-6, abs_tol=1e-12) for report in trial.reports):
        return []
    return [
        f"trial {trial.number} ended with {trial.metric} = {trial.value:.6g} and never reported that (at last "
        f"{trial.reports[-1].value:.6g}); reports are taken for {trial.metric}, and {strategy.name} stops by them"
    ]


def first_alone(metrics: Sequence[str], measured: Sequence[str], space: Space, strategy: Strategy) -> list[str]:
    """Return what to say where trials are stopped by one metric, and others count as well.

    Examples
    --------
    >>> from hpo_magic.search.strategy import strategy
    >>> from hpo_magic.space import Float
    >>> first_alone(["loss"], ["loss", "latency"], Space({"x": Float(0, 1)}), strategy("gp+median"))[0][:47]
    'gp+median stops trials by loss alone, as report'
    """
    others = [name for name in measured if name != metrics[0]]
    if not others or not _stops(space, strategy):
        return []
    return [
        f"{strategy.name} stops trials by {metrics[0]} alone, as reports tell of nothing else; one that is good in "
        f"{others[0]} may be among them, which {strategy.name.partition('+')[0]} alone would run to its end"
    ]


def not_kept(trial: Trial, names: Sequence[str]) -> str:
    """Return what to say of what a trial has returned beside its metrics and is no finite number.

    Examples
    --------
    >>> print(not_kept(Trial(0, {"x": 0.5}), ["note"]).partition(";")[0])
    note of trial 0 is not kept: beside the metrics finite numbers are
    """
    return (
        f"{', '.join(names)} of trial {trial.number} {'is' if len(names) == 1 else 'are'} not kept: beside the metrics "
        "finite numbers are; print the rest, which goes to the trial's log, or write it to a file in checkpoint()"
    )
