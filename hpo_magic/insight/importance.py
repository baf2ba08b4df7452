"""How much each parameter matters: shares of the variance over the whole space, and what sets the best trials apart.

A search tries what is good far more often than what is bad, so that its trials alone say little of the space, and may
call a parameter irrelevant that decides everything. A Gaussian process tells what it expects all over the space.

Notation (Hutter 2014, section 3): the marginal over a set U of parameters is the average over all others; V_U is the
variance of the marginal that smaller sets do not explain, V the whole variance; the share of U is V_U / V. Shapes: n
places, f functions, d parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.stats.qmc import Sobol

from hpo_magic.errors import StudyError
from hpo_magic.insight.measured import FEWEST, Measured, measured
from hpo_magic.insight.squeeze import Squeeze
from hpo_magic.insight.view import View
from hpo_magic.search.one_thread import one_thread
from hpo_magic.space import Choice, Space
from hpo_magic.space.domains import levels
from hpo_magic.trials import History

Array = NDArray[np.float64]
METHODS = ("fanova", "ped-anova")
_RUNS, _PLACES, _DRAWN, _DRAWN_AT = 200, 2048, 10, 256
"""Trials that the process is told of, places where it is asked, functions drawn from it, and at how many of these."""
_BINS = 32, 8
"""Parts that a parameter is cut into where many places tell of it, and where few do."""
_PAIRED, _GRID = 5, 50
"""So many of the parameters that matter most are looked at in pairs; bins of a density."""
_REDRAWN = 20
"""Samples of the trials, drawn with repetition, by which the interval of a divergence is told (Efron 1979)."""


@dataclass(frozen=True)
class Share:
    """The share of one parameter, or of two together beyond what each does alone; between `low` and `high` by chance.

    The interval holds the share and four fifths of what functions drawn from the process say, or redrawn trials.
    """

    names: tuple[str, ...]
    share: float
    low: float
    high: float


@dataclass(frozen=True, repr=False)
class Importance(Mapping[str, float]):
    """Shares by parameter, the largest first.

    Attributes
    ----------
    shares : tuple of Share
        One a parameter.
    interactions : tuple of Share
        Pairs of the parameters that matter most; empty for "ped-anova".
    method : str
    metric : str
    """

    shares: tuple[Share, ...]
    interactions: tuple[Share, ...]
    method: str
    metric: str

    def __getitem__(self, name: str) -> float:
        return {share.names[0]: share.share for share in self.shares}[name]

    def __iter__(self) -> Iterator[str]:
        return (share.names[0] for share in self.shares)

    def __len__(self) -> int:
        return len(self.shares)

    def __repr__(self) -> str:
        rows = [
            f"  {' × '.join(share.names):24} {share.share:6.1%}  ({share.low:.1%} to {share.high:.1%})"
            for share in (*self.shares, *self.interactions)
        ]
        return "\n".join([f"importance for {self.metric} ({self.method})", *rows])


def importance(history: History, space: Space, metric: str | None = None, method: str = "fanova") -> Importance:
    """Return how much each parameter matters.

    Parameters
    ----------
    history : History
    space : Space
    metric : str, optional
        By default the first goal.
    method : str
        "fanova": the share of the variance over the whole space that a parameter explains, with interactions of pairs
        (Hutter 2014, section 3). "ped-anova": how much a parameter sets the best tenth of the trials apart from the
        others (Watanabe 2023, eq. 7).

    Raises
    ------
    StudyError
        For an unknown method or metric, or fewer than five finished trials.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> from hpo_magic.trials import State, Trial
    >>> rng, space = np.random.default_rng(0), Space({"x": Float(0, 1), "y": Float(0, 1)})
    >>> configs = [space.sample(rng) for _ in range(80)]
    >>> done = tuple(Trial(i, c, State.DONE, {"value": c["x"]}) for i, c in enumerate(configs))
    >>> found = importance(History(done), space)
    >>> list(found), found["x"] > 0.9
    (['x', 'y'], True)
    """
    if method not in METHODS:
        raise StudyError(f"method={method!r} is unknown; choose one of {', '.join(METHODS)}")
    names = [name for name in space if name != space.budget]
    if method == "ped-anova":
        known = measured(history, space, metric)
        goal, shares, interactions = known.goal, _ped_anova(known, space, names), list[Share]()
    else:
        view = View(history, space, metric, _RUNS)
        goal, (shares, interactions) = view.goal, _fanova(view, space, names)
    ordered = sorted(shares, key=lambda share: -share.share)
    pairs = sorted(interactions, key=lambda share: -share.share)
    return Importance(tuple(ordered), tuple(pairs), method, goal.metric)


def _coordinates(known: Measured, space: Space, names: list[str]) -> Array:
    """Return points, (n, d), of the unit cube, or outside of it where a range was narrowed since.

    Where a parameter is inactive it says nothing, so it may be anything.
    """
    columns = [space.names.index(name) for name in names]
    anything = np.random.default_rng(0).random(known.points.shape)
    return np.asarray(np.where(known.cube.active(known.points), known.points, anything)[:, columns])


def _fanova(view: View, space: Space, names: list[str]) -> tuple[list[Share], list[Share]]:
    # Of all that is tried now, each parameter evenly; what is inactive may be anything.
    places = Sobol(len(space.names), seed=0).random(_PLACES)
    points, rng = view.cube.at_full_budget(view.cube.model(places)), np.random.default_rng(0)
    with one_thread():
        mean, samples = view.process.mean(points), view.process.samples(points[:_DRAWN_AT], rng, _DRAWN)
    expected = view.unscaled(mean)
    # What is far worse than most of the space is bad, and how bad it is would drown all else.
    knee, noise = Squeeze.of(expected).knee, view.noise * view.scale**2
    told = np.minimum(expected, knee)
    some = [told[:_DRAWN_AT]] * 2 if np.ptp(told) == 0 else map(view.unscaled, samples)  # all alike: nothing matters
    drawn = np.minimum([told[:_DRAWN_AT], *some], knee)

    def share(chosen: tuple[str, ...]) -> Share:
        fine, coarse = (_bins(places, space, chosen, most) for most in _BINS)
        whole = float(_explained(fine, told[None], noise)[0])
        few = _explained(coarse[:, :_DRAWN_AT], drawn, noise)
        # Few places tell a share badly; by how much they miss that of the mean they miss those of functions like it.
        parts = whole + few[1:] - few[0]
        return _between(chosen, min(max(float(parts.mean()), 0.0), 1.0), np.clip(parts, 0.0, 1.0))

    shares = [share((name,)) for name in names]
    leading = sorted(shares, key=lambda share: -share.share)[:_PAIRED]
    return shares, [share((one.names[0], other.names[0])) for one, other in combinations(leading, 2)]


def _bins(places: Array, space: Space, chosen: tuple[str, ...], cells: int) -> NDArray[np.int_]:
    """Return in which part of each chosen parameter places of the unit cube lie, (1 or 2, n), so many cells at most."""
    most = cells if len(chosen) == 1 else int(cells**0.5) + 2
    parts = [min(levels(space[name]) or most, most) for name in chosen]
    return np.array([(places[:, space.names.index(n)] * k).astype(int) for n, k in zip(chosen, parts, strict=True)])


def _explained(bins: NDArray[np.int_], values: Array, noise: float) -> Array:
    """Return the share of the variance of each function that its parameters explain together, not by themselves, (f,).

    By chance it may lie below 0.

    Parameters
    ----------
    bins : (1 or 2, n)
    values : (f, n)
    noise : float
        Variance that nothing explains, beside that of the values.
    """
    whole = values.var(axis=1) + noise
    alone = sum((_between_bins(one, values) for one in bins), np.zeros(len(values)))
    if len(bins) == 1:
        part = alone
    else:
        part = _between_bins(bins[0] * (bins[1].max() + 1) + bins[1], values) - alone
    return np.asarray(part / np.where(whole > 0, whole, 1.0))


def _between_bins(bins: NDArray[np.int_], values: Array) -> Array:
    """Return the variance of the means of bins, less what chance alone gives them, (n,) and (f, n) → (f,).

    Where there is none it is by chance above 0 or below. The estimator of a one-way analysis of variance (Searle 1992,
    section 3.6).
    """
    counts = np.bincount(bins)
    centred = values - values.mean(axis=1, keepdims=True)
    sums = np.array([np.bincount(bins, one) for one in centred])
    between = (sums[:, counts > 0] ** 2 / counts[counts > 0]).sum(axis=1)
    kinds, n = int((counts > 0).sum()), len(bins)
    within = ((centred**2).sum(axis=1) - between) / max(n - kinds, 1)
    return np.asarray((between - (kinds - 1) * within) / n)


def _between(names: tuple[str, ...], share: float, told: Array) -> Share:
    low, high = np.quantile(told, (0.1, 0.9))
    return Share(names, share, min(float(low), share), max(float(high), share))


def _ped_anova(known: Measured, space: Space, names: list[str]) -> list[Share]:
    """Return shares by the Pearson divergence between the density of the best tenth and that of all trials."""
    points, losses = _coordinates(known, space, names), known.losses
    inside = ((points >= 0) & (points <= 1)).all(axis=1)
    if inside.sum() >= FEWEST:
        points, losses = points[inside], losses[inside]
    points = np.clip(points, 0.0, 1.0)
    parts, rng = _apart(points, losses, space, names), np.random.default_rng(0)
    redrawn = (rng.integers(len(losses), size=len(losses)) for _ in range(_REDRAWN))
    told = np.array([_apart(points[some], losses[some], space, names) for some in redrawn])
    return [_between((name,), float(parts[j]), told[:, j]) for j, name in enumerate(names)]


def _apart(points: Array, losses: Array, space: Space, names: list[str]) -> Array:
    """Return what part of the divergence each parameter has, (d,); 0 where nothing sets the best apart."""
    best = np.argsort(losses, kind="stable")[: max(len(losses) // 10, 3)]
    if losses[best].max() >= losses.max():
        return np.zeros(len(names))
    apart = np.array([_divergence(points[best, j], points[:, j], space, name) for j, name in enumerate(names)])
    return np.asarray(apart / (apart.sum() or 1.0))


def _divergence(best: Array, every: Array, space: Space, name: str) -> float:
    """Return the Pearson divergence of two densities over one parameter (Watanabe 2023, eq. 7)."""
    domain = space[name]
    discrete = levels(domain)
    bins = int(min(discrete or _GRID, _GRID))
    centres = (np.arange(bins) + 0.5) / bins
    if isinstance(domain, Choice):
        p, q = (np.histogram(x, bins, (0, 1))[0] + 1.0 for x in (best, every))
    else:
        p, q = (_density(x, centres) for x in (best, every))
    p, q = p / p.sum(), q / q.sum()
    return float(np.sum(q * (p / q - 1) ** 2))


def _density(points: Array, centres: Array) -> Array:
    width = max(1.06 * points.std() * len(points) ** -0.2, 1 / len(centres))  # Silverman 1986, eq. 3.28
    heights = np.exp(-0.5 * ((centres[:, None] - points) / width) ** 2).sum(axis=1)
    return np.asarray(heights + 1e-3 * heights.max())
