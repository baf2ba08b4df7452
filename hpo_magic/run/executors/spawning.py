"""Start a process that does not run the user's script again: what a trial needs of it is sent."""

from __future__ import annotations

import threading
from multiprocessing import spawn
from multiprocessing.process import BaseProcess
from typing import Any

_one = threading.Lock()


def start_without_script(process: BaseProcess) -> None:
    """Start a spawned process; it hears nothing of the script that this one runs.

    By default it would import it first, and a script that searches outside of ``if __name__ == "__main__":`` would
    begin to search there: https://docs.python.org/3/library/multiprocessing.html#the-spawn-and-forkserver-start-methods
    Other threads may start processes of their own meanwhile, and those hear of it.
    """
    usual, me = spawn.get_preparation_data, threading.get_ident()

    def told(name: str) -> dict[str, Any]:
        data: dict[str, Any] = usual(name)
        if threading.get_ident() == me:
            for script in ("init_main_from_name", "init_main_from_path"):
                data.pop(script, None)
        return data

    with _one:
        spawn.get_preparation_data = told
        try:
            process.start()
        finally:
            spawn.get_preparation_data = usual
