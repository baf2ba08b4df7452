"""Advice: what is seen in a history, and that following it does what its label says."""

from __future__ import annotations

import numpy as np
import pytest

from hpo_magic import Budget, Choice, Float, Int, Study
from hpo_magic.errors import StudyError
from hpo_magic.trials import State


def studied(space, objective, trials=40, **options) -> Study:
    study = Study(space, minimize="loss", strategy="random", **options)
    for _ in range(trials):
        trial = study.ask()
        value = objective(trial.config)
        if value is None:
            study.fail(trial, "out of memory")
        else:
            study.tell(trial, value)
    return study


def texts(study: Study) -> str:
    return "\n".join(map(str, study.advice()))


def test_an_edge_is_widened():
    study = studied({"lr": Float(1e-4, 1e-1, log=True)}, lambda c: -np.log10(c["lr"]))
    [found] = [one for one in study.advice() if "edge" in one.text]
    assert "the best lies at the upper edge of lr" in found.text and found.label == "widen lr to 0.0001..3.162"
    study.follow(found)
    assert (study.space["lr"].low, study.space["lr"].high) == (1e-4, 3.162)
    assert "edge" not in texts(study)  # there is room above now


def test_a_narrow_range_far_from_zero_is_widened_at_one_end_only():
    study = studied({"x": Float(123456.0, 123500.0)}, lambda c: -c["x"])
    [found] = [one for one in study.advice() if "edge" in one.text]
    study.follow(found)  # rounded to four digits both ends were 123500
    assert study.space["x"].low == 123456.0 and study.space["x"].high == pytest.approx(123522.0)


def test_no_edge_where_the_best_lies_inside_and_none_at_a_natural_end():
    assert "edge" not in texts(studied({"x": Float(-5, 5)}, lambda c: c["x"] ** 2))
    assert "edge" not in texts(studied({"dropout": Float(0, 1)}, lambda c: c["dropout"]))
    assert "edge" not in texts(studied({"share": Float(0.05, 1)}, lambda c: -c["share"]))
    assert "upper edge of step" in texts(studied({"step": Float(0.01, 1, log=True)}, lambda c: -c["step"]))
    assert "edge" not in texts(studied({"n": Int(1, 100)}, lambda c: abs(c["n"] - 60)))


def test_what_does_not_matter_is_fixed_at_the_best():
    study = studied({"x": Float(0, 1), "idle": Float(0, 1)}, lambda c: abs(c["x"] - 0.4), 60)
    [found] = [one for one in study.advice() if one.label.startswith("fix")]
    assert "idle explains" in found.text
    study.follow(found)
    assert study.space.fixed == {"idle": study.best.config["idle"]}
    assert "fix idle" not in texts(study)


def test_an_edge_of_what_does_not_matter_is_no_advice():
    def at_the_edge(config):  # the best few happen to lie at the upper edge of what explains nearly nothing
        return abs(config["x"] - 0.4) - 1e-6 * config["idle"]

    study = Study({"x": Float(0, 1), "idle": Float(-1, 1)}, minimize="loss", strategy="random")
    for x in np.linspace(0, 1, 60):
        near = abs(x - 0.4) < 0.03
        study.enqueue({"x": float(x), "idle": 0.99 if near else float(np.sin(40 * x))})
        trial = study.ask()
        study.tell(trial, at_the_edge(trial.config))
    assert study.best.config["idle"] == 0.99
    assert "edge of idle" not in texts(study)


def test_what_others_depend_on_is_not_fixed():
    space = {"kind": Choice(["a", "b"]), "x": Float(0, 1, when="kind == 'a'"), "y": Float(0, 1)}
    assert "fix kind" not in texts(studied(space, lambda c: c["y"], 60))


def test_failures_in_one_region_are_left_out_but_never_the_best():
    study = studied({"x": Float(0, 8), "y": Float(0, 1)}, lambda c: None if c["x"] > 6 else abs(c["x"] - 5.5), 60)
    [found] = [one for one in study.advice() if "failures" in one.text]
    assert "failures lie at x above 6" in found.text
    study.follow(found)
    assert study.space["x"].high == 6
    assert study.space["x"].high > study.best.config["x"]
    kinds = studied({"kind": Choice(["a", "b", "c"]), "y": Float(0, 1)}, lambda c: None if c["kind"] == "b" else c["y"])
    [found] = [one for one in kinds.advice() if "failures" in one.text]
    kinds.follow(found)
    assert kinds.space.options("kind") == ("a", "c")


def test_failures_by_chance_are_no_advice():
    study = studied({"x": Float(0, 1)}, lambda c: None if int(c["x"] * 1e6) % 7 == 0 else c["x"], 60)
    assert "failures" not in texts(study)


def test_a_long_time_without_a_gain_says_stop():
    study = studied({"x": Float(0, 1)}, lambda c: abs(c["x"] - 0.4) + 1, 12)
    for _ in range(25):
        study.tell(study.ask(), 9.0)
    assert "nothing was gained in the" in texts(study)


