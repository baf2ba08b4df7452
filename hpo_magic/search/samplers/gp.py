"""Bayesian optimisation with Gaussian processes: mixed and conditional spaces, several goals, constraints, failures."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from hpo_magic.errors import StrategyError, did_you_mean
from hpo_magic.search.branches import elsewhere, gains_nothing
from hpo_magic.search.cube import Cube, cube_of
from hpo_magic.search.interior import log_interior
from hpo_magic.search.opening import Opening, beaten, tells_nothing
from hpo_magic.search.scalar import MOST_GOALS, weighed
from hpo_magic.space import Config, Space
from hpo_magic.trials import History

if TYPE_CHECKING:
    from hpo_magic.search.expectation import Value
    from hpo_magic.search.surrogates.prior import Prior

# What fits and maximises is imported when it is needed first: it takes 0.4 s, a cell's start should not.
Array = NDArray[np.float64]
_JUDGED, _SPREAD = 10, 10
"""Proposals by which the trend is judged; trials up to which spread points go on where it misleads."""
_FEW, _MANY = 9, 5
"""Parameters up to which the trend is as strong, and options up to which each may be worth as much."""
_NAMES = {"logei": "expected improvement", "ei": "expected improvement", "pi": "probability of improvement",
          "lcb": "a lower confidence bound", "thompson": "Thompson sampling"}  # fmt: skip


@dataclass(frozen=True)
class GaussianProcessSampler:
    """Defaults first, then Sobol points, then the maximum of an acquisition over a Gaussian process.

    From three failed trials on it is learnt where they fail, and those count as bad that others around them explain.
    Running trials count as if they had returned the model's own mean, so that parallel proposals differ. Up to four
    goals, and while the front is not too large: expected hypervolume improvement; beyond: random scalarisations
    (Knowles 2006). Constraints multiply by the chance of being met.

    Parameters
    ----------
    seed : int
        Seed of the space-filling start; the study's.
    acquisition : str
        ``"logei"``, ``"ei"``, ``"pi"``, ``"lcb"`` or ``"thompson"``; for one goal. Both expected improvements are
        largest at the same place, but `interior` weighs ``"logei"`` alone.
    start : int
        Trials before the model takes over.
    transform : str
        What is done to the losses first: ``"power"``, which only clips them where trials are noisy and the space has no
        branches, or ``"plain"``.
    trend : float
        Prior variance of a linear trend over the numbers, where that of the losses is 1; 0 for none.
    fade : float
        Power of nine over the number of parameters of a config, beyond nine, with which that variance shrinks in a flat
        space: few trials tell a slope in many directions badly, and it leads to the ends of all ranges.
    branch_trend : float
        The same in a space with branches and no budget. A branch's own numbers have few trials, and a line through few
        may point the wrong way for long.
    branch_signal : pair of float
        Mean and spread of the normal prior on ln s², the variance of what departs from the trend, in a space with
        branches and no budget. A branch's few trials say little of how much the others vary: where the process may
        believe that they vary little, it is sure of what it has not seen.
    doubt : float
        In a flat space without budget, for one goal: the trend is believed while proposals come out well. Where so many
        of the trials before each of them were better, on average over the first ten, it misleads: it is left out, and
        spread points go on up to the tenth trial. 1: it is never doubted.
    options : float
        Prior variance of what the options of unordered choices are worth by themselves; 0 for nothing.
    crowding : float
        Power of five over the number of options, beyond five, with which that variance shrinks: an option that has not
        been tried would else be worth a trial for each of twenty.
    interior : float
        In a space with branches and no budget: strength β of the belief that good numbers lie within their ranges
        rather than at their ends. It is worth β over the number of trials (Hvarfner 2022, eq. 6); 0 for none. Only the
        logarithmic improvements, ``"logei"`` and that of the hypervolume, are weighed by it.
    patience : int
        In a space without budget whose branches share few numbers: finished trials without a gain after which every
        second proposal lies in another branch, in turns by expectation and by chance. What a process knows of the
        branch in which it has settled says little of the others; 0: it stays.
    stretch : float
        Power of the number of parameters of a config, beyond nine, with which lengthscales grow a priori; 0: not.
    cost_aware : bool
        Divide the improvement by the seconds that a trial is predicted to take (Snoek 2012, section 3.2); with
        ``"logei"``, whose logarithms can be subtracted.
    """

    seed: int = 0
    acquisition: str = "logei"
    start: int = 5
    transform: str = "power"
    trend: float = 2.0
    fade: float = 4.0
    branch_trend: float = 0.5
    branch_signal: tuple[float, float] = (0.8, 0.5)
    doubt: float = 0.5
    options: float = 4.0
    crowding: float = 1.0
    interior: float = 2.0
    patience: int = 7
    stretch: float = 0.5
    cost_aware: bool = False
    reads_runs: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.acquisition not in _NAMES:
            hint = did_you_mean(self.acquisition, _NAMES)
            raise StrategyError(f"acquisition={self.acquisition!r} is unknown{hint}; choose one of {', '.join(_NAMES)}")
        if self.cost_aware and self.acquisition != "logei":
            raise StrategyError(
                f"acquisition={self.acquisition!r} cannot be cost-aware, as only an improvement can be divided by "
                "seconds; choose strategy='gp' or 'auto'"
            )

    def propose(self, space: Space, history: History, rng: np.random.Generator) -> Config | None:
        """Return the next config, or None where everything has been tried."""
        spread = tells_nothing(history) or (len(history) < _SPREAD and self._misled(cube_of(space), history))
        return self._opening.propose(space, history, rng, None if spread else self._promising)

    def ahead(self, space: Space, history: History) -> None:
        """Load and fit what the next proposal needs."""
        cube = cube_of(space)
        if self._opening.lasts(cube, history):
            self._opening.ahead(space, history)
            return
        from hpo_magic.search.one_thread import one_thread
        from hpo_magic.search.surrogates.belief import think_ahead

        if len(history.done) > 2:
            with one_thread():
                think_ahead(cube, history, self._prior(cube, history), self.transform)

    def explain(self, space: Space, trials: int | None, goals: int = 1) -> str:
        """Say in one line what will be done."""
        per = " per second" if self.cost_aware else ""
        sought = _NAMES[self.acquisition] if goals == 1 else "expected hypervolume improvement"
        if goals > MOST_GOALS:
            sought = f"{_NAMES[self.acquisition]}{weighed(goals)}"
        return f"{self._opening.words(space)}, then a Gaussian process with {sought}{per}"

    @property
    def _opening(self) -> Opening:
        return Opening(self.seed, self.start)

    def _promising(self, cube: Cube, history: History, rng: np.random.Generator) -> Array:
        from hpo_magic.search.expectation import Expectation
        from hpo_magic.search.maximise import maximise
        from hpo_magic.search.one_thread import one_thread

        prior = self._prior(cube, history)
        with one_thread():
            expectation = Expectation(cube, history, self.acquisition, self.transform, rng, prior, self.cost_aware)
            value = self._weighed(expectation.value, cube, history)
            if self._settled(cube, history):
                value = elsewhere(value, cube, history)
            return maximise(value, cube, history, rng)

    def _settled(self, cube: Cube, history: History) -> bool:
        second = history.turns % 2 == 1
        return second and self.patience > 0 and cube.apart and gains_nothing(history, self.patience)

    def _weighed(self, value: Value, cube: Cube, history: History) -> Value:
        if not self.interior or self.acquisition != "logei" or not cube.branches:
            return value
        weight = self.interior / len(history)
        return lambda model: value(model) + weight * log_interior(model, cube)

    def _prior(self, cube: Cube, history: History) -> Prior:
        from hpo_magic.search.surrogates.belief import prior_of
        from hpo_magic.search.surrogates.prior import Prior

        trend = 0.0 if self._misled(cube, history) else self.trend
        trend *= min(1.0, _FEW / max(cube.breadth, 1)) ** self.fade
        prior = Prior(trend=trend, options=self.options, crowds=self._crowds(cube))
        if cube.branches:
            prior = dataclasses.replace(prior, signal=self.branch_signal, trend=self.branch_trend)
        return prior_of(history, prior.stretched(cube.breadth, self.stretch))

    def _crowds(self, cube: Cube) -> tuple[float, ...]:
        """Return the part of the prior variance of an option's worth that each column has: the more, the less."""
        count = (cube.in_play(j) if cube.unordered[j] else 1 for j in range(len(cube.space)))
        return tuple(min(1.0, _MANY / max(many, 1)) ** self.crowding for many in count)

    def _misled(self, cube: Cube, history: History) -> bool:
        if cube.branches or cube.space.budget is not None or len(history.goals) > 1 or not self.trend:
            return False
        return beaten(history, max(self.start, 2), _JUDGED) > self.doubt  # before the second trial there is no model
