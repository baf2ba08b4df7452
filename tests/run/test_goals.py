"""Several goals, constraints, costs, batches, recommendations and confirmations, through the study."""

from __future__ import annotations

import os
import tracemalloc

import numpy as np
import pytest

from hpo_magic import Budget, Choice, Float, Int, Space, Study, report
from hpo_magic.errors import StrategyError, StudyError
from hpo_magic.run.limits import Limits
from hpo_magic.run.trial_run import Outcome
from hpo_magic.search.strategy import strategy as read_strategy
from hpo_magic.trials import State

SPACE = {"x": Float(0, 1), "y": Float(0, 1)}


def two(config):
    """Schaffer-like: the front is 0 ≤ x ≤ 1 at y = 0."""
    return {"a": config["x"] ** 2 + config["y"], "b": (config["x"] - 1) ** 2 + config["y"]}


@pytest.mark.parametrize("strategy", ["auto", "gp", "tpe", "forest", "evolution", "cmaes", "nsga2", "random"])
def test_the_front_of_two_goals_is_approached(strategy):
    study = Study(SPACE, minimize=["a", "b"], strategy=strategy)
    study.optimize(two, trials=60)
    values = np.array([[trial.values["a"], trial.values["b"]] for trial in study.pareto])
    better = (values[:, None] <= values[None]).all(axis=2) & (values[:, None] < values[None]).any(axis=2)
    assert not better.any()
    # The whole front covers 5/6 of the unit square. 60 plain random trials reach 0.50 (0.43 to 0.58 over 20 seeds).
    assert study.hypervolume({"a": 1.0, "b": 1.0}) > 0.45
    if strategy in ("auto", "gp"):
        assert study.hypervolume({"a": 1.0, "b": 1.0}) > 0.75


def test_a_maximised_goal_counts_the_other_way():
    study = Study(SPACE, minimize="loss", maximize="gain", strategy="random")
    for value in ((1.0, 1.0), (2.0, 3.0), (3.0, 2.0)):
        study.tell(study.ask(), {"loss": value[0], "gain": value[1]})
    assert [trial.number for trial in study.pareto] == [0, 1]
    assert study.hypervolume({"loss": 4.0, "gain": 0.0}) == pytest.approx(3 * 1 + 2 * 2)
    for reference, message in (
        ({"loss": 4.0}, "lacks 'gain'"),
        ({"loss": 4.0, "gain": float("nan")}, "gain=nan is no finite number"),
        ({"loss": 4.0, "gain": 0.0, "gian": 0.0}, "gian=0.0 is no metric; those are loss, gain"),
        ([4.0, 0.0], "must map each metric to a value"),
    ):
        with pytest.raises(StudyError, match=message):
            study.hypervolume(reference)


def test_a_large_front_of_four_goals_is_searched_with_scalarisations():
    """Without, 40 trials on the front would have up to 12,341 boxes under them, and a proposal takes gigabytes."""
    study = Study({f"x{i}": Float(0, 1) for i in range(4)}, minimize=[f"m{i}" for i in range(4)], strategy="gp")
    rng, corners = np.random.default_rng(0), np.eye(4)
    for _ in range(40):
        config = {f"x{i}": x for i, x in enumerate(rng.dirichlet(np.ones(4)).tolist())}
        study.enqueue(config)
        point = np.array(list(config.values()))
        study.tell(study.ask(), {f"m{i}": float(((point - corners[i]) ** 2).sum()) for i in range(4)})
    assert len(study.pareto) == 40
    tracemalloc.start()
    assert study.ask() is not None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6  # some 20 MB; with the boxes of all 40 above 1 GB


@pytest.mark.parametrize("strategy", ["gp", "tpe", "forest", "evolution", "cmaes", "nsga2"])
def test_what_misses_a_constraint_is_never_best_and_teaches(strategy):
    study = Study(SPACE, minimize="loss", subject_to="cost < 0.5 and cost > -9", strategy=strategy)
    study.optimize(lambda c: {"loss": -c["x"], "cost": c["x"] + 0.2 * c["y"]}, trials=60)
    assert study.best.values["cost"] < 0.5
    # The best lies on the constraint's edge, so trials fall on both sides of it; one that learns nothing goes to x = 1.
    assert np.median([trial.values["cost"] for trial in study.trials[30:]]) < 0.65
    assert study.best.value < -0.35


