"""Line: a worker's connection to the search. It outlasts a broken network, and gives up when the search is gone."""

from __future__ import annotations

import itertools
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from hpo_magic.errors import StudyError
from hpo_magic.run.channel import wire
from hpo_magic.run.channel.bell import Bell
from hpo_magic.run.channel.ticket import Access

_AGAIN, _LONG = 3.0, 120.0
"""Seconds after which what was not answered is said again: a word, and what may be large."""
_IDLE = 30.0


class SearchGone(StudyError):
    """Nobody has answered for as long as the trial was to be patient."""


@dataclass
class _Call:
    frames: list[bytes]
    answer: SimpleQueue[bytes | None] = field(default_factory=SimpleQueue)
    sent: float = 0.0

    @property
    def again(self) -> float:
        return _LONG if self.frames[1] in (b"parcel", b"files", b"keep") else _AGAIN


class Line:
    """One encrypted connection of this process to one search, shared by its trials here.

    The socket belongs to one thread: a stop may arrive in a trial's thread at any step, and must not cut a message.
    """

    def __init__(self, access: Access) -> None:
        self.access = access
        self._numbers = itertools.count(1)
        self._new: deque[tuple[bytes, _Call]] = deque()
        self._live: dict[str, Callable[[], None]] = {}
        self._gone = threading.Event()
        self._bell = Bell()
        self.thread = threading.Thread(target=self._main, name="hpo_magic-line", daemon=True)
        self.thread.start()

    @property
    def open(self) -> bool:
        """Whether it may still be used."""
        return self.thread.is_alive() and not self._gone.is_set()

    def close(self) -> None:
        """End the connection."""
        self._gone.set()
        self._bell.ring()
        self.thread.join(5)

    def attend(self, token: str, interrupt: Callable[[], None]) -> None:
        """Give signs of life for a trial; `interrupt` is called when it shall stop."""
        self._live[token] = interrupt

    def leave(self, token: str) -> None:
        """Give no more signs of life for a trial."""
        self._live.pop(token, None)

    def ask(self, kind: str, token: str, body: bytes = b"") -> bytes:
        """Say something and wait for the answer, through a broken line; SearchGone where none comes at all."""
        number = str(next(self._numbers)).encode()
        call = _Call([number, kind.encode(), token.encode(), body])
        self._new.append((number, call))
        self._bell.ring()
        while True:
            try:
                answer = call.answer.get(timeout=0.25)  # in steps: a stop gets in between two of them only
            except Empty:
                if self._gone.is_set():
                    raise SearchGone("the search is gone") from None
                continue
            if answer is None:
                raise SearchGone(f"the search has not answered for {self.access.patience:.0f} s")
            return answer

    def fetch(self, parcel: str) -> bytearray:
        """Return a parcel, asked for piece by piece; errors as of `ask`."""
        whole = bytearray()
        while True:
            piece = self.ask("parcel", parcel, str(len(whole)).encode())
            whole += piece
            if len(piece) < wire.PIECE:
                return whole

    def tell(self, kind: str, token: str, data: Any) -> dict[str, Any]:
        """Say something in JSON; return the answer."""
        answer = wire.heard(self.ask(kind, token, wire.said(data)))
        if "error" in answer:
            raise StudyError(answer["error"])
        return dict(answer)

    def _main(self) -> None:
        import zmq

        context = zmq.Context()
        dealer = context.socket(zmq.DEALER)
        dealer.curve_serverkey, dealer.linger = self.access.server_key, 0
        dealer.curve_publickey, dealer.curve_secretkey = self.access.public_key, self.access.secret_key
        dealer.identity = uuid.uuid4().bytes
        dealer.setsockopt(zmq.RECONNECT_IVL, 100)
        dealer.setsockopt(zmq.RECONNECT_IVL_MAX, 1000)
        wire.watch_over(dealer)
        dealer.connect(self.access.address)
        poller = zmq.Poller()
        poller.register(dealer, zmq.POLLIN)
        poller.register(self._bell, zmq.POLLIN)
        try:
            self._serve(dealer, poller)
        finally:
            self._gone.set()
            dealer.close()
            context.term()
            self._bell.close()

    def _serve(self, dealer: Any, poller: Any) -> None:
        import zmq

        pending: dict[bytes, _Call] = {}
        heard = used = time.monotonic()
        sign = 0.0
        while not self._gone.is_set():
            self._bell.answer(dict(poller.poll(250)))
            now = time.monotonic()
            while self._new:
                number, call = self._new.popleft()
                pending[number], call.sent = call, now
                dealer.send_multipart(call.frames)
            while True:
                try:
                    frames = dealer.recv_multipart(zmq.NOBLOCK)
                except zmq.Again:
                    break
                heard = now
                self._hear(frames, pending)
            for call in pending.values():
                if now - call.sent > call.again:
                    call.sent = now
                    dealer.send_multipart(call.frames)
            if self._live and now - sign > wire.TURN:
                sign = now
                for token in list(self._live):
                    dealer.send_multipart([b"~" + token.encode(), b"alive", token.encode(), b"{}"])
            if not self._live and not pending:
                heard = now
            else:
                used = now
            if now - heard > self.access.patience:
                return self._give_up(pending)
            if now - used > _IDLE:
                return

    def _hear(self, frames: list[bytes], pending: dict[bytes, _Call]) -> None:
        number = frames[0]
        if number == b"":  # nobody asked: a stop, or the end of the search
            if frames[1] == b"over":
                self._gone.set()
                self._give_up(pending)
            else:
                self._stop(frames[2].decode())
        elif number.startswith(b"~"):
            if wire.heard(frames[1]).get("over"):
                self._stop(number[1:].decode())
        elif number in pending:
            pending.pop(number).answer.put(frames[1])

    def _stop(self, token: str) -> None:
        interrupt = self._live.get(token)
        if interrupt is not None:
            interrupt()

    def _give_up(self, pending: dict[bytes, _Call]) -> None:
        for call in pending.values():
            call.answer.put(None)
        for token in list(self._live):
            self._stop(token)


_lines: dict[Access, Line] = {}
_lines_lock = threading.Lock()


def line_to(access: Access) -> Line:
    """Return this process's line to a search, opened on first use."""
    with _lines_lock:
        for known in [known for known, line in _lines.items() if not line.open]:
            del _lines[known]
        if access not in _lines:
            _lines[access] = Line(access)
        return _lines[access]
