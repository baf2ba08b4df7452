"""Where the output of trials goes: a bounded log each, and streams that route by the trial that prints."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections import deque
from threading import Lock
from typing import Any

LIMIT = 64_000
"""Characters of a trial's output that are kept: its end."""


class TrialLog:
    """The end of what a trial printed, safe to read while it prints.

    Examples
    --------
    >>> log = TrialLog(limit=6)
    >>> log.write("one\\n"); log.write("two\\n")
    >>> print(log.text())
    … 2 earlier characters were dropped
    e
    two
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit, self._chunks, self._size, self._dropped, self._lock = limit, deque[str](), 0, 0, Lock()

    def write(self, text: str) -> None:
        """Append text."""
        with self._lock:
            if len(text) > self._limit:
                self._dropped += len(text) - self._limit
                text = text[-self._limit :]
            self._chunks.append(text)
            self._size += len(text)
            while self._size - len(self._chunks[0]) >= self._limit:
                gone = len(self._chunks.popleft())
                self._size -= gone
                self._dropped += gone

    def replace(self, text: str) -> None:
        """Keep another text in place of all that was written."""
        with self._lock:
            self._chunks, self._size, self._dropped = deque([text]), len(text), 0

    def text(self) -> str:
        """Return what is kept."""
        if not self._chunks:
            return ""
        with self._lock:
            kept = "".join(self._chunks)
            cut = max(0, len(kept) - self._limit)
            dropped = self._dropped + cut
        head = f"… {dropped} earlier characters were dropped\n" if dropped else ""
        # A terminal shows of a line what follows its last carriage return; progress bars count on that.
        lines = [line.rstrip("\r").rpartition("\r")[2] for line in (head + kept[cut:]).split("\n")]
        return "\n".join(lines).rstrip("\n")


class RoutedStream:
    """A stand-in for sys.stdout or sys.stderr: text of a trial goes to its log, all else to the stream behind it.

    Where a trial redirects its output, as contextlib does, that is its own affair too.
    """

    def __init__(self, behind: Any, name: str = "stdout") -> None:
        self._behind, self._name = behind, name

    def write(self, text: str) -> int:
        """Write to the running trial's log, or to the stream behind."""
        from hpo_magic.run.context import running

        context = running()
        if context is None:
            return int(self._behind.write(text) or 0)
        if targets := context.redirected.get(self._name):
            return int(targets[-1].write(text) or 0)
        context.log.write(str(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write each of the lines."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush the stream behind, unless a trial asks."""
        from hpo_magic.run.context import running

        if running() is None:
            self._behind.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._behind, name)


_Redirection: Any = contextlib.redirect_stdout.__mro__[1]
"""What redirect_stdout and redirect_stderr have in common; it sets the stream of the whole process."""
_usual = _Redirection.__enter__, _Redirection.__exit__


def _redirect(self: Any) -> Any:
    """Redirect a stream of the running trial alone: trials overlap, and the notebook prints meanwhile."""
    from hpo_magic.run.context import running

    if (context := running()) is None or self._stream not in ("stdout", "stderr"):
        return _usual[0](self)
    context.redirected.setdefault(self._stream, []).append(self._new_target)
    return self._new_target


def _redirect_back(self: Any, *exception: Any) -> None:
    from hpo_magic.run.context import running

    context = running()
    if context is None or self._old_targets:  # it was not a trial's
        _usual[1](self, *exception)
        return
    context.redirected[self._stream].pop()


class Routing:
    """Puts routed streams in place while at least one search runs, and takes them away after the last."""

    def __init__(self) -> None:
        self._users, self._lock = 0, Lock()
        self._ours: dict[str, tuple[RoutedStream, Any]] = {}

    def __enter__(self) -> None:
        with self._lock:
            self._users += 1
            if self._users == 1:
                for name in ("stdout", "stderr"):
                    behind = getattr(sys, name)
                    self._ours[name] = (RoutedStream(behind, name), behind)
                    setattr(sys, name, self._ours[name][0])
                    _lead(behind, self._ours[name][0])
                _Redirection.__enter__, _Redirection.__exit__ = _redirect, _redirect_back

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                _Redirection.__enter__, _Redirection.__exit__ = _usual
                for name, (ours, behind) in self._ours.items():
                    if getattr(sys, name) is ours:  # someone else's redirection is left alone
                        setattr(sys, name, behind)
                    _lead(ours, behind)


def _lead(stream: Any, other: Any) -> None:
    """Have logging handlers that write to a stream write to another: they keep the one that they were made with."""
    loggers = [logging.root, *logging.root.manager.loggerDict.values()]
    for handler in [handler for logger in loggers for handler in getattr(logger, "handlers", ())]:
        if isinstance(handler, logging.StreamHandler) and handler.stream is stream:
            handler.setStream(other)


routing = Routing()