def test_until_something_is_feasible_there_is_no_best():
    study = Study(SPACE, minimize="loss", subject_to=["speed >= 2"], strategy="gp")
    for _ in range(12):
        study.tell(study.ask(), {"loss": 1.0, "speed": 1.0})
    assert study.best is None and study.pareto == () and study.recommend() is None
    assert "none of 12 finished trials meets speed >= 2; trial 0 is nearest: speed = 1" in repr(study)
    study.tell(study.ask(), {"loss": 5.0, "speed": 2.0})
    assert study.best.value == 5.0
    study.tell(study.ask(), {"loss": 5.0})
    assert study.trials[-1].state == "failed" and "lacks 'speed'" in study.trials[-1].error.message


@pytest.mark.parametrize(
    "text", ["latency", "latency == 3", "3 < 4", "f(x) < 3", "a < b", "a < 'x'", "a <", "a < True", "a < 1e999"]
)
def test_what_is_no_constraint_is_explained(text):
    with pytest.raises(StudyError, match="is no constraint; compare a metric"):
        Study(SPACE, subject_to=text)


def test_constraints_are_part_of_the_definition(tmp_path):
    url = f"sqlite:///{tmp_path}/a.db"
    versions = [Study(SPACE, store=url, subject_to=limit).version for limit in (None, "t < 2", "t < 3", "t < 2")]
    assert versions == [1, 2, 3, 2]
    assert [limit.text for limit in Study.load("study", url, version=2).constraints] == ["t < 2"]


def test_where_trials_fail_is_learnt():
    study = Study(SPACE, minimize="loss", strategy="gp")
    for _ in range(40):
        trial = study.ask()
        if trial.config["x"] > 0.5:
            study.fail(trial, "out of memory")
        else:
            study.tell(trial, -trial.config["x"])
    late = [trial.state == "failed" for trial in study.trials[20:]]
    assert np.mean(late) < 0.5 and study.best.value < -0.45


def test_costs_are_weighed():
    found = {}
    for aware in (False, True):
        study = Study({"kind": Choice(["slow", "fast"]), "x": Float(0, 1)}, strategy="gp", cost_aware=aware)
        seconds = {"slow": 100.0, "fast": 1.0}
        for _ in range(30):
            trial = study.ask()
            ended = trial.started + seconds[trial.config["kind"]]
            value = (trial.config["x"] - 0.3) ** 2 + (0.01 if trial.config["kind"] == "fast" else 0.0)
            study.ledger.finish(trial.number, Outcome({"value": value}), ended=ended)
        found[aware] = sum(trial.config["kind"] == "slow" for trial in study.trials)
    assert found[True] < found[False]
    with pytest.raises(StrategyError, match="cannot be cost-aware; choose one of"):
        Study(SPACE, strategy="random", cost_aware=True)
    with pytest.raises(StrategyError, match="cannot be cost-aware") as caught:
        Study(SPACE, strategy="gp-lcb", cost_aware=True)  # a bound divided by seconds would lead to what is cheap
    assert "gp-lcb" not in str(caught.value).split("choose one of")[1]


def test_a_batch_is_of_different_trials():
    study = Study(SPACE, strategy="gp")
    for _ in range(12):
        trial = study.ask()
        study.tell(trial, (trial.config["x"] - 0.4) ** 2 + trial.config["y"])
    batch = study.ask(6)
    assert len(batch) == 6 and all(trial.state == "running" for trial in batch)
    points = np.array([[trial.config["x"], trial.config["y"]] for trial in batch])
    gaps = np.abs(points[:, None] - points[None]).max(axis=2)[~np.eye(6, dtype=bool)]
    assert gaps.min() >= 0.01


def test_the_recommendation_is_less_lucky_than_the_best():
    """Noise of 0.3 on a parabola: over 10 seeds the recommended config is nearer to the optimum than the best observed."""
    luck, judged = [], []
    for seed in range(10):
        study, rng = Study({"x": Float(-1, 1)}, strategy="random", seed=seed), np.random.default_rng(seed)
        for _ in range(40):
            trial = study.ask()
            study.tell(trial, trial.config["x"] ** 2 + 0.3 * rng.normal())
        luck.append(study.best.config["x"] ** 2)
        judged.append(study.recommend().config["x"] ** 2)
    assert np.mean(judged) < 0.5 * np.mean(luck)


