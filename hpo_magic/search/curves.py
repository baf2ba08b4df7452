"""Learning curves of trials, as rules that stop trials read them."""

from __future__ import annotations

from bisect import bisect_right

from hpo_magic.trials import Trial


def best_by(trial: Trial, step: int, sign: int) -> float | None:
    """Return the best value that a trial had reported by a step, None where it had not come so far.

    Examples
    --------
    >>> from hpo_magic.trials.trial import Report
    >>> trial = Trial(0, {}, reports=(Report(0, 3.0), Report(1, 1.0), Report(2, 2.0)))
    >>> best_by(trial, 1, 1), best_by(trial, 2, -1), best_by(trial, 3, 1)
    (1.0, 3.0, None)
    """
    curve = trial.curve
    if not curve.steps or curve.steps[-1] < step:
        return None
    best = curve.lowest if sign > 0 else curve.highest
    at = bisect_right(curve.steps, step)
    return best[at - 1] if at else None
