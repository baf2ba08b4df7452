"""One suite for every store."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from hpo_magic.errors import StoreError, StudyInUse
from hpo_magic.space import Choice, Float, Space
from hpo_magic.trials import Failure, Report, State, Trial
from hpo_magic.trials.sql_tables import TABLES
from hpo_magic.trials.store import alive, open_store, owner_name

SPACE = Space({"x": Float(0, 1), "layers": Choice([(64, 32), (16,)])})
DEFINITION = {"space": SPACE.to_json(), "goals": [["loss", 1]], "source": ""}


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request, tmp_path):
    urls = {"memory": lambda: ":memory:", "sqlite": lambda: f"sqlite:///{tmp_path}/hpo.db"}
    url = urls.get(request.param, lambda: request.getfixturevalue("server"))()
    opened = open_store(url)
    yield opened
    opened.close()
    if request.param == "postgresql":  # the next test finds an empty database
        engine = sa.create_engine(url)
        TABLES.drop_all(engine)
        engine.dispose()


def test_a_study_is_found_again_by_its_fingerprint_and_gets_a_version_for_each(store):
    first = store.open_study("svm", "aa", DEFINITION, {})
    assert store.open_study("svm", "aa", DEFINITION, {}).id == first.id
    second = store.open_study("svm", "bb", DEFINITION, {})
    assert (first.version, second.version) == (1, 2)
    assert [(r.name, r.version) for r in store.studies()] == [("svm", 1), ("svm", 2)]


def test_a_trial_comes_back_as_it_was(store):
    study = store.open_study("svm", "aa", DEFINITION, {}).id
    made = store.add_trial(study, Trial(-1, {"x": 0.1, "layers": (64, 32)}, State.RUNNING, metric="loss", started=1.5))
    assert made.number == 0
    ended = Trial(
        0, made.config, State.FAILED, {"loss": 0.25}, "loss", 9, (Report(1, 0.5), Report(2, 0.25)), 0,
        Failure("ValueError", "no 'x'", 3, "f(x)", "Traceback…"), 1.5, 2.5, "printed\n<b>",
    )  # fmt: skip
    store.save_trial(study, ended)
    assert store.trials(study) == [ended]
    assert isinstance(store.trials(study)[0].config["layers"], tuple)


def test_numbers_count_up_within_each_study(store):
    one, two = (store.open_study(name, "aa", DEFINITION, {}).id for name in ("a", "b"))
    assert [store.add_trial(s, Trial(-1, {"x": 0.5})).number for s in (one, one, two, one)] == [0, 1, 0, 2]


def test_a_number_that_others_have_is_taken_only_by_who_does_not_mind(store):
    study = store.open_study("svm", "aa", DEFINITION, {}).id
    first = store.add_trial(study, Trial(0, {"x": 0.1}, State.RUNNING, metric="loss"), exactly=True)
    done = dataclasses.replace(first, state=State.DONE, values={"loss": 0.5})
    assert store.add_trial(study, Trial(0, {"x": 0.2}), [done], exactly=True) is None
    assert store.trials(study) == [done] and store.count(study) == 1
    assert store.add_trial(study, Trial(0, {"x": 0.2})).number == 1
    assert store.count(study) == 2


def test_a_new_trial_and_ended_ones_are_stored_together(store):
    study = store.open_study("svm", "aa", DEFINITION, {}).id
    first = store.add_trial(study, Trial(-1, {"x": 0.1}, State.RUNNING, metric="loss"))
    done = dataclasses.replace(first, state=State.DONE, values={"loss": 0.5})
    second = store.add_trial(study, Trial(-1, {"x": 0.2}, State.RUNNING, metric="loss"), [done])
    assert store.trials(study) == [done, second]


def test_a_deleted_study_is_gone_and_its_number_with_it(store):
    first, second = (store.open_study("svm", key, DEFINITION, {}) for key in ("aa", "bb"))
    trial = store.add_trial(second.id, Trial(-1, {"x": 0.5}, State.RUNNING))
    for take in (store.take_lease, store.take_part):
        take(second.id, owner_name("here"))
        with pytest.raises(StudyInUse):
            store.delete_study(second.id)
        store.drop_lease(second.id, owner_name("here"))
    store.delete_study(second.id)
    assert store.studies() == [first] and store.count(second.id) == 0 and not store.searched(second.id)
    again = store.open_study("svm", "bb", DEFINITION, {})
    assert again.version == 2 and again.id not in (first.id, second.id) and store.trials(again.id) == []
    for attempt in (
        lambda: store.trials(second.id),
        lambda: store.save_trial(second.id, trial),
        lambda: store.take_lease(second.id, owner_name("here")),
        lambda: store.take_part(second.id, owner_name("here")),
        lambda: store.delete_study(second.id),
    ):
        with pytest.raises(StoreError, match="was deleted from the store"):
            attempt()


def test_those_that_end_and_begin_trials_at_once_do_not_wait_for_each_other(store):
    study = store.open_study("svm", "aa", DEFINITION, {}).id

    def work(opened):
        trial = opened.add_trial(study, Trial(-1, {"x": 0.5}, State.RUNNING, metric="loss"))
        for _ in range(25):
            done = dataclasses.replace(trial, state=State.DONE, values={"loss": 0.5})
            guess = Trial(opened.count(study), {"x": 0.5}, State.RUNNING, metric="loss")
            trial = opened.add_trial(study, guess, [done])

    stores = [store if store.url == ":memory:" else open_store(store.url) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, stores[:1] if store.url == ":memory:" else stores))
    for opened in stores:
        opened.close()
    states = [trial.state for trial in store.trials(study)]
    assert states.count(State.RUNNING) == (1 if store.url == ":memory:" else 3) and len(states) % 26 == 0


def test_settings_are_kept(store):
    study = store.open_study("svm", "aa", DEFINITION, {}).id
    store.save_settings(study, {"edits": {"trials": 9}})
    assert store.open_study("svm", "aa", DEFINITION, {}).settings == {"edits": {"trials": 9}}


def test_a_lease_keeps_another_search_out_until_it_is_given_back(store):
    study = store.open_study("svm", "aa", DEFINITION, {}).id
    mine, other = owner_name("mine"), owner_name("other")
    assert not store.searched(study)
    store.take_lease(study, mine)
    assert store.searched(study)
    store.take_lease(study, mine)
    with pytest.raises(StudyInUse, match=r"study 'svm' is in use by a running search .* give this one another name"):
        store.take_lease(study, other)
    store.drop_lease(study, other)
    with pytest.raises(StudyInUse):
        store.take_lease(study, other)
    store.drop_lease(study, mine)
    assert not store.searched(study)
    store.take_lease(study, other)


def test_a_search_of_an_earlier_process_with_this_ones_number_is_dead():
    token = "0badcafe"
    assert not alive(owner_name(token).replace(token, "00000000"))  # as where each container begins at 1
    assert alive(owner_name(token))


def test_those_that_search_together_keep_one_alone_out_and_are_told_apart(store):
    study = store.open_study("svm", "aa", DEFINITION, {}).id
    one, two, alone = (owner_name(token) for token in ("one", "two", "alone"))
    assert store.members(study) == []
    for owner in (one, two, one):
        store.take_part(study, owner)
    assert store.members(study) == [one, two]
    assert store.searched(study)
    with pytest.raises(StudyInUse, match=r"searched by 2 together .*optimize\(shared=True\)"):
        store.take_lease(study, alone)
    for owner in (one, two):
        store.drop_lease(study, owner)
    assert store.members(study) == [] and not store.searched(study)
    store.take_lease(study, alone)
    with pytest.raises(StudyInUse, match="in use by a running search"):
        store.take_part(study, one)
