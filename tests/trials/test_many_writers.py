"""Many processes on one store, in a file and on a PostgreSQL server: no number twice, no result lost."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hpo_magic import Choice, Float, Space, Study
from hpo_magic.errors import StudyInUse
from hpo_magic.trials import State
from hpo_magic.trials.store import open_store

WRITERS, EACH = 8, 25
WRITER = """
import sys
from hpo_magic import Study
from hpo_magic.trials import sql_store
sql_store.TRIES = 2  # a number is asked for anew once, never until luck would have it
study = Study.load("shared", sys.argv[1])
for _ in range(int(sys.argv[2])):
    trial = study.ask()
    study.report(trial, 0.5, 1)
    study.tell(trial, {"loss": trial.config["x"], "number": trial.number})
"""
ASKER = """
import sys
from hpo_magic import Study
study = Study.load("asked", sys.argv[1])
while (trial := study.ask()) is not None:
    study.tell(trial, {"loss": trial.config["x"]})
"""
HOLDER = """
import sys, time
from hpo_magic import Study
study = Study.load("shared", sys.argv[1])
study.start(lambda config: time.sleep(0.05) or config["x"])
print("searching", flush=True)
time.sleep(60)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    return f"sqlite:///{tmp_path}/hpo.db" if request.param == "sqlite" else request.getfixturevalue("server")


@pytest.fixture
def shared(url):
    store = open_store(url)
    yield Study(Space({"x": Float(0, 1)}), minimize="loss", strategy="random", store=store, name="shared")
    store.close()


def test_eight_processes_hammer_one_study(shared, url):
    before = len(shared.trials)
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, url, str(EACH)]) for _ in range(WRITERS)]
    assert [writer.wait(120) for writer in writers] == [0] * WRITERS
    trials = Study.load("shared", shared.ledger.store).trials
    assert [trial.number for trial in trials] == list(range(before + WRITERS * EACH))
    ours = trials[before:]
    assert all(trial.state is State.DONE for trial in ours)
    assert all(trial.values == {"loss": trial.config["x"], "number": trial.number} for trial in ours)
    assert all(len(trial.reports) == 1 for trial in ours)


def test_processes_that_ask_on_one_study_try_every_config_once(url):
    space = {"x": Choice(list(range(15))), "y": Choice(list(range(4)))}
    study = Study(space, minimize="loss", strategy="grid", store=url, name="asked")
    askers = [subprocess.Popen([sys.executable, "-c", ASKER, url]) for _ in range(3)]
    assert [asker.wait(120) for asker in askers] == [0] * 3
    trials = Study.load("asked", study.ledger.store).trials
    assert len(trials) == len({tuple(trial.config.values()) for trial in trials}) == 60
    study.ledger.store.close()


def test_a_second_search_on_a_study_is_refused_while_the_first_lives(shared, url):
    first = subprocess.Popen([sys.executable, "-c", HOLDER, url], stdout=subprocess.PIPE, text=True)
    assert first.stdout.readline() == "searching\n"
    with pytest.raises(StudyInUse, match="study 'shared' is in use by a running search"):
        shared.start(lambda config: config["x"])
    first.kill()
    first.wait()
    first.stdout.close()
    later = Study.load("shared", shared.ledger.store)
    done = len(later.history.done)
    later.optimize(
        lambda config: config["x"], trials=len(later.trials) + 3
    )  # a dead one is known at once, on one machine
    assert len(later.history.done) > done
