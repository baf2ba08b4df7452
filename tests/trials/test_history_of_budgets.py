"""What counts as a result: a config that failed further up is none, and who was stopped is not ahead of who ended."""

from __future__ import annotations

from hpo_magic import Budget, Float, Study
from hpo_magic.trials import Failure, Goal, History, State, Trial


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
