"""Finds the annotated statements of a cell: which comment or type belongs to which assignment, and what it says."""

from __future__ import annotations

import ast
import difflib
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hpo_magic.errors import CellError, SpaceError
from hpo_magic.jupyter.cell.grammar import Default, Parsed, default_of, parse_comment, parse_param
from hpo_magic.jupyter.cell.per_pass import PerPass, values_by_pass
from hpo_magic.jupyter.cell.typed import domain_call, parse_call

_HPO = re.compile(r"^#.*?\bhpo\s*:(.*)$", re.IGNORECASE | re.DOTALL)
_COLON = re.compile(r"^#+\s*hpo\s+[^:]*(\.\.|\|)", re.IGNORECASE)
_NEARLY = re.compile(r"^#+\s*(\w+)\s*:\s*(?:[+-]?[\d.][\w.+-]*\s*\.\.\s*[+-]?[\d.]|[^|#]+\|)", re.DOTALL)
"""A comment with a range or options behind another word, which may be a slip."""
_MORE = re.compile(r"""^((?:[^"'#]|"[^"]*"|'[^']*')*?)\s+#""", re.DOTALL)
_OUT = re.compile(r"^#[#\s]*(?!hpo\b)[\w.]+\s*(:[^=#]*)?=[^=#]")
"""An assignment that is commented out, and its annotation with it."""
_PARAM = re.compile(r"^#\s*@param\b(.*)$", re.DOTALL)


@dataclass(frozen=True)
class Annotated:
    """An annotated assignment ``name = default``."""

    name: str
    statement: ast.Assign | ast.AnnAssign
    value: ast.expr
    default: Default
    parsed: Parsed
    line: int
    per_pass: PerPass | None = None


class Lines:
    """The cell's text by line, for errors that quote it; the first line of the body is line `first`."""

    def __init__(self, source: str, first: int) -> None:
        self._lines, self.first = source.split("\n"), first

    def error(self, message: str, line: int) -> CellError:
        """Return the error that quotes a line of the body, counted from 1."""
        text = self._lines[line - 1] if 0 < line <= len(self._lines) else ""
        return CellError(message, line + self.first - 1, text[:200])


def find_annotations(tree: ast.Module, source: str, lines: Lines) -> list[Annotated]:
    """Return the annotated assignments in the order of the source.

    Raises
    ------
    CellError
        For a comment that is no annotation, belongs to no assignment, or whose default does not fit.
    """
    found: dict[ast.stmt, Annotated] = {}
    simple = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and not hasattr(node, "body") and not isinstance(node, ast.Match)
    ]
    for line, form, text in _comments(source, lines):
        statement = _owner(simple, line, lines)
        if statement in found:
            raise lines.error("the statement has two annotations; keep one", line)
        annotated = _read(statement, line, form, text, lines)
        if annotated is not None:
            found[statement] = annotated
    for statement in simple:
        if isinstance(statement, ast.AnnAssign) and (call := domain_call(statement.annotation)) is not None:
            if statement in found:
                raise lines.error("the statement is annotated by type and by comment; keep one", statement.lineno)
            found[statement] = _typed(statement, call, lines)
    return sorted(found.values(), key=lambda one: (one.statement.lineno, one.statement.col_offset))


