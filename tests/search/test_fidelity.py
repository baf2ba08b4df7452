"""Budgets: rungs and brackets as in the textbook, promotions by place, early stops, and what samplers learn of them."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpo_magic import Budget, Choice, Float, Int, Space, Study, report
from hpo_magic.errors import SpaceError, StrategyError
from hpo_magic.search.climbers import climbers, matured
from hpo_magic.search.fidelity import places, rungs
from hpo_magic.search.samplers.random import RandomSampler
from hpo_magic.search.schedulers.asha import Asha
from hpo_magic.search.schedulers.hyperband import Hyperband, bracket
from hpo_magic.search.schedulers.patience import Patience
from hpo_magic.search.schedulers.percentile import Percentile
from hpo_magic.search.strategy import Strategy
from hpo_magic.trials import State


@given(low=st.integers(1, 50), factor=st.integers(1, 500), eta=st.integers(2, 5))
def test_rungs_are_those_of_the_textbook(low, factor, eta):
    high = low * factor
    steps = rungs(low, high, eta)
    assert steps[-1] == high
    assert steps[0] >= low
    assert list(steps) == sorted(set(steps))
    # s_max = ⌊log_η(R / r)⌋ (Li 2018, algorithm 1), in whole numbers
    assert eta ** (len(steps) - 1) * low <= high < eta ** len(steps) * low
    for k, step in enumerate(reversed(steps)):
        assert abs(step - high / eta**k) <= 0.5 or step == low


@given(high=st.integers(1, 3000), eta=st.integers(2, 5))
def test_bracket_sizes_are_those_of_the_textbook(high, eta):
    steps = rungs(1, high, eta)
    most = len(steps) - 1
    for s in range(most + 1):
        made = bracket(steps, s, eta)
        begin = math.ceil((most + 1) * eta**s / (s + 1))
        assert made.sizes == tuple(begin // eta**i for i in range(s + 1))
        assert made.budgets == steps[most - s :]


def test_the_brackets_of_81_are_those_printed_in_the_paper():
    # Li 2018, algorithm 1 with R = 81, η = 3; the paper's table 1 rounds n differently for s < 4
    sizes = [made.sizes for made in Hyperband().brackets(rungs(1, 81))]
    assert sizes == [(81, 27, 9, 3, 1), (34, 11, 3, 1), (15, 5, 1), (8, 2), (5,)]


@settings(max_examples=20, deadline=None)
@given(high=st.integers(2, 90), eta=st.integers(2, 4), hedge=st.booleans(), seed=st.integers(0, 1000))
def test_one_round_of_hyperband_spends_what_the_textbook_says(high, eta, hedge, seed):
    scheduler = Hyperband(eta, hedge)
    study = Study({"x": Float(0, 1), "n": Budget(1, high)}, strategy=Strategy(RandomSampler(seed), scheduler, seed))
    plan = scheduler.brackets(rungs(1, high, eta))
    for _ in range(sum(sum(made.sizes) for made in plan)):
        trial = study.ask()
        study.tell(trial, trial.config["x"] + 1 / trial.budget)
    spent = Counter(trial.budget for trial in study.trials)
    expected: Counter[int] = Counter()
    for made in plan:
        expected.update(dict(zip(made.budgets, made.sizes, strict=True)))
    assert spent == expected
    assert sum(budget * count for budget, count in spent.items()) == sum(made.cost for made in plan)


def test_hyperband_promotes_the_best_of_each_rung():
    study = Study({"x": Float(0, 1), "n": Budget(1, 9)}, strategy="halving")
    for _ in range(9 + 3 + 1):
        trial = study.ask()
        study.tell(trial, trial.config["x"])
    by = {b: sorted(t.config["x"] for t in study.trials if t.budget == b) for b in (1, 3, 9)}
    assert by[3] == by[1][:3]
    assert by[9] == by[1][:1]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), eta=st.integers(2, 4), count=st.integers(1, 90))
def test_asha_promotes_whoever_is_in_the_best_share_of_a_rung(seed, eta, count):
    # Li 2020, algorithm 2: of m that have ended on a rung, any of the best ⌊m/η⌋ goes up, the highest rung first
    study = Study({"x": Float(0, 1), "n": Budget(1, 27)}, strategy=Strategy(RandomSampler(seed), Asha(eta), seed))
    steps = rungs(1, 27, eta)
    at: dict[int, list[float]] = {step: [] for step in steps}
    for _ in range(count):
        expected = steps[0], None
        for here, above in reversed(list(zip(steps, steps[1:], strict=False))):
            waiting = [x for x in sorted(at[here])[: len(at[here]) // eta] if x not in at[above]]
            if waiting:
                expected = above, waiting[0]
                break
        trial = study.ask()
        assert trial.budget == expected[0]
        assert expected[1] in (None, trial.config["x"])
        study.tell(trial, trial.config["x"])
        at[trial.budget].append(trial.config["x"])


def test_asha_does_not_wait_for_a_slow_trial():
    study = Study({"x": Float(0, 1), "n": Budget(1, 9)}, strategy="asha")
    slow = study.ask()
    for _ in range(30):
        trial = study.ask()
        assert trial is not None
        study.tell(trial, trial.config["x"])
    assert study.trials[slow.number].state is State.RUNNING
    assert any(trial.budget == 9 for trial in study.trials)


def test_asha_stops_by_reports_where_there_is_no_budget():
    study = Study({"x": Float(0, 1)}, strategy="asha")
    stopped = []
    for number in range(9):
        trial = study.ask()
        loss = 1.0 if number < 6 else 5.0  # the last three are worse than all before
        for step in range(27):
            if not study.report(trial, loss, step):
                stopped.append((number, step))
                break
        study.tell(trial, loss)
    assert [number for number, _ in stopped] == [6, 7, 8]
    assert {step for _, step in stopped} == {0}
    assert [trial.state for trial in study.trials][6:] == [State.STOPPED] * 3
    assert study.trials[6].value == 5.0
    assert study.ledger.counted() == 9


def test_the_median_rule_stops_the_worse_half_and_keeps_the_better():
    study = Study({"x": Float(0, 1)}, strategy="random+median")
    for number in range(5):
        trial = study.ask()
        for step in range(5):
            assert study.report(trial, number, step)
        study.tell(trial, number)
    good, bad = study.ask(), study.ask()
    assert all(study.report(good, 1.0, step) for step in range(5))
    assert [study.report(bad, 4.0, step) for step in range(2)] == [True, False]  # after one report of warm-up


def test_stopped_trials_teach_samplers_and_are_never_best():
    study = Study({"x": Float(0, 1)}, strategy="random+median")
    for number in range(5):
        trial = study.ask()
        for step in range(3):
            study.report(trial, number, step)
        study.tell(trial, 10 + number)
    bad = study.ask()
    study.report(bad, 9.0, 0)
    assert not study.report(bad, 9.0, 1)
    study.tell(bad, 9.0)
    assert study.trials[bad.number].cut
    assert study.best.value == 10
    assert len(study.history.done) == 5
    assert len(study.history.lessons.done) == 6


def test_patience_ends_a_trial_with_what_it_reported_best():
    strategy = Strategy(RandomSampler(0), Patience(reports=3))
    study = Study({"x": Float(0, 1)}, maximize="accuracy", strategy=strategy)
    trial = study.ask()
    told = [study.report(trial, value, step) for step, value in enumerate([0.5, 0.9, 0.8, 0.8, 0.8])]
    assert told == [True, True, True, True, False]
    from hpo_magic.run.trial_run import Outcome

    study.ledger.finish(trial.number, Outcome())  # as a trial ends that `report` has stopped
    assert study.best.number == trial.number
    assert study.best.value == 0.9


def test_the_best_is_looked_for_at_the_largest_budget_reached():
    study = Study({"x": Float(0, 1), "n": Budget(1, 9)}, strategy="asha")
    for _ in range(30):
        trial = study.ask()
        study.tell(trial, trial.config["x"] + trial.budget)  # small budgets look better
    assert study.best.budget == max(trial.budget for trial in study.trials)


def test_places_compare_across_budgets_and_matured_keeps_one_trial_a_config():
    study = Study({"x": Float(0, 1), "n": Budget(1, 9)}, strategy="asha")
    for _ in range(40):
        trial = study.ask()
        study.tell(trial, trial.config["x"] + 10 / trial.budget)
    single = matured(study.history)
    assert len({trial.config["x"] for trial in single.trials}) == len(single.trials)
    assert len(single.trials) == len(climbers(study.history))
    place = places(single.losses[:, 0], single.budgets)
    assert single.done[int(np.argmin(place))].budget == 9
    same = Study({"x": Float(0, 1)}, strategy="random")
    same.tell(same.ask(), 3.0)
    assert places(same.history.losses[:, 0], same.history.budgets).tolist() == [3.0]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Budget(5, 5), SpaceError, "low"),
        (lambda: Budget(0, 5), SpaceError, "low"),
        (lambda: Space({"a": Budget(1, 3), "b": Budget(1, 3)}), SpaceError, "budget"),
        (lambda: Asha(eta=1), StrategyError, "eta=1"),
        (lambda: Hyperband(eta=0), StrategyError, "eta=0"),
        (lambda: Percentile(share=1.0), StrategyError, "share=1.0"),
        (lambda: Patience(reports=0), StrategyError, "reports=0"),
        (lambda: Study({"x": Int(1, 3)}, strategy="tpe+median2"), StrategyError, "tpe[+]median"),
    ],
)
def test_bad_input_is_named(make, error, words):
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize("name", ["halving", "hyperband", "asha", "asha-gp", "auto", "bohb"])
def test_a_space_of_few_configs_ends_with_one_on_the_full_budget(name):
    study = Study({"x": Int(1, 4), "n": Budget(1, 27)}, strategy=name)
    while (trial := study.ask()) is not None:
        study.tell(trial, trial.config["x"] + 1 / trial.budget)
        assert len(study.trials) < 50
    assert study.best.budget == 27
    assert study.best.config["x"] == 1


def test_cheap_runs_help_a_model():
    """Mean loss at 6 full runs' cost, 8 seeds; measured 0.001 against 0.16 at full runs alone, so half has room."""

    def cost_of(strategy: str, seed: int) -> float:
        space = {f"x{i}": Float(0, 1) for i in range(4)} | {"n": Budget(1, 32)}
        study = Study(space, strategy=strategy, seed=seed)
        spent = 0
        while spent < 6 * 32:
            trial = study.ask()
            before = study.trials[trial.parent].budget if trial.parent is not None else 0
            spent += trial.budget - before
            study.tell(trial, sum((trial.config[f"x{i}"] - 0.4) ** 2 for i in range(4)) + 0.3 / trial.budget)
        return sum((study.best.config[f"x{i}"] - 0.4) ** 2 for i in range(4))

    cheap, full = (np.mean([cost_of(name, seed) for seed in range(8)]) for name in ("asha-gp", "gp"))
    assert cheap < 0.5 * full