def test_confirming_runs_the_best_again_and_says_whether_the_winner_stands():
    from hpo_magic import seed

    def noisy(config):
        return config["x"] + np.random.default_rng(seed()).normal() * 0.5

    study = Study({"x": Float(0, 1)}, strategy="random")
    study.optimize(noisy, trials=30)
    told = study.confirm(k=3, repeats=8)
    assert len(study.trials) == 30 + 24 and [len(one.values) for one in told.configs] == [8, 8, 8]
    assert len({trial.value for trial in study.trials}) == 54  # seeds are fresh
    assert told.stands == (min(told.configs, key=lambda one: one.mean) is told.configs[0])
    assert 0 <= told.chance <= 1 and "trial" in str(told) and "± " in str(told)
    for wrong in ({"k": "3"}, {"k": -1}, {"repeats": 1}):
        with pytest.raises(StudyError, match=f"{next(iter(wrong))}=.* must be a whole number, 2 or above"):
            study.confirm(**wrong)
    with pytest.raises(StudyError, match="no search has run in this process"):
        Study({"x": Float(0, 1)}).confirm()


def test_of_equals_in_the_first_metric_who_is_better_in_the_next_is_confirmed():
    study = Study({"y": Float(0, 1)}, minimize=["a", "b"], strategy="random")
    study.optimize(lambda config: {"a": 1.0, "b": config["y"]}, trials=15)
    told = study.confirm(k=2, repeats=2)
    assert (
        told.configs[0].trial.number == study.best.number == min(study.trials[:15], key=lambda t: t.config["y"]).number
    )


def test_too_few_to_be_confirmed_need_more_trials():
    study = Study({"m": Choice(["a"]), "epochs": Budget(1, 27)}, minimize="loss", strategy="asha")
    study.optimize(lambda config: 1 / config["epochs"], trials=9)
    with pytest.raises(StudyError, match=r"the largest epochs reached, or more; there is 1 \(run more trials\)"):
        study.confirm()


def test_an_objective_that_is_none_is_refused_before_anything_starts():
    study = Study({"x": Float(0, 1)})
    with pytest.raises(StudyError, match="objective=3 must be a function of a config, which returns the metric"):
        study.optimize(3, trials=2)
    assert not study.trials


def test_a_version_that_is_not_there_is_told_from_a_study_that_is_not(tmp_path):
    url = f"sqlite:///{tmp_path}/hpo.db"
    Study({"x": Float(0, 1)}, store=url, name="net")
    with pytest.raises(StudyError, match=r"holds no version 9 of 'net'; it holds: version 1"):
        Study.load("net", url, version=9)
    with pytest.raises(StudyError, match=r"holds no study 'tree'; it holds: net"):
        Study.load("tree", url)


def test_only_trials_with_the_largest_budget_are_recommended_and_confirmed():
    """Losses rise with the budget, so that the cheapest trial always looks best."""
    study = Study({"x": Float(0, 1), "epochs": Budget(1, 9)}, minimize="loss")
    study.optimize(lambda config: config["x"] + config["epochs"], trials=40)
    assert study.best.budget == study.recommend().budget == 9
    told = study.confirm(k=2, repeats=2)
    assert [trial.budget for trial in study.trials[40:]] == [9] * 4
    assert [one.trial.budget for one in told.configs] == [9, 9]


def process(config):
    return {"loss": config["x"], "process": float(os.getpid())}


def test_repeats_run_where_and_as_the_search_did():
    study = Study({"x": Float(0, 1)}, minimize="loss", subject_to="process > 0", strategy="random")
    study.optimize(process, trials=4, trial_timeout=50, target=-1.0, on="processes")
    study.confirm(k=2, repeats=2)
    assert len(study.trials) == 8
    assert all(trial.values["process"] != os.getpid() for trial in study.trials)
    assert (study.limits.trials, study.limits.trial_timeout, study.limits.target) == (8, 50, -1.0)


def test_the_front_is_of_trials_with_the_largest_budget():
    study = Study({"x": Float(-5, 5), "epochs": Budget(1, 9)}, minimize=["loss", "size"], strategy="asha")
    study.optimize(lambda c: {"loss": 1 - 1 / c["epochs"] + c["x"] ** 2 / 999, "size": abs(c["x"] - 2)}, trials=40)
    assert study.best.budget == 9 and {trial.budget for trial in study.pareto} == {9}


