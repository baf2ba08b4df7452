"""How values become colours: from the best (dark) to the bad (pale), told apart also by the colour-blind."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray

Array = NDArray[np.float64]
_MAP = colormaps["viridis_r"]


def colours(quality: Array) -> Array:
    """Return RGBA colours of qualities from 0, bad, to 1, good, (n,) → (n, 4)."""
    return np.asarray(_MAP(0.05 + 0.6 * np.clip(quality, 0.0, 1.0)))  # its darkest end would drown on dark pages


def quality(losses: Array) -> Array:
    """Return how good each loss is among all, by its place, 1 for the best, (n,)."""
    if len(losses) < 2:
        return np.ones(len(losses))
    return np.asarray(1 - np.argsort(np.argsort(losses, kind="stable"), kind="stable") / (len(losses) - 1))
