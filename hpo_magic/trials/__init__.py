"""What was tried: trials, their history, and the stores where they last."""

from hpo_magic.trials.history import Goal, History
from hpo_magic.trials.trial import Failure, Report, State, Trial

__all__ = ["Failure", "Goal", "History", "Report", "State", "Trial"]
