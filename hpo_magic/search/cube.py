"""The unit cube in bulk: many points at once, as samplers that score thousands of candidates need it.

Two coordinate systems. Proposal coordinates are uniform over what is in play and are read by ``Space.decode``.
Model coordinates are those of ``Space.encode``: they know all options and do not move when a choice is narrowed.
Shapes: n points, d parameters.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import cached_property
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from hpo_magic.search.fidelity import budget_of, rungs_of
from hpo_magic.space import Budget, Choice, Config, Float, Int, Space
from hpo_magic.space.domains import levels
from hpo_magic.space.encoding import from_unit, to_unit
from hpo_magic.trials import Trial

Array = NDArray[np.float64]

INACTIVE, NO_OPTION = 0.5, -1.0
"""Model coordinates of an inactive number and an inactive unordered choice: two of them are at distance zero."""
_ABSENT = -2.0
"""Stands for a parent that does not exist; not NaN, of which no two are the same."""
_FAR = 100.0
"""What lies further outside of a range that was narrowed counts as lying there: a covariance of such spans is none."""


class Cube:
    """A space's cube in bulk.

    Examples
    --------
    >>> space = Space({"act": Choice(["relu", "tanh"]), "n": Int(1, 4)})
    >>> Cube(space).model(np.array([[0.9, 0.3]]))
    array([[0.75 , 0.375]])
    """

    def __init__(self, space: Space) -> None:
        self.space = space
        self.unordered = np.array([isinstance(d, Choice) and not d.ordered for d in space.values()])  # (d,)
        self.options = np.array([_count(space, name) for name in space])  # (d,), inf for a continuous one
        self.held = np.array([n in space.fixed or n == space.budget or _single(space, n) for n in space])  # (d,)
        budget = budget_of(space)
        self._budget = None if budget is None else (space.names.index(str(space.budget)), budget)
        self._inactive = np.where(self.unordered, NO_OPTION, INACTIVE)  # (d,)
        self._columns = [_column(space, name) for name in space]
        self._configs: list[Config | None] = []  # of the trials whose coordinates are known, by number
        self._rows = np.zeros((0, len(space)))
        self._encoding = Lock()  # two studies may share a space, and numbers their trials alike
        self._conditional = [(j, c) for j, n in enumerate(space) if (c := space.condition(n)) is not None]

    @property
    def branches(self) -> bool:
        """Whether some parameters exist only for some values of others, and few trials tell of each: none are cheap."""
        return bool(self._conditional) and self.space.budget is None

    @cached_property
    def endless(self) -> bool:
        """Whether every config has a continuous parameter, so that none is drawn twice."""
        conditional = {j for j, _ in self._conditional}
        return any(j not in conditional for j in np.flatnonzero(np.isinf(self.options) & ~self.held))

    @cached_property
    def breadth(self) -> int:
        """Return how many parameters a config has at most, among 256 that are drawn."""
        return int(self._drawn.sum(axis=1).max())

    @cached_property
    def apart(self) -> bool:
        """Whether there are branches that share little: most numbers of a config, on average of 256, are their own."""
        if not self.branches or len(np.unique(self._drawn, axis=0)) == 1:
            return False
        shared = ~self.unordered & ~self.held
        shared[[j for j, _ in self._conditional]] = False
        own = ~self.unordered & ~self.held & ~shared
        return bool(self._drawn[:, own].sum(axis=1).mean() > shared.sum())

    @cached_property
    def _drawn(self) -> NDArray[np.bool_]:
        """Which parameters exist in 256 configs drawn at random, (256, d)."""
        return self.active(self._placed(np.random.default_rng(0).random((256, len(self.space)))))

    def model(self, points: Array) -> Array:
        """Return the model coordinates of proposal coordinates, (n, d) → (n, d)."""
        model = self._placed(points)
        return np.where(self.active(model), model, self._inactive)

    def _placed(self, points: Array) -> Array:
        return np.stack([read(points[:, j]) for j, read in enumerate(self._columns)], axis=1)

    def at_full_budget(self, model: Array) -> Array:
        """Return model coordinates with the budget at its largest, (n, d) → (n, d)."""
        return model if self._budget is None else self.at_budget(model, rungs_of(self.space)[-1])

    def at_budget(self, model: Array, spent: int) -> Array:
        """Return model coordinates with the budget at a value, (n, d) → (n, d); of a space that has one."""
        assert self._budget is not None
        j, budget = self._budget
        moved = model.copy()
        moved[:, j] = _log_place(budget, spent)
        return moved

    def at_least_budget(self, model: Array, known: Array) -> Array:
        """Return model coordinates with the budget at the least that is known, (n, d), (k, d) → (n, d)."""
        if self._budget is None:
            return model
        moved = model.copy()
        moved[:, self._budget[0]] = known[:, self._budget[0]].min()
        return moved

    def in_play(self, j: int) -> int:
        """Return how many options of a choice are in play."""
        return len(self.space.options(self.space.names[j]))

    def to_proposal(self, model: Array) -> Array:
        """Return proposal coordinates that lie at or near model coordinates, (n, d) → (n, d)."""
        points = model.copy()
        for name, options in self.space.chosen.items():  # elsewhere the two coordinates are the same
            j = self.space.names.index(name)
            places = np.array([to_unit(self.space[name], option) for option in options])
            points[:, j] = (np.abs(model[:, j, None] - places).argmin(axis=1) + 0.5) / len(places)
        return np.clip(points, 0.0, 1.0)

    def filled(self, model: Array, rng: np.random.Generator) -> Array:
        """Return proposal coordinates of model coordinates, random where a parameter is inactive, (n, d) → (n, d)."""
        return self.to_proposal(np.where(self.active(model), model, rng.random(model.shape)))

    def active(self, model: Array) -> NDArray[np.bool_]:
        """Return which parameters exist at model coordinates, (n, d)."""
        active = np.ones(model.shape, dtype=bool)
        names = self.space.names
        for j, condition in self._conditional:
            parents = [names.index(name) for name in sorted(condition.names)]
            keys = np.where(active[:, parents], model[:, parents], _ABSENT)  # (n, parents)
            # Comparing rows where numbers would do makes a proposal take half as long again.
            rows, group = np.unique(keys, axis=0 if len(parents) > 1 else None, return_inverse=True)
            holds = [self._holds(condition.holds, parents, row) for row in rows.reshape(-1, len(parents))]
            active[:, j] = np.array(holds)[group.ravel()]
        return active

    def _holds(self, test: Callable[[Config], bool], parents: Sequence[int], row: Array) -> bool:
        names = [self.space.names[p] for p in parents]
        return test({n: from_unit(self.space[n], u) for n, u in zip(names, row, strict=True) if u != _ABSENT})

    def encode(self, trials: Sequence[Trial]) -> Array:
        """Return the model coordinates of trials' configs, (n, d); each is worked out once."""
        rows = [trial.number for trial in trials]
        with self._encoding:
            self._reserve(max(rows, default=-1) + 1)
            for trial in trials:
                if self._configs[trial.number] is not trial.config:
                    self._rows[trial.number] = self._row(trial)
                    self._configs[trial.number] = trial.config
            return np.asarray(self._rows[rows])  # a copy

    def _row(self, trial: Trial) -> Array:
        row = np.clip(self.space.encode(trial.config), -_FAR, _FAR)
        row = np.where(np.isnan(row), self._inactive, row)
        if self._budget is not None:
            j, budget = self._budget
            row[j] = _log_place(budget, trial.budget or budget.high)
        return row

    def encode_configs(self, trials: Sequence[Trial]) -> Array:
        """Return the model coordinates of trials' configs, whatever each could spend, (n, d)."""
        return self.at_full_budget(self.encode(trials))

    def _reserve(self, count: int) -> None:
        missing = count - len(self._configs)
        if missing > 0:
            missing = max(missing, len(self._configs))  # doubling, so that growing costs nothing in the long run
            self._configs += [None] * missing
            self._rows = np.vstack([self._rows, np.zeros((missing, len(self.space)))])


