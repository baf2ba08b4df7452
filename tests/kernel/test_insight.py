"""What %hpo says of searches that are over: lists with curves, comparisons, panels and pictures."""

from __future__ import annotations

import pytest

from tests.kernel.kernel import Kernel, kernel

CELL = """%%hpo {name} -n 16 --seed {seed} -s {strategy} --wait --no-panel
x = 1.0  # hpo: 0.0..5.0
y = 1.0  # hpo: 0.0..5.0
loss = (x - 2) ** 2 + (y - 3) ** 2
loss"""


@pytest.fixture(scope="module")
def searched(tmp_path_factory) -> Kernel:
    with kernel(tmp_path_factory.mktemp("insight")) as made:
        assert made.run("%load_ext hpo_magic")["error"] == ""
        for seed in range(4):
            for strategy in ("gp", "random"):
                made.run(CELL.format(name=f"{strategy}_{seed}", seed=seed, strategy=strategy))
        yield made


def test_the_list_shows_every_study_with_its_curve(searched):
    lines = searched.run("%hpo list")["text"].splitlines()
    assert len(lines) == 8
    for line in lines:
        assert "version 1 " in line and " 16 done " in line and "best " in line
        assert any(block in line for block in "▁▂▃▄▅▆▇█")


def test_two_kinds_of_search_are_compared(searched):
    answer = searched.run("%hpo compare gp_* random_*")
    assert not answer["error"]
    assert "gp_* is ahead, and that is real (p = 0.029)" in answer["text"]
    assert "after 16 trials, 4 runs" in answer["text"]
    one = searched.run("%hpo compare gp_0 random_0")["text"]
    assert "with one run a side nobody can tell whether that is merit or luck" in one
    assert "there is no study 'gpp_0' (did you mean 'gp_0'?)" in searched.run("%hpo compare gpp_0 random_0")["text"]
    assert "needs two names" in searched.run("%hpo compare gp_0")["text"]
    assert searched.value("gp_0.compare([random_0, random_1], gp_1).better") == "gp_0"


def test_looking_into_a_store_does_not_make_it(searched):
    assert "there is no store 'sqlite:///none.db' yet" in searched.run("%hpo list sqlite:///none.db")["text"]
    assert searched.value("__import__('os').path.exists('none.db')") is False


def test_a_stored_study_is_shown_without_its_cell(tmp_path):
    with kernel(tmp_path) as first:
        first.run("%load_ext hpo_magic")
        first.run(CELL.format(name="kept", seed=0, strategy="random"))
    with kernel(tmp_path) as second:
        second.run("%load_ext hpo_magic")
        answer = second.run("%hpo show kept")
        assert not answer["error"] and len(answer["widgets"]) == 1
        assert "no study 'lost'" in second.run("%hpo show lost")["text"]
        static = second.run("%hpo show kept", allow_stdin=False)
        assert "<table>" in static["html"][0] and "data:image/png" in static["html"][0]
    with kernel(tmp_path) as third:  # a picture is shown also where pyplot was never imported
        third.run("from hpo_magic import Study\nkept = Study.load('kept', 'sqlite:///hpo.db')")
        assert not third.run("kept.plot('importance')")["error"]
        assert third.value("[str(one) for one in kept.advice()] != None")


def test_what_is_heavy_is_imported_between_cells(tmp_path):
    with kernel(tmp_path) as made:
        made.run("import sys")
        made.run("%load_ext hpo_magic")
        assert made.value("'hpo_magic.jupyter.launch' in sys.modules") is False
        made.until("'hpo_magic.jupyter.launch' in sys.modules")


def test_a_study_is_deleted_by_its_name_and_its_cell_begins_anew(tmp_path):
    cell = CELL.format(name="kept", seed=0, strategy="random")
    with kernel(tmp_path) as made:
        made.run("%load_ext hpo_magic")
        made.run(cell)
        made.run(cell.replace("5.0", "6.0"))
        made.run(cell.replace("kept", "other"))
        assert "needs the name of a study, as in %hpo delete svm" in made.run("%hpo delete")["text"]
        assert "the version must be a number" in made.run("%hpo delete kept all")["text"]
        assert "no study 'kep' (did you mean 'kept'?)" in made.run("%hpo delete kep")["text"]
        assert "kept: version 1 deleted, 16 trials" in made.run("%hpo delete kept 1")["text"]
        assert "version 2 " in made.run("%hpo list kept")["text"]
        assert made.run("%hpo show other", allow_stdin=True)["error"] == ""
        assert "kept: version 2 deleted, 16 trials with their logs and files" in made.run("%hpo delete kept")["text"]
        assert "this session has no search 'kept'" in made.run("%hpo pause kept")["text"]
        assert made.value("len(kept.trials)") == 16  # the variable still has what it knows
        assert "was deleted from the store" in made.run("kept.ask()")["error"]
        again = made.run(cell)
        assert not again["error"] and made.value("kept.version, len(kept.trials)") == (1, 16)
        busy = (
            cell.replace("kept", "busy")
            .replace("--wait ", "")
            .replace("x = 1.0", "import time; time.sleep(0.5)\nx = 1.0")
        )
        made.run(busy)
        assert "in use by a running search" in made.run("%hpo delete busy")["text"]
        made.run("%hpo stop busy")
        assert "busy: version 1 deleted" in made.run("%hpo delete busy")["text"]


def test_a_strategy_of_ones_own_is_named_by_its_variable(tmp_path):
    with kernel(tmp_path) as made:
        made.run("%load_ext hpo_magic\nfrom hpo_magic import Strategy\nfrom hpo_magic.search.strategy import strategy")
        made.run("mine = Strategy(strategy('gp').sampler, strategy('gp').scheduler, 3, 'mine')")
        answer = made.run(CELL.format(name="own", seed=0, strategy="mine"))
        assert not answer["error"] and made.value("own.strategy is mine, len(own.trials)") == (True, 16)
        assert "strategy='yours' is unknown" in made.run(CELL.format(name="no", seed=0, strategy="yours"))["text"]
