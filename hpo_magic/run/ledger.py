"""Ledger: one study's trials, space and strategy, and every change of them: ask, report, finish, recover.

One class, as all of it happens under one lock; what needs none is beside it: reports, lost, holding, checkpoints.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from threading import RLock

from hpo_magic.errors import StoreError, StudyError
from hpo_magic.run.checkpoints import Checkpoints
from hpo_magic.run.claim import Claim
from hpo_magic.run.context import TrialContext
from hpo_magic.run.holding import Holding
from hpo_magic.run.lost import MOST_TRIES, first_try, given_up, run_elsewhere, tried_again, tries
from hpo_magic.run.plan import Plan
from hpo_magic.run.reports import Reports
from hpo_magic.run.silence import mismatch, not_kept, silence
from hpo_magic.run.trial_run import Outcome
from hpo_magic.search.protocols import Wait
from hpo_magic.search.repeats import is_repeat
from hpo_magic.search.strategy import Strategy
from hpo_magic.space import Config, Space, Value
from hpo_magic.space.given import beyond_json
from hpo_magic.trials import Failure, State, Trial
from hpo_magic.trials.definition import constraints_of, goals_of
from hpo_magic.trials.journal import Journal
from hpo_magic.trials.settings import Settings
from hpo_magic.trials.store import Store, StudyRecord
from hpo_magic.trials.trial import changed

_OVERTAKEN = 200
"""How often a proposal is made anew because others have added trials meanwhile; five processes are faster 20 times."""


class Ledger:
    """The state of a study that changes; what the runner and the study write, they write here, under one lock.

    Parameters
    ----------
    store : Store
    record : StudyRecord
    space : Space, optional
        As it was asked for; by default the stored one.
    strategy : Strategy, optional
        What decides on the next trial, unless an edit that the store holds says otherwise.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> from hpo_magic.trials import Goal
    >>> from hpo_magic.trials.definition import define
    >>> from hpo_magic.trials.memory_store import MemoryStore
    >>> store = MemoryStore()
    >>> record = store.open_study("svm", "f00d", define(Space({"x": Float(0, 1)}), [Goal("loss")], ""), {})
    >>> ledger = Ledger(store, record)
    >>> trial = ledger.ask()
    >>> ledger.finish(trial.number, Outcome({"loss": 1.5})).value
    1.5
    """

    def __init__(
        self, store: Store, record: StudyRecord, space: Space | None = None, strategy: Strategy | None = None
    ) -> None:
        self.store, self.record = store, record
        self.goals = goals_of(record.definition)
        self.constraints = constraints_of(record.definition)
        self.metrics = tuple(goal.metric for goal in self.goals)
        self.measured = tuple(dict.fromkeys([*self.metrics, *(c.metric for c in self.constraints)]))
        """What every trial must return: the metrics, and what the constraints read."""
        self.original = space or Space.from_json(record.definition["space"])
        read = self.original.config_from_json if beyond_json(self.original) else None
        self.journal = Journal(store, record, self.goals, self.constraints, read)
        self.settings = Settings(store, record)
        self.notices: list[str] = []
        self.plan = Plan(self.settings, self.original, len(self.goals), self.notices.append, strategy)
        self._deciding = RLock()
        self.claim = Claim(store, record)
        self._holding = Holding(store, record)
        self._reports = Reports(self.journal)
        self._contexts: dict[int, TrialContext] = {}
        self._cut: set[int] = set()
        self._heard = self._looked = False
        self.recorded: tuple[str, ...] = ()
        """Variables that trials are to keep beside what is measured, where they are finite numbers."""
        self.checkpoints = Checkpoints(store, record.name, record.version)

    def edit_space(self, change: Callable[[Space], Space]) -> Space:
        """Change the space from the next proposal on."""
        with self._deciding:
            space = self.plan.edit_space(change, self.claim.need_own)
        self.journal.announce()
        return space

    def edit_strategy(self, name: str | Strategy) -> None:
        """Change the strategy from the next proposal on."""
        with self._deciding:
            self.plan.edit_strategy(name, self.claim.need_own)
        self.journal.announce()

    def queue(self, config: Config, parent: int | None = None) -> Trial:
        """Add a waiting trial; it is started before any proposal."""
        if self._overtaken():
            self.journal.reload()
        budget = config.get(self.original.budget) if self.original.budget else None
        return self.journal.add(Trial(-1, dict(config), State.WAITING, None, self.metrics[0], budget, parent=parent))

    def completed(self, config: Mapping[str, Value]) -> Config:
        """Return a config with what it leaves out: defaults, and where there are none what the strategy proposes."""
        with self._deciding:
            return self.plan.completed(config, self.journal.known)

    def withdraw(self, first: int) -> None:
        """Take from the queue what was put there, of the trials from a number on; what was lost stays there."""

        def again(trial: Trial) -> bool:
            return trial.parent is not None and self.journal.get(trial.parent).state is State.LOST

        self._unqueue(first, lambda trial: not again(trial))

    def _unqueue(self, first: int, chosen: Callable[[Trial], bool]) -> None:
        """Take those chosen from the queue, of the trials from a number on."""
        with self._deciding:
            for trial in self.journal.known.trials[first:]:
                if trial.state is State.WAITING and chosen(trial):
                    self.journal.save(changed(trial, state=State.STOPPED))

    def trust(self, number: int, trusted: bool) -> Trial:
        """Say whether a trial that has ended is to be learnt from."""
        with self._deciding:
            trial = self.journal.get(number)
            if not trial.state.ended:
                raise StudyError(f"trial {number} is {trial.state}; it can be marked when it has ended")
            self.claim.need_own()
            marked = changed(trial, trusted=trusted)
            self.journal.save(marked)
            return marked

    def ask(self, worker: str = "", most: int | None = None) -> Trial | None:
        """Return a new running trial, or None where there is nothing to start now; `worker` is who will run it.

        Of those that search together none is started beyond `most`.
        """
        with self._deciding:
            self._mind_strangers()
            if self._overtaken():
                self.journal.reload()
            while not self.full(most) and (waiting := self.journal.waiting) is not None:
                started = changed(waiting, state=State.RUNNING, started=time.time(), worker=self.claim.named(worker))
                if self.journal.begin(started):
                    return self._holding.take(started)
            left = 1 if self.claim.alone else _OVERTAKEN
            while not self.full(most) and (made := self._next(worker)) is not None:
                left -= 1
                stored = self.journal.add_next(made) if left else self.journal.add(made)
                if stored is not None:
                    return self._holding.take(stored)
            return None

    def _mind_strangers(self) -> None:
        """Say once which trials nobody here has begun."""
        if self.claim.alone or self.claim.shared or self._looked:
            return
        self._looked = True
        if strangers := self._holding.strangers(self.journal.known):
            self.notices.append(run_elsewhere(strangers))

    def _overtaken(self) -> bool:
        """Whether others, who ask as well, have added trials: a search has the study for itself."""
        return not self.claim.alone and self.journal.overtaken

    def _next(self, worker: str) -> Trial | None:
        """Return what to start next by all that is known, not stored yet; None where there is nothing now."""
        made = self.plan.next(self.journal.known)
        if isinstance(made, Wait):
            self._say_once(self.waited_for())
            return None
        return None if made is None else Trial(
            -1, made.config, State.RUNNING, None, self.metrics[0], made.budget, parent=made.parent,
            started=time.time(), worker=self.claim.named(worker),
        )  # fmt: skip

    def put_back(self, number: int) -> None:
        """Have a trial wait in the queue that could not be begun."""
        with self._deciding:
            self._holding.let_go(number)
            self._contexts.pop(number, None)
            self.journal.save(changed(self.journal.get(number), state=State.WAITING, started=None))

    def waited_for(self) -> str:
        """Say which trial a scheduler may wait for that was not given out here; nothing where there is none."""
        if self.claim.shared:  # it is known who runs it, and what becomes of it where nobody does
            return ""
        numbers = [trial.number for trial in self._holding.strangers(self.journal.known)][:1]
        told = "trial {0} runs elsewhere, and is waited for; where it does not, study.fail({0}, 'lost')"
        return told.format(*numbers) if numbers else ""

    def ahead(self) -> None:
        """Use the time while trials run to prepare the next proposal."""
        with self._deciding:
            self.plan.ahead(self.journal.history)

    def report(self, number: int, value: float, step: int) -> bool:
        """Record an intermediate value; False where the trial should stop."""
        return self._goes_on(self._reports.take(number, value, step))

    def _goes_on(self, running: Trial | None) -> bool:
        if running is None:
            return False
        scheduler = self.plan.strategy.scheduler
        repeat = not getattr(scheduler, "completes", False) and is_repeat(self.journal.history, running)
        keep = repeat or scheduler.keep(self.plan.space, self.journal.history, running)
        if not keep:
            self._cut.add(running.number)
        return keep

    def cut_short(self, number: int, seconds: float) -> bool:
        """Have a trial that has had its time count with the last value it reported; False where there is none.

        With a budget it would be taken for one that had all of it.
        """
        running = self.journal.get(number)
        if not running.reports or running.budget is not None:
            return False
        self._cut.add(number)
        self._say_once(f"trials that reach their limit of {seconds:g} s count with the last value that they reported")
        return True

    def _say_once(self, told: str) -> None:
        if told and told not in self.notices:
            self.notices.append(told)

    def finish(
        self, number: int, outcome: Outcome, log: str = "", ended: float | None = None, hold: bool = False
    ) -> Trial:
        """Store how a trial ended; StoreError where that cannot be done now (it is then kept for `flush`).

        With `hold` it is stored together with the next trial, or by `settle`: one commit a trial, not two.
        """
        running = self.journal.get(number)
        late = running.state is State.LOST and number in self._holding  # others have given it up too early
        if running.state is not State.RUNNING and not late:
            raise StudyError(f"trial {number} is {running.state}, not running; its result was thrown away")
        if late and outcome.values is None:
            self._holding.let_go(number)
            return running
        state = State.DONE if outcome.values is not None else State.FAILED if outcome.failure else State.STOPPED
        values = outcome.values
        if number in self._cut and state is not State.FAILED:
            state, values = self._stopped(running, values)
        finished = changed(
            running, state=state, values=values, error=outcome.failure, finished=ended or time.time(), log=log,
            kept=self._kept(running),
        )  # fmt: skip
        (self.journal.hold if hold else self.journal.save)(finished)
        if late:  # what was to try it again is not needed
            self._unqueue(number + 1, lambda trial: trial.parent == number)
        self._mind_silence(finished, outcome.unkept)
        self._cut.discard(number)
        self._holding.let_go(number)
        self._contexts.pop(number, None)
        return finished

    def _mind_silence(self, trial: Trial, unkept: Sequence[str]) -> None:
        if trial.state is State.DONE and not self._heard:
            self._heard = True
            unkept = [name for name in unkept if name not in self.recorded]
            if unkept:
                self.notices.append(not_kept(trial, unkept))
            self.notices.extend(silence(trial, self.original, self.plan.strategy))
            self.notices.extend(mismatch(trial, self.original, self.plan.strategy))
            lacking = [name for name in self.recorded if name not in (trial.values or {})]
            if lacking and trial.number not in self._cut:
                told = "it is not set, or no finite number, and others are not kept"
                self.notices.append(f"{', '.join(lacking)} of trial {trial.number} is not recorded: {told}")

    def _kept(self, trial: Trial) -> bool:
        """Whether a trial has files; one that found none and did not ask for its folder has none."""
        live = self._contexts.get(trial.number)
        seen = live is None or live.asked_for_folder or trial.parent is not None
        return seen and self.checkpoints.used(trial.number)

    def _stopped(self, trial: Trial, values: dict[str, float] | None) -> tuple[State, dict[str, float]]:
        """Return the state and the values of a trial that the scheduler has stopped.

        It is complete only where all that is measured is known: of several metrics the first alone is reported.
        """
        metric, sign = self.metrics[0], self.goals[0].sign
        if getattr(self.plan.strategy.scheduler, "completes", False) and (values or len(self.measured) == 1):
            return State.DONE, values or {metric: sign * min(sign * report.value for report in trial.reports)}
        return State.STOPPED, values or {metric: trial.reports[-1].value}

    def begun(self, number: int, who: str) -> None:
        """Note who has taken a trial up; it is stored with the result."""
        with self.journal.changed:
            running = self.journal.get(number)
            if running.state is State.RUNNING:
                self.journal.put(changed(running, worker=self.claim.named(who), started=time.time()))

    def lose(self, number: int, why: str, log: str = "") -> Trial:
        """Mark a trial whose worker is gone as lost and queue its config again; after two such tries it has failed."""
        running = self.journal.get(number)
        if tries(running, self.journal.get) >= MOST_TRIES:
            message = f"{why}; that was try {MOST_TRIES}"
            return self.finish(number, Outcome(failure=Failure("WorkerLost", message)), log)
        lost = changed(running, state=State.LOST, finished=time.time(), log=log)
        self._holding.let_go(number)
        self._contexts.pop(number, None)
        self.journal.save(lost)
        self.queue(running.config, number)
        self.notices.append(f"trial {number}: {why}; it is tried again")
        return lost

    def recover(self) -> None:
        """Mark trials that ran when their process died as lost, and queue their configs again.

        Those that somebody in this process has asked for may still be told.
        """
        lost: list[Trial] = []
        for trial in self.claim.lost(self._holding.orphans(self.journal.known)):
            if tries(trial, self.journal.get) < MOST_TRIES:
                self.journal.save(changed(trial, state=State.LOST, finished=time.time()))
                self.queue(trial.config, trial.number)
                lost.append(trial)
                continue
            error = Failure("KernelLost", f"its kernel died while it ran; that was try {MOST_TRIES}")
            self.journal.save(changed(trial, state=State.FAILED, error=error, finished=time.time()))
            self.notices.append(given_up(trial))
        if lost:
            self.notices.append(tried_again(lost))

    def context(self, trial: Trial) -> TrialContext:
        """Return the live side of a trial."""
        number, strategy, first = trial.number, self.plan.strategy, first_try(trial, self.journal.get)
        if trial.parent is None:
            inherited = self.checkpoints.anew(number)
        else:
            inherited = self.checkpoints.prepare(self.journal.history, trial)
        if inherited.note:
            self.notices.append(inherited.note)
        if inherited.budget != trial.resumed:
            self.journal.put(changed(self.journal.get(number), resumed=inherited.budget))
        made = TrialContext(
            number, lambda: strategy.trial_seed(first), worker=trial.worker,
            find_folder=lambda: self.checkpoints.folder(number),
            on_begin=lambda who: self.begun(number, who),
            on_report=lambda value, step: self._goes_on(self._reports.hear(number, value, step)),
        )  # fmt: skip
        self._contexts[number] = made
        return made

    def log(self, number: int) -> str:
        """Return what a trial has printed: of a running one what there is so far."""
        live = self._contexts.get(number)
        return self.journal.get(number).log if live is None else live.log.text()

    def counted(self) -> int:
        """Return how many trials count towards a limit: those that ran to their end."""
        return self.journal.counted

    def settle(self) -> None:
        """Store the results that are held."""
        self.journal.settle()

    def flush(self) -> None:
        """Store what could not be stored before; StoreError where that fails, or where reports met no store."""
        self.journal.flush()
        self._reports.complain()

    def renew(self) -> None:
        """Say that the search is alive still; where others take part, hear of what they have done."""
        self.claim.take(self.claim.shared)
        if self.claim.shared:
            with self._deciding:
                self.catch_up()
                self.recover()

    def full(self, most: int | None) -> bool:
        """Whether those that search together run, or have run, so many trials."""
        if not self.claim.shared or most is None:
            return False
        return self.counted() + sum(t.state is State.RUNNING for t in self.journal.known.running) >= most

    def others_run(self) -> bool:
        """Whether trials run in other processes that search together with this one."""
        return self.claim.shared and bool(self._holding.strangers(self.journal.known))

    def catch_up(self) -> None:
        """Read what other processes have stored since, now that none of them searches."""
        with self._deciding:
            self.journal.reload()
            self.plan.reload()

    def release(self) -> None:
        """Give the claim back; where that fails it runs out by itself."""
        try:
            self.claim.give_back()
        except StoreError as error:
            self.notices.append(f"the claim on the study could not be given back: {error}")
