"""What a trial must not reach in the notebook: pyplot's figures and the outputs of other cells."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any

from hpo_magic.run.context import TrialContext
from hpo_magic.run.trial_run import Guard

_trial_figures: ContextVar[OrderedDict[Any, Any] | None] = ContextVar("hpo_magic_figures", default=None)


class RoutedFigures(MutableMapping[Any, Any]):
    """pyplot's register of figures, one for the notebook and one for each trial.

    pyplot keeps all figures of the process in one dict. The inline backend shows and closes all of them at the end of
    any cell, so figures of a trial would turn up in whatever cell the user runs meanwhile.
    """

    def __init__(self, shared: OrderedDict[Any, Any]) -> None:
        self._shared = shared

    @property
    def _here(self) -> OrderedDict[Any, Any]:
        own = _trial_figures.get()
        return self._shared if own is None else own

    def __getitem__(self, key: Any) -> Any:
        return self._here[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._here[key] = value

    def __delitem__(self, key: Any) -> None:
        del self._here[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._here)

    def __reversed__(self) -> Iterator[Any]:
        return iter(reversed(list(self._here)))

    def __len__(self) -> int:
        return len(self._here)

    def values(self) -> Any:
        """The figure managers, reversible as those of an OrderedDict."""
        return self._here.values()

    def items(self) -> Any:
        """The numbers and figure managers."""
        return self._here.items()

    def move_to_end(self, key: Any, last: bool = True) -> None:
        """Make a figure the current one."""
        self._here.move_to_end(key, last)


@contextmanager
def own_figures(context: TrialContext) -> Iterator[None]:
    """Give a trial a register of figures of its own, which is thrown away with it."""
    from matplotlib._pylab_helpers import Gcf

    if not isinstance(Gcf.figs, RoutedFigures):
        Gcf.figs = RoutedFigures(Gcf.figs)  # type: ignore[assignment]
    token = _trial_figures.set(OrderedDict())
    try:
        yield
    finally:
        _trial_figures.reset(token)


def own_outputs(shell: Any) -> Guard:
    """Return a guard that sends what a trial displays to its log, as text."""

    def guard(context: TrialContext) -> AbstractContextManager[None]:
        return _outputs_to_log(shell.display_pub, context)

    return guard


@contextmanager
def _outputs_to_log(publisher: Any, context: TrialContext) -> Iterator[None]:
    if not hasattr(publisher, "register_hook"):  # a terminal: displays print, and prints go to the log already
        yield
        return

    def to_log(message: Any) -> None:
        data = message.get("content", {}).get("data", {})
        if "text/plain" in data:
            context.log.write(str(data["text/plain"]) + "\n")

    publisher.register_hook(to_log)  # hooks are the thread's own
    try:
        yield
    finally:
        publisher.unregister_hook(to_log)


def as_in_a_trial(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Return a namespace without what asks somebody or ends the kernel; what the notebook itself defines is kept."""
    return {"input": _refuse_input, "exit": _leave, "quit": _leave, **namespace, **_replaced(namespace)}


def _replaced(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Return stand-ins for IPython's own exit and quit, which lie in a kernel's namespace and end it."""
    return {name: _leave for name in ("exit", "quit") if type(namespace.get(name)).__module__.startswith("IPython.")}


def _refuse_input(prompt: str = "") -> str:
    """Stand in for `input` in a trial: nobody is there to answer."""
    raise RuntimeError("a trial cannot ask for input; set the value in the notebook before the search")


def _leave(code: object = None, keep_kernel: bool = False) -> None:
    """Stand in for `exit` and `quit` in a trial: they end the trial, not the kernel."""
    sys.exit(code)  # type: ignore[arg-type]
