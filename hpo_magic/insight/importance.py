"""How much each parameter matters: shares of the variance over the whole space, and what sets the best trials apart.

A search tries what is good far more often than what is bad, so that a forest of its trials sees little of the space,
and may call a parameter irrelevant that decides everything. A Gaussian process tells what it expects all over the
space, and trees of that come near the shares of functions that have known ones.

Notation (Hutter 2014): each tree is a partition of the unit cube into boxes of volume w_l with values v_l; its marginal
over a set U of parameters is the average over all others; V_U is the variance of the marginal that smaller sets do not
explain, V the variance of the tree; the share of U is V_U / V. Shapes: L leaves, d parameters.
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
from hpo_magic.search.surrogates.forest import Forest
from hpo_magic.space import Choice, Space
from hpo_magic.space.domains import levels
from hpo_magic.trials import History

Array = NDArray[np.float64]
METHODS = ("fanova", "ped-anova")
_RUNS, _POINTS, _TREES, _DRAWN = 200, 256, 12, 10
"""Trials that the process is told of, places where it is asked, trees of its mean, functions drawn from it."""
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
    places = Sobol(len(space.names), seed=0).random(_POINTS)
    points = view.cube.at_full_budget(view.cube.model(places))
    columns, rng = [space.names.index(name) for name in names], np.random.default_rng(0)
    with one_thread():
        mean, drawn = view.process.predict(points)[0], view.process.samples(points, rng, _DRAWN)
    expected = view.unscaled(mean)
    # What is far worse than most of the space is bad, and how bad it is would drown all else.
    knee = Squeeze.of(expected).knee
    trees = _trees(places[:, columns], np.minimum(expected, knee), _TREES)
    perhaps = [_trees(places[:, columns], np.minimum(view.unscaled(one), knee), 1)[0] for one in drawn]
    noise = view.noise * view.scale**2

    def share(chosen: tuple[int, ...]) -> Share:
        told = [[tree.part(chosen) / ((tree.variance + noise) or 1.0) for tree in some] for some in (trees, perhaps)]
        return _between(tuple(names[j] for j in chosen), float(np.mean(told[0])), np.array(told[1]))

    shares = [share((j,)) for j in range(len(names))]
    leading = sorted(range(len(names)), key=lambda j: -shares[j].share)[:_PAIRED]
    return shares, [share(pair) for pair in combinations(leading, 2)]


def _trees(places: Array, values: Array, count: int) -> list[_Tree]:
    spread = np.ptp(values) or 1.0  # a forest takes variances below 1e-16 for none
    forest = Forest(places, (values - values.mean()) / spread, seed=0, trees=count, features=1.0)
    return [_Tree(lows, highs, spread * told) for lows, highs, told in forest.leaves()]


def _between(names: tuple[str, ...], share: float, told: Array) -> Share:
    low, high = np.quantile(told, (0.1, 0.9))
    return Share(names, share, min(float(low), share), max(float(high), share))


class _Tree:
    """Exact marginals of one tree over the unit cube (Hutter 2014, theorem 3)."""

    def __init__(self, lows: Array, highs: Array, values: Array) -> None:
        self._lows, self._highs = lows, highs
        lengths = highs - lows
        volumes = lengths.prod(axis=1)
        inside = volumes > 0
        self._lows, self._highs = lows[inside], highs[inside]
        self._lengths, volumes, values = lengths[inside], volumes[inside], values[inside]
        self._centred = values - volumes @ values
        self._mass = volumes * self._centred  # (L,)
        self.variance = float(volumes @ self._centred**2)
        self._known: dict[int, tuple[Array, Array, float]] = {}

    def part(self, chosen: tuple[int, ...]) -> float:
        """Return V_j of one coordinate, or V_jk of two, beyond V_j and V_k."""
        if len(chosen) == 1:
            return self._marginal(chosen[0])[2]
        j, k = chosen
        (one, widths, alone), (other, others, too) = self._marginal(j), self._marginal(k)
        together = (one * self._mass[:, None]).T @ other  # (intervals of j, intervals of k)
        return max(float(widths @ together**2 @ others) - alone - too, 0.0)

    def _marginal(self, j: int) -> tuple[Array, Array, float]:
        """Return which leaf covers which interval, by 1 / length, (L, intervals), their widths, and V_j."""
        if j not in self._known:
            cuts = np.unique(np.concatenate([self._lows[:, j], self._highs[:, j]]))
            middles, widths = (cuts[1:] + cuts[:-1]) / 2, np.diff(cuts)
            covers = (self._lows[:, j, None] < middles) & (middles < self._highs[:, j, None])
            weights = covers / self._lengths[:, j, None]
            self._known[j] = weights, widths, float(widths @ (self._mass @ weights) ** 2)
        return self._known[j]


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
