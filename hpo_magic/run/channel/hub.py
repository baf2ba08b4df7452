"""Hub: where a search hears of its trials elsewhere. Only who holds the search's key gets in."""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from hpo_magic.errors import StudyError
from hpo_magic.run.channel import wire
from hpo_magic.run.channel.bell import Bell
from hpo_magic.run.channel.ticket import Access
from hpo_magic.run.trial_run import Outcome

_SILENCE = 60.0
"""Seconds without a sign of life after which a trial that had begun counts as lost."""
_FAREWELL = 300
"""Milliseconds that the last words to the workers have to get away."""


class Ear(Protocol):
    """Who hears of one trial."""

    def begun(self, who: str, pid: int) -> bool:
        """A worker has taken the trial up; False where it should not run it."""

    def report(self, value: float, step: int) -> bool:
        """Take an intermediate value; False where the trial should stop."""

    def printed(self, text: str) -> None:
        """Take all that is kept of what the trial has printed."""

    def files(self) -> bytes | None:
        """Return the checkpoint files that the trial goes on from, None for none."""

    def keep(self, files: bytes) -> None:
        """Take the trial's checkpoint files."""

    def ended(self, outcome: Outcome) -> None:
        """Take the outcome."""


class Hub:
    """Listens in a thread of its own on one port, encrypted and authenticated (CURVE).

    Parameters
    ----------
    reach : str
        A host that workers are on or near: with 127.0.0.1 nothing outside this machine can connect.
    patience : float
        Seconds for which a trial goes on without an answer.
    """

    def __init__(self, reach: str = "127.0.0.1", patience: float = 60.0) -> None:
        import zmq
        from zmq.auth.thread import ThreadAuthenticator

        if not zmq.has("curve"):
            raise StudyError("this build of pyzmq has no CURVE encryption; install pyzmq from PyPI or conda-forge")
        self._context = zmq.Context()
        server_key, server_secret = zmq.curve_keypair()
        self._public, secret = zmq.curve_keypair()
        self._gate = ThreadAuthenticator(self._context)
        self._gate.start()
        self._gate.configure_curve_callback(domain="*", credentials_provider=self)
        self._socket = self._context.socket(zmq.ROUTER)
        self._socket.curve_server, self._socket.curve_secretkey = True, server_secret
        self._socket.curve_publickey, self._socket.linger = server_key, _FAREWELL
        self._socket.setsockopt(zmq.ROUTER_HANDOVER, 1)  # a worker that comes back after a broken line keeps its name
        wire.watch_over(self._socket)
        local = reach in ("127.0.0.1", "localhost")
        port = self._socket.bind_to_random_port("tcp://127.0.0.1" if local else "tcp://0.0.0.0")
        host = "127.0.0.1" if local else _own_address(reach)
        self.access = Access(f"tcp://{host}:{port}", server_key, self._public, secret, patience)
        self._ears: dict[str, Ear] = {}
        self._lines: dict[str, tuple[bytes, float]] = {}
        self._known: set[bytes] = set()  # every line that has called
        self._parcels: dict[str, bytes] = {}
        self._outbox: deque[tuple[bytes, str]] = deque()
        self._bell = Bell()
        self._closed, self._lock = threading.Event(), threading.Lock()
        self.thread = threading.Thread(target=self._main, name="hpo_magic-hub", daemon=True)
        self.thread.start()

    def callback(self, domain: str, key: bytes) -> bool:
        """Whether a client's key is the search's; asked by the authenticator."""
        return key == self._public

    def publish(self, key: str, parcel: bytes) -> None:
        """Keep a parcel for workers that ask for it."""
        self._parcels[key] = parcel

    def expect(self, token: str, ear: Ear) -> None:
        """Listen for a trial."""
        with self._lock:
            self._ears[token] = ear

    def forget(self, token: str) -> None:
        """Hear no more of a trial; a worker that still runs it is told to stop."""
        with self._lock:
            self._ears.pop(token, None)
            self._lines.pop(token, None)

    def interrupt(self, token: str) -> None:
        """Send a stop into a trial."""
        with self._lock:
            line = self._lines.get(token)
        if line is not None:
            self._outbox.append((line[0], token))
            self._bell.ring()

    def close(self) -> None:
        """Stop listening."""
        self._closed.set()
        self._bell.ring()
        if threading.current_thread() is not self.thread:
            self.thread.join(5)

    def _main(self) -> None:
        import zmq

        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._bell, zmq.POLLIN)
        try:
            while not self._closed.is_set():
                self._bell.answer(dict(poller.poll(1000)))
                while self._outbox:
                    line, token = self._outbox.popleft()
                    self._socket.send_multipart([line, b"", b"interrupt", token.encode()])
                for _ in range(1000):
                    try:
                        frames = self._socket.recv_multipart(zmq.NOBLOCK)
                    except zmq.Again:
                        break
                    self._answer(frames)
                self._mind_the_silent()
            for line in self._known:  # a trial that nobody waits for shall not hold its worker until patience ends
                self._socket.send_multipart([line, b"", b"over", b""])
        finally:
            self._socket.close()
            self._gate.stop()
            self._context.term()
            self._bell.close()

    def _answer(self, frames: list[bytes]) -> None:
        if len(frames) != 5:
            return
        line, message, kind, token, body = frames
        self._known.add(line)
        try:
            reply = self._heed(line, kind.decode(), token.decode(), body)
        except Exception as error:  # noqa: BLE001 - one bad message must not silence the others
            reply = wire.said({"error": f"{type(error).__name__}: {error}"})
        self._socket.send_multipart([line, message, reply])

    def _heed(self, line: bytes, kind: str, token: str, body: bytes) -> bytes:
        if kind == "parcel":
            begin = int(body or b"0")
            return self._parcels[token][begin : begin + wire.PIECE]
        with self._lock:
            ear = self._ears.get(token)
            if ear is None:
                return b"" if kind == "files" else wire.said({"go": False, "over": True})
            self._lines[token] = line, time.monotonic()
        if kind == "files":
            return ear.files() or b""
        if kind == "keep":
            ear.keep(body)
        else:
            return wire.said(_TOLD[kind](ear, wire.heard(body)))
        return wire.said({"go": True})

    def _mind_the_silent(self) -> None:
        now = time.monotonic()
        with self._lock:
            silent = [token for token, (_, last) in self._lines.items() if now - last > _SILENCE]
            ears = [self._ears[token] for token in silent if token in self._ears]
        for ear in ears:
            ear.ended(Outcome(lost=f"its worker has not been heard of for {_SILENCE:.0f} s"))


def _begun(ear: Ear, data: Any) -> Any:
    return {"go": ear.begun(str(data["who"]), int(data["pid"]))}


def _reported(ear: Ear, data: Any) -> Any:
    return {"go": ear.report(float(data["value"]), int(data["step"]))}


def _printed(ear: Ear, data: Any) -> Any:
    ear.printed(str(data))
    return {"go": True}


def _ended(ear: Ear, data: Any) -> Any:
    ear.ended(wire.outcome_of(data))
    return {"go": True}


_TOLD: dict[str, Callable[[Ear, Any], Any]] = {
    "begun": _begun, "report": _reported, "printed": _printed, "ended": _ended, "alive": lambda ear, data: {"go": True},
}  # fmt: skip


def _own_address(reach: str) -> str:
    """Return the address of this machine as seen from a host; no packet is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((reach, 9))
        except OSError:
            return socket.gethostbyname(socket.gethostname())
        return str(probe.getsockname()[0])
