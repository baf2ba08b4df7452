"""Every plot on every kind of history: it draws, live and whole, says what it shows, and never raises."""

from __future__ import annotations

import sys
from itertools import combinations, pairwise

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from hpo_magic import Budget, Choice, Float, Int, Study, checkpoint, report
from hpo_magic.errors import StudyError
from hpo_magic.insight.plots import PLOTS, canvas, comparison
from hpo_magic.insight.plots.scale import ticks
from hpo_magic.insight.plots.style import BEST
from hpo_magic.jupyter.live_plot import LivePlot
from hpo_magic.space.encoding import to_unit

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


def test_slices_pair_configs_and_values_of_very_many_trials():
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
    for _ in range(1100):
        trial = study.ask()
        study.tell(trial, trial.config["x"])
    dots = np.vstack(
        [dots.get_offsets() for dots in study.plot("slices").axes[0].collections if len(dots.get_offsets())]
    )
    assert len(dots) == 1000 and np.allclose(dots[:, 0], dots[:, 1])


def test_a_contour_of_another_metric_is_over_what_matters_for_it_and_dark_where_it_is_good():
    space = {"a": Float(0, 1), "b": Float(0, 1), "c": Float(0, 1), "d": Float(0, 1)}
    study = Study(space, minimize="loss", maximize="acc", strategy="random")
    study.optimize(lambda c: {"loss": 3 * c["a"] + c["b"], "acc": 5 * c["c"] + c["d"]}, trials=60)
    axes = study.plot("contour", metric="acc").axes[0]
    assert {axes.get_xlabel(), axes.get_ylabel()} == {"c", "d"}
    tints = study.plot("contour", metric="acc", x="c", y="d").axes[0].images[0].get_array()[..., :3].sum(axis=2)
    assert tints[32, 58] < tints[32, 6]  # darker on the right, where c is large


@pytest.mark.parametrize("name", ["slices", "rank", "parallel", "contour"])
def test_what_lies_outside_of_narrowed_ranges_is_not_drawn_at_their_ends_and_that_is_said(name):
    study = Study({"x": Float(-5, 5), "y": Float(0, 1)}, minimize="loss", strategy="random")
    study.optimize(lambda c: c["x"] ** 2 + c["y"], trials=40)
    study.edit(lambda space: space.narrow("x", -1, 1))
    outside = sum(abs(trial.config["x"]) > 1 for trial in study.trials)
    axes = study.plot(name).axes[0]
    assert f"{outside} outside of the ranges" in axes.get_title()
    if name == "rank":
        assert len(axes.collections[0].get_offsets()) == 40 - outside > 0


@pytest.mark.parametrize(
    ("domain", "labels"),
    [
        (Float(0.995, 0.999), ["0.995", "0.997", "0.999"]),
        (Float(0.99, 0.9999), ["0.99", "0.995", "0.9999"]),
        (Int(1990, 2024), ["1990", "2007", "2024"]),
        (Int(128, 132), ["128", "130", "132"]),
        (Float(1e6, 1e6 + 1), ["1e+06", "1000000.5", "1000001"]),
        (Float(0, 125), ["0", "62", "120"]),
        (Choice(list("abcdefgh")), ["a", "c", "e", "g"]),
    ],
)
def test_labels_name_the_places_that_they_mark(domain, labels):
    places, texts = ticks(domain)
    assert texts == labels
    if not isinstance(domain, Choice):
        assert places == pytest.approx([to_unit(domain, float(text)) for text in texts], abs=0.01)


def test_equal_values_look_alike_and_the_worse_ones_remain_to_be_seen():
    study = Study({"x": Float(0, 1), "y": Float(0, 1)}, maximize="accuracy", strategy="random")
    study.optimize(lambda c: 0.9 if c["x"] > 0.2 else 0.8, trials=30)
    told = {trial.value for trial in study.trials}
    assert told == {0.8, 0.9} and sum(trial.value == 0.9 for trial in study.trials) > 20
    assert len({tuple(tint) for tint in study.plot("rank").axes[0].collections[0].get_facecolors()}) == 2
    for low, high in (
        study.plot("convergence").axes[0].get_ylim(),
        sorted(study.plot("distribution").axes[0].get_xlim()),
    ):
        assert low < 0.8 < 0.9 < high
    assert [text.get_text() for text in study.plot("parallel").axes[0].texts][-2:] == ["0.8", "0.9"]