def _comments(source: str, lines: Lines) -> Iterator[tuple[int, str, str]]:
    """Yield (line, form, text) of every annotation in a comment."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            whole = token.line.lstrip().startswith("#")
            if token.type != tokenize.COMMENT or (whole and _OUT.match(token.string)):
                continue
            if _COLON.match(token.string):
                raise lines.error("the annotation lacks its colon; write # hpo: …", token.start[0])
            if (slip := _NEARLY.match(token.string)) and _like_hpo(slip.group(1)):
                raise lines.error(f"{slip.group(1)}: is no annotation; write # hpo: …", token.start[0])
            for form, pattern in (("hpo", _HPO), ("param", _PARAM)):
                match = pattern.match(token.string)
                if match:
                    text = match.group(1)
                    more = _MORE.match(text)  # another comment behind the annotation, such as "# noqa"
                    yield token.start[0], form, more.group(1) if more and form == "hpo" else text
    except (tokenize.TokenError, SyntaxError) as error:
        raise lines.error(f"the cell cannot be read: {error.args[0]}", 1) from None


def _like_hpo(word: str) -> bool:
    """Whether a word is nearly "hpo", and is not it."""
    return word.lower() != "hpo" and bool(difflib.get_close_matches(word.lower(), ["hpo"], cutoff=0.66))


def _owner(simple: list[ast.stmt], line: int, lines: Lines) -> ast.stmt:
    around = [node for node in simple if node.lineno <= line <= (node.end_lineno or node.lineno)]
    if not around:
        raise lines.error("the annotation belongs to no assignment; put it behind one, as in lr = 1e-3  # hpo: …", line)
    if len(around) > 1:
        raise lines.error("several statements share the line; give the annotated one a line of its own", line)
    return around[0]


def _read(statement: ast.stmt, line: int, form: str, text: str, lines: Lines) -> Annotated | None:
    name, value = _named(statement, line, lines)
    try:
        parse = parse_comment if form == "hpo" else parse_param
        default, parsed, per_pass = _understood(value, lambda default: parse(text, default))
    except SpaceError as error:
        several = (statement.end_lineno or statement.lineno) > statement.lineno
        if isinstance(value, (ast.Dict, ast.Set)) or (several and isinstance(value, (ast.List, ast.Tuple, ast.Call))):
            raise lines.error(
                f"the annotation stands inside the value of {name}, and only a whole value can be annotated; write the "
                f"parameter on a line of its own, as in lr = 1e-3  # hpo: …, and use it in {name}", line,
            ) from None  # fmt: skip
        raise lines.error(str(error), line) from None
    if parsed is None:
        return None
    assert isinstance(statement, (ast.Assign, ast.AnnAssign))
    return Annotated(name, statement, value, default, parsed, line, per_pass)


def _understood(
    value: ast.expr, parse: Callable[[Default], Parsed | None]
) -> tuple[Default, Parsed | None, PerPass | None]:
    """Return the default of a value, what its annotation says, and where each pass of a loop has its own, these."""
    variables, nodes = values_by_pass(value)
    if not nodes:
        default = default_of(value)
        return default, parse(default), None
    defaults = [default_of(node) for node in nodes.values()]
    parsed = [parse(default) for default in defaults]
    own = [each.domain.default for each in parsed if each is not None]
    return defaults[0], parsed[0], PerPass(variables, dict(zip(nodes, own, strict=False)))


def _named(statement: ast.stmt, line: int, lines: Lines) -> tuple[str, ast.expr]:
    try:
        return _target(statement)
    except SpaceError as error:
        raise lines.error(str(error), line) from None


def _typed(statement: ast.AnnAssign, call: ast.Call, lines: Lines) -> Annotated:
    name, value = _named(statement, statement.lineno, lines)
    try:
        default, parsed, per_pass = _understood(value, lambda default: parse_call(call, default))
        assert parsed is not None
        return Annotated(name, statement, value, default, parsed, statement.lineno, per_pass)
    except SpaceError as error:
        raise lines.error(str(error), statement.lineno) from None


def _target(statement: ast.stmt) -> tuple[str, ast.expr]:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target: ast.expr = statement.targets[0]
        value: ast.expr | None = statement.value
    elif isinstance(statement, ast.AnnAssign):
        target, value = statement.target, statement.value
    elif isinstance(statement, ast.Assign):
        names = " and ".join(ast.unparse(each) for each in statement.targets)[:60]
        raise SpaceError(f"the annotation stands at {names} at once; give each a line of its own")
    else:
        raise SpaceError("only an assignment can be annotated; write name = default  # hpo: …")
    if not isinstance(target, ast.Name):
        raise SpaceError(f"{ast.unparse(target)[:60]!r} is no plain name; assign to one name, as in lr = 1e-3")
    if value is None:
        raise SpaceError(f"{target.id!r} has no default; write {target.id} = value  # hpo: …")
    if target.id.startswith("__hpo"):
        raise SpaceError(f"the name {target.id!r} is reserved; choose another")
    return target.id, value
