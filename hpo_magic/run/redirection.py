"""Redirections by contextlib within a trial: they hold for what that trial prints, not for the whole process.

``contextlib.redirect_stdout`` puts its target in the place of ``sys.stdout``. It would take what the user's other cells
and other trials print too, and where two overlap, the first that ends would put the target of the second back.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hpo_magic.run.context import TrialContext

_KINDS: dict[str, Any] = {"stdout": redirect_stdout, "stderr": redirect_stderr}


Channel = Callable[[Any], str | None]
"""Returns the name of a stream that tells trials apart, "stdout" or "stderr"; None of any other."""


def install(channel: Channel) -> None:
    """Have redirections within trials concern these alone, while the streams in place tell trials apart."""
    for name, kind in _KINDS.items():
        kind.__enter__, kind.__exit__ = _entered(name, kind, channel), _left(name, kind)


def uninstall() -> None:
    """Have all redirections be those of the standard library again."""
    for kind in _KINDS.values():
        del kind.__enter__, kind.__exit__


def target(name: str) -> Any:
    """Return where what the running trial prints is redirected to; None where it goes to the trial's log.

    Examples
    --------
    >>> target("stdout") is None
    True
    """
    context = current_trial()
    stack = None if context is None else context.redirections.get(name)
    return stack[-1][1] if stack else None


def current_trial() -> TrialContext | None:
    """Return the running trial; what it is made of knows of logs, and these of redirections."""
    from hpo_magic.run.context import current

    return current.get()


def _entered(name: str, kind: Any, channel: Channel) -> Callable[[Any], Any]:
    plain = kind.__enter__

    def enter(self: Any) -> Any:
        context = current_trial()
        if context is None or channel(getattr(sys, name)) is None:
            return plain(self)
        # A stream that tells trials apart stands for where it leads to now, or two could lead to each other.
        leads = channel(self._new_target)
        end = self._new_target if leads is None else target(leads)
        context.redirections.setdefault(name, []).append((self, end))
        return self._new_target

    return enter


def _left(name: str, kind: Any) -> Callable[..., Any]:
    plain = kind.__exit__

    def leave(self: Any, *exception: Any) -> Any:
        context = current_trial()
        stack = None if context is None else context.redirections.get(name)
        if stack and stack[-1][0] is self:
            stack.pop()
            return None
        return plain(self, *exception)

    return leave
