"""The process is after a search as it was before."""

from __future__ import annotations

import logging
import os
import random
import sys
import threading
import time
import warnings

import numpy as np
import pytest

from hpo_magic import Float, Study
from hpo_magic.errors import StudyError
from hpo_magic.run import isolation
from hpo_magic.run.isolation import ProcessState
from hpo_magic.run.logs import TrialLog


def harms(config):
    os.chdir("/")
    os.environ["SET_BY_A_TRIAL"] = "1"
    os.environ.pop("SET_BY_THE_USER", None)
    random.seed(1)
    np.random.seed(1)
    warnings.simplefilter("ignore")
    sys.stdout.write("to stdout\n")
    sys.stderr.write("to stderr\n")
    return config["x"]


def state():
    return os.getcwd(), dict(os.environ), random.getstate(), np.random.get_state()[1].tolist(), list(warnings.filters)


def test_folder_environment_random_states_and_filters_stay(capsys, monkeypatch):
    monkeypatch.setenv("SET_BY_THE_USER", "grün")
    study = Study({"x": Float(0, 1)}, strategy="random")
    study.strategy.sampler.ahead(study.space, study.history)  # importing scipy adds filters of its own
    before = state()
    study.optimize(harms, trials=3)
    assert state() == before
    assert capsys.readouterr() == ("", "")
    assert study.trials[0].log == "to stdout\nto stderr"


def test_a_cell_of_the_users_sees_its_own_state_while_a_trial_runs():
    kept = ProcessState()
    random.seed(5)
    expected = [random.random() for _ in range(4)]
    random.seed(5)
    drawn = []
    with kept:
        random.seed(99)  # the trial
        for _ in range(2):  # two cells of the user's, run meanwhile
            kept.cell_begins()
            drawn.append(random.random())
            kept.cell_ends()
            random.random()
    drawn.append(random.random())
    with kept:
        random.seed(98)
    drawn.append(random.random())
    assert drawn == expected


def test_a_log_is_bounded_and_keeps_the_end():
    log = TrialLog(limit=1000)
    for i in range(100_000):
        log.write(f"{i}\n")
    log.write("y" * 5000)
    log.write("the end")
    assert len(log.text()) < 1100 and log.text().endswith("the end")


def test_a_normal_number_in_store_and_another_generator_come_back():
    def draws(config):
        np.random.set_bit_generator(np.random.PCG64(int(1e6 * config["x"])))
        return float(np.random.standard_normal())

    def draws_one(config):
        return float(
            np.random.standard_normal()
        )  # takes what is in store, and leaves the generator's words as they were

    for objective in (draws, draws_one):
        np.random.seed(7)
        expected = np.random.standard_normal(4).tolist()
        np.random.seed(7)
        drawn = [float(np.random.standard_normal())]
        for _ in range(3):
            Study({"x": Float(0, 1)}, strategy="random").optimize(objective, trials=3)
            drawn.append(float(np.random.standard_normal()))
        assert drawn == expected


def test_what_the_user_draws_between_two_threads_with_the_same_number_stays_drawn(monkeypatch):
    monkeypatch.setattr(isolation, "_AT_ONCE", 60.0)
    state, numbers = ProcessState(), []

    def trial():
        numbers.append(threading.get_ident())
        with state:
            random.random()

    random.seed(7)
    expected = [random.random() for _ in range(20)]
    random.seed(7)
    for number in expected:
        thread = threading.Thread(target=trial)
        thread.start()
        thread.join()
        assert random.random() == number
    assert len(set(numbers)) < len(numbers)  # or this has tested nothing


