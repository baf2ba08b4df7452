"""Start a process that runs the user's script again only where that does no harm: under its guard.

What a trial needs of the script is sent to it. What else a script sets, workers know where they import it, as they do
where it searches under ``if __name__ == "__main__":``; outside of it they would begin to search:
https://docs.python.org/3/library/multiprocessing.html#the-spawn-and-forkserver-start-methods
"""

from __future__ import annotations

import ast
import sys
import threading
from functools import lru_cache
from multiprocessing import spawn
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType
from typing import Any

_one = threading.Lock()


def start(process: BaseProcess, with_script: bool) -> None:
    """Start a spawned process, which imports the script or does not.

    Other threads may start processes of their own meanwhile; those are told of it as ever.
    """
    if with_script:
        process.start()
        return
    me = threading.get_ident()
    with _one:
        usual = spawn.get_preparation_data

        def told(name: str) -> dict[str, Any]:
            data: dict[str, Any] = usual(name)
            if threading.get_ident() == me:
                for script in ("init_main_from_name", "init_main_from_path"):
                    data.pop(script, None)
            return data

        spawn.get_preparation_data = told
        try:
            process.start()
        finally:
            spawn.get_preparation_data = usual


def guarded() -> bool:
    """Whether this is called from a script, under its guard."""
    main = sys.modules["__main__"]
    file = str(getattr(main, "__file__", None) or "")
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        code = frame.f_code
        if code.co_name == "<module>" and frame.f_globals is vars(main) and code.co_filename == file:
            return any(first <= frame.f_lineno <= last for first, last in _guards(file))
        frame = frame.f_back
    return False


@lru_cache(maxsize=4)
def _guards(file: str) -> tuple[tuple[int, int], ...]:
    """Return the lines of a script's tests of ``__name__``, first and last."""
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ()
    tests = (node for node in tree.body if isinstance(node, ast.If))
    return tuple(
        (node.lineno, node.end_lineno or node.lineno)
        for node in tests
        if any(isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(node.test))
    )