def cube_of(space: Space) -> Cube:
    """Return the cube of a space; the same one for the same object, with all that it has encoded."""
    with _ONE_AT_A_TIME:
        for cube in _CUBES:
            if cube.space is space:
                return cube
        _CUBES.append(made := Cube(space))
        return made


_CUBES: deque[Cube] = deque(maxlen=8)
_ONE_AT_A_TIME = Lock()


def _count(space: Space, name: str) -> float:
    return levels(space[name]) or np.inf


def _single(space: Space, name: str) -> bool:
    return isinstance(space[name], Choice) and len(space.options(name)) == 1


def _column(space: Space, name: str) -> Callable[[Array], Array]:
    """Return the function from proposal to model coordinates of one parameter."""
    domain = space[name]
    if isinstance(domain, Budget):
        return _constant(_log_place(domain, rungs_of(space)[-1]))
    if name in space.fixed:
        return _constant(to_unit(domain, space.fixed[name]))
    if isinstance(domain, Choice):
        places = np.array([to_unit(domain, option) for option in space.options(name)])
        if domain.ordered and name not in space.chosen:
            places = np.sort(places)
        return lambda u: places[np.minimum((u * len(places)).astype(int), len(places) - 1)]
    if isinstance(domain, Float) and domain.step is None:
        return lambda u: np.clip(u, 0.0, 1.0)
    if isinstance(domain, Int) and domain.log:
        low, high = np.log(domain.low - 0.5), np.log(domain.high + 0.5)

        def log_int(u: Array) -> Array:
            value = np.clip(np.round(np.exp(low + u * (high - low))), domain.low, domain.high)
            return np.asarray((np.log(value) - low) / (high - low))

        return log_int
    count = levels(domain) or 1
    return lambda u: (np.minimum((u * count).astype(int), count - 1) + 0.5) / count


def _log_place(budget: Budget, spent: int) -> float:
    """Return where a budget lies between the least and the most, by its logarithm: each doubling teaches as much."""
    return float(np.log(spent / budget.low) / np.log(budget.high / budget.low))


def _constant(coordinate: float) -> Callable[[Array], Array]:
    return lambda u: np.full(len(u), coordinate)
