"""What is not heard of a trial: reports that a scheduler waits for, and results that cannot be kept."""

from __future__ import annotations

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
    rungs = space.budget is not None and hasattr(strategy.scheduler, "eta")  # where trials end by themselves
    if trial.reports or rungs or not getattr(strategy.scheduler, "listens", False):
        return []
    return [
        f"trial {trial.number} reported nothing, so {strategy.name} stops none early; "
        "call report(value, step) as it trains, from hpo_magic import report"
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
