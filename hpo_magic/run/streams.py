"""Streams that route by the trial that prints: to its log, to where it redirects, or to the user's own stream."""

from __future__ import annotations

import sys
from typing import Any

from hpo_magic.run.context import current


class RoutedStream:
    """A stand-in for sys.stdout or sys.stderr: text of a trial goes to its log, all else to the stream behind it."""

    def __init__(self, channel: str, behind: Any) -> None:
        self.channel, self.behind = channel, behind

    def write(self, text: str) -> int:
        """Write to the running trial's log or to where it redirects its output, or to the stream behind."""
        context = current.get()
        if context is None:
            return int(self.behind.write(text) or 0)
        elsewhere = context.redirected(self.channel)
        if elsewhere is not None:
            return int(elsewhere.write(text) or 0)
        context.log.write(str(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write each of the lines."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush where text goes to; a trial's log needs none."""
        context = current.get()
        if context is None:
            self.behind.flush()
        elif hasattr(elsewhere := context.redirected(self.channel), "flush"):
            elsewhere.flush()

    def __getattr__(self, name: str) -> Any:
        context = current.get()
        elsewhere = None if context is None else context.redirected(self.channel)
        return getattr(self.behind if elsewhere is None else elsewhere, name)


def route(channel: str) -> None:
    """Put a routed stream in the place of sys.stdout or sys.stderr, unless there is one."""
    if not isinstance(there := getattr(sys, channel), RoutedStream):
        setattr(sys, channel, RoutedStream(channel, there))


def unroute(channel: str) -> None:
    """Put back what stands behind the routed stream, if there is one."""
    there = getattr(sys, channel)
    while isinstance(there, RoutedStream):
        there = there.behind
    setattr(sys, channel, there)
