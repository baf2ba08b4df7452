"""Every trial runs to its end on the whole budget."""

from __future__ import annotations

from dataclasses import dataclass

from hpo_magic.search.protocols import Action, Sample
from hpo_magic.space import Budget, Space
from hpo_magic.trials import History, Trial


@dataclass(frozen=True)
class Full:
    """No early stopping.

    Examples
    --------
    >>> Full().next(Space({"epochs": Budget(1, 81)}), History())
    Sample(budget=81)
    """

    def next(self, space: Space, history: History) -> Action:
        """Start a new config on the whole budget."""
        domain = space[space.budget] if space.budget else None
        return Sample(domain.high if isinstance(domain, Budget) else None)

    def keep(self, space: Space, history: History, trial: Trial) -> bool:
        """Never stop a trial."""
        return True
