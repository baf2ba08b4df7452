"""A relay of TCP connections that can be cut like a cable: it stays silent, and new connections are refused."""

from __future__ import annotations

import selectors
import socket
import threading


class Relay:
    """Listens on a port of its own and passes bytes on to another one."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = self._listen(0)
        self.port = self._listener.getsockname()[1]
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._stop, self._whole = threading.Event(), True
        self._thread = threading.Thread(target=self._main, daemon=True)

    def __enter__(self) -> Relay:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def cut(self) -> None:
        """Drop every connection, and refuse new ones."""
        self._whole = False

    def mend(self) -> None:
        """Let connections through again."""
        self._whole = True

    def _listen(self, port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        return listener

    def _main(self) -> None:
        with selectors.DefaultSelector() as ready:
            ready.register(self._listener, selectors.EVENT_READ)
            while not self._stop.is_set():
                for key, _ in ready.select(0.05):
                    if key.fileobj is self._listener:
                        self._accept(ready)
                    elif key.fileobj in self._pairs:
                        self._pass_on(ready, key.fileobj)
                if not self._whole:
                    self._drop(ready)
            self._drop(ready)
        self._listener.close()

    def _accept(self, ready: selectors.BaseSelector) -> None:
        near, _ = self._listener.accept()
        if not self._whole:
            near.close()
            return
        far = socket.create_connection(("127.0.0.1", self._target))
        self._pairs[near], self._pairs[far] = far, near
        for one in (near, far):
            ready.register(one, selectors.EVENT_READ)

    def _pass_on(self, ready: selectors.BaseSelector, one: socket.socket) -> None:
        try:
            data = one.recv(65536)
        except OSError:
            data = b""
        if data:
            self._pairs[one].sendall(data)
            return
        for end in (one, self._pairs.pop(one)):
            self._pairs.pop(end, None)
            ready.unregister(end)
            end.close()

    def _drop(self, ready: selectors.BaseSelector) -> None:
        for one in list(self._pairs):
            ready.unregister(one)
            one.close()
        self._pairs.clear()
