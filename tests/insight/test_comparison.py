"""Two searches side by side, and what may be said of the difference."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from hpo_magic import Float, Study
from hpo_magic.errors import StudyError
from hpo_magic.insight.comparison import compare
from hpo_magic.trials import Goal, History, State, Trial


def run(values, sign=1) -> History:
    done = [Trial(i, {"x": i}, State.DONE, {"loss": float(v)}, "loss") for i, v in enumerate(values)]
    return History(tuple(done), (Goal("loss", sign),))


def searched(strategy: str, seed: int) -> Study:
    study = Study({"x": Float(-5, 5), "y": Float(-5, 5)}, minimize="loss", strategy=strategy, seed=seed, name=strategy)
    study.optimize(lambda c: (c["x"] - 1) ** 2 + c["y"] ** 2, trials=25)
    return study


def test_a_real_difference_is_found_real():
    models, chance = [searched("gp", seed) for seed in range(5)], [searched("random", seed) for seed in range(5)]
    found = models[0].compare(chance, *models[1:])
    assert found.better == "gp" and found.real and found.chance == pytest.approx(2 / 252)  # one split and its mirror
    assert "gp is ahead, and that is real (p = 0.0079)" in str(found)
    figure = found.plot()
    FigureCanvasAgg(figure).draw()
    assert len(figure.axes[0].collections) == 2  # a band a side


def test_the_test_holds_its_level():
    """Of two equal kinds of search, at most 5 % are found different: 400 comparisons, at most 35 (binomial, p < 1e-3)."""
    rng = np.random.default_rng(0)
    real = sum(
        bool(compare([run([v]) for v in rng.normal(size=5)], [run([v]) for v in rng.normal(size=5)]).real)
        for _ in range(400)
    )
    assert 0 < real <= 35


def test_one_run_a_side_cannot_tell_merit_from_luck():
    found = compare([run([3, 2, 1])], [run([3, 3, 3, 9])], ("a", "b"))
    assert found.better == "a" and found.chance is None and found.real is None
    assert found.one.curves.tolist() == [[3, 2, 1]] and found.other.curves.tolist() == [[3, 3, 3]]
    assert "nobody can tell whether that is merit or luck" in found.verdict
    assert "so few runs cannot show" in compare([run([1])] * 2, [run([2])] * 2).verdict


def test_the_direction_counts_and_equals_are_equal():
    assert compare([run([1], -1)], [run([2], -1)], ("a", "b")).better == "b"
    assert compare([run([1])], [run([1])]).better is None


def test_what_is_no_study_is_named():
    with pytest.raises(StudyError, match=r"compare got 'b', it needs studies; Study\.load\('name', store\) opens"):
        searched("random", 0).compare("b")


def test_only_like_is_compared_with_like():
    with pytest.raises(StudyError, match="different goals: maximize loss and minimize loss"):
        compare([run([1])], [run([1], -1)])
    with pytest.raises(StudyError, match="has no best, no finished trial yet"):
        compare([run([1])], [run([])])


def test_several_metrics_are_compared_by_the_hypervolume_of_all():
    """The first metric is alike: what one is better in is the second."""

    def front(values) -> History:
        told = [{"loss": 1.0, "size": float(value)} for value in values]
        done = [Trial(i, {"x": i}, State.DONE, one, "loss") for i, one in enumerate(told)]
        return History(tuple(done), (Goal("loss"), Goal("size")))

    found = compare([front([5, 3, 2])], [front([5, 4, 4])], ("a", "b"))
    assert found.better == "a" and found.goal == Goal("hypervolume", -1)
    assert found.one.curves[0, 0] == found.other.curves[0, 0]
    assert found.one.curves[0, 2] > found.one.curves[0, 1] > found.other.curves[0, 1] == found.other.curves[0, 2]
    assert "hypervolume" in str(found)


def test_a_side_without_a_result_by_then_is_not_ahead():
    def at(*budgets: int) -> History:
        done = [Trial(i, {"x": i}, State.DONE, {"loss": 1.0}, "loss", budget=b) for i, b in enumerate(budgets)]
        return History(tuple(done), (Goal("loss"),))

    with pytest.raises(
        StudyError, match=r"1 of 1 runs of late had no result with the budget 9 after 2 trials, .* more"
    ):
        compare([at(1, 1, 9)], [at(1, 9)], ("late", "early"))
    with pytest.raises(StudyError, match="different budgets, 3 and 9: .* give those that are behind more trials"):
        compare([at(1, 3)], [at(1, 9)])
    assert compare([at(9, 1)], [at(1, 9)]).better is None


def test_neither_scale_nor_a_trial_that_diverged_decides_between_fronts():
    def run_of(values) -> History:
        done = [Trial(i, {"x": i}, State.DONE, dict(zip("ab", v, strict=True)), "a") for i, v in enumerate(values)]
        return History(tuple(done), (Goal("a"), Goal("b")))

    good, bad = [(0.01, 0.5), (1.0, 1.0)], [(0.9, 0.6), (1.0, 1.0)]
    for scale, worst in ((1.0, (1.0, 1.0)), (1e-6, (1.0, 1.0)), (1.0, (1e9, 1.0)), (1.0, (1e80, 1e90))):
        one, other = (run_of([(x * scale, y * scale) for x, y in (*some, worst)]) for some in (good, bad))
        found = compare([one], [other], ("good", "bad"))
        assert found.better == "good" and 0 <= found.other.finals[0] < found.one.finals[0] <= 1.3
