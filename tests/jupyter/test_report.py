"""The static result: what its columns and its headline say."""

from __future__ import annotations

from hpo_magic import Budget, Float, Study
from hpo_magic.jupyter.report import headline, ranked, spent, table


def test_a_metric_called_seconds_is_not_the_trials_duration():
    study = Study({"x": Float(0, 1)}, minimize="seconds", strategy="random")
    study.tell(study.ask(), 3.0)
    assert "<th>seconds</th>" in table(study) and "<th>seconds of the trial</th>" in table(study)


def test_the_headline_counts_what_was_stopped_and_says_what_the_best_could_spend():
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random+percentile")
    for value in (1.0,) * 6:
        trial = study.ask()
        for step in range(3):
            study.report(trial, value, step)
        study.tell(trial, value)
    bad = study.ask()
    assert not all(study.report(bad, 9.0, step) for step in range(3))
    study.tell(bad, 9.0)
    assert "6 trials done, 1 stopped early, best loss 1 in trial 0" in headline(study)
    study = Study({"x": Float(0, 1), "epochs": Budget(1, 27)}, minimize="loss", strategy="asha")
    study.tell(study.ask(), 3.0)
    assert "best loss 3 in trial 0 with 1 epochs" in headline(study)


def test_a_config_that_failed_with_a_larger_budget_comes_last():
    study = Study({"x": Float(0, 1), "epochs": Budget(1, 3)}, minimize="loss", strategy="random+asha")
    for trials in range(30):
        trial = study.ask()
        if trial.budget == 3 and not study.history.failed:
            study.fail(trial, "out of memory")
        else:
            study.tell(trial, trials / 100)
    failed = study.history.failed[0].parent
    assert study.best.number != failed
    assert ranked(study)[0].number == study.best.number
    assert failed not in [trial.number for trial in ranked(study)][:-1]


def test_values_close_together_are_told_apart():
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
    for i in range(8):
        study.tell(study.ask(), 1000 + i / 1000)
    assert "best loss 1000 in trial 0" in headline(study)
    assert all(f"<td>{1000 + i / 1000:.3f}</td>" in table(study) for i in range(1, 5))


def test_an_edited_budget_is_told_without_what_full_runs_would_have_taken():
    study = Study({"x": Float(0, 1), "epochs": Budget(1, 9)}, minimize="loss", strategy="asha")
    for _ in range(12):
        study.tell(study.ask(), 1.0)
    assert "instead of the" in spent(study)
    study.edit(lambda space: space.narrow("epochs", 3, 5))
    assert spent(study).endswith("epochs spent")
    assert "from now on asha: " in study.notices[-1]
