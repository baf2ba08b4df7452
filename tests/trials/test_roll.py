"""Rolls against lists, and what a history knows by its index against what a look at every trial says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpo_magic.trials import History, State, Trial
from hpo_magic.trials.index import Index
from hpo_magic.trials.roll import Roll
from hpo_magic.trials.trial import changed

CONFIGS = st.sampled_from([{"x": 1}, {"x": 1.0}, {"x": True}, {"x": [1, 2]}, {"x": [2]}, {"x": 1, "y": None}])
CHANGES = st.lists(st.tuples(st.booleans(), st.integers(0, 300), CONFIGS), max_size=40)
STATES = st.sampled_from(State)
TRIALS = st.lists(st.tuples(CONFIGS, STATES, st.booleans(), st.booleans()), min_size=1, max_size=20)


@given(st.integers(0, 200), CHANGES)
def test_a_roll_is_a_list_that_leaves_the_one_before_as_it_was(length, changes):
    expected = [Trial(number, {"x": number}) for number in range(length)]
    roll = Roll(expected)
    for append, at, config in changes:
        before, was = roll, list(roll)
        if append or not expected:
            trial = Trial(len(expected), config)
            roll, expected = roll.appended(trial), [*expected, trial]
        else:
            trial = Trial(at % len(expected), config)
            roll = roll.replaced(trial)
            expected = [trial if known.number == trial.number else known for known in expected]
        assert list(before) == was
    assert roll == expected and len(roll) == len(expected)
    assert [roll[i] for i in range(len(roll))] == expected
    assert [roll[-i] for i in range(1, len(roll) + 1)] == expected[::-1]
    assert list(roll[3:-2]) == expected[3:-2]
    with pytest.raises(IndexError, match="no trial at"):
        roll[len(expected)]


@given(TRIALS, st.integers(0, 20))
def test_a_history_with_an_index_answers_as_one_without(made, length):
    trials = tuple(
        Trial(number, config, state, {"value": 1.0} if valued else None, parent=0 if child and number else None)
        for number, (config, state, valued, child) in enumerate(made)
    )
    index = Index(trials)  # it may know more than the history
    told, plain = History(trials[:length], index=index), History(trials[:length])
    assert told.repeats == plain.repeats
    assert told.lessons.trials == plain.lessons.trials
    for trial in trials:
        assert told.having_config(trial.config) == plain.having_config(trial.config)


def test_a_changed_trial_keeps_the_rest_and_knows_no_other_fields():
    trial = Trial(3, {"x": 1}, State.RUNNING, metric="loss", worker="thread 1")
    assert trial.curve.steps == ()
    done = changed(trial, state=State.DONE, values={"loss": 1.0})
    assert done == Trial(3, {"x": 1}, State.DONE, {"loss": 1.0}, "loss", worker="thread 1")
    assert trial.state is State.RUNNING and "curve" not in vars(done)
    with pytest.raises(TypeError, match="a trial has no stat$"):
        changed(trial, stat=State.DONE)
