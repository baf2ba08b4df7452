"""The option line of %%hpo and the commands of %hpo, read into plain data."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hpo_magic.errors import HpoError, did_you_mean

COMMANDS = ("status", "best", "pause", "resume", "stop", "wait", "apply", "show", "log", "export", "list", "compare")
PLACES = ("threads", "processes")
"""What --on may name besides a variable of the notebook."""


_NOTE = re.compile(r"""^((?:[^"'#]|"[^"]*"|'[^']*'|(?<=\S)#)*?)(?:^|\s)#.*$""", re.DOTALL)
_BELOW_ZERO = re.compile(r"(?<!\S)(--?[\w-]+)\s+(-\.?\d\S*)")
_TIED_QUOTE = re.compile(r"""(?<!\S)(--[\w-]+)=(?=["'])""")
_CONSTRAINT = re.compile(r"--subject-to\s+[^\s'\"<>=]+\s*[<>]")


def prepared(line: str) -> str:
    """Return the line as argparse can read it.

    Without a comment, with numbers below 0 tied to their options, and with texts in quotes apart from theirs.

    Examples
    --------
    >>> prepared("svm --target -1e-3 --store='a #b'  # a note")
    "svm --target=-1e-3 --store 'a #b'"
    """
    note = _NOTE.match(line)
    told = _TIED_QUOTE.sub(r"\1 ", (note.group(1) if note else line).rstrip())
    return _BELOW_ZERO.sub(r"\1=\2", told)


def explained(message: str, line: str, options: Iterable[str]) -> str:
    """Return what argparse complains of with the likely cure.

    Examples
    --------
    >>> explained("unrecognized arguments: --minimise", "svm --minimise loss", ["--minimize"])
    "unrecognized arguments: --minimise (did you mean '--minimize'?)"
    >>> explained("unrecognized arguments: < 20", "--subject-to latency < 20", [])
    "unrecognized arguments: < 20; put a constraint in quotes, as in --subject-to 'latency < 20'"
    >>> explained("argument --seed: expected one argument", "svm --seed", ["--seed"])
    'argument --seed: expected one argument'
    """
    if _CONSTRAINT.search(line):
        return f"{message}; put a constraint in quotes, as in --subject-to 'latency < 20'"
    wrong = next((word.rstrip(":,") for word in message.split() if word.startswith("--")), None)
    known = list(options)
    return message + (did_you_mean(wrong, known) if wrong is not None and wrong not in known else "")


@dataclass(frozen=True)
class Options:
    """What stands on the first line of a cell."""

    name: str | None
    trials: int | None
    timeout: float | None
    trial_timeout: float | None
    target: float | None
    no_gain: int | None
    to_noise: bool
    strategy: str | None
    minimize: tuple[str, ...]
    maximize: tuple[str, ...]
    subject_to: tuple[str, ...]
    record: tuple[str, ...]
    cost_aware: bool
    workers: int | None
    on: str | None
    store: str | None
    seed: int
    wait: bool
    no_panel: bool
    output: str | None
    dry_run: bool

    @classmethod
    def of(cls, args: Any) -> Options:
        """Return the options that argparse has read."""
        fields = {name: _unquoted(getattr(args, name)) for name in cls.__dataclass_fields__}
        for several in ("minimize", "maximize", "record", "subject_to"):
            fields[several] = tuple(fields[several] or ())
        options = cls(**fields)
        if options.name is not None and not _bindable(options.name):
            cure = "give every constraint a --subject-to of its own" if re.search("[<>]", options.name) else "try 'svm'"
            raise HpoError(f"NAME={options.name!r} must be a Python name, as it is bound to the study; {cure}")
        if options.output is not None and not _bindable(options.output):
            raise HpoError(f"-o {options.output!r} must be a Python name")
        return options

    @property
    def variable(self) -> str:
        """Name of the variable that the study is bound to."""
        return self.output or self.name or "study"


def _unquoted(value: Any) -> Any:
    """Return what stands within quotes: IPython leaves them around the words that it splits."""
    if isinstance(value, list):
        return [_unquoted(one) for one in value]
    quoted = isinstance(value, str) and len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value


def _bindable(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


@dataclass(frozen=True)
class Command:
    """A command of the %hpo line and its words."""

    verb: str
    words: tuple[str, ...] = ()

    @classmethod
    def parse(cls, line: str) -> Command:
        """Read a line such as "log 3"; an empty one asks for the status.

        Examples
        --------
        >>> Command.parse("log 3")
        Command(verb='log', words=('3',))
        """
        verb, *words = line.split() or ["status"]
        if verb not in COMMANDS:
            hint = did_you_mean(verb, COMMANDS)
            raise HpoError(f"%hpo {verb} is unknown{hint}; use one of {', '.join(COMMANDS)}, or %%hpo on top of a cell")
        return cls(verb, tuple(map(_unquoted, words)))
