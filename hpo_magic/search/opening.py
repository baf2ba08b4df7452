"""How every search opens, whatever model takes over: the cell's own values, then points spread over the space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_magic.search.cube import Cube, cube_of
from hpo_magic.search.novelty import Tried
from hpo_magic.search.samplers.random import RandomSampler
from hpo_magic.search.scalar import penalised, weighed
from hpo_magic.space import Config, Space
from hpo_magic.trials import History

_FEWEST = 3
"""Proposals by which a model is judged at least."""

Ranked = Callable[[Cube, History, np.random.Generator], NDArray[np.float64]]
"""Returns points in proposal coordinates, the most promising first, (k, d)."""


@dataclass(frozen=True)
class Opening:
    """The start of a search, and the fall-back of its model.

    Parameters
    ----------
    seed : int
        Seed of the spread points; the study's.
    start : int
        Trials before the model takes over.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> Opening(0, 4).propose(Space({"x": Float(0, 1, default=0.25)}), History(), np.random.default_rng(0), None)
    {'x': 0.25}
    """

    seed: int
    start: int

    def propose(
        self, space: Space, history: History, rng: np.random.Generator, promising: Ranked | None
    ) -> Config | None:
        """Return the next config: of the opening while it lasts, then the first of the model's that is new."""
        known = Tried(history, space)
        defaults = space.defaults()
        if defaults is not None and not known(defaults):
            return defaults
        cube = cube_of(space)
        if promising is not None and not self.lasts(cube, history):
            for point in promising(cube, history, rng):
                config = space.decode(point)
                if not known(config):
                    return config
        return RandomSampler(self.seed).propose(space, history, rng)

    def lasts(self, cube: Cube, history: History) -> bool:
        """Whether there is too little for a model: too few trials, or nothing to choose."""
        return len(history) < self.start or len(history.done) < 2 or bool(cube.held.all())

    def ahead(self, space: Space, history: History) -> None:
        """Load what the opening needs."""
        RandomSampler(self.seed).ahead(space, history)

    def words(self, space: Space) -> str:
        """Say how the search opens."""
        first = "the cell's own values, then " if space.defaults() is not None else ""
        return f"{first}{self.start} spread points"

    def then(self, space: Space, model: str, goals: int) -> str:
        """Say how the search opens, and which model, of one number a trial, takes over."""
        return f"{self.words(space)}, then {model}{weighed(goals)}"


def tells_nothing(history: History) -> bool:
    """Whether all finished trials came out alike, or all miss constraints alike: a model knows no more than the start.

    Where it is least certain are the corners of the space, and there it would stay; spread points find what is to find.

    Examples
    --------
    >>> from hpo_magic.trials import State, Trial
    >>> chance = tuple(Trial(i, {"x": i}, State.DONE, {"value": 0.9}) for i in range(3))
    >>> better = Trial(3, {"x": 3}, State.DONE, {"value": 0.1})
    >>> tells_nothing(History(chance)), tells_nothing(History((*chance, better)))
    (True, False)
    """
    if not history.done or history.failed:  # where trials fail can be learnt
        return False
    told = history.losses
    if history.constraints:
        met = (history.margins <= 0).all(axis=1).any()
        told = np.hstack([told, history.margins]) if met else history.margins
    return bool((told == told[0]).all())


def beaten(history: History, start: int, count: int) -> float:
    """Return which share of the trials before it was better than a proposal, on average over the first of a model's.

    That of points drawn at random is a half. 0 while there are fewer than three.

    Parameters
    ----------
    history : History
        With one goal.
    start : int
        Finished trials before the model's first.
    count : int
        So many of its proposals are looked at.

    Examples
    --------
    >>> from hpo_magic.trials import State, Trial
    >>> told = (3.0, 1.0, 2.0, 4.0, 1.5)
    >>> done = tuple(Trial(i, {"x": i}, State.DONE, {"value": value}) for i, value in enumerate(told))
    >>> beaten(History(done), 2, 10), beaten(History(done), 3, 10)
    (0.5833333333333334, 0.0)
    """
    last = min(len(history.done), start + count)
    if last - start < _FEWEST:
        return 0.0
    losses = penalised(history.losses[:last, 0], history.margins[:last])
    better = np.tril(losses < losses[:, None])  # of those before
    return float((better.sum(axis=1)[start:] / np.arange(start, last)).mean())