def test_a_comparison_is_of_trials_with_the_largest_budget():
    """Cheap runs of the first kind look best; its full ones are worse."""

    def search(objective, seed):
        study = Study({"x": Float(-5, 5), "rows": Budget(1, 27)}, minimize="loss", strategy="asha", seed=seed)
        study.optimize(objective, trials=40)
        return study

    worse = [search(lambda c: c["x"] ** 2 / 100 + (1 - 1 / c["rows"]) * 2, seed) for seed in range(4)]
    better = [search(lambda c: c["x"] ** 2 / 100 + 0.5, seed) for seed in range(4)]
    told = worse[0].compare(better, *worse[1:])
    assert told.better == told.other.name
    np.testing.assert_allclose(told.one.finals, [study.best.value for study in worse])


def test_with_several_metrics_no_parameter_is_advised_away():
    study = Study({"x": Float(-5, 5), "y": Float(-5, 5)}, minimize=["a", "b"], strategy="random")
    study.optimize(lambda c: {"a": (c["x"] - 1) ** 2, "b": (c["y"] + 3) ** 2}, trials=60)
    assert not [one for one in study.advice() if one.act == "edit"]
    zoomed, front = study.zoom(), study.pareto
    assert all(zoomed[name].low <= trial.config[name] <= zoomed[name].high for trial in front for name in "xy")


@pytest.mark.parametrize("strategy", ["gp+median", "tpe+median", "random+patience", "gp+patience"])
@pytest.mark.parametrize("asked", [{"minimize": "loss", "subject_to": "t < 0.9"}, {"minimize": ["loss", "t"]}])
def test_a_trial_that_is_cut_before_it_tells_all_stands_in_nobodys_way(strategy, asked):
    """Twenty equal reports: patience cuts every trial, the median those whose x is above that of the others."""

    def trained(config):
        for step in range(20):
            report(config["x"], step)
        return {"loss": config["x"], "t": 1 - config["x"]}

    study = Study({"x": Float(0, 1)}, strategy=strategy, **asked)
    study.optimize(trained, trials=20)
    cut = [trial for trial in study.trials if trial.state is State.STOPPED]
    assert len(study.trials) == 20 and cut and not any("t" in trial.values for trial in cut)
    assert (study.best is None) == (len(cut) == 20)


def test_repeats_run_to_their_end_beside_what_else_is_queued():
    """The median cuts every trial that is above others; a repeat tells nothing if it is cut."""

    def trained(config):
        for step in range(8):
            report(config["x"] + step / 10, step)
        return config["x"]

    study = Study({"x": Float(0, 1)}, strategy="random+median")
    study.optimize(trained, trials=20)
    study.enqueue({"x": 0.125})
    study.enqueue({"x": 0.875})
    study.distrust(study.best)
    told = study.confirm(k=3, repeats=4)
    assert [len(one.values) for one in told.configs] == [4, 4, 4]
    assert all(trial.state is State.DONE for trial in study.trials[20:] if trial.parent is not None)
    assert len(study.trials) == 20 + 2 + 12


def test_a_winner_that_misses_a_constraint_in_repeats_does_not_stand():
    """The first run of each config is quick; the better half of them is slow ever after."""
    seen = set()

    def measured(config):
        again = config["x"] in seen
        seen.add(config["x"])
        beside = {"beside": 1.0} if len(seen) % 2 else {}  # what is told in some runs only does no harm
        return {"loss": config["x"], "seconds": 3.0 if again and config["x"] < 0.5 else 1.0} | beside

    study = Study({"x": Float(0, 1)}, minimize="loss", subject_to="seconds < 2", strategy="random")
    for x in (0.125, 0.625, 0.75):
        study.enqueue({"x": x})
    study.optimize(measured, trials=3)
    told = study.confirm(k=3, repeats=2)
    assert not told.stands and told.chance == 0 and told.best.config["x"] == 0.625
    assert told.configs[0].missed == ("seconds < 2",)
    assert "does not stand: it misses a constraint" in str(told)
    never = Study({"x": Float(0, 1)}, minimize="loss", subject_to="loss < 0", strategy="random")
    never.optimize(lambda config: config["x"], trials=3)
    with pytest.raises(StudyError, match="none of 3 finished trials meets loss < 0; trial . is nearest"):
        never.confirm()


