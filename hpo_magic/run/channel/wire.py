"""What travels: JSON for all that a worker says, so that it cannot run code in the kernel; zipped folders as bytes."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import tarfile
from pathlib import Path
from typing import Any

from hpo_magic.run.trial_run import Outcome
from hpo_magic.trials import Failure

PIECE = 16_000_000
"""Bytes of a parcel that are asked for at once: the line encrypts copies of what it sends."""
TURN = 1.0
"""Seconds between two signs of life."""


def outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON data.

    Examples
    --------
    >>> outcome_of(outcome_to_json(Outcome({"loss": 0.5})))
    Outcome(values={'loss': 0.5}, failure=None, lost='')
    """
    failure = None if outcome.failure is None else dataclasses.asdict(outcome.failure)
    return {"values": outcome.values, "failure": failure, "unkept": outcome.unkept}


def outcome_of(data: dict[str, Any]) -> Outcome:
    """Return the outcome of JSON data; ValueError where it is none."""
    values, failure = data.get("values"), data.get("failure")
    if values is not None:
        values = {str(name): float(value) for name, value in dict(values).items()}
        if not all(map(math.isfinite, values.values())):
            raise ValueError("a value is not finite")
    unkept = tuple(map(str, data.get("unkept", ())))
    return Outcome(values, None if failure is None else Failure(**failure), unkept=unkept)


def said(data: Any) -> bytes:
    """Return JSON data as bytes."""
    return json.dumps(data).encode()


def heard(data: bytes) -> Any:
    """Return the JSON data of bytes; ValueError where they hold none."""
    return json.loads(data.decode())


def watch_over(socket: Any) -> None:
    """Have a socket notice within seconds that the other end is gone, also where nothing says so."""
    import zmq

    socket.setsockopt(zmq.HEARTBEAT_IVL, 2000)
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, 8000)


def packed(folder: Path) -> bytes:
    """Return a folder's files as bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(folder, arcname=".")
    return buffer.getvalue()


def unpack(data: bytes, folder: Path) -> None:
    """Put files of `packed` into a folder; nothing lands outside it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.extractall(folder, filter="data")
