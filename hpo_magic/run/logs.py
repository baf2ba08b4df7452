"""Where the output of trials goes: a bounded log each, and streams that route by the trial that prints."""

from __future__ import annotations

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
    """A stand-in for sys.stdout or sys.stderr: text of a trial goes to its log, all else to the stream behind it."""

    def __init__(self, behind: Any) -> None:
        self._behind = behind

    def write(self, text: str) -> int:
        """Write to the running trial's log, or to the stream behind."""
        from hpo_magic.run.context import current

        context = current.get()
        if context is None:
            return int(self._behind.write(text) or 0)
        context.log.write(str(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write each of the lines."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush the stream behind, unless a trial asks."""
        from hpo_magic.run.context import current

        if current.get() is None:
            self._behind.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._behind, name)


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
                    self._ours[name] = (RoutedStream(behind), behind)
                    setattr(sys, name, self._ours[name][0])

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                for name, (ours, behind) in self._ours.items():
                    if getattr(sys, name) is ours:  # someone else's redirection is left alone
                        setattr(sys, name, behind)


routing = Routing()
