"""What counts as a result: a config that failed further up is none, and who was stopped is not ahead of who ended."""

from __future__ import annotations

import pytest

from hpo_magic import Budget, Choice, Float, Study, report
from hpo_magic.trials import Failure, Goal, History, State, Trial
from hpo_magic.trials.constraints import read_constraints


def test_a_config_that_failed_with_a_larger_budget_is_not_the_best_while_another_is_left():
    done = [Trial(i, {"x": i, "n": 1}, State.DONE, {"value": float(i)}, budget=1) for i in range(3)]
    failed = Trial(3, {"x": 0, "n": 3}, State.FAILED, budget=3, parent=0, error=Failure("", "out of memory"))
    assert History((*done, failed)).incumbent is done[1]
    again = Trial(4, {"x": 0, "n": 3}, State.FAILED, budget=3, parent=0, trusted=False, error=Failure("", "mine"))
    assert History((*done, again)).incumbent is done[0]
    assert History((done[0], failed)).incumbent is done[0]  # nothing else is left


def test_who_fails_at_the_top_does_not_win_a_search():
    study = Study({"x": Float(0, 1), "n": Budget(1, 9)}, minimize="loss", strategy="hyperband")
    for _ in range(40):
        trial = study.ask()
        if trial.budget == 9 and trial.config["x"] < 0.5:
            study.fail(trial, "diverged")
        else:
            study.tell(trial, trial.config["x"])
    fell = {trial.parent for trial in study.trials if trial.state is State.FAILED}
    assert fell and study.best.number not in fell


def test_a_trial_that_was_stopped_counts_no_better_than_the_middle_of_those_that_ended():
    """Of what grows as trials go on, as costs do, whoever is stopped soonest has the least."""
    ended = [Trial(i, {}, State.DONE, {"cost": 10.0 + i}) for i in range(3)]
    stopped = [Trial(3, {}, State.STOPPED, {"cost": 1.0}), Trial(4, {}, State.STOPPED, {"cost": 20.0})]
    losses = History((*ended, *stopped), (Goal("cost"),)).lessons.losses[:, 0]
    assert losses.tolist() == [10.0, 11.0, 12.0, 11.0, 20.0]
    gains = History((*ended, *stopped), (Goal("cost", -1),)).lessons.losses[:, 0]
    assert gains.tolist() == [-10.0, -11.0, -12.0, -1.0, -11.0]


def test_what_a_stopped_trial_does_not_tell_counts_as_the_worst_goal_and_the_middle_of_a_limit():
    """Else it teaches nothing, and the same place is tried again and again."""
    goals, limits = (Goal("loss"), Goal("size")), read_constraints("seconds < 5")
    told = [{"loss": 1.0, "size": 3.0, "seconds": 1.0}, {"loss": 2.0, "size": 1.0, "seconds": 7.0}]
    ended = [Trial(i, {"x": i}, State.DONE, values) for i, values in enumerate(told)]
    stopped = Trial(2, {"x": 2}, State.STOPPED, {"loss": 7.0})
    lessons = History((*ended, stopped), goals, limits).lessons
    assert lessons.losses[2].tolist() == [7.0, 3.0] and lessons.margins[2].tolist() == [-1.0]
    assert lessons.front == tuple(ended[:1])
    assert not History((stopped,), goals, limits).lessons.done  # nothing says what it might be


@pytest.mark.parametrize("strategy", ["median", "tpe+median", "gp+asha"])
@pytest.mark.parametrize("asked", [{"subject_to": "size <= 24"}, {"minimize": ["loss", "size"]}])
def test_stopped_trials_teach_where_they_cannot_tell_all(strategy, asked):
    """The best is at 0.3: of 30 trials after the first ten at least a third lie near; 2 to 4 would by chance."""

    def objective(config):
        loss = (config["x"] - 0.3) ** 2
        for step in range(10):
            report(loss + 1 / (step + 1), step)
        return {"loss": loss + 0.1, "size": 20 + abs(config["x"] - 0.3)}

    study = Study({"x": Float(0, 1)}, **{"minimize": "loss", "strategy": strategy, **asked})
    study.optimize(objective, trials=40, progress=False)
    assert any(trial.cut for trial in study.trials)
    assert sum(abs(trial.config["x"] - 0.3) < 0.1 for trial in study.trials[10:]) >= 10


def test_a_config_that_was_stopped_is_not_tried_again():
    def objective(config):
        for step in range(10):
            report(config["k"] + 1 / (step + 1), step)
        return {"loss": config["k"], "size": 1.0}

    study = Study({"k": Choice(list(range(12)))}, minimize="loss", subject_to="size < 2", strategy="median")
    study.optimize(objective, trials=40, progress=False)
    assert any(trial.cut for trial in study.trials)
    assert sorted(trial.config["k"] for trial in study.trials) == list(range(12))
