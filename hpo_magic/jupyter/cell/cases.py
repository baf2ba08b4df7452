"""The patterns of a ``match`` as the tests of an ``if`` that they stand for."""

from __future__ import annotations

import ast


def fits(subject: ast.expr, pattern: ast.pattern) -> ast.expr | None:
    """Return the test that a pattern of plain values is, or None for any other pattern.

    Examples
    --------
    >>> match = ast.parse("match kernel, n:\\n    case ('rbf', _): pass").body[0]
    >>> ast.unparse(fits(match.subject, match.cases[0].pattern))
    "kernel == 'rbf'"
    """
    if isinstance(pattern, ast.MatchValue):
        return ast.copy_location(ast.Compare(subject, [ast.Eq()], [pattern.value]), pattern)
    if isinstance(pattern, ast.MatchSingleton):
        value = ast.copy_location(ast.Constant(pattern.value), pattern)
        return ast.copy_location(ast.Compare(subject, [ast.Is()], [value]), pattern)
    if isinstance(pattern, ast.MatchAs) and pattern.pattern is not None:
        return fits(subject, pattern.pattern)
    if isinstance(pattern, ast.MatchOr):
        tests = [fits(subject, one) for one in pattern.patterns]
        known = [test for test in tests if test is not None]
        return ast.copy_location(ast.BoolOp(ast.Or(), known), pattern) if len(known) == len(tests) else None
    return _fits_each(subject, pattern)


def _fits_each(subject: ast.expr, pattern: ast.pattern) -> ast.expr | None:
    """Return the test that ``case ("svm", _)`` is over ``match (model, kernel)``, or None for any other pattern."""
    if not isinstance(pattern, ast.MatchSequence) or not isinstance(subject, (ast.Tuple, ast.List)):
        return None
    parts = [*subject.elts, *pattern.patterns]
    if len(subject.elts) != len(pattern.patterns) or any(isinstance(p, (ast.Starred, ast.MatchStar)) for p in parts):
        return None
    pairs = zip(subject.elts, pattern.patterns, strict=True)
    tests = [fits(one, wanted) for one, wanted in pairs if not _fits_all(wanted)]
    known = [test for test in tests if test is not None]
    if not known or len(known) < len(tests):
        return None
    return known[0] if len(known) == 1 else ast.copy_location(ast.BoolOp(ast.And(), known), pattern)


def _fits_all(pattern: ast.pattern) -> bool:
    return isinstance(pattern, ast.MatchAs) and (pattern.pattern is None or _fits_all(pattern.pattern))
