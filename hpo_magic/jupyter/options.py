"""The option line of %%hpo and the commands of %hpo, read into plain data."""

from __future__ import annotations

import keyword
import re
import shlex
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from hpo_magic.errors import HpoError, did_you_mean

TAKES: Mapping[str, str] = MappingProxyType({
    "status": "[NAME]", "best": "[NAME]", "pause": "[NAME]", "resume": "[NAME]", "stop": "[NAME]", "wait": "[NAME]",
    "apply": "[NAME] [TRIAL]", "show": "[NAME]", "log": "[NAME] [TRIAL]", "export": "[NAME] [FILE]",
    "list": "[NAME or STORE]", "compare": "NAME NAME", "delete": "NAME [VERSION]",
})  # fmt: skip
"""What each command may be followed by."""
COMMANDS = tuple(TAKES)
PLACES = ("threads", "processes")
"""What --on may name besides a variable of the notebook."""


_NOTE = re.compile(r"""^((?:[^"'#]|"[^"]*"|'[^']*'|(?<=\S)#)*?)(?:^|\s)#.*$""", re.DOTALL)
_OPTION, _BELOW_ZERO = re.compile(r"--?[\w-]+"), re.compile(r"-\.?\d\S*")
_OF_ITS_OWN = "give every constraint a --subject-to of its own"
_CONSTRAINT = re.compile(r"--subject-to\s+[^\s'\"<>=]+\s*[<>]")


def uncommented(line: str) -> str:
    """Return the line without the comment at its end.

    Examples
    --------
    >>> uncommented("svm --store 'a #b'  # a note")
    "svm --store 'a #b'"
    """
    note = _NOTE.match(line)
    return (note.group(1) if note else line).rstrip()


def words_of(line: str) -> list[str]:
    """Return the words of a line; quotes hold a word together and go, and a backslash is one, as in a path.

    Examples
    --------
    >>> words_of("svm --trials '3' --store='a b' --subject-to 'n < 3'")
    ['svm', '--trials', '3', '--store=a b', '--subject-to', 'n < 3']
    """
    reader = shlex.shlex(line, posix=True)
    reader.whitespace_split, reader.commenters, reader.escape = True, "", ""
    try:
        return list(reader)
    except ValueError as error:
        raise HpoError(f"{line!r}: {str(error).lower()}; a quote that is opened must be closed") from None


def tied(words: list[str]) -> list[str]:
    """Return words in which numbers below 0 are tied to their options: argparse takes them for options.

    Examples
    --------
    >>> tied(["svm", "--target", "-1e-3", "--wait"])
    ['svm', '--target=-1e-3', '--wait']
    """
    found: list[str] = []
    for word in words:
        if found and _BELOW_ZERO.fullmatch(word) and _OPTION.fullmatch(found[-1]):
            found[-1] += f"={word}"
        else:
            found.append(word)
    return found


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
    >>> explained("argument -t/--timeout: invalid float value: '10m'", "svm -t 10m", [])
    "argument -t/--timeout: invalid float value: '10m'; write a number without a unit, seconds for times, as in 600"
    >>> explained("unrecognized arguments: b > 1", "svm --subject-to 'a < 3' 'b > 1'", [])
    'unrecognized arguments: b > 1; give every constraint a --subject-to of its own'
    """
    if "invalid int value" in message:
        return f"{message}; write a whole number, as in 40"
    if "invalid float value" in message:
        return f"{message}; write a number without a unit, seconds for times, as in 600"
    if _CONSTRAINT.search(line):
        return f"{message}; put a constraint in quotes, as in --subject-to 'latency < 20'"
    if re.search("unrecognized.*[<>]", message):
        return f"{message}; {_OF_ITS_OWN}"
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
        fields = {name: getattr(args, name) for name in cls.__dataclass_fields__}
        for several in ("minimize", "maximize", "record", "subject_to"):
            # As Python reads names: the micro sign of a keyboard is a Greek letter to it.
            fields[several] = tuple(unicodedata.normalize("NFKC", name) for name in fields[several] or ())
        empty = next((name for name in ("strategy", "on", "store") if fields[name] == ""), None)
        if empty is not None:
            raise HpoError(f"--{empty} '' names nothing; leave it out for the default")
        options = cls(**fields)
        if options.name is not None and not _bindable(options.name):
            cure = _OF_ITS_OWN if re.search("[<>]", options.name) else "try 'svm'"
            raise HpoError(f"NAME={options.name!r} must be a Python name, as it is bound to the study; {cure}")
        if options.output is not None and not _bindable(options.output):
            raise HpoError(f"-o {options.output!r} must be a Python name")
        return options

    @property
    def variable(self) -> str:
        """Name of the variable that the study is bound to."""
        return self.output or self.name or "study"


def _bindable(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


@dataclass(frozen=True)
class Command:
    """A command of the %hpo line and its words."""

    verb: str
    words: tuple[str, ...] = ()

    @classmethod
    def of(cls, words: Sequence[str]) -> Command:
        """Read words such as "log" and "3"; none ask for the status.

        Examples
        --------
        >>> Command.of(["log", "3"])
        Command(verb='log', words=('3',))
        """
        verb, *rest = words or ["status"]
        if verb not in COMMANDS:
            hint = did_you_mean(verb, COMMANDS)
            raise HpoError(f"%hpo {verb} is unknown{hint}; use one of {', '.join(COMMANDS)}, or %%hpo on top of a cell")
        if len(rest) > len(TAKES[verb].split()):
            raise HpoError(f"%hpo {verb} takes {TAKES[verb]}, not {len(rest)} words: {' '.join(rest)}")
        return cls(verb, tuple(rest))
