"""Climbers: the trials of one config, kept up from history to history, and who goes on where nothing new is left."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpo_magic import Budget, Choice, Int, Space, Study
from hpo_magic.search.climbers import climbers
from hpo_magic.search.fidelity import rungs
from hpo_magic.search.novelty import Tried, tried
from hpo_magic.trials import History, State, Trial
from hpo_magic.trials.index import Index

OUTCOMES = st.tuples(st.sampled_from([*State]), st.booleans(), st.sampled_from([None, 1, 3, 9]))
STEPS = st.lists(st.tuples(st.integers(0, 30), OUTCOMES, st.sampled_from(["all", "all", "all", "first", "last"])))


def changed_by(trials, place, state, trusted, budget):
    """Return the trials after one more has begun, or the outcome of an earlier one is another."""
    if place < len(trials):
        other = dataclasses.replace(trials[place], state=state, trusted=trusted)
        return (*trials[:place], other, *trials[place + 1 :])
    parent = place % (len(trials) + 1)
    begun = Trial(len(trials), {"x": place}, state, parent=parent if parent < len(trials) else None, budget=budget)
    return (*trials, dataclasses.replace(begun, trusted=trusted))


def looked_up(trials):
    """Return the same as `climbers` from one look at all trials: who began, and what counts at each budget."""
    began, found = {}, {}
    for trial in (trial for trial in trials if trial.budget is not None):
        began[trial.number] = began.get(trial.parent, trial.number)
        counts = found.setdefault(began[trial.number], (trial, {}))[1]
        if trial.state is State.DONE:
            worth = 3 * trial.trusted
        else:
            worth = 2 if not trial.state.ended else int(not trial.void)
        if worth > counts.get(trial.budget, (0, None))[0]:
            counts[trial.budget] = worth, trial
    return [(root, {budget: of for budget, (_, of) in counts.items()}) for root, counts in found.values() if counts]


@settings(max_examples=300, deadline=None)
@given(steps=STEPS)
def test_what_is_kept_up_is_what_one_look_at_all_trials_finds(steps):
    trials = ()
    for place, outcome, part in steps:
        trials = changed_by(trials, place, *outcome)
        seen = {"all": trials, "first": trials[: len(trials) // 2], "last": trials[len(trials) // 2 :]}[part]
        assert [(climber.root, climber.at) for climber in climbers(History(seen))] == looked_up(seen)


def test_the_climbers_of_an_earlier_history_stay_as_they_were():
    low = Trial(0, {"x": 1}, State.DONE, {"value": 1.0}, budget=1)
    before = climbers(History((low,)))
    climbers(History((low, Trial(1, {"x": 1}, parent=0, budget=3))))
    assert [climber.at for climber in before] == [{1: low}]


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from([None, 1, 3]), st.sampled_from([*State])), max_size=12))
def test_a_config_has_been_tried_whatever_it_could_spend(runs):
    space = Space({"x": Int(0, 5), "n": Budget(1, 9)})
    trials = tuple(
        Trial(i, {"x": x} if budget is None else {"x": x, "n": budget}, state, budget=budget)
        for i, (x, budget, state) in enumerate(runs)
    )
    for index in (None, Index(trials)):
        known = Tried(History(trials, index=index), space)
        assert {x for x in range(6) if known({"x": x})} == {
            x for x in range(6) if (f"x=int:{x}",) in tried(History(trials), space)
        }


@pytest.mark.parametrize("strategy", ["hyperband", "asha", "auto", "bohb", "halving"])
def test_where_nothing_new_is_left_all_go_on_to_the_full_budget(strategy):
    """The best at the full budget is among the worst of small ones, and trials are left."""
    space = {"m": Choice(["a", "b", "c"]), "n": Budget(1, 27)}
    study = Study(space, minimize="loss", strategy=strategy, seed=1)
    study.optimize(lambda c: {"a": 0.1 + 3 / c["n"], "b": 0.3, "c": 0.2 + 1 / c["n"]}[c["m"]], trials=60)
    full = [trial.config["m"] for trial in study.trials if trial.budget == 27]
    assert sorted(full) == ["a", "b", "c"] and len(study.trials) <= 15


def test_a_trial_that_failed_on_its_way_up_does_not_go_on():
    study = Study({"m": Choice(["a", "b"]), "n": Budget(1, 9)}, minimize="loss", strategy="hyperband")
    while (trial := study.ask()) is not None:
        if trial.config["m"] == "a" and trial.budget == 3:
            study.fail(trial, "out of memory")
        else:
            study.tell(trial, 1.0)
    assert sorted((t.config["m"], t.budget) for t in study.trials if t.budget > 1) == [("a", 3), ("b", 3), ("b", 9)]


def test_what_is_edited_out_does_not_go_on():
    study = Study({"m": Choice(list("abcdef")), "n": Budget(1, 27)}, minimize="loss", strategy="hyperband", seed=1)
    for _ in range(6):
        trial = study.ask()
        study.tell(trial, ord(trial.config["m"]) / trial.budget)
    study.edit(lambda space: space.fix("m", "f"))
    later = []
    while (trial := study.ask()) is not None:
        later.append((trial.config["m"], trial.budget))
        study.tell(trial, 1.0)
    assert later == [("f", 3), ("f", 9), ("f", 27)]


def test_the_way_up_has_the_schedulers_rungs_and_all_workers():
    study = Study({"m": Int(1, 16), "n": Budget(1, 20)}, minimize="loss", strategy="auto", seed=1)
    running, most = [], 0
    while (trial := study.ask()) is not None or running:
        if trial is None or len(running) == 4:
            done = running.pop(0)
            study.tell(done, abs(done.config["m"] - 7) + 30 / done.budget)
        if trial is not None:
            running.append(trial)
            most = max(most, len(running)) if len(study.trials) > 60 else 0
    budgets = {m: [t.budget for t in study.trials if t.config["m"] == m] for m in range(1, 17)}
    assert all(one == sorted(one) and one[-1] == 20 for one in budgets.values()), budgets
    assert {budget for one in budgets.values() for budget in one} <= set(rungs(1, 20, 2))
    assert most > 1


@pytest.mark.parametrize("strategy", ["pbt", "pb2", "gp"])
def test_without_rungs_only_the_best_goes_on_where_nobody_has_the_full_budget(strategy):
    study = Study({"m": Choice(list("abcdefgh")), "n": Budget(1, 81)}, minimize="loss", strategy=strategy)
    while (trial := study.ask()) is not None and len(study.trials) < 200:
        study.tell(trial, ord(trial.config["m"]) / trial.budget)
    assert len(study.trials) == {"pbt": 80, "pb2": 80, "gp": 8}[strategy]