def test_what_a_trial_could_spend_is_nothing_to_samplers_that_learn_one_thing_of_a_config():
    """Small budgets tell who is better. Over these six seeds the regret of bohb was 0.031 on average, up to 0.10, and
    that of tpe+asha 0.045 while the budget counted as a coordinate of a config and promoted runs did not count on
    their rung. Now all are below 1e-4.
    """

    def worth(config):
        rate = math.log10(config["lr"]) + 2.5
        return 0.15 * (config["act"] != "relu") + 0.08 * rate**2 + 0.05 * abs(config["depth"] - 4)

    def regret(strategy, seed):
        space = {"lr": Float(1e-5, 1, log=True), "depth": Int(1, 8), "act": Choice(["relu", "tanh", "elu"])}
        study = Study({**space, "epochs": Budget(1, 27)}, minimize="loss", strategy=strategy, seed=seed)
        spent = 0
        while spent < 20 * 27:
            trial = study.ask()
            spent += trial.budget
            study.tell(trial, worth(trial.config) + math.exp(-0.2 * trial.budget))
        return worth(study.best.config)

    found = {strategy: [regret(strategy, seed) for seed in range(6)] for strategy in ("bohb", "tpe+asha")}
    assert all(max(regrets) < 0.005 for regrets in found.values()), found


