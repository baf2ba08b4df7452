"""One trial from start to outcome, in the thread that runs it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from hpo_magic.run.context import TrialContext, TrialStop, current
from hpo_magic.run.failure import failure_of
from hpo_magic.run.isolation import process_state
from hpo_magic.run.metric import as_values, unkept
from hpo_magic.space import Config
from hpo_magic.trials import Failure
from hpo_magic.trials.trial import copied

Objective: TypeAlias = Callable[[Config], Any]
"""From a config to a number or {metric: number}."""
Guard: TypeAlias = Callable[[TrialContext], AbstractContextManager[Any]]
"""Something to hold around a trial."""


@dataclass(frozen=True)
class Outcome:
    """How a trial ended: with values, with a failure, or stopped (neither).

    `lost` says why nothing is known of its end: its worker is gone, and the config may be tried again. `unkept` are
    names of what it returned beside its metrics and is no finite number.
    """

    values: dict[str, float] | None = None
    failure: Failure | None = None
    lost: str = ""
    unkept: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Task:
    """One trial, ready to run; where it runs is up to the executor."""

    objective: Objective
    config: Config
    context: TrialContext
    metrics: Sequence[str]
    guards: Sequence[Guard] = ()

    def __call__(self) -> Outcome:
        """Run it here."""
        return run_trial(self.objective, self.config, self.context, self.metrics, self.guards)


def run_trial(
    objective: Objective,
    config: Config,
    context: TrialContext,
    metrics: Sequence[str],
    guards: Sequence[Guard] = (),
) -> Outcome:
    """Run an objective on a config and say how it ended.

    TrialStop passes through where it was sent from outside; whatever else the objective raises, SystemExit and
    KeyboardInterrupt included, is a failure of the trial and of nothing else.
    """
    token, process = current.set(context), os.getpid()
    try:
        context.begin(threading.current_thread().name)
        with process_state, ExitStack() as held:
            process_state.draw_anew(objective, lambda: context.seed)
            for guard in guards:
                held.enter_context(guard(context))
            result = objective(copied(config))
            values = as_values(result, metrics)
            return Outcome(values, unkept=unkept(result, values))
    except TrialStop:
        return Outcome()
    except BaseException as error:  # noqa: BLE001 - it is the user's code
        return Outcome(failure=failure_of(error))
    finally:
        if os.getpid() != process:  # the trial has forked, and this is the child: what follows is its parent's
            os._exit(0)
        context.over = True
        current.reset(token)
