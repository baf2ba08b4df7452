"""hpo_magic: tune any notebook cell where it stands.

``%load_ext hpo_magic`` brings the ``%%hpo`` magic; :class:`Study` is the same engine for scripts. Names are loaded on
first use, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hpo_magic.errors import HpoError
    from hpo_magic.run.context import checkpoint, report, seed, should_stop, trial_number, trial_slot
    from hpo_magic.run.limits import Limits
    from hpo_magic.search.strategy import Strategy
    from hpo_magic.space import Budget, Choice, Float, Int, Space
    from hpo_magic.study import Study
    from hpo_magic.trials.trial import State, Trial

__version__ = "0.1.0"

_HOMES = {
    "HpoError": "hpo_magic.errors",
    "Space": "hpo_magic.space",
    "Float": "hpo_magic.space",
    "Int": "hpo_magic.space",
    "Choice": "hpo_magic.space",
    "Budget": "hpo_magic.space",
    "Study": "hpo_magic.study",
    "Strategy": "hpo_magic.search.strategy",
    "State": "hpo_magic.trials.trial",
    "Trial": "hpo_magic.trials.trial",
    "report": "hpo_magic.run.context",
    "should_stop": "hpo_magic.run.context",
    "checkpoint": "hpo_magic.run.context",
    "seed": "hpo_magic.run.context",
    "trial_number": "hpo_magic.run.context",
    "trial_slot": "hpo_magic.run.context",
    "Limits": "hpo_magic.run.limits",
}

__all__ = [
    "Budget",
    "Choice",
    "Float",
    "HpoError",
    "Int",
    "Limits",
    "Space",
    "State",
    "Strategy",
    "Study",
    "Trial",
    "checkpoint",
    "load_ipython_extension",
    "report",
    "seed",
    "should_stop",
    "trial_number",
    "trial_slot",
    "unload_ipython_extension",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'hpo_magic' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})


def load_ipython_extension(shell: Any) -> None:
    """Register the magics; IPython calls this for ``%load_ext hpo_magic``."""
    importlib.import_module("hpo_magic.jupyter.extension").load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Stop running searches and take the magics away; IPython calls this for ``%unload_ext hpo_magic``."""
    importlib.import_module("hpo_magic.jupyter.extension").unload(shell)
