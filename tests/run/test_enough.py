"""Searches that end before their limits, and those that do not."""

from __future__ import annotations

import numpy as np
import pytest

from hpo_magic import Budget, Float, Study
from hpo_magic.errors import StudyError
from hpo_magic.run.limits import Limits


def test_a_target_ends_the_search_in_either_direction():
    for goal, sign in (("minimize", 1), ("maximize", -1)):
        study = Study({"x": Float(0, 1)}, strategy="random", **{goal: "m"})
        study.optimize(lambda config, s=sign: s * config["x"], trials=200, target=sign * 0.2)
        assert len(study.trials) < 50
        assert sign * study.best.value <= 0.2
        assert all(sign * trial.value > 0.2 for trial in study.trials[:-1])
        assert "target m" in study.runner.message


def test_no_gain_ends_the_search_after_so_many_trials():
    study = Study({"x": Float(0, 1)}, strategy="random")
    values = iter([5.0, 4.0, 3.0, *[9.0] * 50])
    study.optimize(lambda config: next(values), trials=50, no_gain=7)
    assert len(study.trials) == 3 + 7
    assert study.runner.message == "nothing was gained in 7 trials since trial 2"


def test_noise_ends_a_search_that_has_nothing_left_to_gain_and_no_other():
    """Noise of 0.3 on a range of 0.25: seeds 0 to 4 all end at the first look, trial 20. Without noise: not within 40."""
    rng = np.random.default_rng(0)

    def objective(scale):
        return lambda config: scale * (config["x"] - 0.5) ** 2 + 0.3 * rng.standard_normal()

    for seed in range(5):
        flat = Study({"x": Float(0, 1)}, seed=seed, strategy="gp")
        flat.optimize(objective(1.0), trials=150, to_noise=True)
        assert 20 <= len(flat.trials) < 150
        assert "less than the noise of a trial" in flat.runner.message
    hidden = Study({f"x{i}": Float(0, 1) for i in range(6)}, strategy="random")
    hidden.optimize(lambda config: sum((v - 0.5) ** 2 for v in config.values()), trials=40, to_noise=True)
    assert len(hidden.trials) == 40


@pytest.mark.parametrize("limit", [{"target": 1.0}, {"no_gain": 1}, {"to_noise": True}])
def test_what_watches_one_metric_is_refused_for_several(limit):
    study = Study({"x": Float(0, 1)}, minimize=["a", "b"])
    with pytest.raises(
        StudyError, match=f"{next(iter(limit))}=.* watches the best value of one metric, but there are 2"
    ):
        study.optimize(lambda config: {"a": config["x"], "b": 1 - config["x"]}, trials=3, **limit)
    assert study.trials == () and study.phase == "idle"


@pytest.mark.parametrize("bad", [{"target": "0.1"}, {"no_gain": 0}, {"no_gain": 1.5}, {"target": float("nan")}])
def test_bad_limits_are_named(bad):
    with pytest.raises(StudyError, match=next(iter(bad))):
        Limits(**bad)


def test_a_lucky_value_of_a_cheap_run_is_no_target_reached():
    """Accuracies of one fold of nine scatter by 0.15; the search ended on such a one after seven trials."""
    rng = np.random.default_rng(0)
    study = Study({"x": Float(0, 1), "folds": Budget(1, 9)}, maximize="acc", strategy="asha")
    study.optimize(
        lambda c: 0.8 + 0.15 * rng.standard_normal() / c["folds"] ** 2, trials=60, target=0.99, progress=False
    )
    assert max(trial.value for trial in study.trials if trial.budget == 1) > 0.99
    assert len(study.trials) == 60 or study.best.budget == 9


def test_configs_that_were_withdrawn_do_not_count_as_trials_without_a_gain():
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
    study.tell(study.ask(), 0.0)
    for place in (0.1, 0.2, 0.3):
        study.enqueue({"x": place})
    study.ledger.withdraw(1)
    study.optimize(lambda c: 1.0, trials=10, no_gain=4, progress=False)
    assert sum(trial.state == "done" for trial in study.trials) == 5
