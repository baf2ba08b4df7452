"""A cell on its way to another process: the names that it uses, and where it uses them."""

from __future__ import annotations

import dis
import linecache
import re
import string
import sys
from collections.abc import Container, Iterator, Mapping
from types import CodeType, FrameType, FunctionType
from typing import Any

from hpo_magic.run.executors.parcel import Used


def names_used(code: CodeType, namespace: Mapping[str, Any], own: Container[str] = ()) -> dict[str, Used]:
    """Return what code reads of a namespace, itself or through functions of the notebook, in the order of first use.

    Parameters
    ----------
    code : code object
    namespace : mapping
    own : container of str
        Names that it sets before it reads them: what an earlier run of the same cell has left there is not read.

    Examples
    --------
    >>> code = compile("y = scale * x; z = y", "<cell>", "exec")
    >>> sorted(names_used(code, {"scale": 2, "x": 3, "unused": 4, "y": 5}, own={"y", "z"}))
    ['scale', 'x']
    """
    found: dict[str, Used] = {}
    waiting = [(name, line) for name, line in globals_of(code) if name not in own]
    while waiting:
        name, line = waiting.pop(0)
        if name in found or name not in namespace:
            continue
        value = shell_elsewhere if name == "get_ipython" else namespace[name]
        source = linecache.getline(code.co_filename, line).strip() if line else ""
        found[name] = Used(value, line, source)
        if isinstance(value, FunctionType) and value.__module__ == "__main__":
            waiting += [(inner, line) for inner, _ in globals_of(value.__code__)]
    return found


def _calls(code: CodeType, names: set[str]) -> bool:
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return bool(names & set(code.co_names)) or any(_calls(one, names) for one in inner)


def _names_in_text(code: CodeType) -> Iterator[str]:
    """Yield the names that text refers to by an @, where the code calls what reads them: query or eval of pandas."""
    if not _calls(code, {"query", "eval"}):
        return
    for constant in code.co_consts:
        for text in constant if isinstance(constant, tuple) else (constant,):  # a list of texts is one constant
            if isinstance(text, str):
                yield from re.findall(r"(?<!\w)@([^\W\d]\w*)", text)


def text_of(code: CodeType) -> list[str]:
    """Return the source lines that tracebacks of code show."""
    return linecache.getlines(code.co_filename)


def put_text(name: str, lines: list[str]) -> None:
    """Let tracebacks of code with that file name show these lines in this process."""
    linecache.cache[name] = (sum(map(len, lines)), None, lines, name)


def globals_of(code: CodeType) -> Iterator[tuple[str, int | None]]:
    """Yield the global names that code reads, and its nested code, with their lines."""
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
            yield str(step.argval), step.positions.lineno if step.positions else None
        elif isinstance(step.argval, CodeType):
            yield from globals_of(step.argval)
    for name in _names_in_text(code):
        yield name, None


class ShellElsewhere:
    """Stands in for the notebook's shell in another process: shell lines of a cell run, its magics do not."""

    def system(self, command: str) -> None:
        """Run a shell line."""
        import subprocess

        subprocess.run(_filled(command, sys._getframe(1)), shell=True, check=False)

    def getoutput(self, command: str) -> list[str]:
        """Run a shell line and return what it prints, by lines."""
        import subprocess

        ran = subprocess.run(
            _filled(command, sys._getframe(1)), shell=True, check=False, capture_output=True, text=True
        )
        return (ran.stdout + ran.stderr).splitlines()

    def run_line_magic(self, name: str, line: str) -> None:
        """Say that there is no notebook here; nor are there plots to set up."""
        if name != "matplotlib":
            raise RuntimeError(f"%{name} needs the notebook, and this trial runs elsewhere; search --on threads")


class Printed:
    """What `display` returns in another process, where nothing can be shown but in the trial's log."""

    def update(self, *objects: Any, **_options: Any) -> None:
        """Print what would be shown instead."""
        print(*objects)

    display = update


def display_elsewhere(*objects: Any, **_options: Any) -> Printed:
    """Print what the notebook's own would show."""
    print(*objects)
    return Printed()


class _Filler(string.Formatter):
    """Fills in {expressions} and $names, as the notebook's shell does with its lines."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = dict(names)

    def parse(self, text: Any) -> Iterator[Any]:
        """Yield literal text and the fields behind it, $names among them."""
        for literal, name, spec, conversion in super().parse(text):
            begin = 0
            for match in re.finditer(r"\$([^\W\d]\w*)", literal):
                if match[1] in self._names:
                    yield literal[begin : match.start()], match[1], "", None
                    begin = match.end()
            yield literal[begin:], name, spec, conversion

    def get_field(self, name: str, args: Any, kwargs: Any) -> Any:
        """Return what an expression of the user's is worth."""
        return eval(name, self._names), name


def _filled(command: str, frame: FrameType) -> str:
    try:
        return _Filler({**frame.f_globals, **frame.f_locals}).vformat(command, (), {})
    except Exception:  # noqa: BLE001 - what cannot be filled in is left as it is, as in the notebook
        return command


def shell_elsewhere() -> ShellElsewhere:
    """Return what `get_ipython()` returns in another process."""
    return ShellElsewhere()
