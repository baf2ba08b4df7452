"""A scheduler that stops by what trials report hears nothing from trials that report nothing."""

from __future__ import annotations

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
