"""What a sampler sees of a history: every run, or one lesson of each config."""

from __future__ import annotations

from hpo_magic.search.climbers import matured
from hpo_magic.search.protocols import Sampler
from hpo_magic.search.repeats import averaged
from hpo_magic.space import Space
from hpo_magic.trials import History


def seen_by(sampler: Sampler, space: Space, history: History) -> History:
    """Return the history as a sampler reads it: all of it where it says `reads_runs`, as it models noise and budgets.

    Of each config the others see the mean of its repeats, and the run on the largest budget that has a value.

    Examples
    --------
    >>> from hpo_magic.search.samplers.tpe import TpeSampler
    >>> from hpo_magic.space import Float
    >>> from hpo_magic.trials import State, Trial
    >>> runs = [Trial(i, {"x": 0.5}, State.DONE, {"value": v}, parent=p) for i, v, p in ((0, 1.0, None), (1, 3.0, 0))]
    >>> seen_by(TpeSampler(), Space({"x": Float(0, 1)}), History(tuple(runs))).losses[:, 0].tolist()
    [2.0, 2.0]
    """
    if getattr(sampler, "reads_runs", False):
        return history
    told = averaged(history)
    return told if space.budget is None else matured(told)
