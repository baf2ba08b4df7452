"""A parameter's own scale on a plot: where a value lies between the ends of its range, and what is written there."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes

from hpo_magic.space import Budget, Choice, Domain, Float, Int, Space, Value
from hpo_magic.space.encoding import from_unit, to_unit
from hpo_magic.space.shown import each_readable
from hpo_magic.trials import Trial

WIDTH = 72
"""Characters that fit under the whole width of a picture."""
_HEIGHT, _LINES = 36, 14
"""Characters that fit along its height, and lines above each other."""
_MOST_OPTIONS, _LEAST = 6, 3
"""Options of a choice that are named, unless there is more room; characters of a label at least."""
_CLOSE = 1e-9


def short(text: str, limit: int) -> str:
    """Shorten from the middle: names of a family differ at their ends.

    Examples
    --------
    >>> short("learning_rate_of_layer_1", 12)
    'learni…yer_1'
    """
    if len(text) <= limit:
        return text
    tail = limit // 2 - 1 if limit > 3 else 1
    return f"{text[: limit - 1 - tail]}…{text[-tail:]}"


def place(space: Space, name: str, value: Value) -> float:
    """Return where a value lies in its range, from 0 to 1; what lies outside is at the end."""
    domain = space[name]
    if isinstance(domain, Choice) and value not in domain.options:
        return 0.0
    return min(max(to_unit(domain, value), 0.0), 1.0)


def placed(trials: Sequence[Trial], space: Space, name: str) -> tuple[list[int], list[float]]:
    """Return which trials have a value of a parameter within its range, and where each of these lies in it.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> trials = [Trial(number, config) for number, config in enumerate(({"x": 0.5}, {"x": 3.0}, {}))]
    >>> placed(trials, Space({"x": Float(0, 1)}), "x")
    ([0], [0.5])
    """
    domain, told = space[name], [(i, trial.config[name]) for i, trial in enumerate(trials) if name in trial.config]
    if isinstance(domain, Choice):
        told = [(i, value) for i, value in told if value in domain.options]
    at = [(i, to_unit(domain, value)) for i, value in told]
    at = [(i, u) for i, u in at if -_CLOSE < u < 1 + _CLOSE]
    return [i for i, _ in at], [min(max(u, 0.0), 1.0) for _, u in at]


def within(trials: Sequence[Trial], space: Space, *names: str) -> list[Trial]:
    """Return the trials whose values of some parameters lie within the ranges, which may be narrower than they were.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> trials = [Trial(number, {"x": x}) for number, x in enumerate((0.5, 3.0))]
    >>> [trial.number for trial in within(trials, Space({"x": Float(0, 1)}), "x")]
    [0]
    """
    outside = {i for name in names for i in _outside(trials, space, name)}
    return [trial for i, trial in enumerate(trials) if i not in outside]


def stands(trial: Trial, space: Space, *names: str) -> bool:
    """Whether a trial has all of some parameters, each within its range: it can be drawn over them.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> space = Space({"x": Float(0, 1), "y": Float(0, 1)})
    >>> [stands(Trial(0, config), space, "x") for config in ({"x": 0.5}, {"x": 3.0}, {"y": 0.5})]
    [True, False, False]
    """
    return all(placed([trial], space, name)[0] for name in names)


def _outside(trials: Sequence[Trial], space: Space, name: str) -> set[int]:
    return {i for i, trial in enumerate(trials) if name in trial.config} - set(placed(trials, space, name)[0])


def beyond(count: int) -> str:
    """Say that trials are left out, as they lie outside; nothing of none.

    Examples
    --------
    >>> beyond(3), beyond(0)
    ('; 3 outside of the ranges', '')
    """
    return f"; {count:,} outside of the ranges" if count else ""


def ticks(domain: Domain, most: int = 3, options: int = _MOST_OPTIONS) -> tuple[list[float], list[str]]:
    """Return places and labels along a range: its options, every second where they are many, or round values.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> ticks(Float(1e-3, 10, log=True)), ticks(Float(0.995, 0.999))
    (([0.0, 0.5, 1.0], ['0.001', '0.1', '10']), ([0.0, 0.5, 1.0], ['0.995', '0.997', '0.999']))
    """
    if isinstance(domain, Choice):
        texts = zip(domain.options, each_readable(domain.options), strict=True)
        places = sorted((to_unit(domain, option), short(text, 10)) for option, text in texts)
        places = places[:: -(-len(places) // options)]
        return [u for u, _ in places], [text for _, text in places]
    values = _decades(domain, most) or [float(from_unit(domain, k / (most - 1))) for k in range(most)]
    span = domain.high - domain.low
    kept = {text: float(text) for text in (written(value, span) for value in values)}
    return [min(max(to_unit(domain, value), 0.0), 1.0) for value in kept.values()], list(kept)


def name_axes(ax: Axes, space: Space, x: str, y: str | None = None) -> None:
    """Write the names and scales of one parameter, or two, at axes from 0 to 1."""
    ax.set_xlabel(short(x, WIDTH), fontsize=9, parse_math=False)
    marks = fitting(*ticks(space[x], most=5, options=WIDTH // (_LEAST + 1)))
    ax.set_xticks([u for u, _ in marks], [text for _, text in marks], fontsize=9, parse_math=False)
    if y is not None:
        ax.set_ylabel(short(y, _HEIGHT), fontsize=9, parse_math=False)
        ax.set_yticks(*ticks(space[y], most=5, options=_LINES), fontsize=9, parse_math=False)


def written(value: float, span: float) -> str:
    """Write a value with two digits, and with as many as tell it from others within a span.

    Examples
    --------
    >>> written(62.5, 125), written(0.9971, 0.004), written(2007.0, 34)
    ('62', '0.9971', '2007')
    """
    digits = max(2 - math.ceil(math.log10(abs(size))) for size in (value or span, span or 1.0) if size)
    rounded = round(value, digits)
    text = f"{rounded:g}"
    return text if float(text) == rounded else f"{rounded:.12g}"


def ends(low: float, high: float) -> tuple[str, str]:
    """Write two values with four digits, or as many as tell them apart.

    Examples
    --------
    >>> ends(0.0, 1 / 3), ends(1000000, 1000001)
    (('0', '0.3333'), ('1000000', '1000001'))
    """
    texts = [(f"{low:.{digits}g}", f"{high:.{digits}g}") for digits in (4, 7, 10, 17)]
    return next((pair for pair in texts if pair[0] != pair[1]), texts[0])


def fitting(places: list[float], labels: list[str], room: int = WIDTH) -> list[tuple[float, str]]:
    """Return labels that stand beside each other in so many characters: shortened, or of the first and last alone.

    Examples
    --------
    >>> fitting([0.2, 0.5, 0.8], ["gbm", "forest", "logit"], 18)
    [(0.2, 'gbm'), (0.5, 'forest'), (0.8, 'logit')]
    >>> fitting([0.2, 0.5, 0.8], ["gbm", "forest", "logit"], 12)
    [(0.2, 'gbm'), (0.5, 'f…t'), (0.8, 'l…t')]
    >>> fitting([0.2, 0.5, 0.8], ["gbm", "forest", "logit"], 9)
    [(0.2, 'gbm'), (0.8, 'l…t')]
    """
    if sum(map(len, labels)) + len(labels) - 1 <= room:
        return list(zip(places, labels, strict=True))
    if room < len(labels) * (_LEAST + 1):
        places, labels = [places[0], places[-1]], [labels[0], labels[-1]]
    most = max(room // len(labels) - 1, _LEAST)
    return [(u, short(text, most)) for u, text in zip(places, labels, strict=True)]


def _decades(domain: Float | Int | Budget, most: int) -> list[float]:
    """Return powers of ten within a logarithmic range, evenly spread; [] where there are fewer than two."""
    if not domain.log:
        return []
    first, last = math.ceil(math.log10(domain.low) - 1e-9), math.floor(math.log10(domain.high) + 1e-9)
    step = max(1, -(-(last - first) // (most - 1)))
    return [10.0**k for k in range(first, last + 1, step)] if last > first else []