@pytest.mark.parametrize(
    ("strategy", "trials", "message"),
    [
        ("halving", 100, "100 trials get as far as 3 of 81 epochs; raise their number to 121"),
        ("pbt", 40, "40 trials get as far as 40 of 81 epochs; raise their number to 80"),
        ("hyperband", 121, ""),
        ("auto", 12, "12 trials get as far as 1 of 81 epochs; raise their number well beyond 12, or choose gp"),
        ("auto", 30, ""),
        ("asha", 5, ""),
    ],
)
def test_too_few_trials_for_the_first_bracket_are_said(strategy, trials, message):
    study = Study({"x": Float(0, 1), "epochs": Budget(1, 81)}, strategy=strategy)
    study.optimize(lambda config: config["x"], trials=trials)
    assert any(notice.startswith(message) for notice in study.notices) if message else not study.notices
    largest = max(trial.budget for trial in study.trials)
    assert f"as far as {largest} of 81" in message or not message  # what was said came true


def test_where_all_begin_too_few_trials_are_no_shortfall():
    space = {"m": Choice(["a", "b", "c"]), "n": Budget(1, 27)}
    for strategy in ("auto", "hyperband"):
        study = Study(space, minimize="loss", strategy=strategy)
        study.optimize(lambda config: 1 / config["n"], trials=12)
        assert not [notice for notice in study.notices if "get as far" in notice]
        assert max(trial.budget for trial in study.trials) == 27
    many = Study({"x": Float(0, 1), "n": Budget(1, 9)}, minimize="loss", strategy="hyperband")
    many.optimize(lambda config: 1 / config["n"], trials=30)
    many.optimize(lambda config: 1 / config["n"], trials=8)  # it has them
    assert not [notice for notice in many.notices if "get as far" in notice]


