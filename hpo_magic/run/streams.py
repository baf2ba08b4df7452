"""Where the output of trials goes: streams that route by the trial that prints, and sys, in which a trial sees its own.

contextlib.redirect_stdout and its like set sys.stdout for the whole process: from a trial's thread, the output of the
user's own cells would go the same way, and of two trials that overlap one would put back the other's, for good.
"""

from __future__ import annotations

import logging
import sys
from threading import Lock
from types import ModuleType
from typing import Any

from hpo_magic.run.context import current

_NAMES = ("stdout", "stderr")


class RoutedStream:
    """A stand-in for sys.stdout or sys.stderr: text of a trial goes to its log, all else to the stream behind it.

    Attributes
    ----------
    behind : stream
        The user's own.
    """

    def __init__(self, name: str, behind: Any) -> None:
        self._name, self.behind = name, behind

    def write(self, text: str) -> int:
        """Write to the running trial's log, to where the trial has redirected it, or to the stream behind."""
        context = current.get()
        if context is None:
            return int(self.behind.write(text) or 0)
        if self._name in context.streams:
            return int(context.streams[self._name].write(text) or 0)
        context.log.write(str(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write each of the lines."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush the stream behind, unless a trial asks."""
        if current.get() is None:
            self.behind.flush()

    def seen(self) -> Any:
        """Return the stream as who asks sees it: a trial what it has set itself, the user what is behind.

        The user may hold what is returned, and put it back, when the search has ended.
        """
        context = current.get()
        return self.behind if context is None else context.streams.get(self._name, self)

    def replace(self, stream: Any) -> None:
        """Put another stream in place for who asks: for the trial alone, or behind."""
        context = current.get()
        if context is None:
            self.behind = stream
        elif stream is self:
            context.streams.pop(self._name, None)
        else:
            context.streams[self._name] = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self.behind, name)


def _part(name: str) -> Any:
    def get(module: ModuleType) -> Any:
        held = vars(module)[name]
        return held.seen() if isinstance(held, RoutedStream) else held

    def put(module: ModuleType, stream: Any) -> None:
        held = vars(module)[name]
        if isinstance(held, RoutedStream):
            held.replace(stream)
        else:
            vars(module)[name] = stream

    return property(get, put)


class _Sys(ModuleType):
    """The module sys while trials run. print() looks into its dict, where the routed streams stay."""

    stdout, stderr = _part("stdout"), _part("stderr")


class Routing:
    """Puts routed streams in place while at least one search runs, and takes them away after the last."""

    def __init__(self) -> None:
        self._users, self._lock, self._own = 0, Lock(), type(sys)
        self._handlers: list[tuple[logging.StreamHandler[Any], Any]] = []

    def __enter__(self) -> None:
        with self._lock:
            self._users += 1
            if self._users == 1:
                for name in _NAMES:
                    behind = vars(sys)[name]
                    vars(sys)[name] = routed = RoutedStream(name, behind)
                    self._handlers += [(handler, behind) for handler in _handlers() if handler.stream is behind]
                    for handler, stream in self._handlers:
                        if stream is behind:
                            handler.setStream(routed)
                sys.__class__ = _Sys

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                sys.__class__ = self._own
                for name in _NAMES:
                    if isinstance(held := vars(sys)[name], RoutedStream):
                        vars(sys)[name] = held.behind
                for handler, behind in self._handlers:
                    if isinstance(handler.stream, RoutedStream):
                        handler.setStream(behind)
                self._handlers.clear()


def _handlers() -> list[logging.StreamHandler[Any]]:
    """Return the handlers of all loggers that write to a stream."""
    loggers = [logging.getLogger(), *logging.Logger.manager.loggerDict.values()]
    found = [handler for logger in loggers if isinstance(logger, logging.Logger) for handler in logger.handlers]
    return [handler for handler in found if isinstance(handler, logging.StreamHandler)]


routing = Routing()