def test_curves_and_brackets_of_a_population_show_every_member_and_the_best():
    study = Study({"x": Float(1e-3, 1, log=True), "n": Budget(1, 20)}, minimize="loss", strategy="pbt")
    study.optimize(lambda c: abs(np.log10(c["x"]) + c["n"] / 10), trials=80)
    assert [text.get_text() for text in study.plot("brackets").axes[0].texts] == ["8"] * 10
    lines = study.plot("curves").axes[0].lines
    drawn = {(x, y) for line in lines for x, y in zip(*line.get_data(), strict=True)}
    assert drawn == {(trial.budget, trial.value) for trial in study.trials}
    assert [line.get_data()[1][-1] for line in lines if line.get_color() == BEST] == [study.best.value]


def test_the_curve_of_the_best_stands_out_from_its_first_step():
    def train(config):
        file = checkpoint() / "steps"
        done = int(file.read_text()) if file.exists() else 0
        for step in range(done, config["n"]):
            report(1 / (1 + step) + config["x"], step)
        file.write_text(str(config["n"]))
        return config["x"]

    study = Study({"x": Float(0, 1), "n": Budget(1, 9)}, minimize="loss", strategy="halving")
    study.optimize(train, trials=13)
    orange = [line.get_data() for line in study.plot("curves").axes[0].lines if line.get_color() == BEST]
    assert {int(step) for steps, _ in orange for step in steps} == set(range(9))


def test_labels_of_a_schedule_stand_where_values_change_and_not_on_each_other():
    study = Study({name: Float(1e-4, 1, log=True) for name in "abc"} | {"n": Budget(1, 100)}, strategy="pbt", seed=3)
    study.optimize(lambda c: sum(abs(np.log10(c[name]) + 2 + c["n"] / 100) for name in "abc"), trials=160)
    figure = study.plot("schedule")
    FigureCanvasAgg(figure).draw()
    texts = figure.axes[0].texts
    boxes = [text.get_window_extent().shrunk(0.95, 0.8) for text in texts]
    assert len(boxes) > 4 and not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_names_that_are_long_or_strange_are_told_apart():
    names = [f"a_very_long_parameter_name_{i}" for i in range(12)]
    study = Study({name: Float(0, 1) for name in names}, minimize="a_metric_" * 8, strategy="random", name="_one")
    study.optimize(lambda c: 12 * (c[names[0]] - 0.5) * (c[names[1]] - 0.5) + c[names[2]], trials=80)
    pairs = [text.get_text() for text in study.plot("importance").axes[0].get_yticklabels() if "×" in text.get_text()]
    assert pairs and all(len(pair.split(" × ")) == 2 for pair in pairs)
    figure = study.plot("parallel")
    FigureCanvasAgg(figure).draw()
    marks = [label.get_window_extent() for label in figure.axes[0].get_xticklabels()]
    assert not any(one.x1 > other.x0 for row in (marks[::2], marks[1::2]) for one, other in pairwise(row))
    other = Study(study.original, minimize="a_metric_" * 8, strategy="random", seed=1, name="$other$")
    other.optimize(lambda c: c[names[0]], trials=30)
    axes = canvas().add_subplot()
    comparison.draw(study.compare(other), axes)
    assert [text.get_text().strip() for text in axes.get_legend().get_texts()] == ["_one (1)", "$other$ (1)"]


def test_parallel_coordinates_say_what_is_missing():
    study = Study({"x": Float(0, 1)}, minimize="loss", subject_to="size < 0", strategy="random")
    study.optimize(lambda c: {"loss": c["x"], "size": 1.0}, trials=5)
    assert [text.get_text() for text in study.plot("parallel").axes[0].texts] == [
        "no trial yet that meets the constraints"
    ]
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
    study.optimize(lambda c: c["x"], trials=5)
    study.edit(lambda space: space.narrow("x", study.best.value / 3, study.best.value / 2))
    assert [text.get_text() for text in study.plot("parallel").axes[0].texts] == [
        "no trial yet that lies within the ranges"
    ]


def test_of_many_parameters_those_of_the_best_have_rows_that_can_be_read():
    leaves = {f"leaf{i}": Float(0, 1, when="kind == 'b'") for i in range(3)}
    many = {f"x{i}": Float(0, 1, when="kind == 'a'") for i in range(40)}
    study = Study({"kind": Choice(["a", "b"]), **many, **leaves}, strategy="random")
    study.optimize(lambda config: float(config["kind"] == "a"), trials=12)
    figure = study.plot("parameters")
    figure.canvas.draw()
    rows = figure.axes[0].get_yticklabels()
    shown, boxes = [row.get_text() for row in rows], [row.get_window_extent() for row in rows]
    assert {"kind", "leaf0", "leaf1", "leaf2"} <= {*shown} and 10 <= len(shown) < 44
    assert figure.axes[0].get_xlabel() == f"{len(shown)} of 44 parameters"
    assert all(upper.y0 >= lower.y1 - 1 for upper, lower in zip(boxes, boxes[1:], strict=False))
