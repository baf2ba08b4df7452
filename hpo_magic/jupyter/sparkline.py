"""A curve in a few characters, for tables of text."""

from __future__ import annotations

import numpy as np

from hpo_magic.trials import History

_BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(history: History, width: int = 12) -> str:
    """Return how the best so far fell over the trials, the goal turned so that low is good; "" before a result.

    Examples
    --------
    >>> from hpo_magic.trials import State, Trial
    >>> done = tuple(Trial(i, {"x": i}, State.DONE, {"value": float(v)}) for i, v in enumerate((9, 5, 6, 2)))
    >>> sparkline(History(done), width=4)
    '█▅▅▁'
    """
    losses = [history.loss(trial) for trial in history.done if history.feasible(trial)]
    if not losses:
        return ""
    best = np.minimum.accumulate(losses)
    seen = best[np.linspace(0, len(best) - 1, min(width, len(best))).round().astype(int)]
    # The first trials are often far worse than all others: what lies above the 90 % quantile is drawn at the top.
    low, high = float(seen.min()), float(np.quantile(seen, 0.9))
    heights = np.clip((seen - low) / (high - low), 0, 1) if high > low else np.zeros(len(seen))
    return "".join(_BLOCKS[round(float(height) * 7)] for height in heights)
