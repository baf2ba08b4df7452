"""The exceptions of hpo_magic.

::

    HpoError
    ├── SpaceError        a domain, a condition or a config breaks a rule (also a ValueError)
    ├── CellError         a cell cannot become an objective; quotes its line (also a ValueError)
    ├── StrategyError     no such strategy, or one that does not fit the space (also a ValueError)
    ├── MetricError       what a trial returned is no finite number (also a ValueError)
    ├── StudyError        a call that the study's state does not allow
    │   └── StudyInUse    another search runs this study now
    └── StoreError        the store cannot be opened, read or written
        ├── StoreGone     its file was deleted while it was open
        └── StoreBusy     the database is locked or does not answer, which may pass

Each message names the argument, its value, the rule that it breaks and the cure.
"""

from __future__ import annotations

import difflib
import numbers
from collections.abc import Iterable


class HpoError(Exception):
    """Root of every error that hpo_magic raises on purpose."""


class SpaceError(HpoError, ValueError):
    """A domain, a condition or a config breaks a rule of the search space."""


class CellError(HpoError, ValueError):
    """A cell cannot be read as an objective.

    Parameters
    ----------
    message : str
        The rule that was broken and its cure.
    line : int or None
        Line of the cell, counted from 1 (the ``%%hpo`` line).
    source : str
        Text of that line.

    Examples
    --------
    >>> print(CellError("low must be below high", line=3, source="lr = 1  # hpo: 2..1"))
    line 3: low must be below high
        lr = 1  # hpo: 2..1
    """

    def __init__(self, message: str, line: int | None = None, source: str = "") -> None:
        self.line, self.source = line, source
        quoted = f"line {line}: {message}\n    {source.strip()}" if line is not None else message
        super().__init__(quoted)


class StrategyError(HpoError, ValueError):
    """A strategy is unknown or does not fit the space."""


class MetricError(HpoError, ValueError):
    """What a trial returned cannot be used as its metric."""


class StudyError(HpoError):
    """A call that the study's present state does not allow."""


class StudyInUse(StudyError):
    """Another search is running this study now."""


class StoreError(HpoError):
    """The store cannot be opened, read or written."""


class StoreGone(StoreError):
    """The file of a store was deleted while it was open; who goes on has it made anew."""


class StoreBusy(StoreError):
    """The database is locked or does not answer, which may pass by itself."""


def whole(argument: str, value: object, least: int, kind: type[HpoError] = StudyError) -> int:
    """Return a whole number that is large enough; an error of that kind where it is none.

    Examples
    --------
    >>> whole("k", "3", 1)
    Traceback (most recent call last):
    ...
    hpo_magic.errors.StudyError: k='3' must be a whole number, 1 or above
    """
    if isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) >= least:
        return int(value)
    raise kind(f"{argument}={value!r} must be a whole number, {least} or above")


def flag(argument: str, value: object, kind: type[HpoError] = StudyError) -> bool:
    """Return what is True or False; an error of that kind where it is neither.

    Examples
    --------
    >>> flag("to_noise", "no")
    Traceback (most recent call last):
    ...
    hpo_magic.errors.StudyError: to_noise='no' must be True or False
    """
    if value is True or value is False:
        return value
    raise kind(f"{argument}={value!r} must be True or False")


def first_line(error: BaseException) -> str:
    """Return the first line of an exception's message, or its type where it has none.

    Examples
    --------
    >>> first_line(ValueError("no\\nTraceback…")), first_line(KeyError())
    ('no', 'KeyError')
    """
    text = str(error)
    return text.splitlines()[0] if text else type(error).__name__


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Return " (did you mean …?)" for the nearest known word, else an empty string.

    Examples
    --------
    >>> did_you_mean("randon", ["random", "grid"])
    " (did you mean 'random'?)"
    >>> did_you_mean("xyz", ["random", "grid"])
    ''
    """
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5) if isinstance(word, str) else []
    return f" (did you mean {near[0]!r}?)" if near else ""
