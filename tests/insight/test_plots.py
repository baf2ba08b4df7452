"""Every plot on every kind of history: it draws, live and whole, says what it shows, and never raises."""

from __future__ import annotations

import sys
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from hpo_magic import Budget, Choice, Float, Int, Study
from hpo_magic.errors import StudyError
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


def branched(trials: int = 40) -> Study:
    """A study whose best lies in the second branch of three, and whose third is far worse."""
    space = {
        "kind": Choice(["a", "b", "c"]),
        "rate": Float(1e-3, 1, log=True, when="kind == 'a'"),
        "share": Float(0.1, 1, when="kind == 'a'"),
        "depth": Int(1, 50, log=True, when="kind == 'b'"),
        "part": Float(0, 1, when="kind == 'b'"),
        "C": Float(1e-4, 100, log=True, when="kind == 'c'"),
    }
    study = Study(space, minimize="loss", strategy="random")
    for _ in range(trials):
        trial = study.ask()
        config = trial.config
        worth = {"a": 0.3, "b": 0.1, "c": 9.0}[config["kind"]]
        study.tell(trial, worth + config.get("part", 0) + config.get("share", 0))
    return study


def test_parallel_coordinates_lead_past_what_a_trial_lacks():
    study = branched()
    joined, past = study.plot("parallel").axes[0].collections[1:3]
    ends = [segment for lines in (joined, past) for segment in lines.get_segments()]
    # One line less than axes that a config has, the loss among them: nothing is left unconnected.
    assert len(ends) == sum(len(trial.config) for trial in study.history.done)
    assert all(other[0] - one[0] > 1 for one, other in past.get_segments()) and len(past.get_segments()) >= 40


def test_a_contour_is_of_the_best_branch_and_an_unknown_name_is_refused():
    study = branched()
    axes = study.plot("contour").axes[0]
    assert {axes.get_xlabel(), axes.get_ylabel()} == {"depth", "part"} == set(study.best.config) - {"kind"}
    with pytest.raises(StudyError, match="did you mean 'rate'"):
        study.plot("contour", x="rat")


def test_slices_mark_what_lies_beyond_the_frame_and_labels_do_not_overlap():
    figure = branched().plot("slices")
    FigureCanvasAgg(figure).draw()
    axes = figure.axes[0]
    beyond = [dots for dots in axes.collections if len(dots.get_paths()[0].vertices) < 10 and len(dots.get_offsets())]
    assert beyond and all(dots.get_offsets()[:, 1].max() == axes.get_ylim()[1] for dots in beyond)
    boxes = sorted(
        (text.get_window_extent() for text in axes.texts if text.xyann[1] == -4), key=lambda box: float(box.x0)
    )
    assert all(one.x1 <= other.x0 + 1 for one, other in pairwise(boxes))


def test_one_run_that_diverges_leaves_curves_and_front_to_be_seen():
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
    for number in range(20):
        trial = study.ask()
        for step in range(10):
            study.report(trial, 10.0**step if number == 3 else 1 / (step + 1) + 0.1 * trial.config["x"], step)
        study.tell(trial, 1e9 if number == 3 else 0.1)
    assert study.plot("curves").axes[0].get_ylim()[1] < 100  # of a billion
    front = Study({"x": Float(0, 1)}, minimize=["a", "b"], strategy="random")
    for number in range(20):
        trial = front.ask()
        front.tell(trial, {"a": 5000.0 if number == 3 else trial.config["x"], "b": 1 - trial.config["x"]})
    axes = front.plot("pareto").axes[0]
    assert axes.get_xlim()[1] < 10
    led = np.array([[trial.values["a"], trial.values["b"]] for trial in front.pareto])
    assert (led[:, 0] <= axes.get_xlim()[1]).all() and (led[:, 1] <= axes.get_ylim()[1]).all()


def test_a_logarithmic_axis_over_little_more_than_a_decade_has_labels():
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
    for value in (0.087, 0.1, 0.11, 0.12, 0.13, 0.15, 0.4, 0.9, 3.0):
        study.tell(study.ask(), value)
    figure = study.plot("convergence")
    FigureCanvasAgg(figure).draw()
    axes = figure.axes[0]
    assert axes.get_yscale() == "log"
    low, high = axes.get_ylim()
    assert sum(low <= tick <= high for tick in axes.get_yticks()) >= 2


def test_of_many_parameters_slices_show_those_that_matter_and_say_so():
    space = {f"p{i}": Float(0, 1) for i in range(12)} | {"matters": Float(0, 1)}
    study = Study(space, minimize="loss", strategy="random")
    study.optimize(lambda config: config["matters"], trials=30)
    ax = study.plot("slices").axes[0]
    assert "matters" in [text.get_text() for text in ax.texts]
    assert ax.get_title() == "the 8 of 13 parameters over which it varies the most"


def test_a_parameter_that_no_longer_exists_is_said_where_it_would_be_drawn():
    study = studied("conditional", 30, "random")
    study.edit(lambda space: space.choose("kind", ["a"]))
    with pytest.raises(StudyError, match="depth does not exist in the space as it is searched now"):
        study.partial_dependence("depth")
    assert "depth does not exist" in " ".join(
        t.get_text() for t in study.plot("dependence", parameter="depth").axes[0].texts
    )