def test_a_trial_that_hangs_and_was_let_go_leaves_the_users_side_alone(tmp_path, monkeypatch):
    end = threading.Event()

    def hangs(config):
        np.random.seed(1)
        while not end.is_set():
            try:
                end.wait(0.05)
            except BaseException:  # swallows even the stop
                continue
        return 0.0

    before = np.random.get_state()[1].tolist()
    study = Study({"x": Float(0, 1)}, strategy="random")
    study.optimize(hangs, trials=1, trial_timeout=0.1)
    assert study.trials[0].error.kind == "TimeLimit"
    assert np.random.get_state()[1].tolist() == before
    monkeypatch.chdir(tmp_path)
    np.random.seed(5)
    mine = np.random.get_state()[1].tolist()
    Study({"x": Float(0, 1)}, strategy="random").optimize(harms, trials=2)
    assert os.getcwd() == str(tmp_path) and np.random.get_state()[1].tolist() == mine
    end.set()


def test_what_a_trial_may_ask_of_the_search_is_said_to_be_imported():
    study = Study({"x": Float(0, 1)}, minimize="loss", strategy="random")

    def forgetful(config):
        report(config["x"], 0)  # noqa: F821
        return config["x"]

    with pytest.raises(StudyError, match="name 'report' is not defined; write from hpo_magic import report"):
        study.optimize(forgetful, trials=4)


def draws(config):
    return float(np.random.normal()) + random.random()


@pytest.mark.parametrize("where", [{}, {"workers": 2}, {"on": "processes", "workers": 2}])
def test_each_trial_draws_numbers_of_its_own_wherever_it_runs_and_a_repeat_draws_anew(where):
    def drawn():
        study = Study({"x": Float(0, 1)}, strategy="random", seed=3)
        study.optimize(draws, trials=4, **where)
        study.repeat(0)
        study.optimize(draws, trials=5, **where)
        return [trial.value for trial in study.history.done]

    before = state()
    values = drawn()
    assert len(set(values)) == 5 and state() == before
    if where.get("workers", 1) == 1:  # two at a time in threads share the generators
        assert values == drawn()
    if "on" in where:
        assert values == drawn()


def test_trials_that_begin_to_draw_later_draw_numbers_of_their_own():
    study = Study({"x": Float(0, 1)}, strategy="random")
    study.optimize(lambda config: config["x"] if len(study.trials) < 4 else draws(config), trials=12)
    assert len({trial.value for trial in study.history.done}) == 12


def test_a_trial_inside_a_trial_and_one_that_draws_now_and_then_draw_numbers_of_their_own():
    def nested(config):
        before = draws(config)
        inner = Study({"y": Float(0, 1)}, strategy="random")
        inner.optimize(draws, trials=2)
        told.append((before, *(trial.value for trial in inner.history.done), draws(config)))
        return before

    told = []
    Study({"x": Float(0, 1)}, strategy="random").optimize(nested, trials=4)
    assert len({value for row in told for value in row}) == 16

    def sometimes(config):
        return draws(config) if config["x"] > 0.5 else 0.0

    def drawn(start):
        random.seed(start)
        study = Study({"x": Float(0, 1)}, strategy="random")
        study.optimize(sometimes, trials=20)
        return [trial.value for trial in study.history.done if trial.value]

    first = drawn(1)
    assert len(first) == len(set(first)) > 4 and drawn(2) == first


def test_trials_side_by_side_in_threads_draw_different_numbers():
    study = Study({"x": Float(0, 1)}, strategy="random")
    study.optimize(lambda config: time.sleep(0.01) or draws(config), trials=40, workers=4, on="threads")
    assert len({trial.value for trial in study.history.done}) == 40


def test_what_a_trial_logs_through_the_users_handler_goes_to_its_own_log(capsys):
    logger, handler = logging.getLogger("tests.noted"), logging.StreamHandler(sys.stderr)
    logger.propagate = False
    logger.addHandler(handler)
    study, before = Study({"x": Float(0, 1)}, strategy="random"), handler.stream
    try:

        def noted(config):
            logger.warning("seen by %r", threading.current_thread().name)
            return config["x"]

        study.optimize(noted, trials=2)
        logger.warning("after the search")
    finally:
        logger.removeHandler(handler)
    assert [study.log(number).startswith("seen by ") for number in (0, 1)] == [True, True]
    assert handler.stream is before and capsys.readouterr().err == "after the search\n"
