"""What libraries keep for each thread: set in a cell of the notebook, it holds in trials too, wherever these run."""

from __future__ import annotations

import decimal
import importlib
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from types import MappingProxyType, ModuleType
from typing import Any

from hpo_magic.run.context import TrialContext

_Read = Callable[[ModuleType], Any]
_Hold = Callable[[ModuleType, Any], AbstractContextManager[Any]]


@dataclass(frozen=True)
class ThreadSettings:
    """The settings of a thread that differ from those of a new one, by library; a guard of trials.

    Examples
    --------
    >>> with decimal.localcontext(prec=50):
    ...     settings = ThreadSettings.of_here()
    >>> list(settings.values)
    ['decimal']
    >>> with settings.held():
    ...     decimal.getcontext().prec
    50
    """

    values: Mapping[str, Any]

    @classmethod
    def of_here(cls) -> ThreadSettings:
        """Return those of the calling thread."""
        usual: dict[str, Any] = {}
        thread = threading.Thread(target=lambda: usual.update(_all()), name="hpo_magic-settings")
        thread.start()
        thread.join()
        return cls({name: value for name, value in _all().items() if repr(value) != repr(usual.get(name))})

    @contextmanager
    def held(self) -> Iterator[None]:
        """Have them in the calling thread for a while."""
        with ExitStack() as stack:
            for name, value in self.values.items():
                stack.enter_context(_KEPT[name][1](importlib.import_module(name), value))
            yield

    def __call__(self, context: TrialContext) -> AbstractContextManager[None]:
        """Hold them around a trial."""
        return self.held()


def _all() -> dict[str, Any]:
    """Return the settings of the calling thread, of the libraries that are loaded."""
    found = {}
    for name, (read, _) in _KEPT.items():
        if (module := sys.modules.get(name)) is not None:
            with suppress(AttributeError):  # it is too old, or still being imported by another thread
                found[name] = read(module)
    return found


_KEPT: Mapping[str, tuple[_Read, _Hold]] = MappingProxyType(
    {
        "decimal": (lambda _: decimal.getcontext().copy(), lambda _, context: decimal.localcontext(context)),
        "numpy": (lambda numpy: numpy.geterr(), lambda numpy, errors: numpy.errstate(**errors)),
        "sklearn": (lambda sklearn: sklearn.get_config(), lambda sklearn, config: sklearn.config_context(**config)),
        "torch": (lambda torch: str(torch.get_default_device()), lambda torch, device: torch.device(device)),
    }
)
"""How each is read, and held: what numpy does on a division by zero, the device on which torch makes tensors, ...."""
