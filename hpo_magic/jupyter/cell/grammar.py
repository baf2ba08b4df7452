"""The grammar of annotations: the text behind ``# hpo:``, and Colab's ``#@param``.

::

    1e-5..1e-1 log        Float, or Int where both bounds are written as integers; also "step 0.1"
    relu | tanh | None    Choice
    1..81 budget          Budget
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any

from hpo_magic.errors import SpaceError
from hpo_magic.space import Budget, Choice, Domain, Float, Int
from hpo_magic.space.conditions import literal_of

_NUMBER = r"[+-]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"^({_NUMBER}?)\s*\.\.\s*({_NUMBER})(.*)$", re.DOTALL)
_INTEGER = re.compile(r"^[+-]?\d[\d_]*$")
_WORD = re.compile(r"^[\w./:@+-]+$")
_NAME = re.compile(r"^[^\W\d]\w*(\.[^\W\d]\w*)*$")
_CURE = "write a range such as 1e-5..1e-1 log, options such as relu | tanh, or 1..81 budget"


@dataclass(frozen=True)
class Default:
    """The value that stands in the cell: a literal, or a name of the notebook such as ``relu`` or ``nn.ReLU``."""

    value: Any
    is_name: bool = False


@dataclass(frozen=True)
class Parsed:
    """A domain, and those of its options that are names of the notebook."""

    domain: Domain
    names: frozenset[str] = frozenset()


def default_of(node: ast.expr) -> Default:
    """Return the default that an annotated value stands for; SpaceError where it is neither literal nor name.

    Examples
    --------
    >>> default_of(ast.parse("nn.ReLU", mode="eval").body)
    Default(value='nn.ReLU', is_name=True)
    """
    literal = literal_of(node)
    if literal is not None:
        return Default(literal[0])
    text = ast.unparse(node)
    if _NAME.match(text):
        return Default(text, is_name=True)
    raise SpaceError(f"the default {text[:60]!r} is neither a literal nor a name; write its value, as in lr = 0.001")


def parse_comment(text: str, default: Default) -> Parsed:
    """Read the text behind ``# hpo:``.

    Raises
    ------
    SpaceError
        Where the text is no annotation or the default does not fit.

    Examples
    --------
    >>> parse_comment("1e-5..1e-1 log", Default(1e-3)).domain
    Float(1e-05, 0.1, log=True, default=0.001)
    >>> sorted(parse_comment("relu | tanh | None", Default("relu", is_name=True)).names)
    ['relu', 'tanh']
    """
    text = text.strip()
    found = _RANGE.match(text)
    if found and found.group(1) and "..." in text:
        raise SpaceError(f"{text!r} has three dots; write two between numbers that begin with a digit, as in 0.1..0.5")
    if found and found.group(1):
        return Parsed(_range(found.group(1), found.group(2), found.group(3).split(), default))
    options = _split(text)
    if len(options) > 1:
        return _options(options, default)
    if re.fullmatch(_INTEGER, text):  # so many passes of a loop
        return Parsed(_choice([_int(text)], default))
    if ".." in text:
        raise SpaceError(f"{text!r} is no range; write two numbers, as in 1e-5..1e-1 log")
    raise SpaceError(f"{text!r} is no annotation; {_CURE}" if text else f"the annotation is empty; {_CURE}")


def parse_param(text: str, default: Default) -> Parsed | None:
    """Read the text behind Colab's ``#@param``; None for a form field that names no range.

    Examples
    --------
    >>> parse_param('{type:"slider", min:0, max:1, step:0.5}', Default(0.5)).domain.step
    0.5
    >>> parse_param('{type:"string"}', Default("x")) is None
    True
    """
    text = text.strip()
    if text.startswith("["):
        listing = text[: text.rfind("]") + 1]
        literal = literal_of(_expression(listing))
        if literal is None or not isinstance(literal[0], list):
            raise SpaceError(f'{text!r} is no list of options; write #@param ["a", "b"]')
        options = list(literal[0])
        if "raw" in text[len(listing) :]:  # {type:"raw"}: the options are written as code
            options = [inner[0] if (inner := literal_of(_expression(str(o)))) else o for o in options]
        return Parsed(_choice(options, default))
    if not text.startswith("{") or not text.endswith("}"):
        raise SpaceError(f'{text!r} is no form; write #@param {{type:"slider", min:0, max:1}} or #@param ["a", "b"]')
    pairs = re.findall(r"""["']?(\w+)["']?\s*:\s*("[^"]*"|'[^']*'|[^,}]+)""", text)
    fields = {key: value.strip().strip("\"'") for key, value in pairs}
    kind, bounded = fields.get("type"), {"min", "max"} <= fields.keys()
    if kind == "boolean":
        return Parsed(_choice([True, False], default))
    if kind != "slider" and not (kind in ("number", "integer") and bounded):
        return None
    missing = [key for key in ("min", "max") if not re.fullmatch(_NUMBER, fields.get(key, ""))]
    if missing:
        raise SpaceError(f'the slider lacks a number for {missing[0]!r}; write {{type:"slider", min:0, max:1}}')
    words = ["step", fields["step"]] if "step" in fields else []
    bounds = fields["min"], fields["max"]
    whole = all(_INTEGER.match(word) for word in (*bounds, *words[1:]))
    if whole and isinstance(default.value, int) and words == ["step", "1"]:
        words = []
    low, high = bounds if whole and isinstance(default.value, int) else (str(float(bounds[0])), str(float(bounds[1])))
    return Parsed(_range(low, high, words, default))


def _range(low: str, high: str, words: list[str], default: Default) -> Domain:
    if default.is_name or default.value is None or isinstance(default.value, (bool, str)):
        raise SpaceError(f"the default {default.value!r} must be a number inside {low}..{high}")
    options: dict[str, Any] = {}
    rest = iter(words)
    for word in rest:
        if word in options or word not in ("log", "step", "budget"):
            known = "twice" if word in options else "unknown"
            raise SpaceError(f"{word!r} behind the range is {known}; after low..high come log, step 0.1 or budget")
        options[word] = next(rest, "") if word == "step" else True
        if word == "step" and not re.fullmatch(_NUMBER, options["step"]):
            raise SpaceError(f"step {options['step']!r} is no number; write step 0.1")
    whole = bool(_INTEGER.match(low) and _INTEGER.match(high))
    if (_int(low) >= _int(high)) if whole else (float(low) >= float(high)):
        kind = "Int" if whole else "Float"
        raise SpaceError(f"{kind}: low={low} must be below high={high}; swap the bounds or widen the range")
    if options.get("log") and float(low) <= 0:  # said first: whole or real, bounds that begin at 0 have no logarithm
        raise SpaceError(f"low={low} must be above 0 with log=True; raise it or drop log")
    if whole and isinstance(default.value, float) and not default.value.is_integer():
        raise SpaceError(
            f"Int: default={default.value!r} must be a whole number, as {low} and {high} are; "
            f"write {low}.0..{high}.0 for real numbers"
        )
    read = _int if whole else float
    bounds = {
        "low": read(low),
        "high": read(high),
        "default": default.value,
        "log": options.get("log", False),
    }
    if "budget" in options:
        if not whole or "step" in options:
            raise SpaceError(f"a budget runs over whole numbers without a step; write {low}..{high} as 1..81 budget")
        return Budget(**bounds)
    step = options.get("step")
    if step is not None and whole and not float(step).is_integer():
        raise SpaceError(f"step {step} between whole numbers; write {low}.0..{high}.0 step {step} for real numbers")
    if step is not None:
        bounds["step"] = float(step) if not (whole and _INTEGER.match(step)) else _int(step)
    return Int(**bounds) if whole else Float(**bounds)


def _int(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise SpaceError(f"{text[:40]!r} is no number that can be read") from None


def _options(texts: list[str], default: Default) -> Parsed:
    options: list[Any] = []
    names: set[str] = set()
    for text in texts:
        if not text:
            raise SpaceError("an option is empty; write options such as relu | tanh")
        if (found := _RANGE.match(text)) and found.group(1):
            raise SpaceError(f"the option {text!r} is a range; a parameter is a range or a list of options, not both")
        literal = literal_of(_expression(text))
        if literal is not None:
            options.append(literal[0])
        elif default.is_name and _NAME.match(text):
            options.append(text)
            names.add(text)
        elif _WORD.match(text):
            options.append(text)
        else:
            raise SpaceError(f"the option {text!r} is neither a literal nor a word; put it in quotes")
    return Parsed(_choice(options, default), frozenset(names))


def _choice(options: list[Any], default: Default) -> Domain:
    domain = Choice(options)
    value = default.value
    if default.is_name and value not in domain.options:
        raise SpaceError(f"the default {value} must be one of {' | '.join(map(str, options))}")
    try:
        domain.index(value)
    except SpaceError:
        raise SpaceError(f"the default {value!r} must be one of {' | '.join(map(repr, options))}") from None
    return Choice(domain.options, default=value)


def _split(text: str) -> list[str]:
    """Split at the bars that stand outside quotes and brackets."""
    parts, quote, depth, start = [], "", 0, 0
    for i, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "|" and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    return [*parts, text[start:].strip()]


def _expression(text: str) -> ast.expr:
    """Parse an expression; what is none becomes a name, which is no literal."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return ast.Name(id="_", ctx=ast.Load())
