"""Study: the one object a user holds. Ties space, trials, strategy and runner together."""

from __future__ import annotations

import dataclasses
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np

from hpo_magic.errors import MetricError, StoreError, StudyError, StudyInUse
from hpo_magic.run.checkpoints import folder_of
from hpo_magic.run.context import TrialContext
from hpo_magic.run.executors.threads import ThreadExecutor
from hpo_magic.run.failure import failure_of
from hpo_magic.run.limits import Limits
from hpo_magic.run.logs import TrialLog
from hpo_magic.run.metric import as_number, as_values
from hpo_magic.run.runner import Phase, Runner
from hpo_magic.run.trial_run import Guard, Objective, Outcome
from hpo_magic.search.protocols import Sample
from hpo_magic.search.strategy import Strategy, strategy as read_strategy
from hpo_magic.space import Config, Domain, Space
from hpo_magic.trials import Failure, Goal, History, State, Trial
from hpo_magic.trials.definition import define, fingerprint, goals_of, read_goals
from hpo_magic.trials.journal import Journal
from hpo_magic.trials.settings import Settings
from hpo_magic.trials.store import Store, owner_name, open_store
from hpo_magic.trials.trial import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Study:
    """A search space, its goals, and everything that was tried.

    Parameters
    ----------
    space : Space, or a mapping of names to domains
    minimize, maximize : str or sequence of str, optional
        Metrics and their directions; by default a number called "value" is minimised.
    strategy : str or Strategy
        A recipe's name.
    seed : int
        Same seed, same order of results: same proposals.
    store : str or Store
        ``":memory:"``, a database URL such as ``"sqlite:///hpo.db"``, or a store that is open already.
    name : str
        A study of the same name and definition is gone on with; one whose definition differs gets a new version.
    source, meaning : str
        Source of the objective, and the part of it that counts when two are compared; for cells.

    Examples
    --------
    >>> from hpo_magic import Float
    >>> study = Study({"x": Float(-5, 5)}, minimize="loss", strategy="random")
    >>> study.optimize(lambda config: (config["x"] - 1) ** 2, trials=20)
    >>> len(study.trials), study.best.value < 1
    (20, True)
    """

    def __init__(
        self,
        space: Space | Mapping[str, Domain],
        *,
        minimize: str | Sequence[str] | None = None,
        maximize: str | Sequence[str] | None = None,
        strategy: str | Strategy = "auto",
        seed: int = 0,
        store: str | Store = ":memory:",
        name: str = "study",
        source: str = "",
        meaning: str = "",
    ) -> None:
        self.original = space if isinstance(space, Space) else Space(space)
        goals = read_goals(minimize, maximize)
        chosen = read_strategy(strategy, seed)
        if not isinstance(name, str) or not name.strip():
            raise StudyError(f"name={name!r} must be text")
        definition = define(self.original, goals, source)
        opened = open_store(store) if isinstance(store, str) else store
        record = opened.open_study(name, fingerprint(definition, meaning or source), definition, {})
        self._attach(opened, record.id, chosen)
        self.settings.asked(strategy=chosen.name, seed=chosen.seed)
        self._strategy = chosen if self.settings.get("strategy") == chosen.name else self._named_strategy()

    def _attach(self, store: Store, study: int, chosen: Strategy) -> None:
        record = next(record for record in store.studies() if record.id == study)
        self.name, self.version, self.store, self.source = record.name, record.version, store, record.definition["source"]
        self.goals: tuple[Goal, ...] = goals_of(record.definition)
        self.metrics = tuple(goal.metric for goal in self.goals)
        self.journal = Journal(store, record, self.goals)
        self.settings = Settings(store, record)
        self._strategy = chosen
        self._space = Space.from_json(saved) if (saved := self.settings.get("space")) else self.original
        self._loaded_running = {trial.number for trial in self.history.running if trial.state is State.RUNNING}
        self._deciding, self._owner = RLock(), owner_name(uuid.uuid4().hex[:8])
        self._reports_saved = 0.0
        self._logs: dict[int, TrialLog] = {}
        self.runner: Runner | None = None
        self.limits = Limits(**(self.settings.get("limits") or {}))
        self.notices: list[str] = []

    @classmethod
    def load(cls, name: str, store: str | Store, version: int | None = None) -> Study:
        """Return a stored study by its name, in its latest version unless told otherwise."""
        opened = open_store(store) if isinstance(store, str) else store
        records = [r for r in opened.studies() if r.name == name and version in (None, r.version)]
        if not records:
            known = ", ".join(sorted({record.name for record in opened.studies()})) or "none"
            raise StudyError(f"the store {opened.url!r} holds no study {name!r}; it holds: {known}")
        study = cls.__new__(cls)
        study.original = Space.from_json(records[-1].definition["space"])
        study._attach(opened, records[-1].id, read_strategy("auto"))
        study._strategy = study._named_strategy()
        return study

    # --- what was found --------------------------------------------------------------------------

    @property
    def history(self) -> History:
        """The trials as a read-only view in which everything is minimised."""
        return self.journal.history

    @property
    def trials(self) -> tuple[Trial, ...]:
        """All trials, by number."""
        return self.history.trials

    @property
    def best(self) -> Trial | None:
        """The best trial observed, or None where none is done."""
        return self.history.incumbent

    def to_frame(self) -> Any:
        """Return a row a trial: a pandas DataFrame if pandas is there, else a dict of columns."""
        from hpo_magic.trials.frame import to_frame

        return to_frame(self.history, self.original.names)

    def plot(self, name: str = "convergence", ax: Axes | None = None) -> Figure:
        """Return a figure with a plot of the study: "convergence" or "parameters"."""
        from hpo_magic.insight.plots import figure

        return figure(name, self.history, self.space, ax)

    # --- what to try -----------------------------------------------------------------------------

    @property
    def space(self) -> Space:
        """The space as it is searched now, edits included."""
        return self._space

    def edit(self, change: Callable[[Space], Space]) -> Space:
        """Change the space from the next proposal on; earlier trials stay known to the search.

        Examples
        --------
        >>> from hpo_magic import Float
        >>> study = Study({"x": Float(-5, 5)})
        >>> study.edit(lambda space: space.narrow("x", 0, 1))["x"].high
        1.0
        """
        with self._deciding:
            space = change(self._space)
            if space.names != self.original.names:
                raise StudyError("an edit may change ranges, options and fixed values, not the parameters themselves")
            self.settings.edit(space=space.to_json() if space != self.original else None)
            self._space = space
        self.journal.announce()
        return space

    @property
    def strategy(self) -> Strategy:
        """What decides on the next trial."""
        return self._strategy

    def set_strategy(self, name: str | Strategy) -> None:
        """Change the strategy from the next proposal on."""
        chosen = read_strategy(name, self._strategy.seed)
        with self._deciding:
            self.settings.edit(strategy=chosen.name)
            self._strategy = chosen
        self.journal.announce()

    def _named_strategy(self) -> Strategy:
        seed = self.settings.get("seed")
        return read_strategy(self.settings.get("strategy") or "auto", 0 if seed is None else seed)

    def enqueue(self, config: Config) -> Trial:
        """Put a config of one's own in the queue; it is tried next."""
        return self._queue(self.original.validate(config), None)

    def _queue(self, config: Config, parent: int | None) -> Trial:
        budget = config.get(self.original.budget) if self.original.budget else None
        return self.journal.add(Trial(-1, dict(config), State.WAITING, None, self.metrics[0], budget, parent=parent))

    # --- ask and tell ----------------------------------------------------------------------------

    def ask(self) -> Trial | None:
        """Return a new running trial, or None where there is nothing to start now."""
        with self._deciding:
            history = self.history
            waiting = next((trial for trial in history.trials if trial.state is State.WAITING), None)
            if waiting is not None:
                started = dataclasses.replace(waiting, state=State.RUNNING, started=time.time())
                self.journal.save(started)
                return started
            action = self._strategy.scheduler.next(self._space, history)
            if not isinstance(action, Sample):
                return None
            config = self._strategy.sampler.propose(self._space, history, self._strategy.rng(len(history)))
            if config is None:
                return None
            if self._space.budget is not None:
                config = {**config, self._space.budget: action.budget}
            trial = Trial(-1, config, State.RUNNING, None, self.metrics[0], action.budget, started=time.time())
            return self.journal.add(trial)

    def report(self, trial: Trial | int, value: float, step: int) -> bool:
        """Record an intermediate value; False where the trial should stop."""
        number = as_number(value, "the reported value")
        with self.journal.changed:
            running = self.journal.get(_number(trial))
            if running.state is not State.RUNNING:
                return False
            running = dataclasses.replace(running, reports=(*running.reports, Report(int(step), number)))
            self.journal.put(running)
        if time.monotonic() - self._reports_saved > 1.0:  # what comes in between is stored with the result
            self._reports_saved = time.monotonic()
            self.journal.save(running)
        return self._strategy.scheduler.keep(self._space, self.history, running)

    def tell(self, trial: Trial | int, value: Any) -> Trial:
        """Record a trial's value, or {metric: value}; one that is no finite number fails the trial."""
        try:
            outcome = Outcome(as_values(value, self.metrics))
        except MetricError as error:
            outcome = Outcome(failure=failure_of(error))
        return self._finish(trial, outcome)

    def fail(self, trial: Trial | int, why: str) -> Trial:
        """Record that a trial failed."""
        return self._finish(trial, Outcome(failure=Failure("", str(why))))

    def _finish(self, trial: Trial | int, outcome: Outcome, log: str = "") -> Trial:
        running = self.journal.get(_number(trial))
        if running.state is not State.RUNNING:
            raise StudyError(f"trial {running.number} is {running.state}, not running; its result was thrown away")
        state = State.DONE if outcome.values is not None else State.FAILED if outcome.failure else State.STOPPED
        ended = dataclasses.replace(
            running, state=state, values=outcome.values, error=outcome.failure, finished=time.time(), log=log
        )
        self.journal.save(ended)
        return ended

    # --- searching -------------------------------------------------------------------------------

    def optimize(
        self,
        objective: Objective,
        trials: int | None = None,
        workers: int = 1,
        timeout: float | None = None,
        trial_timeout: float | None = None,
    ) -> None:
        """Search until the study has so many trials, or the time is up; an interrupt stops it cleanly.

        Parameters
        ----------
        objective : callable
            From a config (dict) to a number, or to {metric: number}.
        trials : int, optional
            Trials that the study shall have in the end, those of earlier runs included.
        workers : int
            Trials at the same time, in threads.
        timeout, trial_timeout : float, optional
            Seconds for all, and for one trial.
        """
        self.start(objective, Limits(trials, timeout, trial_timeout, workers))
        runner = self.runner
        assert runner is not None
        try:
            while not runner.wait(timeout=0.2) and runner.phase is not Phase.PAUSED:
                pass
        except KeyboardInterrupt:
            runner.stop("interrupted")
            runner.wait()
            raise
        if runner.phase is Phase.PAUSED:
            message, error = runner.message, runner.error
            runner.stop(message)
            runner.wait()
            raise StudyError(message) from error

    def start(self, objective: Objective, limits: Limits | None = None, guards: Sequence[Guard] = ()) -> None:
        """Search in a background thread."""
        if self.runner is not None and self.runner.phase.alive:
            raise StudyInUse(f"study {self.name!r} is in use by a running search here; stop it first")
        self.renew()
        self._recover()
        self.limits = limits or Limits()
        self.runner = Runner(self, objective, ThreadExecutor(), self.limits, guards)
        self.journal.announce()
        self.runner.start()

    def set_limits(self, limits: Limits) -> None:
        """Change the limits; they hold at once, are kept with the study, and a finished search may be resumed."""
        self.settings.edit(limits=dataclasses.asdict(limits))
        self.limits = limits
        if self.runner is not None:
            self.runner.set_limits(limits)
        self.journal.announce()

    @property
    def phase(self) -> Phase:
        """What the search is doing."""
        return Phase.IDLE if self.runner is None else self.runner.phase

    def pause(self) -> None:
        """Let the running trials end and start no more."""
        self._need_runner().pause()

    def resume(self) -> None:
        """Go on after a pause."""
        self._need_runner().resume()

    def stop(self) -> None:
        """Interrupt the running trials and end the search."""
        self._need_runner().stop("stopped")

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end of the search; whether it came within the timeout."""
        return self._need_runner().wait(timeout)

    def _need_runner(self) -> Runner:
        if self.runner is None:
            raise StudyError(f"study {self.name!r} has no search here; start one with optimize or %%hpo")
        return self.runner

    def _recover(self) -> None:
        """Trials that ran when their process died are lost, and queued again."""
        lost = [trial for trial in self.history.running if trial.number in self._loaded_running]
        for trial in lost:
            self.journal.save(dataclasses.replace(trial, state=State.LOST, finished=time.time()))
            self._queue(trial.config, trial.number)
        self._loaded_running = set()
        if lost:
            numbers = ", ".join(str(trial.number) for trial in lost)
            self.notices.append(f"trial {numbers} was lost when its kernel died; its config will be tried again")

    # --- the runner's ledger -----------------------------------------------------------------------

    def context(self, trial: Trial) -> TrialContext:
        """Return the live side of a trial, for its runner."""
        seed = int(np.random.SeedSequence([self._strategy.seed, trial.number, 1]).generate_state(1)[0] >> 1)
        folder: Path = folder_of(self.store.url, self.name, self.version, trial.number)
        made = TrialContext(
            trial.number, seed, on_report=lambda value, step: self.report(trial, value, step), folder=folder
        )
        self._logs = {**{n: log for n, log in self._logs.items() if not self.journal.get(n).state.ended}, trial.number: made.log}
        return made

    def log(self, number: int) -> str:
        """Return what a trial has printed: of a running one what there is so far."""
        trial = self.journal.get(number)
        live = self._logs.get(number)
        return trial.log if trial.state.ended or live is None else live.text()

    def record(self, trial: Trial, outcome: Outcome, log: str) -> None:
        """Store how a trial ended, for its runner."""
        self._finish(trial, outcome, log)

    def flush(self) -> None:
        """Store what could not be stored before."""
        self.journal.flush()

    def renew(self) -> None:
        """Say that a search is alive here; StudyInUse where another one has the study."""
        self.store.take_lease(self.journal.record.id, self._owner)

    def counted(self) -> int:
        """Return how many trials count towards a limit: those that ran to their end."""
        return sum(trial.state in (State.DONE, State.FAILED) for trial in self.trials)

    def announce(self) -> None:
        """Tell listeners that the phase has changed; a search that has ended gives its claim back."""
        self.journal.announce()
        if self.runner is not None and not self.runner.phase.alive:
            try:
                self.store.drop_lease(self.journal.record.id, self._owner)
            except StoreError as error:  # the claim runs out by itself
                self.notices.append(f"the claim on the study could not be given back: {error}")

    def __repr__(self) -> str:
        best = self.best
        found = "nothing yet" if best is None else f"best {self.metrics[0]} {best.value:.6g} (trial {best.number})"
        return f"Study({self.name!r}, version {self.version}, {self.phase}, {len(self.history.done)} done, {found})"


def _number(trial: Trial | int) -> int:
    return trial if isinstance(trial, int) else trial.number
