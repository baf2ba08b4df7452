"""The channel between a search and its workers: who gets in, what a broken message does, and a broken line."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import zmq

from hpo_magic import Budget, Float, Space, Study, checkpoint
from hpo_magic.errors import StudyError
from hpo_magic.run.channel import wire
from hpo_magic.run.channel.hub import Hub
from hpo_magic.run.channel.line import Line, SearchGone
from hpo_magic.run.channel.ticket import Access, Place
from hpo_magic.run.trial_run import Outcome
from hpo_magic.trials import Failure
from tests.run.test_study import until


class Ear:
    """Hears of one trial and remembers it."""

    def __init__(self):
        self.heard = []

    def begun(self, who, pid):
        self.heard.append(("begun", who, pid))
        return True

    def report(self, value, step):
        self.heard.append(("report", value, step))
        return step < 2

    def printed(self, text):
        self.heard.append(("printed", text))

    def files(self):
        return None

    def keep(self, files):
        self.heard.append(("keep", len(files)))

    def ended(self, outcome):
        self.heard.append(("ended", outcome))


@pytest.fixture
def hub():
    made = Hub(patience=2.0)
    made.publish("key", b"secret objective")
    yield made
    made.close()
    assert not made.thread.is_alive()


@pytest.fixture
def ear(hub):
    made = Ear()
    hub.expect("token", made)
    return made


@pytest.fixture
def line(hub):
    made = Line(hub.access)
    yield made
    made.close()


def test_what_a_worker_says_arrives(hub, ear, line):
    assert line.tell("begun", "token", {"who": "here:1", "pid": 1}) == {"go": True}
    assert line.tell("report", "token", {"value": 0.5, "step": 1}) == {"go": True}
    assert line.tell("report", "token", {"value": 0.4, "step": 2}) == {"go": False}
    failure = Failure("ValueError", "no", 3, "f(x)", "Traceback…")
    line.tell("ended", "token", wire.outcome_to_json(Outcome(failure=failure)))
    assert ear.heard == [
        ("begun", "here:1", 1), ("report", 0.5, 1), ("report", 0.4, 2), ("ended", Outcome(failure=failure)),
    ]  # fmt: skip
    assert line.ask("parcel", "key") == b"secret objective"


@pytest.mark.parametrize("piece", [3, 4, 16, 100])  # 16 bytes: a last piece that is not whole, empty, or all there is
def test_a_parcel_comes_in_pieces(hub, line, monkeypatch, piece):
    monkeypatch.setattr(wire, "PIECE", piece)
    assert line.fetch("key") == b"secret objective"


def test_a_trial_that_is_forgotten_is_told_to_stop(hub, ear, line):
    stopped = threading.Event()
    line.attend("token", stopped.set)
    line.tell("begun", "token", {"who": "here:1", "pid": 1})
    hub.forget("token")
    assert line.tell("report", "token", {"value": 0.5, "step": 0})["go"] is False
    assert stopped.wait(3)  # also one that reports nothing, with the next sign of life


def test_an_interrupt_reaches_the_trial(hub, ear, line):
    stopped = threading.Event()
    line.attend("token", stopped.set)
    line.tell("begun", "token", {"who": "here:1", "pid": 1})
    hub.interrupt("token")
    assert stopped.wait(1)


def strangers(access):
    """Ways to come without the search's key."""
    public, secret = zmq.curve_keypair()
    yield (
        "a key of one's own",
        {"curve_serverkey": access.server_key, "curve_publickey": public, "curve_secretkey": secret},
    )
    yield "no encryption", {}
    other, _ = zmq.curve_keypair()
    yield "another server's key", {
        "curve_serverkey": other, "curve_publickey": access.public_key, "curve_secretkey": access.secret_key,
    }  # fmt: skip
    yield "the public key alone", {
        "curve_serverkey": access.server_key, "curve_publickey": access.public_key, "curve_secretkey": secret,
    }  # fmt: skip


def test_nobody_without_the_key_gets_in_or_learns_anything(hub, ear):
    context = zmq.Context()
    for way, options in strangers(hub.access):
        dealer = context.socket(zmq.DEALER)
        dealer.linger = 0
        for name, value in options.items():
            setattr(dealer, name, value)
        dealer.connect(hub.access.address)
        for kind, token in ((b"parcel", b"key"), (b"ended", b"token")):
            dealer.send_multipart([b"1", kind, token, wire.said({"values": {"loss": 0.0}})])
        assert dealer.poll(700) == 0, f"{way}: answered {dealer.recv_multipart()}"
        dealer.close()
    context.term()
    assert ear.heard == []
    line = Line(hub.access)
    assert line.ask("parcel", "key") == b"secret objective"  # who has the key still gets in
    line.close()


def test_keys_are_not_in_what_is_printed_of_a_ticket(hub):
    text = repr(hub.access)
    assert hub.access.secret_key.decode() not in text and hub.access.server_key.decode() not in text


def test_a_search_on_this_machine_listens_to_this_machine_only(hub):
    assert hub.access.address.startswith("tcp://127.0.0.1:")


