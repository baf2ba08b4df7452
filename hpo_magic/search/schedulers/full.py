"""Every trial runs to its end on the whole budget."""

from __future__ import annotations

from dataclasses import dataclass

from hpo_magic.search.fidelity import rungs_of
from hpo_magic.search.protocols import Action, Sample
from hpo_magic.space import Space
from hpo_magic.trials import History, Trial


@dataclass(frozen=True)
class Full:
    """No early stopping.

    Examples
    --------
    >>> from hpo_magic.space import Budget
    >>> Full().next(Space({"epochs": Budget(1, 81)}), History())
    Sample(budget=81)
    """

    def next(self, space: Space, history: History) -> Action:
        """Start a new config on the whole budget."""
        steps = rungs_of(space)
        return Sample(steps[-1] if steps else None)

    def keep(self, space: Space, history: History, trial: Trial) -> bool:
        """Never stop a trial."""
        return True

    def explain(self, space: Space) -> str:
        """Say nothing: all trials run to their end."""
        return ""
