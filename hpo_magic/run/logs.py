"""Where the output of trials goes: a bounded log each."""

from __future__ import annotations

from collections import deque
from threading import Lock

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