@pytest.mark.parametrize(
    ("kind", "body"),
    [("begun", b"{}"), ("report", b"not json"), ("ended", b'{"values": {"loss": NaN}}'), ("ended", b'{"failure": 3}'),
     ("rubbish", b"{}"), ("report", b'{"value": "x", "step": 0}')],
)  # fmt: skip
def test_a_broken_message_is_answered_with_an_error_and_changes_nothing(hub, ear, line, kind, body):
    assert "error" in wire.heard(line.ask(kind, "token", body))
    assert ear.heard == []
    assert line.tell("report", "token", {"value": 0.5, "step": 0}) == {"go": True}


def test_an_error_of_the_search_is_raised_in_the_trial(hub, line):
    class Full(Ear):
        def report(self, value, step):
            raise StudyError("the disk is full")

    hub.expect("other", Full())
    with pytest.raises(StudyError, match="the disk is full"):
        line.tell("report", "other", {"value": 1.0, "step": 0})


def test_a_worker_gives_up_when_the_search_is_gone(hub):
    line = Line(replace(hub.access, patience=1.0))
    stopped = threading.Event()
    line.attend("token", stopped.set)
    hub.close()
    with pytest.raises(SearchGone):
        line.tell("report", "token", {"value": 0.5, "step": 0})
    assert stopped.wait(3)
    until(lambda: not line.open)
    line.close()


def test_the_end_of_a_search_is_told_and_frees_the_worker():
    hub = Hub(patience=600.0)
    hub.expect("trial", Ear())
    line, stopped = Line(hub.access), threading.Event()
    try:
        line.attend("trial", stopped.set)
        line.tell("begun", "trial", {"who": "w", "pid": 1})
        hub.forget("trial")  # as of a trial that does not heed a stop
        hub.close()
        assert stopped.wait(30)
        until(lambda: not line.open)
        with pytest.raises(SearchGone, match="the search"):
            line.tell("ended", "trial", {})
    finally:
        line.close()


def test_files_travel_as_they_are_and_land_nowhere_else(tmp_path):
    (tmp_path / "a" / "deep").mkdir(parents=True)
    (tmp_path / "a" / "deep" / "state.bin").write_bytes(b"\x00\x01")
    wire.unpack(wire.packed(tmp_path / "a"), tmp_path / "b")
    assert (tmp_path / "b" / "deep" / "state.bin").read_bytes() == b"\x00\x01"


def test_a_folder_is_known_where_it_is_the_same(tmp_path):
    place = Place.of(tmp_path / "hpo_checkpoints" / "svm-1" / "0")
    assert place.here
    assert not replace(place, host="elsewhere").here
    assert not replace(place, inode=place.inode + 1).here


def test_a_line_that_breaks_is_mended_and_nothing_is_lost():
    """A relay between worker and search is cut for 3 s while a trial reports."""
    from tests.run.relay import Relay

    hub = Hub(patience=30.0)
    ear = Ear()
    hub.expect("token", ear)
    port = int(hub.access.address.rsplit(":", 1)[1])
    with Relay(port) as relay:
        line = Line(replace(hub.access, address=f"tcp://127.0.0.1:{relay.port}"))
        line.tell("report", "token", {"value": 0.5, "step": 0})
        relay.cut()
        mending = threading.Timer(3.0, relay.mend)
        mending.start()
        began = time.monotonic()
        assert line.tell("report", "token", {"value": 0.4, "step": 1}) == {"go": True}
        assert 2.5 < time.monotonic() - began < 15
        line.tell("ended", "token", wire.outcome_to_json(Outcome({"loss": 0.3})))
        mending.join()
        line.close()
    assert list(dict.fromkeys(map(str, ear.heard))) == [
        "('report', 0.5, 0)", "('report', 0.4, 1)", str(("ended", Outcome({"loss": 0.3}))),
    ]  # fmt: skip
    hub.close()


def test_access_is_plain_data():
    access = Access("tcp://127.0.0.1:1", b"s", b"p", b"k")
    assert replace(access, patience=1.0) != access and hash(access) == hash(
        Access("tcp://127.0.0.1:1", b"s", b"p", b"k")
    )


def test_checkpoints_are_sent_where_the_worker_cannot_see_the_folder(tmp_path, monkeypatch):
    """As on another machine: the worker finds its predecessor's files in a folder of its own, and sends its own back."""
    monkeypatch.setattr(Place, "here", False)
    seen = []

    def objective(config):
        folder = checkpoint()
        state = folder / "state.txt"
        seen.append(folder)
        begun = int(state.read_text()) if state.exists() else 0
        state.write_text(str(config["epochs"]))
        return {"loss": config["x"] / config["epochs"], "begun": begun}

    space = Space({"x": Float(0, 1), "epochs": Budget(1, 9)})
    study = Study(space, minimize="loss", strategy="hyperband", store=f"sqlite:///{tmp_path}/hpo.db")
    with ThreadPoolExecutor(2) as pool:
        study.optimize(objective, trials=16, on=pool)
    promoted = [trial for trial in study.trials if trial.parent is not None]
    assert promoted and all(t.values["begun"] == t.resumed == study.trials[t.parent].budget for t in promoted)
    kept = {int(path.parent.name) for path in (tmp_path / "hpo_checkpoints").rglob("state.txt")}
    assert kept == {trial.number for trial in study.trials if trial.kept} == set(range(16))
    assert not any(folder.exists() for folder in seen)