@pytest.mark.parametrize("strategy", ["gp", "gp-pi", "forest"])
def test_a_strict_bound_over_whole_numbers_is_learnt(strategy):
    """Fewer than 5 of n: of the best configs, n = 5 misses the constraint by nothing at all."""
    study = Study({"n": Int(1, 20), "x": Float(0, 1)}, maximize="gain", subject_to="rooms < 5", strategy=strategy)
    study.optimize(lambda c: {"gain": c["n"] - c["x"], "rooms": c["n"]}, trials=50)
    at = sum(trial.config["n"] == 5 for trial in study.trials[20:])
    assert study.best.config["n"] == 4
    assert at <= 5, at  # of 30; where n = 5 counted as no miss it was 23 to 30, over five seeds


@pytest.mark.parametrize("name", ["gp-ei", "gp-pi", "gp-lcb", "gp-thompson"])
def test_every_acquisition_finds_what_meets_a_constraint(name):
    """A bowl whose middle misses the constraint; 40 random trials reach 0.06 on the median of 20 seeds."""
    study = Study({"x": Float(-1, 1), "y": Float(-1, 1)}, minimize="loss", subject_to="x > 0.5", strategy=name)
    study.optimize(lambda c: {"loss": c["x"] ** 2 + c["y"] ** 2, "x": c["x"]}, trials=40)
    assert 0.25 < study.best.value < 0.31


def test_several_metrics_are_named_in_what_a_strategy_says():
    space = Space({"x": Float(0, 1)})
    for name, goals, said in (
        ("auto", 2, "expected hypervolume improvement"), ("gp", 5, "expected improvement of 5 metrics weighed anew"),
        ("tpe", 2, "Parzen estimator of 2 metrics sorted into fronts"), ("gp-pi", 1, "probability of improvement"),
    ):  # fmt: skip
        assert said in read_strategy(name).explain(space, 50, goals)


def test_of_equals_by_the_first_metric_the_best_is_on_the_front():
    study = Study({"x": Float(0, 1)}, minimize=["a", "b"], strategy="random")
    for a, b in ((1, 5), (1, 2), (3, 1), (1, 2)):
        study.tell(study.ask(), {"a": a, "b": b})
    assert study.best.number == 1 and study.best in study.pareto


def test_the_best_is_the_best_observed_however_large_the_values_are():
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
    for value in (3e200, 1e200, 1e150, 2e200):
        study.tell(study.ask(), value)
    assert study.best.value == 1e150
    both = Study({"x": Float(0, 1)}, minimize=["loss", "size"], strategy="random")
    for loss, size in ((1e200, 2e200), (2e200, 1e200), (3e200, 3e200)):
        both.tell(both.ask(), {"loss": loss, "size": size})
    assert [trial.number for trial in both.pareto] == [0, 1]


def test_a_config_stands_on_the_front_once_however_often_it_was_run():
    study = Study({"x": Float(0, 1)}, minimize=["a", "b"], strategy="random")
    for values in ((1.0, 3.0), (3.0, 1.0), (4.0, 4.0)):
        study.tell(study.ask(), dict(zip("ab", values, strict=True)))
    for number, values in ((0, (1.0, 3.0)), (1, (2.9, 1.2)), (2, (0.5, 0.5))):
        study.repeat(number)
        front = [trial.number for trial in study.pareto]
        study.tell(study.ask(), dict(zip("ab", values, strict=True)))
        assert [trial.number for trial in study.pareto] == (front if number < 2 else [5])


def test_without_noise_the_best_observed_is_recommended():
    study = Study({"x": Float(-5, 5), "y": Float(-5, 5)}, minimize="loss", strategy="gp")
    study.optimize(lambda config: (config["x"] - 1) ** 2 + (config["y"] + 2) ** 2, trials=30)
    assert study.recommend().number == study.best.number


def test_what_a_confirmation_that_fails_has_queued_is_taken_back():
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
    study.optimize(lambda config: config["x"], trials=5)

    def broken(config):
        raise ValueError("no")

    with pytest.raises(StudyError, match="all failed in the same way"):
        study.confirm(2, 3, objective=broken)
    assert [trial.state for trial in study.trials[5:]] == [State.FAILED] * 3 + [State.STOPPED] * 3
    assert study.ask().parent is None


