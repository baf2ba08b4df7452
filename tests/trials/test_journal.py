"""What is visible when: results that are held for the next trial's commit."""

from __future__ import annotations

import dataclasses

import pytest

from hpo_magic.errors import StoreError
from hpo_magic.space import Float, Space
from hpo_magic.trials import Goal, State, Trial
from hpo_magic.trials.definition import define
from hpo_magic.trials.journal import Journal
from hpo_magic.trials.memory_store import MemoryStore
from hpo_magic.trials.sql_store import SqlStore

GOALS = [Goal("loss")]
RUNNING = Trial(-1, {"x": 0.5}, State.RUNNING, metric="loss")


def ended(trial, loss=0.25):
    return dataclasses.replace(trial, state=State.DONE, values={"loss": loss})


@pytest.fixture
def store(tmp_path):
    opened = SqlStore(f"sqlite:///{tmp_path}/hpo.db")
    yield opened
    opened.close()


def journal_of(store):
    definition = define(Space({"x": Float(0, 1)}), GOALS, "")
    return Journal(store, store.open_study("svm", "aa", definition, {}), GOALS)


def test_a_held_result_is_known_to_decisions_and_seen_by_others_only_when_it_is_stored(store):
    journal = journal_of(store)
    first = journal.add(RUNNING)
    journal.hold(ended(first))
    assert not journal.history.done and not journal_of(store).history.done
    assert journal.known.done == (ended(first),) and journal.counted == 1
    second = journal.add(RUNNING)
    assert journal.history.trials == journal_of(store).history.trials == (ended(first), second)


def test_two_journals_on_one_study_give_every_number_once(store):
    mine, other = journal_of(store), journal_of(store)
    numbers = [journal.add(RUNNING).number for journal in (mine, other, other, mine, mine, other)]
    assert numbers == list(range(6))
    assert [trial.number for trial in other.history.trials] == numbers


def test_settling_stores_what_is_held(store):
    journal = journal_of(store)
    first = journal.add(RUNNING)
    journal.hold(ended(first))
    journal.settle()
    assert journal.history.trials == journal_of(store).history.trials == (ended(first),)


def test_a_result_that_cannot_be_stored_is_kept_for_a_later_flush(store, monkeypatch):
    journal = journal_of(store)
    journal.hold(ended(journal.add(RUNNING)))

    def full(*arguments):
        raise StoreError("cannot write to the store: the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(store, "add_trial", full)
        patch.setattr(store, "save_trial", full)
        with pytest.raises(StoreError):
            journal.add(RUNNING)
        with pytest.raises(StoreError):
            journal.settle()
        assert not journal.history.done
    journal.flush()
    assert len(journal.history.done) == len(journal_of(store).history.done) == 1


def test_tallies_follow_every_change():
    journal = journal_of(MemoryStore())
    waiting = journal.add(Trial(-1, {"x": 0.1}, State.WAITING, metric="loss"))
    running = journal.add(RUNNING)
    assert (journal.waiting, journal.counted) == (waiting, 0)
    journal.save(dataclasses.replace(waiting, state=State.RUNNING))
    journal.save(ended(running))
    assert (journal.waiting, journal.counted) == (None, 1)
    journal.save(dataclasses.replace(ended(running), trusted=False))
    assert journal.counted == 0
