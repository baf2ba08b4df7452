"""Hypothesis strategies for domains, spaces and histories."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from hpo_magic.space import Choice, Float, Int, Space
from hpo_magic.trials import Goal, History, State, Trial


def random_history(space, count, seed=0):
    """Return trials of random configs with losses that have nothing to do with them."""
    rng = np.random.default_rng(seed)
    trials = [Trial(i, space.sample(rng), State.DONE, {"value": float(rng.normal())}) for i in range(count)]
    return History(tuple(trials), (Goal("value"),))


finite = st.floats(-1e6, 1e6, allow_nan=False)


@st.composite
def floats(draw, when=None):
    log = draw(st.booleans())
    low = draw(st.floats(1e-8, 1e3) if log else finite)
    high = low + draw(st.floats(1e-3, 1e6)) if not log else low * draw(st.floats(1.01, 1e6))
    step = None if log or draw(st.booleans()) else (high - low) / draw(st.integers(1, 20))
    return Float(low, high, log=log, step=step, when=when)


@st.composite
def ints(draw, when=None):
    log = draw(st.booleans())
    low = draw(st.integers(1 if log else -1000, 1000))
    high = low + draw(st.integers(1, 2000))
    step = None if log or draw(st.booleans()) else draw(st.integers(1, high - low))
    return Int(low, high, log=log, step=step, when=when)


scalars = st.one_of(st.none(), st.booleans(), st.integers(-50, 50), st.floats(-5, 5), st.text(max_size=4))


@st.composite
def choices(draw, when=None):
    options = draw(st.lists(scalars, min_size=1, max_size=6, unique_by=lambda v: (type(v).__name__, repr(v))))
    return Choice(options, ordered=draw(st.sampled_from([None, True, False])), when=when)


@st.composite
def spaces(draw, most=6):
    """A space in which any parameter may depend on an earlier choice."""
    domains = {}
    for i in range(draw(st.integers(1, most))):
        parents = [name for name, domain in domains.items() if isinstance(domain, Choice)]
        when = None
        if parents and draw(st.booleans()):
            parent = draw(st.sampled_from(parents))
            option = draw(st.sampled_from(domains[parent].options))
            when = f"{parent} {draw(st.sampled_from(['==', '!=']))} {option!r}"
        domains[f"p{i}"] = draw(st.one_of(floats(when), ints(when), choices(when)))
    return Space(domains)


@st.composite
def histories(draw, space, most=12):
    """Trials of a space in every state."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    trials = []
    for number in range(draw(st.integers(0, most))):
        state = draw(st.sampled_from(list(State)))
        values = {"loss": float(draw(st.floats(-1e3, 1e3)))} if state is State.DONE else None
        trials.append(Trial(number, space.sample(rng), state, values, "loss"))
    return History(tuple(trials), (Goal("loss", draw(st.sampled_from([1, -1]))),))
