"""The background loop: starts trials, hears their outcomes, keeps to the limits, and heeds pause, resume and stop.

It decides nothing about configs and stores nothing itself: both are the ledger's.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from queue import SimpleQueue

from hpo_magic.errors import HpoError, StudyError
from hpo_magic.run.context import TrialContext, running
from hpo_magic.run.enough import enough
from hpo_magic.run.executors.protocol import Executor, Job
from hpo_magic.run.helper_threads import helper_threads
from hpo_magic.run.ledger import Ledger
from hpo_magic.run.limits import Limits
from hpo_magic.run.logs import routing
from hpo_magic.run.phase import Phase
from hpo_magic.run.responsive import responsive
from hpo_magic.run.trial_run import Guard, Objective, Outcome, Task
from hpo_magic.trials import Failure, Trial

GRACE = 0.9
"""Seconds that a trial has to heed a stop before it is let go."""
_AGAIN, _TICK, _RENEW = 0.1, 0.25, 5.0
_LOOK = 0.5
"""Seconds between two looks at what others have done, where there is nothing to do here until they are done."""
_BRIEF = 0.002
"""Seconds of a trial, and of a proposal, below which the trial's own thread takes the next step: to hand it over would
take as long. Where either takes longer, other threads shall have the turn that a hand-over gives them."""
_QUICK = 0.1
"""Seconds of a proposal below which a result waits for it, so that both are stored in one commit."""


@dataclass
class _Running:
    trial: Trial
    context: TrialContext
    job: Job
    stop_at: float | None = None
    insist_at: float = 0.0
    failure: Failure | None = None


class Runner:
    """A search in a daemon thread.

    Parameters
    ----------
    ledger : Ledger
    objective : callable
    executor : Executor
    limits : Limits
    guards : sequence of Guard
        Held around every trial, in its thread.
    heard : callable, optional
        Hears of every trial that has ended, one after another.
    """

    def __init__(
        self,
        ledger: Ledger,
        objective: Objective,
        executor: Executor,
        limits: Limits,
        guards: Sequence[Guard] = (),
        heard: Callable[[Trial], None] | None = None,
    ) -> None:
        self._heard = heard
        self._ledger, self.objective, self._executor, self._guards = ledger, objective, executor, guards
        self.limits = limits
        self.phase, self.message = Phase.RUNNING, ""
        self.error: BaseException | None = None
        self._running: dict[int, _Running] = {}
        self._outcomes: SimpleQueue[tuple[int, Outcome, float]] = SimpleQueue()
        self._wake, self._lock, self._stepping = threading.Event(), threading.RLock(), threading.Lock()
        self._spent, self._since = 0.0, time.monotonic()
        self._first: list[Outcome] | None = []
        self._held_up: list[int] = []
        self._spared: int | None = None
        self._asking, self._brief, self._doer = 0.0, False, ""
        self._renewed = time.monotonic()
        self._over = threading.Event()
        self.thread = threading.Thread(target=self._main, name="hpo_magic-runner", daemon=True)

    def start(self) -> None:
        """Start the loop."""
        self.thread.start()

    def pause(self) -> None:
        """Start no more trials; the running ones end."""
        with self._lock:
            if self.phase is Phase.RUNNING:
                self._enter(Phase.PAUSING, "")  # a trial may be on its way: the loop knows when none runs

    def resume(self) -> None:
        """Go on after a pause."""
        with self._lock:
            if self.phase in (Phase.PAUSING, Phase.PAUSED):
                self._first = None
                self._enter(Phase.RUNNING, "")

    def stop(self, why: str = "") -> None:
        """Interrupt the running trials and end the search; a trial that says so itself ends as it will, and counts."""
        caller = running()
        with self._lock:
            self._spared = None if caller is None else self._running_as(caller)
            if self.phase.alive and self.phase is not Phase.STOPPING:
                self._enter(Phase.STOPPING, why)

    def _running_as(self, caller: TrialContext) -> int | None:
        run = self._running.get(caller.number)
        return caller.number if run is not None and run.context is caller else None

    def set_limits(self, limits: Limits) -> None:
        """Change the limits; they hold at once."""
        self.limits = limits
        self._wake.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end in steps, so that an interrupt gets through where waiting holds it up; whether it came."""
        deadline = None if timeout is None else time.monotonic() + timeout
        # Not by `join`: an interrupted one takes the thread for dead, https://github.com/python/cpython/issues/90882.
        while not self._over.wait(0.25 if deadline is None else min(max(deadline - time.monotonic(), 0.0), 0.25)):
            if deadline is not None and time.monotonic() > deadline:
                return False
        self.thread.join()  # it has nothing left to do
        return True

    @property
    def elapsed(self) -> float:
        """Seconds that the search has run, pauses not counted."""
        active = self.phase in (Phase.RUNNING, Phase.PAUSING, Phase.STOPPING)
        return self._spent + (time.monotonic() - self._since if active else 0.0)

    def _enter(self, phase: Phase, message: str) -> None:
        with self._lock:
            spent = self.elapsed
            self.phase, self.message = phase, message
            self._spent, self._since = spent, time.monotonic()
        self._ledger.journal.announce()
        if not phase.alive:
            self._ledger.release()
        self._wake.set()

    def _main(self) -> None:
        try:
            with routing, helper_threads, responsive, closing(self._executor):
                while self.phase.alive:
                    with self._stepping:
                        self._guarded(self._step)
                    self._wake.wait(self._patience())
                    self._wake.clear()
        finally:
            self._over.set()

    def _guarded(self, work: Callable[[], None]) -> None:
        """Whatever goes wrong in the search itself pauses it and is said; the thread lives on."""
        began = time.monotonic()
        try:
            work()
        except HpoError as error:
            self._trouble(str(error), error, began)
        except Exception as error:  # noqa: BLE001 - a bug of ours must not end the user's search silently
            self._trouble(f"internal error: {type(error).__name__}: {error}", error, began)

    def _trouble(self, message: str, error: BaseException, began: float) -> None:
        self.error = error
        with self._lock:
            resumed = self.phase is Phase.RUNNING and self._since > began  # it is tried again at once
            if resumed or not self.phase.alive:
                return
            if self.phase is Phase.STOPPING and not self._running:
                self._enter(Phase.STOPPED, message)
            elif self.phase is not Phase.STOPPING:
                self._enter(Phase.PAUSING if self._running else Phase.PAUSED, message)

    def _step(self) -> None:
        self._hear()
        self._mind_the_clock()
        if self.phase is not Phase.RUNNING:
            self._ledger.settle()
        if self.phase is Phase.PAUSING and not self._running:
            self._enter(Phase.PAUSED, self.message)
        if self.phase is Phase.STOPPING:
            self._stop_running()
            if not self._running:
                self._ledger.flush()
                self._enter(Phase.STOPPED, self.message)
        elif self.phase is Phase.RUNNING:
            self._ledger.flush()
            self._fill()
            self._ledger.settle()
        pace = _LOOK if self._ledger.others_run() and not self._running else _RENEW
        if self.phase.alive and time.monotonic() - self._renewed > pace:
            self._renewed = time.monotonic()
            self._ledger.renew()

    def _patience(self) -> float:
        """Seconds until something may have to be done without a wake-up."""
        running = tuple(self._running.values())  # other threads change it
        return _AGAIN / 2 if any(run.stop_at is not None for run in running) else _TICK

    def _fill(self) -> None:
        while self.phase is Phase.RUNNING and len(self._running) < self.limits.workers:
            most = self.limits.trials
            room = None if most is None else most - self._ledger.counted()
            if (room is not None and room <= len(self._running)) or self._ledger.full(most):
                return self._finish("")
            done = enough(self.limits, self._ledger.journal.known, self._ledger.plan.space)
            if done and self._ledger.journal.waiting is None:  # what was queued was asked for by name
                return self._finish(done)
            began = time.monotonic()
            trial = self._ledger.ask(self._doer, most)
            self._asking = time.monotonic() - began
            if trial is None and self._ledger.full(most):  # others were faster
                return self._finish("")
            if trial is None:
                tried = getattr(self._ledger.plan.strategy.sampler, "all_of", "every config of the space")
                return self._finish(self._ledger.waited_for() or f"{tried} has been tried")
            try:
                self._launch(trial)
            except BaseException:
                self._ledger.put_back(trial.number)
                raise
            if len(self._running) == self.limits.workers and not self._brief:
                self._ledger.ahead()

    def _finish(self, why: str) -> None:
        """End the search, once the last trial has ended, here and where others take part."""
        if not self._running and not self._ledger.others_run():
            self._ledger.settle()
            self._enter(Phase.FINISHED, why)

    def _launch(self, trial: Trial) -> None:
        context = self._ledger.context(trial)
        number = trial.number
        taken = {run.context.slot for run in self._running.values()}
        context.slot = next(slot for slot in count() if slot not in taken)
        task = Task(self.objective, trial.config, context, self._ledger.measured, self._guards)

        def done(outcome: Outcome) -> None:
            self._outcomes.put((number, outcome, time.time()))
            self._brief = self._asking < _BRIEF and time.monotonic() - (context.begun or 0.0) < _BRIEF
            if self._brief and self._executor.own_threads and self._stepping.acquire(blocking=False):
                try:
                    self._doer = threading.current_thread().name  # the next trial is its own
                    self._guarded(self._step)
                finally:
                    self._doer = ""
                    self._stepping.release()
            else:
                self._wake.set()

        with self._lock:
            self._running[number] = _Running(trial, context, self._executor.submit(task, done))

    def _hear(self) -> None:
        while not self._outcomes.empty():  # nobody else takes from it
            number, outcome, ended = self._outcomes.get()
            with self._lock:
                run = self._running.pop(number)
            self._end(run, Outcome(failure=run.failure) if run.failure is not None else outcome, ended)

    def _end(self, run: _Running, outcome: Outcome, ended: float) -> None:
        if outcome.lost and self.phase is not Phase.STOPPING:
            finished = self._ledger.lose(run.trial.number, outcome.lost, run.context.log.text())
            if finished.error is None:  # it is tried again
                return
            outcome = Outcome(failure=finished.error)
        else:
            hold = self.phase is Phase.RUNNING and self._asking < _QUICK
            finished = self._ledger.finish(run.trial.number, outcome, run.context.log.text(), ended, hold)
        self._look_for_likeness(outcome)
        if self._heard is not None:
            self._tell(self._heard, finished)

    def _tell(self, heard: Callable[[Trial], None], finished: Trial) -> None:
        try:
            heard(finished)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            raise StudyError(f"the callback failed on trial {finished.number}: {said}; its result is kept") from error

    def _look_for_likeness(self, outcome: Outcome) -> None:
        """Pause where the first three trials fail in the same way."""
        if self._first is not None and self.phase is not Phase.STOPPING:
            self._first.append(outcome)
            kinds = {o.failure.likeness if o.failure else None for o in self._first}
            elsewhere = self._ledger.claim.shared and bool(self._ledger.journal.known.done)  # others have made it
            if None in kinds or len(kinds) > 1 or elsewhere:
                self._first = None
            elif len(self._first) == 3:
                self._first = None
                here = " of this run" if self._ledger.counted() > 3 else ""
                message = f"the first three trials{here} all failed in the same way: {outcome.failure}"
                self._ledger.settle()
                self._enter(Phase.PAUSING if self._running else Phase.PAUSED, message)

    def _mind_the_clock(self) -> None:
        limits, now = self.limits, time.monotonic()
        if limits.timeout is not None and self.elapsed > limits.timeout and self.phase is not Phase.STOPPING:
            self._enter(Phase.STOPPING, f"the time limit of {limits.timeout:g} s is reached")
        for run in list(self._running.values()):
            since = now if run.context.begun is None else run.context.begun  # one that queues for a worker has time
            if run.stop_at is None and limits.trial_timeout is not None and now - since > limits.trial_timeout:
                if not self._ledger.cut_short(run.trial.number, limits.trial_timeout):
                    told = f"took longer than the trial's limit of {limits.trial_timeout:g} s"
                    run.failure = Failure("TimeLimit", told)
                self._interrupt(run, now)
            elif run.stop_at is not None:
                self._interrupt(run, now)

    def _stop_running(self) -> None:
        for run in list(self._running.values()):
            if run.stop_at is None and run.trial.number != self._spared:
                self._interrupt(run, time.monotonic())

    def _interrupt(self, run: _Running, now: float) -> None:
        run.context.stopping = True
        if run.stop_at is None:
            run.stop_at = now + GRACE
        if now < run.stop_at:
            if now >= run.insist_at:  # seldom, so that what the trial cleans up on its way out is not interrupted too
                run.insist_at = now + GRACE * 2 / 3
                run.job.interrupt()
            return
        if not run.job.abandon():
            self._held_up.append(run.trial.number)
        with self._lock:
            self._running.pop(run.trial.number, None)
        self._end(run, Outcome(failure=run.failure), time.time())
        self._mind_the_held_up()

    def _mind_the_held_up(self) -> None:
        """Pause where all workers are held by trials that their pool cannot end: what is sent there would wait."""
        if not self._held_up or self.phase is not Phase.RUNNING:
            return  # a cluster is not asked for its size in vain
        places = self._executor.places
        if places is not None and len(self._held_up) >= places:
            held, self._held_up = ", ".join(map(str, sorted(self._held_up))), []
            message = (
                f"trials {held} did not end when they were told to, and hold all {places} workers, which their pool "
                "cannot end; start new workers and go on, or run with on='processes', where such trials are ended"
            )
            for run in [run for run in self._running.values() if run.context.begun is None]:
                run.job.abandon()
                with self._lock:
                    self._running.pop(run.trial.number, None)
                self._ledger.put_back(run.trial.number)
            self._enter(Phase.PAUSING if self._running else Phase.PAUSED, message)
