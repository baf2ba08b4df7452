"""Redirections by contextlib within a trial: they hold for what that trial prints, not for the whole process.

``contextlib.redirect_stdout`` puts its target in the place of ``sys.stdout``. It would take what the user's other cells
and other trials print too, and where two overlap, the first that ends would put the target of the second back.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from hpo_magic.run.context import current
from hpo_magic.run.streams import RoutedStream, route

_KINDS: dict[str, Any] = {"stdout": redirect_stdout, "stderr": redirect_stderr}


def install() -> None:
    """Have redirections within trials concern these alone."""
    for channel, kind in _KINDS.items():
        kind.__enter__, kind.__exit__ = _entered(channel, kind), _left(channel, kind)


def uninstall() -> None:
    """Have all redirections be those of the standard library again."""
    for kind in _KINDS.values():
        del kind.__enter__, kind.__exit__


def _entered(channel: str, kind: Any) -> Callable[[Any], Any]:
    plain = kind.__enter__

    def enter(self: Any) -> Any:
        context = current.get()
        if context is None:
            return plain(self)
        route(channel)  # a cell of the user's may have put a stream of its own there
        # A routed stream stands for where it leads to now, or two could lead to each other.
        end = self._new_target
        end = context.redirected(end.channel) if isinstance(end, RoutedStream) else end
        context.redirections.setdefault(channel, []).append((self, end))
        return self._new_target

    return enter


def _left(channel: str, kind: Any) -> Callable[..., Any]:
    plain = kind.__exit__

    def leave(self: Any, *exception: Any) -> Any:
        context = current.get()
        stack = None if context is None else context.redirections.get(channel)
        if stack and stack[-1][0] is self:
            stack.pop()
            return None
        return plain(self, *exception)

    return leave
