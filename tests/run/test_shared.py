"""Several processes that search one study together: real ones, one of which is killed, on a file and on a server."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter

import pytest

from hpo_magic import Choice, Float, Study
from hpo_magic.errors import StudyError, StudyInUse
from hpo_magic.run.claim import Claim
from hpo_magic.run.limits import Limits
from hpo_magic.trials import State, Trial
from hpo_magic.trials.memory_store import MemoryStore
from hpo_magic.trials.store import PATIENCE

SEARCH = """
import sys, time
from hpo_magic import Budget, Choice, Float, Study, report

def objective(config):
    for epoch in range(config.get("epochs", 1)):
        time.sleep({seconds})
        report(config["x"] + 1 / (epoch + 1), epoch)
    return config["x"]

study = Study({space}, strategy="{strategy}", store=sys.argv[1], name="shared")
study.optimize(objective, trials={trials}, shared=True)
print("ended", len(study.history.done), study.best.value, flush=True)
"""
RANGE, LIST = '{"x": Float(0, 1)}', '{"x": Choice([1, 2, 3, 4]), "y": Choice([1, 2, 3, 4])}'
BUDGET = '{"x": Float(0, 1), "epochs": Budget(1, 9)}'


def begin(url, space, strategy, trials, seconds=0.02):
    code = SEARCH.format(space=space, strategy=strategy, trials=trials, seconds=seconds)
    return subprocess.Popen([sys.executable, "-c", code, url], stdout=subprocess.PIPE, text=True)


def ends(searches):
    """Return what each says in the end."""
    told = []
    for search in searches:
        said, _ = search.communicate(timeout=120)
        assert search.returncode == 0
        told.append(said.splitlines()[-1])
    return told


@pytest.fixture
def file(tmp_path):
    return f"sqlite:///{tmp_path}/hpo.db"


@pytest.mark.parametrize("place", ["file", "server"])
def test_three_scripts_that_begin_at_once_make_so_many_trials_together(request, place):
    url = request.getfixturevalue(place)
    told = ends([begin(url, RANGE, "auto", 30) for _ in range(3)])
    study = Study.load("shared", url)
    assert len(study.trials) == len(study.history.done) == 30
    assert len({trial.config["x"] for trial in study.trials}) == 30
    assert set(told) == {f"ended 30 {study.best.value}"}  # each knows what all have found
    assert len({trial.worker.split()[0] for trial in study.trials}) > 1
    assert study.ledger.store.members(study.ledger.record.id) == []
    study.ledger.store.close()


def test_a_grid_is_tried_once_and_no_script_ends_before_it_is(file):
    assert ends([begin(file, LIST, "grid", 99) for _ in range(3)]) == ["ended 16 1.0"] * 3
    trials = Study.load("shared", file).trials
    assert len({tuple(trial.config.values()) for trial in trials}) == len(trials) == 16


def test_the_rungs_of_a_bracket_are_filled_by_all(file):
    ends([begin(file, BUDGET, "hyperband", 22) for _ in range(2)])
    alone = Study(dict(Study.load("shared", file).space), strategy="hyperband", name="alone")
    alone.optimize(lambda config: config["x"], trials=22)
    together = Study.load("shared", file)
    budgets = [Counter(trial.budget for trial in study.history.done) for study in (together, alone)]
    assert budgets[0] == budgets[1]
    assert together.best.config["x"] == alone.best.config["x"]


def test_what_a_killed_script_ran_is_tried_by_the_others(file):
    # Each trial takes half a second, so that who runs one is killed before it ends.
    study = Study({"x": Float(0, 1)}, strategy="random", store=file, name="shared")
    searches = {str(search.pid): search for search in (begin(file, RANGE, "random", 12, seconds=0.5) for _ in range(3))}
    owners = set[str]()
    while len(owners) < 3:
        study.ledger.catch_up()
        owners = {trial.worker.split(":")[1] for trial in study.trials}
        time.sleep(0.05)
    newest = study.trials[-1].worker.split(":")[1]
    killed = searches.pop(newest)
    killed.kill()
    killed.communicate()
    assert [text.split()[1] for text in ends(searches.values())] == ["12"] * 2
    study.ledger.catch_up()
    lost = [trial for trial in study.trials if trial.state is State.LOST]
    again = [trial for trial in study.trials if trial.parent is not None]
    assert [trial.config for trial in lost] == [trial.config for trial in again]
    assert len(lost) == 1 and len(study.trials) == 13


def test_one_that_searches_alone_and_those_together_keep_each_other_out(file):
    one, other = (Study({"x": Float(0, 1)}, strategy="random", store=file) for _ in range(2))
    one.start(lambda config: config["x"], Limits(), shared=True)
    with pytest.raises(StudyInUse, match=r"searched by 1 together .* take part with optimize\(shared=True\)"):
        other.optimize(lambda config: config["x"], trials=3)
    one.stop()
    assert one.wait(10)
    other.start(lambda config: config["x"], Limits())
    with pytest.raises(StudyInUse, match="in use by a running search"):
        one.optimize(lambda config: config["x"], trials=3, shared=True)
    other.stop()
    assert other.wait(10)
    with pytest.raises(StudyError, match="shared='yes' must be True or False"):
        one.optimize(lambda config: config["x"], shared="yes")
    with pytest.raises(StudyError, match="shared=True needs a store that other processes reach"):
        Study({"x": Float(0, 1)}).optimize(lambda config: config["x"], trials=3, shared=True)


def test_an_edit_made_in_one_is_heard_by_the_others(file, monkeypatch):
    monkeypatch.setattr("hpo_magic.run.runner._RENEW", 0.05)
    searching, other = (
        Study({"x": Float(0, 1), "k": Choice(["a", "b"])}, strategy="random", store=file) for _ in range(2)
    )
    searching.start(lambda config: config["x"], Limits(trials=10_000), shared=True)
    other.edit(lambda space: space.narrow("x", 0.5, 0.6))
    with searching.ledger.journal.changed:
        heard = searching.ledger.journal.changed.wait_for(lambda: searching.space["x"].low == 0.5, timeout=20)
    assert heard
    first = len(searching.trials)
    searching.stop()
    assert searching.wait(10)
    assert all(0.5 <= trial.config["x"] <= 0.6 for trial in searching.trials[first + 1 :])


def test_a_result_that_comes_after_it_was_given_up_is_kept():
    store = MemoryStore()
    slow, other = (Study({"x": Float(0, 1)}, strategy="random", store=store) for _ in range(2))
    trial, told = slow.ask(), slow.ask()
    other.ledger.catch_up()
    for number in (trial.number, told.number):  # as another search does that takes this one for dead
        other.ledger.journal.save(Trial(number, trial.config, State.LOST, metric="value"))
    slow.ledger.catch_up()
    assert slow.tell(trial, 0.25).state is State.DONE
    assert slow.fail(told, "no").state is State.LOST
    assert store.trials(1)[0].value == 0.25


def test_processes_forked_from_the_one_that_made_the_study_are_told_apart(tmp_path):
    script = (
        "import multiprocessing, time\n"
        "from hpo_magic import Float, Study\n"
        f"study = Study({{'x': Float(0, 1)}}, minimize='loss', store='sqlite:///{tmp_path}/hpo.db')\n"
        "def loss(config):\n    time.sleep(0.1)\n    return config['x']\n"
        "fork = multiprocessing.get_context('fork')\n"
        "jobs = [fork.Process(target=study.optimize, args=(loss, 12), kwargs={'shared': True}) for _ in range(3)]\n"
        "[job.start() for job in jobs]\n[job.join() for job in jobs]\n"
        "assert [job.exitcode for job in jobs] == [0, 0, 0]\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", script], check=True, timeout=90)
    trials = Study.load("study", f"sqlite:///{tmp_path}/hpo.db").trials
    assert [trial.state for trial in trials] == [State.DONE] * 12
    assert len({trial.config["x"] for trial in trials}) == 12
    assert len({trial.worker.split()[0] for trial in trials}) == 3


def test_who_looks_on_reads_what_was_stored_since(tmp_path):
    search = Study({"x": Float(0, 1)}, minimize="loss", strategy="random", store=f"sqlite:///{tmp_path}/hpo.db")
    reader = Study.load("study", search.ledger.store.url)
    search.optimize(lambda config: config["x"], trials=4)
    assert reader.trials == ()
    reader.reload()
    assert [trial.value for trial in reader.trials] == [trial.value for trial in search.trials]


def test_who_came_first_sees_to_what_nobody_runs():
    store, now = MemoryStore(), 0.0
    record = store.open_study("svm", "f00d", {}, {})
    first, second, third = (Claim(store, record, clock=lambda: now) for _ in range(3))
    assert [claim.take(shared=True) for claim in (first, second, third)] == [0, 1, 2]
    dead = Trial(0, {}, State.RUNNING, worker=third.named("thread 1"))
    alive = Trial(1, {}, State.RUNNING, worker=second.named("thread 1"))
    asked = Trial(2, {}, State.RUNNING)
    third.give_back()
    assert second.lost([dead, alive, asked]) == []
    assert first.lost([dead, alive, asked]) == [dead]
    now = PATIENCE + 1
    assert first.lost([alive, asked]) == [asked]
    second.give_back()
    assert first.lost([alive]) == [alive]
