"""The panel without a browser: what its thread says, and what its rows make of sliders."""

from __future__ import annotations

import time

import pytest

from hpo_magic import Choice, Float, Study, should_stop
from hpo_magic.errors import SpaceError
from hpo_magic.jupyter.panel.live import time_left
from hpo_magic.jupyter.panel.rows import ChoiceRow, NumberRow
from hpo_magic.run.limits import Limits
from hpo_magic.trials import State, Trial


def row(kind, study, name):
    errors = []

    def handle(work):
        try:
            work()
        except SpaceError as error:
            errors.append(str(error))

    made = kind(name, study.space, study.original, study.edit, handle, lambda: study.space)
    return made, errors


def waits(config):
    while not should_stop():
        time.sleep(0.01)
    return 1.0


@pytest.mark.parametrize(
    ("low", "high", "to", "bound"),
    [(100_000.0, 100_100.0, 100_050.0, 100_050.0), (-5010.0, -5000.0, -5007.5, -5007.5), (0.0, 1.0, 0.123456, 0.1235)],
)
def test_a_slider_moves_where_its_handle_is_let_go(low, high, to, bound):
    study = Study({"t": Float(low, high)})
    made, _ = row(NumberRow, study, "t")
    made.slider.value = (to, high)
    assert study.space["t"].low == bound and study.space["t"].high == high


def test_a_value_that_is_held_is_not_excluded_in_silence():
    study = Study({"n": Float(0, 100), "kind": Choice(["a", "b", "c"])})
    number, errors = row(NumberRow, study, "n")
    study.edit(lambda space: space.fix("n", 70.0).fix("kind", "a"))
    number.refresh()
    number.high.value = "60"
    assert errors == ["n is fixed at 70, which this would exclude; take fix off first"]
    assert study.space.fixed["n"] == 70 and number.high.value == "100.0"
    choice, errors = row(ChoiceRow, study, "kind")
    choice.toggles[0].value = False
    assert errors == ["kind is fixed at a, which this would exclude; take fix off first"]
    assert study.space.fixed["kind"] == "a" and choice.toggles[0].value


def test_the_time_left_counts_what_lies_between_trials_and_no_pause():
    study = Study({"x": Float(0, 1)}, strategy="random")
    study.start(lambda config: time.sleep(0.01) or config["x"], Limits(trials=1))
    assert study.wait(10)
    ends = [10.0 * i + (1000 if i > 5 else 0) for i in range(10)]  # trials of a second, ten apart, and a pause
    for end in ends:
        study.ledger.journal.add(Trial(-1, {"x": 0.5}, State.DONE, {"value": 1.0}, started=end - 1, finished=end))
    study.distrust(0)
    study.set_limits(Limits(trials=110))
    study.start(waits, Limits(trials=110))
    told = time_left(study)
    study.stop()
    assert study.wait(10)
    assert told == "about 24 min left"  # 100 trials; of nine gaps eight are 10 s, and the pause counts as 50
