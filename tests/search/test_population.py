"""Populations: who goes on, who is copied, what copies get, and that a schedule comes out."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from hpo_magic import Budget, Choice, Float, Space, Study
from hpo_magic.errors import StrategyError, StudyError
from hpo_magic.search.samplers.random import RandomSampler
from hpo_magic.search.schedulers.pb2 import bandit
from hpo_magic.search.schedulers.pbt import Pbt, perturbed
from hpo_magic.search.strategy import Strategy
from hpo_magic.trials import State
from hpo_magic.trials.trial import changed

SPACE = Space({"lr": Float(1e-3, 1.0, log=True), "act": Choice(["a", "b"]), "epochs": Budget(1, 20)})


def trained(study: Study, trials: int, fails: frozenset[int] = frozenset()) -> None:
    """Train by stochastic gradient descent on a noisy quadratic; the loss is the expected squared distance v.

    With rate r a step leads to (1 - r)² v + r² / 10: the best rate is large first and falls as training goes on. The best
    constant over 20 steps ends at 0.0096, the best schedule at 1 / 201 = 0.005.
    """
    for _ in range(trials):
        trial = study.ask()
        parent = None if trial.parent is None else study.trials[trial.parent]
        v = 1.0 if parent is None else parent.value
        for _ in range(trial.budget - (parent.budget if parent else 0)):
            v = (1 - trial.config["lr"]) ** 2 * v + trial.config["lr"] ** 2 / 10
        if trial.number in fails:
            study.fail(trial, "by chance")
        else:
            study.tell(trial, v)


def pbt(seed: int = 0, **parameters: object) -> Study:
    return Study(SPACE, strategy=Strategy(RandomSampler(seed), Pbt(seed, **parameters), seed), seed=seed)


def test_a_generation_goes_on_with_copies_of_the_best_in_place_of_the_worst():
    study = pbt(size=8, generations=4)
    trained(study, 16)
    first, second = study.trials[:8], study.trials[8:]
    order = sorted(first, key=lambda trial: trial.value)
    assert {trial.budget for trial in first} == {5}
    assert {trial.budget for trial in second} == {10}
    parents = [trial.parent for trial in second]
    kept, best, worst = order[:6], order[:2], order[6:]
    assert all(trial.number in parents for trial in kept)
    assert not any(trial.number in parents for trial in worst)
    copies = [t for t in second if {**study.trials[t.parent].config, "epochs": 10} != t.config]
    assert len(copies) == 2
    assert all(study.trials[trial.parent] in best for trial in copies)


def test_a_member_that_fails_is_replaced_by_a_copy_of_a_living_one():
    study = pbt(size=4, generations=4)
    trained(study, 8, fails=frozenset({1}))
    assert study.trials[1].state is State.FAILED
    assert 1 not in {trial.parent for trial in study.trials}
    assert len([trial for trial in study.trials if trial.budget == 10]) == 4


def test_a_population_that_nobody_trusts_says_so():
    study = pbt(size=2, generations=4)
    trained(study, 2)
    for trial in study.trials:
        study.distrust(trial)
    with pytest.raises(StrategyError, match="no member of the population is left that is trusted"):
        study.ask()


def test_a_population_that_is_dead_says_so():
    study = pbt(size=2, generations=4)
    trained(study, 2, fails=frozenset({0, 1}))
    with pytest.raises(StrategyError, match="every member"):
        study.ask()


def test_after_the_last_generation_a_new_population_begins():
    study = pbt(size=2, generations=2)
    trained(study, 5)
    assert [trial.budget for trial in study.trials] == [10, 10, 20, 20, 10]
    assert study.trials[4].parent is None


def test_the_schedule_is_that_of_the_best_and_its_ancestors():
    study = pbt(size=8, generations=5)
    trained(study, 40)
    schedule = study.best_schedule
    assert schedule[0].start == 0
    assert schedule[-1].end == 20
    assert all(one.end == two.start for one, two in zip(schedule, schedule[1:], strict=False))
    assert schedule[-1].config["lr"] == study.best.config["lr"]
    assert "epochs" not in schedule[0].config


@pytest.mark.parametrize("explore", ["pbt", "pb2"])
def test_populations_beat_the_best_constant_at_the_same_cost(explore):
    """8 members of 20 epochs against `auto` and `gp`, which hold one rate, with the same 160 epochs; 6 seeds.

    Measured: 0.0070 for pbt and 0.0063 for pb2 against 0.0105 (gp) and 0.0173 (auto), so three quarters leaves room.
    """
    found, constant = [], []
    for seed in range(6):
        chosen = Pbt(seed, size=8, generations=10, **({"explore": bandit} if explore == "pb2" else {}))
        population = Study(SPACE, strategy=Strategy(RandomSampler(seed), chosen, seed), seed=seed)
        trained(population, 80)
        found.append(population.best.value)
        for name in ("gp", "auto"):
            single, spent = Study(SPACE, strategy=name, seed=seed), 0
            while spent < 160:
                trained(single, 1)
                spent += single.trials[-1].budget - (
                    0 if (p := single.trials[-1].parent) is None else single.trials[p].budget
                )
            constant.append(single.best.value)
    assert np.mean(found) < 0.75 * min(np.mean(constant[::2]), np.mean(constant[1::2]))


def test_the_bandit_seldom_changes_choices_and_stays_in_the_space():
    study = Study(SPACE, strategy=Strategy(RandomSampler(0), Pbt(0, explore=bandit), 0))
    trained(study, 40)
    for trial in study.trials:
        assert SPACE.validate(trial.config) == trial.config
    went_on = [trial for trial in study.trials if trial.parent is not None]
    same = [trial.config["act"] == study.trials[trial.parent].config["act"] for trial in went_on]
    assert np.mean(same) > 0.75


def test_copies_of_one_generation_try_values_of_their_own():
    """Two of eight members are copied nine times; where each copy was chosen as if it were the only one, 23 of 27 pairs
    lay within a tenth of both ranges, now 1.
    """
    space = {"x": Float(0, 1), "y": Float(0, 1), "epochs": Budget(1, 30)}
    near = 0
    for seed in range(3):
        study = Study(space, minimize="loss", strategy="pb2", seed=seed)
        copies: dict[int, list[np.ndarray]] = {}
        for _ in range(80):
            trial = study.ask()
            place = np.array([trial.config["x"], trial.config["y"]])
            parent = None if trial.parent is None else study.trials[trial.parent].config
            if parent is not None and (parent["x"], parent["y"]) != tuple(place):
                copies.setdefault(trial.budget, []).append(place)
            study.tell(trial, float(((place - 0.4) ** 2).sum()) + 1 / trial.config["epochs"])
        near += sum(len(two) == 2 and np.abs(two[0] - two[1]).max() < 0.1 for two in copies.values())
    assert near < 9


@pytest.mark.parametrize("bad", [{"size": 1}, {"share": 0.0}, {"share": 0.6}])
def test_bad_parameters_are_named(bad):
    with pytest.raises(StrategyError, match=next(iter(bad))):
        Pbt(**bad)


@pytest.mark.parametrize("happens", ["edit", "distrust", "enqueue", "interrupt"])
def test_a_generation_under_way_is_brought_to_its_end_whatever_happens(happens):
    """Each generation has eight members, and each of them goes on from one of the eight before."""
    study = pbt(size=8, generations=4)
    trained(study, 8 + 7)  # the second generation has two copies, one of which is made now
    if happens == "edit":
        study.edit(lambda space: space.narrow("lr", 1e-3, 0.1))
    elif happens == "distrust":
        study.distrust(study.best)
        study.distrust(3)
    elif happens == "enqueue":
        study.enqueue({"lr": 0.5, "act": "a", "epochs": 5})
    else:
        study.ledger.journal.save(changed(study.ask(), state=State.STOPPED, finished=0.0))
    trained(study, 8 * 4 - 15 + (happens == "enqueue"))
    by_budget = {
        budget: [t for t in study.history.trials if t.budget == budget and t.values] for budget in (5, 10, 15, 20)
    }
    assert [len(by_budget[budget]) for budget in (10, 15, 20)] == [8, 8, 8]
    for before, after in ((5, 10), (10, 15), (15, 20)):
        assert {t.parent for t in by_budget[after]} <= {t.number for t in by_budget[before]}
    assert len(by_budget[5]) == 8 + (happens == "enqueue")


def test_two_places_with_one_config_are_two_members():
    """Copies that are what they copy, as where the best values lie at a bound."""

    def same(space, history, member, budget, rng):
        return dict(member.config)

    study = pbt(size=8, generations=5, explore=same)
    trained(study, 40)
    assert [sum(t.budget == budget for t in study.trials) for budget in (4, 8, 12, 16, 20)] == [8] * 5


def test_a_member_whose_values_changed_is_not_repeated_by_its_last_ones():
    study = pbt(size=8, generations=5)
    trained(study, 40)
    assert len(study.best_schedule) > 1
    with pytest.raises(StudyError, match="values that changed on the way.*%hpo apply"):
        study.repeat(study.best)
    with pytest.raises(StudyError, match="values that changed on the way"):
        study.confirm(objective=lambda config: 0.0)
    assert len(study.trials) == 40


def test_a_members_last_values_in_the_queue_are_a_config_of_their_own():
    study = pbt(size=8, generations=5)
    trained(study, 40)
    assert len(study.best_schedule) > 1
    assert study.enqueue(dict(study.best.config)).parent is None


@pytest.mark.parametrize("explore", [perturbed, bandit])
def test_a_copy_does_not_change_what_decides_which_others_exist(explore):
    """It goes on from the files of what it copies: those of another model are of no use to it."""
    space = Space({
        "model": Choice(["cnn", "mlp"]), "lr": Float(1e-3, 1, log=True),
        "kernel": Choice([3, 5, 7], when="model == 'cnn'"), "n": Budget(1, 20),
    })  # fmt: skip
    study = Study(space, strategy=Strategy(RandomSampler(0), Pbt(0, explore=explore), 0))
    for _ in range(160):
        trial = study.ask()
        study.tell(trial, abs(trial.config["lr"] - 0.1) + trial.config.get("kernel", 4) / 10)
    moved = [trial for trial in study.trials if trial.parent is not None]
    assert all(trial.config["model"] == study.trials[trial.parent].config["model"] for trial in moved)
    assert any(trial.config["lr"] != study.trials[trial.parent].config["lr"] for trial in moved)


@pytest.mark.parametrize("explore", [perturbed, bandit])
def test_a_number_that_decides_moves_where_the_same_parameters_exist(explore):
    space = Space({"lr": Float(1e-3, 1, log=True), "w": Float(0, 1, when="lr > 0.1"), "n": Budget(1, 20)})
    study = Study(space, strategy=Strategy(RandomSampler(0), Pbt(0, explore=explore), 0))
    for _ in range(160):
        trial = study.ask()
        study.tell(trial, abs(trial.config["lr"] - 0.1) + 1 / trial.budget)
    pairs = [(study.trials[trial.parent].config, trial.config) for trial in study.trials if trial.parent is not None]
    assert all(before.keys() == after.keys() for before, after in pairs)
    assert sum(before["lr"] != after["lr"] for before, after in pairs) > 20


@pytest.mark.parametrize("strategy", ["pbt", "pb2"])
def test_a_space_with_fewer_configs_than_members_has_populations_too(strategy):
    space = {"lr": Choice([0.1, 0.03, 0.01]), "opt": Choice(["sgd", "adam"]), "n": Budget(1, 30)}
    study = Study(space, minimize="loss", strategy=strategy)
    study.optimize(lambda config: config["lr"] + 1 / config["n"], trials=80)
    assert Counter(trial.budget for trial in study.trials) == {3 * k: 8 for k in range(1, 11)}


def test_the_bandit_changes_options_where_there_are_options_alone():
    options = list("abcde")
    space = {name: Choice(options) for name in "pqr"} | {"n": Budget(1, 30)}
    study = Study(space, minimize="loss", strategy="pb2")
    study.optimize(lambda c: sum(options.index(c[name]) for name in "pqr") + 1 / c["n"], trials=80)
    copies = [(trial.config, study.trials[trial.parent].config) for trial in study.trials if trial.parent is not None]
    changed_in = [sum(one[name] != other[name] for name in "pqr") for one, other in copies]
    assert sum(map(bool, changed_in)) > 12  # two of eight members in each of nine generations are copies: 18