def test_a_winner_that_cannot_be_told_apart_is_said_to_be_so():
    rng = np.random.default_rng(0)
    told = []
    for seed in range(10):  # two configs that are equally good: each wins half of the times
        study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random", seed=seed)
        study.optimize(lambda config: rng.normal(), trials=6)
        told.append(study.confirm(2, 5))
    lost = [one for one in told if not one.stands]
    assert lost and all(("by less than can be told apart" in str(one)) == (one.chance > 0.05) for one in lost)
    assert any("by less than can be told apart" in str(one) for one in lost)


def test_the_frame_tells_the_option_none_from_what_a_config_lacks():
    study = Study({"m": Choice(["a", "b"]), "pen": Choice(["l2", None], when="m == 'a'")}, strategy="grid")
    study.optimize(lambda config: 1.0, trials=3)
    told = {(row.m, str(row.pen)) for row in study.to_frame().itertuples()}
    assert told == {("a", "l2"), ("a", "None"), ("b", "nan")}


def test_repeats_that_are_all_alike_are_said_to_tell_nothing_of_luck():
    study = Study({"x": Float(0, 1)}, strategy="random")
    study.optimize(lambda config: config["x"], trials=6)
    assert "all repeats of a config are alike" in str(study.confirm(k=2, repeats=2))
    frame = study.to_frame()
    assert list(frame["parent"][:6].isna()) == [True] * 6 and sorted(set(frame["parent"][6:])) == sorted(
        trial.number for trial in sorted(study.trials[:6], key=lambda trial: trial.value)[:2]
    )


def test_repeats_that_differ_tell():
    study, luck = Study({"x": Float(0, 1)}, strategy="random"), np.random.default_rng(3)
    study.optimize(lambda config: config["x"] + 0.1 * luck.standard_normal(), trials=6)
    assert "all repeats" not in str(study.confirm(k=2, repeats=3))


def test_who_met_a_noisy_constraint_once_is_not_recommended_for_it():
    """The limit is met in truth where x is below 0.5, and measured with noise of 0.1, seeds 0 to 9."""
    over = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        study = Study({"x": Float(0, 1)}, maximize="gain", subject_to="latency < 0.5", seed=seed)
        study.optimize(lambda c, rng=rng: {"gain": c["x"], "latency": c["x"] + 0.1 * rng.normal()}, trials=40)
        over.append(study.recommend().config["x"] - 0.5)
    # By the trials' own latencies all ten were above, by 0.09 on average; as expected by the model one is, by 0.01.
    assert np.mean(np.array(over) > 0) <= 0.3 and max(over) < 0.05


def test_a_confirmation_leaves_the_limit_and_what_counts_as_a_trial_without_gain():
    study = Study({"x": Float(0, 1)}, strategy="random")
    study.optimize(lambda config: config["x"], trials=20)
    study.set_limits(Limits(trials=60))
    study.confirm(k=3, repeats=4)
    assert study.limits.trials == 60 and len(study.trials) == 32
    study.optimize(lambda config: config["x"] + 1, trials=60, no_gain=25)
    since = [trial for trial in study.trials if trial.number > study.best.number and trial.parent is None]
    assert len(since) == 25
    assert study.notices == [f"ended early: nothing was gained in 25 trials since trial {study.best.number}"]


def test_repeats_that_differ_in_a_constraint_alone_are_not_called_alike():
    rng = np.random.default_rng(0)
    study = Study({"x": Float(0, 1)}, subject_to="latency < 0.5", strategy="random")
    study.optimize(lambda c: {"value": c["x"], "latency": 0.1 * rng.random()}, trials=10)
    told = study.confirm(k=2, repeats=3)
    assert "alike" not in str(told) and all(one.error == 0 for one in told.configs)
    plain = Study({"x": Float(0, 1)}, strategy="random")
    plain.optimize(lambda c: c["x"], trials=10)
    assert "all repeats of a config are alike" in str(plain.confirm(k=2, repeats=3))


def test_the_table_says_which_trials_are_not_trusted_and_which_meet_the_constraints():
    study = Study({"x": Float(0, 1)}, minimize="loss", subject_to="loss < 0.5", strategy="random")
    study.optimize(lambda config: config["x"], trials=8)
    assert "trusted" not in study.to_frame()
    study.distrust(3)
    frame = study.to_frame()
    assert frame.trusted.tolist() == [number != 3 for number in range(8)]
    assert frame.feasible.tolist() == [trial.value < 0.5 for trial in study.trials]
    assert repr(study.trials[3]).startswith("Trial(3, done (not trusted), loss=")
