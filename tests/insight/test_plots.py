"""Every plot on every kind of history: it draws, live and whole, says what it shows, and never raises."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from hpo_magic import Budget, Choice, Float, Int, Study
from hpo_magic.insight.plots import PLOTS
from hpo_magic.jupyter.live_plot import LivePlot

SPACES = {
    "plain": {"x": Float(0, 1)},
    "conditional": {
        "kind": Choice(["a", "b"]),
        "rate": Float(1e-4, 1, log=True, when="kind == 'a'"),
        "depth": Int(1, 9, when="kind == 'b'"),
    },
    "budget": {"x": Float(1e-3, 1, log=True), "epochs": Budget(1, 27)},
}


def studied(kind: str, trials: int, strategy: str) -> Study:
    study = Study(SPACES[kind], minimize="loss<b>" if kind == "plain" else "loss", strategy=strategy)
    rng = np.random.default_rng(0)
    for number in range(trials):
        trial = study.ask()
        if number % 7 == 3:
            study.fail(trial, "by chance")
            continue
        base = float(rng.random())
        for step in range(3 if number % 2 else 0):
            study.report(trial, base + 1 / (step + 1), step)
        study.tell(trial, base)
    study.ask()  # one that runs
    return study


@pytest.mark.parametrize("name", sorted(PLOTS))
@pytest.mark.parametrize("trials", [0, 1, 2, 40])
@pytest.mark.parametrize(
    ("kind", "strategy"),
    [("plain", "random"), ("conditional", "random"), ("budget", "asha"), ("budget", "pbt"), ("budget", "hyperband")],
)
def test_it_draws(name, trials, kind, strategy):
    study = studied(kind, trials, strategy)
    figure = study.plot(name)
    FigureCanvasAgg(figure).draw()
    live = LivePlot(name)
    assert live.png(study.history, study.space) == live.png(study.history, study.space)


@pytest.mark.parametrize("sign", [1, -1])
def test_reports_may_be_as_large_as_numbers_are(sign):
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random+median")
    for number in range(12):
        trial = study.ask()
        for step in range(3):
            study.report(trial, sign * sys.float_info.max if number % 2 else number + step, step)
        if trial.number not in {t.number for t in study.trials if t.cut}:
            study.tell(trial, float(number))
    for name in PLOTS:
        FigureCanvasAgg(study.plot(name)).draw()


def test_so_may_second_metrics_and_what_constraints_watch():
    study = Study({"x": Float(0, 1)}, minimize=["loss", "size"], subject_to=["size < 0.9"], strategy="gp")
    study.optimize(lambda c: {"loss": c["x"], "size": sys.float_info.max if c["x"] > 0.6 else c["x"]}, trials=12)
    for name in PLOTS:
        FigureCanvasAgg(study.plot(name)).draw()
    assert study.best.values["size"] < 0.9


@pytest.mark.parametrize("share", [0.3, 0.7])
@pytest.mark.parametrize("reward", [None, -sys.float_info.max])
def test_penalties_may_be_as_large_as_numbers_are(share, reward):
    """Warnings are errors: sums and squares of what pictures and importance read must not overflow."""

    def loss(config):
        if reward is not None and config["y"] < 0.1:
            return reward
        return sys.float_info.max if config["x"] < share else config["x"]

    study = Study({"x": Float(0, 1), "y": Float(0, 1)}, minimize="loss", strategy="random")
    study.optimize(loss, trials=25)
    for name in PLOTS:
        FigureCanvasAgg(study.plot(name)).draw()
    assert study.best.value == min(trial.value for trial in study.trials)
    assert study.recommend().value < sys.float_info.max


def test_brackets_show_who_was_promoted():
    study = Study(SPACES["budget"], strategy="halving")
    for _ in range(27 + 9 + 3 + 1):
        trial = study.ask()
        study.tell(trial, trial.config["x"])
    ax = study.plot("brackets").axes[0]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["1", "3", "9", "27"]
    assert [text.get_text() for text in ax.texts] == ["27", "9", "3", "1"]
    assert len(ax.collections[0].get_segments()) == 9 + 3 + 1


def test_curves_mark_what_was_stopped_and_join_what_was_promoted():
    study = Study({"x": Float(0, 1)}, strategy="random+median")
    for number in range(7):
        trial, loss = study.ask(), number if number < 5 else 50.0
        for step in range(4):
            if not study.report(trial, loss, step):
                break
        study.tell(trial, loss)
    ax = study.plot("curves").axes[0]
    marks = [line for line in ax.lines if line.get_marker() == "x"]
    assert len(marks) == sum(trial.cut for trial in study.trials) == 2


def test_the_schedule_names_what_changes():
    study = Study({"x": Float(1e-3, 1, log=True), "n": Budget(1, 20)}, strategy="pbt")
    for _ in range(80):
        trial = study.ask()
        study.tell(trial, abs(np.log10(trial.config["x"]) + trial.budget / 10))
    words = [text.get_text() for text in study.plot("schedule").axes[0].texts]
    assert len(words) == len(study.best_schedule) > 1
    assert words[0].startswith("x ")
