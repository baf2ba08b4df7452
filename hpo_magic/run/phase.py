"""Where a search stands."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """What a search is doing."""

    IDLE = "idle"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FINISHED = "finished"

    @property
    def alive(self) -> bool:
        """Whether the background loop is there."""
        return self not in (Phase.IDLE, Phase.STOPPED, Phase.FINISHED)
