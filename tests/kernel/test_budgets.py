"""Budgets in a real kernel: a population whose schedule is applied, and its cell that replays it."""

from __future__ import annotations

import pytest

from tests.kernel.kernel import kernel

CELL = """%%hpo population --minimize loss --strategy pbt --trials 80 --no-panel
import json
from hpo_magic import checkpoint
lr = 0.1       # hpo: 1e-3..1.0 log
epochs = 20    # hpo: 1..20 budget
file = checkpoint() / "state.json"
loss, done = json.loads(file.read_text()) if file.exists() else (1.0, 0)
for _ in range(done, epochs):
    loss = (1 - lr) ** 2 * loss + lr**2 / 10
file.write_text(json.dumps([loss, epochs]))
"""


def test_apply_writes_a_cell_that_replays_the_schedule(tmp_path):
    with kernel(tmp_path) as shell:
        replay(shell)


def replay(shared):
    shared.run("%load_ext hpo_magic")
    shared.run(CELL)
    shared.run("%hpo wait population", timeout=120)
    assert shared.value("len(population.best_schedule)") > 1
    assert all(shared.value("[t.cost == t.budget - t.resumed for t in population.trials]"))
    assert shared.value("sum(t.cost for t in population.trials)") == 160
    applied = shared.run("%hpo apply population")
    assert "its values changed on the way" in applied["text"]
    for _ in range(2):  # a second run begins anew
        assert not shared.run(applied["next"])["error"]
        assert shared.value("loss") == pytest.approx(shared.value("population.best.value"))


def test_a_cell_that_is_run_by_hand_does_not_go_on_with_the_files_of_its_last_run(tmp_path):
    cell = CELL.partition("\n")[2]
    with kernel(tmp_path) as shell:
        shell.run("%load_ext hpo_magic")
        for rate in (0.1, 0.1, 0.5):
            assert not shell.run(cell.replace("lr = 0.1", f"lr = {rate}"))["error"]
            found = shell.value("loss")
            loss = 1.0
            for _ in range(20):
                loss = (1 - rate) ** 2 * loss + rate**2 / 10
            assert found == pytest.approx(loss)
        assert shell.value("(checkpoint() / 'state.json').exists()")  # a cell that looks finds them
