"""What one parameter may be: Float, Int, Choice and Budget, as frozen dataclasses that check themselves.

Their place in the unit cube is the business of :mod:`hpo_magic.space.encoding`.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from hpo_magic.errors import SpaceError
from hpo_magic.space.bounds import check_range, finite, whole
from hpo_magic.space.options import Value, identity, plain
from hpo_magic.space.shown import shown


@dataclass(frozen=True, repr=False)
class Float:
    """A real number in [low, high].

    Parameters
    ----------
    low, high : float
        Bounds, both included, ``low < high``.
    log : bool
        Search on a logarithmic scale (``low > 0``).
    step : float, optional
        Only ``low``, ``low + step``, … up to ``high``.
    when : str, optional
        Condition over earlier parameters under which this one exists.
    default : float, optional
        Where a search may start; inside the bounds.

    Examples
    --------
    >>> Float(1e-3, 1e3, log=True)
    Float(0.001, 1000.0, log=True)
    """

    low: float
    high: float
    log: bool = False
    step: float | None = None
    when: str | None = None
    default: float | None = None

    def __post_init__(self) -> None:
        for name in ("low", "high", "step", "default"):
            value = getattr(self, name)
            if value is not None or name in ("low", "high"):
                object.__setattr__(self, name, finite("Float", name, value))
        check_range("Float", self.low, self.high, self.log, self.step)
        _check_default("Float", self)

    __repr__ = shown


@dataclass(frozen=True, repr=False)
class Int:
    """A whole number in [low, high]; arguments as for :class:`Float`.

    Examples
    --------
    >>> Int(8, 512, log=True).high
    512
    """

    low: int
    high: int
    log: bool = False
    step: int | None = None
    when: str | None = None
    default: int | None = None

    def __post_init__(self) -> None:
        for name in ("low", "high", "step", "default"):
            value = getattr(self, name)
            if value is not None or name in ("low", "high"):
                object.__setattr__(self, name, whole("Int", name, value))
        check_range("Int", self.low, self.high, self.log, self.step)
        _check_default("Int", self)

    __repr__ = shown


@dataclass(frozen=True, repr=False)
class Budget:
    """What a trial may spend, an int in [low, high] that the scheduler sets: epochs, rows, folds.

    Examples
    --------
    >>> Budget(1, 81)
    Budget(1, 81)
    """

    low: int
    high: int
    log: bool = False
    when: None = None
    default: int | None = None

    def __post_init__(self) -> None:
        for name in ("low", "high", "default"):
            value = getattr(self, name)
            if value is not None or name != "default":
                object.__setattr__(self, name, whole("Budget", name, value))
        if self.low < 1:
            raise SpaceError(f"Budget: low={self.low!r} must be at least 1; a trial spends something")
        check_range("Budget", self.low, self.high, self.log, None)
        if self.when is not None:
            raise SpaceError("Budget: when= is not allowed; every trial has a budget")
        _check_default("Budget", self)

    __repr__ = shown


@dataclass(frozen=True, repr=False)
class Choice:
    """One of a list of options: JSON values (None, bool, numbers, text; lists, tuples and dicts of them).

    Parameters
    ----------
    options : sequence
        At least one, no doubles. ``1``, ``1.0`` and ``True`` are three options.
    ordered : bool, optional
        Whether neighbours are alike. Default: numbers are ordered, by value; all else is not.
    when, default
        As for :class:`Float`.

    Examples
    --------
    >>> Choice(["rbf", "poly"]), Choice([16, 32, 64]).ordered
    (Choice(('rbf', 'poly')), True)
    """

    options: Sequence[Value]
    ordered: bool | None = None
    when: str | None = None
    default: Value = None
    _index: dict[str, int] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        options = self.options
        if isinstance(options, str) or not isinstance(options, Sequence):
            raise SpaceError(f"Choice: options={options!r} must be a list of options")
        options = tuple(plain(option) for option in options)
        if not options:
            raise SpaceError("Choice: options=[] is empty; name at least one option")
        index: dict[str, int] = {}
        for i, option in enumerate(options):
            if index.setdefault(identity(option), i) != i:
                raise SpaceError(f"Choice: the option {option!r} is there twice; drop one")
        object.__setattr__(self, "options", options)
        object.__setattr__(self, "_index", index)
        object.__setattr__(self, "ordered", self._numeric if self.ordered is None else bool(self.ordered))
        if self.default is not None and identity(plain(self.default)) not in index:
            raise SpaceError(f"Choice: default={self.default!r} must be one of {list(options)!r}")

    @property
    def _numeric(self) -> bool:
        return all(isinstance(option, (int, float)) and not isinstance(option, bool) for option in self.options)

    def __repr__(self) -> str:
        return shown(self, ordered=self._numeric)

    def index(self, value: Value) -> int:
        """Return the position of `value` among the options; SpaceError where it is none of them."""
        try:
            return self._index[identity(plain(value))]
        except KeyError:
            raise SpaceError(f"{value!r} is none of the options {list(self.options)!r}") from None

    @property
    def ranks(self) -> tuple[int, ...]:
        """Place of each option in the order that neighbourhood follows: by value for numbers."""
        if not (self.ordered and self._numeric):
            return tuple(range(len(self.options)))
        by_value = sorted(range(len(self.options)), key=lambda i: self.options[i])
        places = {i: place for place, i in enumerate(by_value)}
        return tuple(places[i] for i in range(len(self.options)))


Domain: TypeAlias = Float | Int | Choice | Budget
Numeric: TypeAlias = Float | Int | Budget


def contains(domain: Domain, value: object) -> bool:
    """Whether `value` lies in the domain.

    Examples
    --------
    >>> contains(Int(1, 5), 3), contains(Int(1, 5), 2.5), contains(Float(0, 1, step=0.25), 0.3)
    (True, False, False)
    """
    if isinstance(domain, Choice):
        try:
            domain.index(value)
        except SpaceError:
            return False
        return True
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value):
        return False
    number = float(value)
    if not domain.low <= number <= domain.high:
        return False
    if not isinstance(domain, Float) and number != int(number):
        return False
    step = None if isinstance(domain, Budget) else domain.step
    if step is None:
        return True
    steps = (number - domain.low) / step
    # Far from 0 floats are so coarse that a level of the grid may lie beside its place by more than a millionth.
    coarse = math.ulp(max(abs(domain.low), abs(domain.high))) / step if isinstance(domain, Float) else 0.0
    return abs(steps - round(steps)) < max(1e-6, coarse)


def starts(domain: Domain) -> bool:
    """Whether the domain has a value with which a search may start; None is one where it is an option.

    Examples
    --------
    >>> starts(Float(0, 1)), starts(Float(0, 1, default=0.5)), starts(Choice([None, 1]))
    (False, True, True)
    """
    given = isinstance(domain, Budget) or domain.default is not None
    return given or (isinstance(domain, Choice) and None in domain.options)


def levels(domain: Domain) -> int | None:
    """How many values a domain holds; None for a continuous one.

    Examples
    --------
    >>> levels(Float(0, 1, step=0.25)), levels(Int(2, 5)), levels(Choice("a b c".split())), levels(Float(0, 1))
    (5, 4, 3, None)
    """
    if isinstance(domain, Choice):
        return len(domain.options)
    if isinstance(domain, Budget):
        return domain.high - domain.low + 1
    if domain.step is not None:
        return math.floor((domain.high - domain.low) / domain.step + 1e-9) + 1
    return domain.high - domain.low + 1 if isinstance(domain, Int) else None


def level(domain: Float | Int, k: int) -> float | int:
    """Return the k-th value of a domain with steps, free of the dust of binary fractions."""
    step = domain.step or 1
    if isinstance(domain, Int):
        return domain.low + k * int(step)
    return min(max(_tidy(domain, domain.low + k * step), domain.low), domain.high)


def _tidy(domain: Float, raw: float) -> float:
    """Return a level without the dust of binary fractions."""
    step = domain.step or 1.0
    decimals = 15 - math.ceil(math.log10(max(abs(raw), abs(domain.low), abs(domain.high), step)))
    tidy = round(raw, decimals)
    return raw if abs(tidy - raw) > 1e-9 * step else tidy  # a step so small that tidying would leave the grid


def on_levels(domain: Numeric, low: float, high: float) -> tuple[float, float]:
    """Return bounds on the levels of a domain with steps, which may lie beyond its own bounds; others as they are.

    Examples
    --------
    >>> on_levels(Int(0, 100, step=10), 15, 117), on_levels(Float(0, 1, step=0.1), 0.25, 0.8)
    ((20, 110), (0.3, 0.8))
    """
    if isinstance(domain, Budget) or domain.step is None:
        return low, high
    if not all(isinstance(end, numbers.Real) and math.isfinite(end) for end in (low, high)) or low >= high:
        return low, high  # the domain says what is wrong with them
    first = math.ceil((low - domain.low) / domain.step - 1e-6)
    last = math.floor((high - domain.low) / domain.step + 1e-6)
    step = domain.step
    if last <= first:
        raise SpaceError(
            f"low={low!r} and high={high!r} leave fewer than two levels of a step of {step!r} from {domain.low!r}; "
            "widen the range, or fix the value"
        )
    if isinstance(domain, Int):
        return domain.low + first * int(step), domain.low + last * int(step)
    return _tidy(domain, domain.low + first * step), _tidy(domain, domain.low + last * step)


def clip(domain: Domain, value: Value) -> Value:
    """Return the value of the domain nearest to `value`; the first option where a choice does not know it.

    Examples
    --------
    >>> clip(Int(1, 5), 9.2), clip(Float(0, 1, step=0.25), 0.3), clip(Choice(["a", "b"]), "z")
    (5, 0.25, 'a')
    """
    if isinstance(domain, Choice):
        return domain.options[domain.index(value)] if contains(domain, value) else domain.options[0]
    number = min(max(float(value), domain.low), domain.high)
    if not isinstance(domain, Budget) and domain.step is not None:
        count = levels(domain) or 1
        return level(domain, min(max(round((number - domain.low) / domain.step), 0), count - 1))
    return number if isinstance(domain, Float) else round(number)


def _check_default(name: str, domain: Numeric) -> None:
    default = domain.default
    if default is None or contains(domain, default):
        return
    step = None if isinstance(domain, Budget) else domain.step
    rule = f"in [{domain.low!r}, {domain.high!r}]" + (f" on a step of {step!r}" if step else "")
    raise SpaceError(f"{name}: default={default!r} must be {rule}; change the default or the range")
