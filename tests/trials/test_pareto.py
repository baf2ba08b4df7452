"""Fronts, layers and volumes against counting by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpo_magic import Float, Study
from hpo_magic.trials.pareto import boxes, crowding, dominated, hypervolume, layers, most_boxes

rows = st.lists(st.tuples(*[st.integers(0, 6)] * 3), min_size=1, max_size=14).map(lambda r: np.array(r, dtype=float))


@given(rows)
def test_dominated_is_what_the_definition_says(losses):
    slow = [any((other <= row).all() and (other < row).any() for other in losses) for row in losses]
    assert dominated(losses).tolist() == slow


@given(rows)
def test_layers_are_fronts_of_what_is_left(losses):
    found = layers(losses)
    for depth in range(found.max() + 1):
        left = losses[found >= depth]
        assert dominated(left).tolist() == (found[found >= depth] > depth).tolist()


@given(rows)
def test_the_hypervolume_counts_cells(losses):
    """On a grid of whole numbers the volume is the number of cells that some point dominates."""
    cells = np.stack(np.meshgrid(*[np.arange(7)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    covered = (losses[None] <= cells[:, None]).all(axis=2).any(axis=1).sum()
    assert hypervolume(losses, np.full(3, 7.0)) == pytest.approx(covered)


@given(rows)
def test_boxes_are_disjoint_and_fill_what_is_free(losses):
    front = losses[~dominated(losses)]
    lower, upper = boxes(front, np.full(3, 7.0))
    cells = np.stack(np.meshgrid(*[np.arange(7) + 0.5] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    inside = ((lower[None] < cells[:, None]) & (cells[:, None] < upper[None])).all(axis=2).sum(axis=1)
    free = ~(front[None] <= cells[:, None]).all(axis=2).any(axis=1)
    assert inside.tolist() == free.astype(int).tolist()


def test_crowding_prefers_the_ends_and_the_lonely():
    alone = crowding(np.array([[0.0, 4.0], [1.0, 3.0], [1.1, 2.9], [4.0, 0.0]]))
    assert np.isinf(alone[[0, 3]]).all() and alone[2] > alone[1]


def test_the_hypervolume_of_many_goals_is_what_the_boxes_leave():
    rng = np.random.default_rng(0)
    for goals, count in ((2, 30), (3, 20), (4, 12), (5, 8)):
        losses, reference = rng.random((count, goals)), np.full(goals, 0.9)
        inside = losses[(losses < reference).all(axis=1)]
        lower, upper = boxes(inside[~dominated(inside)], reference)
        free = np.prod(np.maximum(upper - np.maximum(lower, 0.0), 0.0), axis=1).sum()
        assert hypervolume(losses, reference) == pytest.approx(0.9**goals - free)
        assert len(lower) <= most_boxes(len(inside), goals)


def test_trials_that_miss_a_constraint_do_not_move_the_corner_and_the_plot_has_the_same():
    study = Study({"x": Float(0, 1)}, minimize=["a", "b"], subject_to="a < 2", strategy="random")
    for a, b in ((0.0, 1.0), (1.0, 0.0), (0.5, 0.5), (9.0, 9.0)):
        study.tell(study.ask(), {"a": a, "b": b})
    volume = study.hypervolume()
    assert volume == pytest.approx(study.hypervolume({"a": 1.1, "b": 1.1}))
    (line,) = study.plot("hypervolume").axes[0].lines
    assert line.get_ydata()[-1] == pytest.approx(volume)


def test_a_goal_that_is_always_alike_leaves_the_other_its_volume():
    study = Study({"x": Float(0, 1)}, minimize=["a", "b"], strategy="random")
    for a in (0.0, 1.0):
        study.tell(study.ask(), {"a": a, "b": 5.0})
    assert study.hypervolume() == pytest.approx(1.1 * 0.5)
