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
    """Return how good each loss is among all, by its place, from 1 for the best to 0 for the worst, (n,).

    Examples
    --------
    >>> quality(np.array([0.5, 0.1, 0.1, 0.9])).tolist(), quality(np.ones(2)).tolist()
    ([0.4, 1.0, 1.0, 0.0], [1.0, 1.0])
    """
    ordered = np.sort(losses)
    place = np.searchsorted(ordered, losses, "left") + np.searchsorted(ordered, losses, "right")  # twice, equals alike
    span = np.ptp(place) if len(place) else 0
    return np.asarray((place.max() - place) / span) if span else np.ones(len(losses))