def test_noise_larger_than_the_differences_says_confirm_and_queues_the_best():
    rng = np.random.default_rng(0)
    study = studied({"x": Float(0, 1)}, lambda c: rng.normal(), 40)
    [found] = [one for one in study.advice() if "noise" in one.text]
    study.follow(found)
    waiting = [trial for trial in study.trials if trial.state is State.WAITING]
    assert len(waiting) == 15 and len({trial.parent for trial in waiting}) == 3
    assert "noise" not in texts(studied({"x": Float(0, 1)}, lambda c: (c["x"] - 0.3) ** 2, 40))


def test_zoom_to_the_best_quarter():
    study = studied({"x": Float(-5, 5), "kind": Choice(["a", "b"])}, lambda c: c["x"] ** 2, 64)
    best = sorted(study.trials, key=lambda trial: trial.value)[:16]
    study.zoom()
    domain = study.space["x"]
    assert -5 < domain.low <= min(t.config["x"] for t in best) and max(t.config["x"] for t in best) <= domain.high < 5
    assert study.space.options("kind") == ("a", "b")
    with pytest.raises(StudyError, match="0 finished trials say too little"):
        Study({"x": Float(0, 1)}).zoom()


def test_nothing_is_said_of_a_history_that_is_too_short():
    assert studied({"x": Float(0, 1)}, lambda c: c["x"], 3).advice() == ()


# --- what is not to be trusted ------------------------------------------------------------------------


def test_a_trial_that_is_not_trusted_leaves_the_model_and_stays_in_the_record(tmp_path):
    store = f"sqlite:///{tmp_path / 'hpo.db'}"
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="gp", store=store, name="marked")
    for value in (0.5, -100.0, 0.4, 0.3, 0.6, 0.7, 0.2):
        study.tell(study.ask(), value)
    assert study.best.number == 1
    study.distrust(1)
    assert study.best.number == 6 and len(study.trials) == 7 and study.ledger.counted() == 6
    without = Study({"x": Float(0, 1)}, minimize="loss", strategy="gp")
    for trial in study.trials:
        if trial.trusted:
            without.ledger.journal.add(trial)
    one = study.strategy.sampler.propose(study.space, study.history, np.random.default_rng(0))
    other = study.strategy.sampler.propose(study.space, without.history, np.random.default_rng(0))
    assert one["x"] == pytest.approx(other["x"])
    again = Study.load("marked", store)
    assert not again.trials[1].trusted
    again.trust(1)
    assert again.best.number == 1
    running = again.ask()
    with pytest.raises(StudyError, match="is running; it can be marked when it has ended"):
        again.distrust(running)


def test_what_decides_within_the_best_branch_is_not_to_be_fixed():
    """The choice of the branch explains nearly all, and `share` next to nothing of it: within its branch it decides."""
    has = "kind == 'a'"
    space = {
        "kind": Choice(["a", "b", "c"]), "share": Float(0, 1, when=has), "leaf": Float(0, 1, when=has),
        "rate": Float(0, 1, when="kind == 'b'"),
    }  # fmt: skip
    study = Study(space, minimize="loss", strategy="random", seed=2)
    for _ in range(60):
        trial = study.ask()
        config = trial.config
        base = {"a": 0.0, "b": 9.0, "c": 5.0}[config["kind"]] + config.get("rate", 0)
        study.tell(trial, base + (config.get("share", 0) - 0.3) ** 2 + 3 * (config.get("leaf", 0.6) - 0.6) ** 2)
    assert study.importance()["share"] < 0.05
    assert not any("fix share" in one.label for one in study.advice())


def test_zoom_counts_configs_at_their_largest_budget_and_keeps_the_best():
    """What is best with few epochs lies elsewhere; the range without the best was all that was left."""
    study = Study({"x": Float(0, 1), "epochs": Budget(1, 27)}, minimize="loss", strategy="hyperband")
    study.optimize(
        lambda c: (c["x"] - 0.2) ** 2 if c["epochs"] < 9 else 0.5 + (c["x"] - 0.7) ** 2, trials=200, progress=False
    )
    best = study.best.config["x"]
    study.zoom()
    assert study.space["x"].low <= best <= study.space["x"].high


def test_zoom_leaves_a_quarter_of_a_range_where_a_model_has_settled():
    """It left 0.3 % of the range around the best, and where that lay at an end none of it."""
    study = Study({"x": Float(0, 1), "y": Float(0, 1)}, minimize="loss", strategy="gp", seed=0)
    study.optimize(lambda c: c["x"] + 0.5 * (c["y"] - 0.6) ** 2, trials=40, progress=False)
    study.zoom()
    assert study.space["x"].low == 0 and 0.1 < study.space["x"].high < 0.5
    assert study.space["y"].low < 0.6 < study.space["y"].high
    assert 0.2 < study.space["y"].high - study.space["y"].low < 0.6


def test_zoom_keeps_apart_what_lies_far_from_0():
    study = studied({"x": Float(100_000, 100_100)}, lambda c: (c["x"] - 100_052) ** 2, 64)
    study.zoom()
    assert 100_000 < study.space["x"].low < 100_052 < study.space["x"].high < 100_100
