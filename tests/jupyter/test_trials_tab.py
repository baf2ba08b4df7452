"""What the panel's table of trials says of one."""

from __future__ import annotations

from hpo_magic import Choice, Float, Study
from hpo_magic.jupyter.panel.trials_tab import TrialsTab, describe
from hpo_magic.jupyter.report import table, text


def test_trials_on_the_front_are_marked_and_those_that_miss_a_constraint():
    study = Study({"x": Float(0, 1)}, minimize=["a", "b"], subject_to="a < 2", strategy="random")
    for a, b in ((0.0, 1.0), (1.0, 0.0), (1.0, 1.0), (9.0, -9.0)):
        study.tell(study.ask(), {"a": a, "b": b})
    said = [describe(study, number).split("</b>")[0] for number in range(4)]
    assert ["on the front" in one for one in said] == [True, True, False, False]
    assert "done, on the front" in said[0] and "misses a &lt; 2" in said[3]


def test_with_one_metric_there_is_no_front():
    study = Study({"x": Float(0, 1)}, strategy="random")
    study.tell(study.ask(), 1.0)
    assert "front" not in describe(study, 0)


def test_none_is_told_from_what_a_trial_does_not_have():
    space = {"m": Choice(["a", "b"]), "depth": Choice([None, 2], when="m == 'a'")}
    study = Study(space, strategy="random")
    for config in ({"m": "b"}, {"m": "a", "depth": None}, {"m": "a", "depth": 2}):
        study.enqueue(config)
        study.tell(study.ask(), 1.0)
    tab = TrialsTab(study, lambda work: work(), print, print, str)
    tab._sort = (4, False)
    tab.show(True)
    depth = tab.table.data["columns"].index("depth")
    assert [row["cells"][depth] for row in tab.table.data["rows"]] == ["2", "None", "–"]


def test_the_detail_of_a_trial_has_all_digits():
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")
    study.tell(study.ask(), 1000.000001)
    assert "loss = 1000.000001" in describe(study, 0)


def test_options_close_together_are_told_apart_in_the_table():
    study = Study({"beta": Choice([0.9, 0.9999, 0.99999])}, strategy="random")
    for beta in (0.9, 0.9999, 0.99999):
        study.enqueue({"beta": beta})
        study.tell(study.ask(), 1.0)
    tab = TrialsTab(study, lambda work: work(), print, print, str)
    tab.show(True)
    assert {row["cells"][3] for row in tab.table.data["rows"]} == {"0.9", "0.9999", "0.99999"}
    assert "<td>0.99999</td>" in table(study) and "beta=0.99999" in text(study)