@pytest.mark.parametrize("first", [0, 1])
def test_a_trial_that_was_stopped_early_has_spent_what_it_reported(first):
    ran = []

    def objective(config):
        for step in range(config["n"]):
            ran.append(step)
            report(config["x"] + 1 / (step + 1), step + first)
        return config["x"]

    study = Study({"x": Float(0, 1), "n": Budget(1, 27)}, minimize="loss", strategy="random+median")
    study.optimize(objective, trials=30)
    assert any(trial.cut for trial in study.trials)
    assert sum(trial.cost for trial in study.trials) == len(ran) < 30 * 27


@pytest.mark.parametrize("strategy", ["asha", "asha-gp", "auto"])
def test_new_configs_begin_where_results_differ(strategy):
    """In its first four epochs every trial is at the level of chance: there who goes up is who was begun first."""
    study = Study({"x": Float(0, 1), "n": Budget(1, 27)}, minimize="loss", strategy=strategy)
    for _ in range(60):
        trial = study.ask()
        study.tell(trial, 2.3 if trial.budget < 5 else trial.config["x"])
    begun = [trial.budget for trial in study.trials if trial.parent is None]
    low = sum(budget < 5 for budget in begun)
    assert begun[0] < 5 and low <= 12 + 6  # a dozen before any goes up, and what it takes to judge a rung more
    assert min(begun[-5:]) >= 5
