"""When a search may end early: a target is reached, nothing was gained for long, or nothing is left to gain."""

from __future__ import annotations

from hpo_magic.run.limits import Limits
from hpo_magic.search.fidelity import rungs_of
from hpo_magic.search.repeats import tries
from hpo_magic.space import Space
from hpo_magic.trials import History

_FEWEST, _WIDTH = 20, 1.0
"""Trials before what is left to gain is estimated, and the spreads to either side of the mean that are allowed for."""


def enough(limits: Limits, history: History, space: Space) -> str:
    """Return why the search may end now; "" while it shall go on.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> from hpo_magic.trials import State, Trial
    >>> done = Trial(0, {"x": 0.5}, State.DONE, {"value": 0.01})
    >>> enough(Limits(target=0.1), History((done,)), Space({"x": Float(0, 1)}))
    'the target value 0.1 is reached'
    """
    if limits.target is None and limits.no_gain is None and not limits.to_noise:
        return ""
    best = history.incumbent
    if best is None or len(history.goals) > 1:
        return ""
    sign = history.goals[0].sign
    whole = best.budget is None or best.budget >= rungs_of(space)[-1]  # what a cheap run says may be luck
    if limits.target is not None and whole and history.loss(best) <= sign * limits.target:
        return f"the target {history.goals[0].metric} {limits.target:g} is reached"
    if limits.no_gain is not None and whole:
        rivals = tries(history, best.number)
        since = sum((trial.budget or 0) >= (best.budget or 0) for trial in rivals)  # a cheaper run cannot beat the best
        if since >= limits.no_gain:
            return f"nothing was gained in {since} trials since trial {best.number}"
    if limits.to_noise and len(history.done) >= _FEWEST:
        gain, noise = _left_to_gain(history, space)
        if gain <= noise:
            return f"at most {gain:.3g} is left to gain, less than the noise of a trial, {noise:.3g}"
    return ""


def _left_to_gain(history: History, space: Space) -> tuple[float, float]:
    """Return a bound on what is left to gain, and one trial's noise, in the metric's units (Makarova 2022, eq. 4)."""
    import numpy as np

    from hpo_magic.search.cube import cube_of
    from hpo_magic.search.maximise import maximise
    from hpo_magic.search.one_thread import one_thread
    from hpo_magic.search.surrogates.belief import of_goal, prior_of

    cube, losses = cube_of(space), history.losses[:, 0]
    with one_thread():
        process, told = of_goal(cube, history, 0, prior_of(history), "plain")
        mean, spread = process.predict(cube.at_full_budget(process.points[: len(told)]))

        def optimism(points: np.ndarray) -> np.ndarray:
            mu, sigma = process.predict(points)
            return np.asarray(_WIDTH * sigma - mu)

        top = maximise(optimism, cube, history, np.random.default_rng(len(history)))[:1]
        lowest = -float(optimism(cube.model(top))[0])
    gap = float((mean + _WIDTH * spread).min()) - lowest
    scale = float(losses.std())
    return max(gap, 0.0) * scale, float(np.exp(0.5 * process.theta[-1])) * scale
