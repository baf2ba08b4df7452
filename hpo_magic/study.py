"""Study: the one object a user holds. Ties space, trials, strategy and runner together.

One class, long by its docstrings: all that can be done with a search is found here, and each method hands it on to the
module that does it.
"""

from __future__ import annotations

import dataclasses
import numbers
import os
from collections.abc import Callable, Mapping, Sequence
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, overload

from hpo_magic.errors import HpoError, MetricError, StudyError, StudyInUse, flag, whole
from hpo_magic.run.deletion import delete, versions_of
from hpo_magic.run.executors.places import executor_on, natural_workers
from hpo_magic.run.failure import failure_of
from hpo_magic.run.going_on import going_on
from hpo_magic.run.ledger import Ledger
from hpo_magic.run.limits import Limits
from hpo_magic.run.metric import as_values, overflown, unkept
from hpo_magic.run.outage import Outage
from hpo_magic.run.phase import Phase
from hpo_magic.run.progress import ProgressLine
from hpo_magic.run.progress import told as so_far
from hpo_magic.run.runner import Runner
from hpo_magic.run.silence import first_alone
from hpo_magic.run.thread_settings import ThreadSettings
from hpo_magic.run.trial_run import Guard, Objective, Outcome
from hpo_magic.search.strategy import Strategy
from hpo_magic.search.strategy import strategy as read_strategy
from hpo_magic.space import Config, Space
from hpo_magic.space.rules import never
from hpo_magic.trials import Failure, History, State, Trial
from hpo_magic.trials.constraints import read_constraints
from hpo_magic.trials.definition import define, fingerprint, read_goals
from hpo_magic.trials.history import hypervolume_of
from hpo_magic.trials.store import Store, open_store
from hpo_magic.trials.trial import detached

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from hpo_magic.insight.advice import Advice
    from hpo_magic.insight.comparison import Comparison
    from hpo_magic.insight.confirmation import Confirmation
    from hpo_magic.insight.importance import Importance
    from hpo_magic.insight.landscape import PartialDependence
    from hpo_magic.insight.schedule import Segment


class _How(NamedTuple):
    """Guards and place of a search, who hears of its trials, and whether others take part."""

    guards: Sequence[Guard] = ()
    on: Any = None
    heard: Callable[[Trial], None] | None = None
    shared: bool = False


class Study:
    """A search space, its goals, and everything that was tried.

    Parameters
    ----------
    space : Space, or a mapping of names to domains
    minimize, maximize : str or sequence of str, optional
        Metrics and their directions; by default a number called "value" is minimised.
    subject_to : str or sequence of str, optional
        Constraints over what a trial returns, such as ``"latency < 20"``; trials that miss one are never best.
    strategy : str or Strategy
        A recipe's name.
    cost_aware : bool
        Weigh what a trial may gain against the seconds that it will take.
    seed : int
        Same seed, same order of results: same proposals.
    store : str, Path or Store
        ``":memory:"``, a database URL such as ``"sqlite:///hpo.db"``, a SQLite file's Path, or a store that is open.
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
        space: Space | Mapping[str, Any],
        *,
        minimize: str | Sequence[str] | None = None,
        maximize: str | Sequence[str] | None = None,
        subject_to: str | Sequence[str] | None = None,
        strategy: str | Strategy = "auto",
        cost_aware: bool = False,
        seed: int = 0,
        store: str | os.PathLike[str] | Store = ":memory:",
        name: str = "study",
        source: str = "",
        meaning: str = "",
    ) -> None:
        asked = space if isinstance(space, Space) else Space(space)
        goals = read_goals(minimize, maximize)
        constraints = read_constraints(subject_to)
        chosen = read_strategy(strategy, seed, cost_aware)
        if not isinstance(name, str) or not name.strip():
            raise StudyError(f"name={name!r} must be text")
        definition = define(asked, goals, source, constraints)
        opened = open_store(store)
        record = opened.open_study(name, fingerprint(definition, meaning or source), definition, {})
        self._attach(Ledger(opened, record, asked, chosen))
        self.notices.extend(never(asked))

    def _attach(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.name, self.version = ledger.record.name, ledger.record.version
        self.goals, self.metrics, self.original = ledger.goals, ledger.metrics, ledger.original
        self.constraints = ledger.constraints
        self.limits = Limits(**(ledger.settings.get("limits") or {}))
        self.runner: Runner | None = None
        self._found = ledger.counted() > 0
        self._how = _How()

    @classmethod
    def load(cls, name: str, store: str | os.PathLike[str] | Store, version: int | None = None) -> Study:
        """Return a stored study by its name, in its latest version unless told otherwise."""
        opened = open_store(store, make=False)
        records = versions_of(opened, name, version)
        study = cls.__new__(cls)
        study._attach(Ledger(opened, records[-1]))
        return study

    @staticmethod
    def delete(name: str, store: str | os.PathLike[str] | Store, version: int | None = None) -> int:
        """Remove a stored study for good, with its trials and their files; return how many trials there were.

        Parameters
        ----------
        name : str
        store : str, Path or Store
        version : int, optional
            By default all versions are removed.

        Raises
        ------
        StudyInUse
            Where it is searched, here or elsewhere.
        StudyError
            Where the store holds no such study.
        """
        opened = open_store(store, make=False)
        return delete(opened, versions_of(opened, name, version))

    # --- what was found --------------------------------------------------------------------------

    @property
    def history(self) -> History:
        """The trials as a read-only view in which everything is minimised."""
        return self.ledger.journal.history

    @property
    def trials(self) -> tuple[Trial, ...]:
        """All trials, by number."""
        return tuple(self.history.trials)

    @property
    def best(self) -> Trial | None:
        """The best trial observed by the first metric, constraints met; None where there is none."""
        return detached(self.history.incumbent)

    @property
    def pareto(self) -> tuple[Trial, ...]:
        """The trials that no other beats in every metric, constraints met."""
        return self.history.front

    def hypervolume(self, reference: Mapping[str, float] | None = None) -> float:
        """Return the volume between the Pareto front and a reference point, a value a metric.

        Without one it lies a tenth of the range beyond the worst trials that can be compared: those that meet the
        constraints, with the largest budget reached. The plot's is the same.
        """
        return hypervolume_of(self.history, reference)

    def recommend(self) -> Trial | None:
        """Return the trial that a model of all trials thinks best: less a matter of luck than `best` under noise."""
        from hpo_magic.insight.recommendation import recommend

        return recommend(self.history, self.original)

    def confirm(self, k: int = 3, repeats: int = 5, objective: Objective | None = None) -> Confirmation:
        """Run the k best configs again, `repeats` times each on fresh seeds, and say whether the winner stands.

        They run where and as the last search in this process did. Where trials have budgets, the best are those with
        the largest that has been reached, and so are their repeats.

        Parameters
        ----------
        k, repeats : int
            The repeats become trials of the study, whose `parent` is the trial that they repeat.
        objective : callable, optional
            By default that of the last search in this process.
        """
        from hpo_magic.insight.confirmation import compare

        chosen = objective or (self.runner.objective if self.runner is not None else None)
        if chosen is None:
            raise StudyError("confirm needs the objective: no search has run in this process; pass objective=…")
        k, repeats = whole("k", k, 2), whole("repeats", repeats, 2)
        self._need_rest()
        first = len(self.trials)
        top = self._queue_repeats(k, repeats)
        needed = self._counted_with_queue()
        most = self.limits.trials
        after = self.limits if most is None else dataclasses.replace(self.limits, trials=max(most, needed))
        limits = dataclasses.replace(self.limits, trials=needed, target=None, no_gain=None, to_noise=False)
        try:
            self._search(chosen, limits, self._how.guards, self._how.on)
        finally:
            self.limits = after
            self.ledger.withdraw(first)  # what an error or an interrupt has left in the queue
        return compare(top, self.history, first)

    def _queue_repeats(self, k: int, repeats: int) -> list[Trial]:
        """Queue the k best configs, `repeats` times each; return the trials that they repeat."""
        from hpo_magic.insight.confirmation import leaders

        top = leaders(self.history, self.original, k)
        if len(top) < 2:
            at = "" if self.original.budget is None else f" with the largest {self.original.budget} reached"
            why = f"there is {len(top)}" if top or not self.history.done else self.history.why_none
            raise StudyError(f"to confirm the winner takes two finished configs{at}, or more; {why} (run more trials)")
        for trial in top:
            self._check_constant(trial)
        for _ in range(repeats):
            for trial in top:
                self.repeat(trial)
        return top

    def _counted_with_queue(self) -> int:
        return self.ledger.counted() + sum(trial.state is State.WAITING for trial in self.trials)

    def importance(self, metric: str | None = None, method: str = "fanova") -> Importance:
        """Return how much each parameter matters: shares of the variance, with intervals, and what interacts.

        Parameters
        ----------
        metric : str, optional
            By default the first metric.
        method : str
            "fanova" for the whole space (Hutter 2014), "ped-anova" for what sets the best tenth apart (Watanabe 2023).
        """
        from hpo_magic.insight.importance import importance

        return importance(self.history, self.space, metric, method)

    def partial_dependence(self, name: str, metric: str | None = None, points: int = 40) -> PartialDependence:
        """Return how a metric depends on one parameter, the others averaged out, with a 95 % band."""
        from hpo_magic.insight.landscape import partial_dependence

        return partial_dependence(self.history, self.space, name, metric, points)

    def advice(self) -> tuple[Advice, ...]:
        """Return what the trials suggest to do next, the most urgent first; `follow` does it."""
        from hpo_magic.insight.advice import advice

        return advice(self.history, self.space)

    def follow(self, advice: Advice) -> None:
        """Do what an advice says: edit the space, stop the search, or queue the best to be run again."""
        from hpo_magic.insight.advice import Act, Advice

        if not isinstance(advice, Advice):
            raise StudyError(f"follow got {advice!r}, it needs one of what advice() returned")
        if advice.act is Act.STOP:
            self.stop()
        elif advice.act is Act.CONFIRM:
            self._queue_repeats(3, 5)
            self.make_room()
        elif advice.edit is not None:
            self.edit(advice.edit)

    def zoom(self) -> Space:
        """Narrow the space to where the best quarter of the trials lies, a little wider."""
        from hpo_magic.insight.zoom import best_quarter

        return self.edit(lambda space: best_quarter(self.history, space))

    def compare(self, other: Study | Sequence[Study], *same: Study) -> Comparison:
        """Compare this search with another: the best so far after every trial, and whether the difference is real.

        Parameters
        ----------
        other : Study, or a sequence of them
            Runs of the other kind, with different seeds.
        *same : Study
            More runs of this study's kind.
        """
        from hpo_magic.insight.comparison import compare

        given = list(other) if isinstance(other, (list, tuple)) else [other]
        others = [one for one in given if isinstance(one, Study)]
        wrong = [one for one in (*given, *same) if not isinstance(one, Study)]
        if wrong or not others:
            got = repr(wrong[0]) if wrong else "nothing"
            raise StudyError(f"compare got {got}, it needs studies; Study.load('name', store) opens a stored one")
        return compare(
            [study.history for study in (self, *same)], [study.history for study in others],
            (self.name, others[0].name if others[0].name != self.name else f"{others[0].name} ({others[0].version})"),
        )  # fmt: skip

    @property
    def best_schedule(self) -> tuple[Segment, ...]:
        """The values that the best trial was trained with, over the steps of its budget; for populations."""
        from hpo_magic.insight.schedule import schedule_of

        return schedule_of(self.history, self.original.budget)

    def to_frame(self) -> Any:
        """Return a row a trial: a pandas DataFrame if pandas is there, else a dict of columns."""
        from hpo_magic.trials.frame import to_frame

        return to_frame(self.history, self.original.names)

    def plot(self, name: str = "convergence", ax: Axes | None = None, **options: Any) -> Figure:
        """Return a figure with a plot.

        Parameters
        ----------
        name : str
            "convergence" (``against="trial"``, "time" or "cost"), "parameters", "parallel", "slices", "dependence"
            (``parameter=``, ``metric=``), "contour" and "rank" (``x=``, ``y=``), "importance" (``metric=``),
            "distribution", "curves", "brackets", "schedule", "timeline", "pareto", "hypervolume", "correlation"
            (``metric=``).
        ax : matplotlib Axes, optional
            By default a figure of its own.
        """
        from matplotlib.axes import Axes

        from hpo_magic.insight.plots import figure

        if not isinstance(ax, (Axes, NoneType)):
            raise StudyError(f"ax={ax!r} must be axes of matplotlib, or None for a figure of its own")
        return figure(name, self.history, self.space, ax, **options)

    @property
    def notices(self) -> list[str]:
        """What the user should know about this search, in order: "trial 3 was lost when its kernel died"."""
        return self.ledger.notices

    def reload(self) -> None:
        """Read what other processes have stored since this study was opened or read; a search does so by itself.

        Examples
        --------
        >>> from hpo_magic import Float
        >>> study = Study({"x": Float(0, 1)})
        >>> study.reload()
        """
        self.ledger.catch_up()

    # --- what to try -----------------------------------------------------------------------------

    @property
    def space(self) -> Space:
        """The space as it is searched now, edits included."""
        return self.ledger.plan.space

    def edit(self, change: Callable[[Space], Space]) -> Space:
        """Change the space from the next proposal on; earlier trials stay known to the search.

        Examples
        --------
        >>> from hpo_magic import Float
        >>> study = Study({"x": Float(-5, 5)})
        >>> study.edit(lambda space: space.narrow("x", 0, 1))["x"].high
        1.0
        """
        return self.ledger.edit_space(change)

    @property
    def strategy(self) -> Strategy:
        """What decides on the next trial."""
        return self.ledger.plan.strategy

    def set_strategy(self, name: str | Strategy) -> None:
        """Change the strategy from the next proposal on."""
        self.ledger.edit_strategy(name)

    def enqueue(self, config: Config) -> Trial:
        """Put a config of one's own in the queue; it is tried next. One that has a result already is a repeat of it.

        Parameters
        ----------
        config : dict
            Of all parameters or of some; the others take their defaults, and those without one what the strategy
            proposes beside these. Without the budget it is tried on the whole of it.

        Examples
        --------
        >>> from hpo_magic import Float, Int
        >>> study = Study({"lr": Float(1e-4, 1, log=True), "depth": Int(1, 9, default=3), "width": Int(1, 512)})
        >>> queued = study.enqueue({"lr": 0.01})
        >>> queued.config["lr"], queued.config["depth"], sorted(queued.config)
        (0.01, 3, ['depth', 'lr', 'width'])
        """
        checked = self.ledger.completed(config)
        same = self.history.having_config(checked)
        known = [t.number for t in same if t.state is State.DONE and t.trusted and self._constant(t)]
        return self.ledger.queue(checked, known[0] if known else None)

    def repeat(self, trial: Trial | int) -> Trial:
        """Put a trial's config in the queue once more, with a seed of its own.

        One that failed after it had gone on from another trial goes on from that one again.
        """
        known = self.ledger.journal.get(_number(trial))
        self._check_constant(known)
        source = self.history.origin(known) if known.state is State.FAILED else None
        climbed = source is not None and (source.budget or 0) < (known.budget or 0)
        return self.ledger.queue(dict(known.config), source.number if source and climbed else known.number)

    def _constant(self, trial: Trial) -> bool:
        from hpo_magic.insight.schedule import schedule_of

        return len(schedule_of(self.history, self.original.budget, trial)) <= 1

    def _check_constant(self, trial: Trial) -> None:
        """Raise StudyError where a trial was trained with values that changed on the way."""
        if not self._constant(trial):
            raise StudyError(
                f"trial {trial.number} was trained with values that changed on the way, so its last ones alone do not "
                f"repeat it; %hpo apply {trial.number} writes a cell that replays them"
            )

    def distrust(self, trial: Trial | int) -> Trial:
        """Mark a trial as not to be trusted: it stays in the record, is never best, and nobody learns from it."""
        return self.ledger.trust(_number(trial), False)

    def trust(self, trial: Trial | int) -> Trial:
        """Take the mark of `distrust` back."""
        return self.ledger.trust(_number(trial), True)

    def drop_checkpoints(self, keep: int = 1) -> int:
        """Remove the checkpoint files of all trials but the best; return how many bytes that frees.

        The best are those on the largest budget reached; of several metrics the files of the front stay too. A later
        search begins anew where it would have gone on from files that are gone.

        Parameters
        ----------
        keep : int
            Of so many of the best trials the files stay.

        Raises
        ------
        StudyInUse
            Where the study is searched, here or elsewhere.
        """
        keep = whole("keep", keep, 0)
        self._need_rest()
        if self.ledger.claim.elsewhere():
            raise StudyInUse(
                f"study {self.name!r} is searched elsewhere, and its trials go on from files; wait for its end"
            )
        history = self.history
        best = history.ranking[:keep]
        front = history.front if len(self.goals) > 1 else ()
        return self.ledger.checkpoints.remove({trial.number for trial in (*best, *front, *history.running)})

    # --- ask and tell ----------------------------------------------------------------------------

    @overload
    def ask(self) -> Trial | None: ...

    @overload
    def ask(self, n: int) -> list[Trial]: ...

    def ask(self, n: int | None = None) -> Trial | list[Trial] | None:
        """Return a new running trial, or None where there is nothing to start now; with `n` a list of up to n.

        The trials of a list are good together: each is chosen in the knowledge of those before it.
        """
        if n is None:
            return detached(self.ledger.ask())
        asked = [detached(self.ledger.ask()) for _ in range(whole("n", n, 1))]
        return [trial for trial in asked if trial is not None]

    def report(self, trial: Trial | int, value: float, step: int) -> bool:
        """Record an intermediate value; False where the trial should stop, as one whose value is NaN or infinite."""
        return not overflown(value) and self.ledger.report(_number(trial), value, step)

    def tell(self, trial: Trial | int, value: Any) -> Trial:
        """Record a trial's value, or {metric: value}; one that is no finite number fails the trial."""
        try:
            values = as_values(value, self.ledger.measured)
            outcome = Outcome(values, unkept=unkept(value, values))
        except MetricError as error:
            outcome = Outcome(failure=failure_of(error))
        return self.ledger.finish(_number(trial), outcome)

    def fail(self, trial: Trial | int, why: str) -> Trial:
        """Record that a trial failed."""
        return self.ledger.finish(_number(trial), Outcome(failure=Failure("", str(why))))

    def log(self, number: int) -> str:
        """Return what a trial has printed: of a running one what there is so far."""
        return self.ledger.log(_number(number))

    # --- searching -------------------------------------------------------------------------------

    def optimize(
        self,
        objective: Objective,
        trials: int | None = None,
        workers: int | None = None,
        timeout: float | None = None,
        trial_timeout: float | None = None,
        target: float | None = None,
        no_gain: int | None = None,
        to_noise: bool = False,
        on: Any = None,
        progress: bool | None = None,
        callback: Callable[[Study, Trial], None] | None = None,
        shared: bool = False,
    ) -> None:
        """Search until the study has so many trials, or the time is up; an interrupt stops it cleanly.

        Where it ends before, `notices` say why. It is an error where the first three trials fail in the same way, as
        all others would; called again it goes on.

        Parameters
        ----------
        objective : callable
            From a config (dict) to a number, or to {metric: number}.
        trials : int, optional
            Trials that the study shall have in the end, those of earlier runs included.
        workers : int, optional
            Trials at the same time; default: one, on a cluster as many as it has places.
        timeout, trial_timeout : float, optional
            Seconds for all, and for one trial.
        target : float, optional
            End when the metric has reached it.
        no_gain : int, optional
            End when so many trials in a row have not beaten the best; those on less than its budget do not count.
        to_noise : bool
            End when what is left to gain is less than the noise of one trial (Makarova 2022).
        on : str or object, optional
            Where trials run: ``"threads"``, ``"processes"``, a dask.distributed.Client, an ipyparallel.Client or view,
            the module ray, or an executor of concurrent.futures. Default: threads, or with several workers what the
            first trials show to be faster.
        progress : bool, optional
            Say on one line of standard error how far the search has come. Default: where that is a terminal; in a
            script's log notices alone are written.
        callback : callable, optional
            Called with this study and each trial that has ended, one after another, in the thread of the search. It may
            call `stop`; where it raises, the search ends with that error, and every finished trial is kept.
        shared : bool
            Search together with other processes that say so too, on a store that all of them reach: the same script,
            started as often as wanted, here and on other machines. Each runs its own trials and knows those of all;
            `trials` is for all together. One may come later, or end early; where one dies, its trials are tried again.
        """
        flag("shared", shared)
        if progress is not None:
            flag("progress", progress)
        number = natural_workers(on) if workers is None else workers
        limits = Limits(trials, timeout, trial_timeout, number, target, no_gain, to_noise)
        if not callable(objective):
            raise StudyError(f"objective={objective!r} must be a function of a config, which returns the metric")
        if callback is not None and not callable(callback):
            raise StudyError(f"callback={callback!r} must be a function of a study and a trial, as in print")
        first = self.runner is None

        def say() -> None:
            if first:
                self.notices.extend(going_on(self.ledger, objective, trials, self._found))

        heard = None if callback is None else lambda trial: callback(self, detached(trial))
        self._search(objective, limits, (), on, progress, say, heard, shared)

    def _search(
        self, objective: Objective, limits: Limits, guards: Sequence[Guard], on: Any, progress: bool | None = None,
        say: Callable[[], None] = lambda: None, heard: Callable[[Trial], None] | None = None, shared: bool = False,
    ) -> None:  # fmt: skip
        """Search and wait for the end; `say` is called when all is read that is stored."""
        ended = self.ledger.counted
        line = ProgressLine(progress, lambda s: so_far(self.name, ended(), self.history, self.limits, s), self.notices)
        try:
            self._start(objective, limits, guards, on, say, heard, shared)
            line.update()
            runner = self.runner
            assert runner is not None
            outage = Outage(self.notices.append)
            while not runner.wait(timeout=0.2) and (not _troubled(runner) or outage.outlast(runner)):
                line.update()
            if runner.message and not _troubled(runner):
                self.notices.append(f"ended early: {runner.message}")
        except KeyboardInterrupt:  # it may come when the search has begun and nobody waits for it yet
            if self.runner is not None and self.runner.phase.alive:
                self.runner.stop("interrupted")
                self.runner.wait()
            raise
        finally:
            line.end()
        if _troubled(runner):
            message, error = runner.message, runner.error
            runner.stop(message)
            runner.wait()
            raise StudyError(message) from error

    def start(
        self, objective: Objective, limits: Limits | None = None, guards: Sequence[Guard] = (), on: Any = None,
        shared: bool = False,
    ) -> None:  # fmt: skip
        """Search in a background thread; `on` and `shared` as in `optimize`."""
        chosen = Limits() if limits is None else _checked(limits)
        self._start(objective, chosen, guards, on, shared=flag("shared", shared))

    def _start(
        self, objective: Objective, limits: Limits, guards: Sequence[Guard], on: Any,
        say: Callable[[], None] = lambda: None, heard: Callable[[Trial], None] | None = None, shared: bool = False,
    ) -> None:  # fmt: skip
        self._need_rest()
        limits.check(len(self.goals))
        if shared and self.ledger.store.url == ":memory:":
            raise StudyError("shared=True needs a store that other processes reach, as in store='sqlite:///hpo.db'")
        self.limits = limits
        if others := self.ledger.claim.take(shared):
            self.notices.append(f"searches together with {others} other{'s' * (others > 1)}")
        try:
            self.ledger.catch_up()
            say()
            self.ledger.recover()
            here = ThreadSettings.of_here()
            own = (here,) if here.values else ()
            executor = executor_on(on, objective, self.ledger.notices.append, lambda: self.limits.workers, own)
        except HpoError:
            self.ledger.release()
            raise
        self.runner = Runner(self.ledger, objective, executor, self.limits, (*own, *guards), heard)
        self._how = _How(guards, on, heard, shared)
        short = self.strategy.shortfall(self.original, limits.trials)
        if short and len(self.history) < (limits.trials or 0):
            self.ledger.notices.append(short)
        self.notices.extend(first_alone(self.metrics, self.ledger.measured, self.original, self.strategy))
        self.ledger.journal.announce()
        self.runner.start()

    def _need_rest(self) -> None:
        if self.runner is not None and self.runner.phase.alive:
            raise StudyInUse(f"study {self.name!r} is in use by a running search here; stop it first")

    def set_limits(self, limits: Limits) -> None:
        """Change the limits; they hold at once, are kept with the study, and a finished search may be resumed."""
        _checked(limits).check(len(self.goals))
        self.ledger.claim.need_own()
        self.ledger.settings.edit(limits=dataclasses.asdict(limits))
        self.limits = limits
        if self.runner is not None:
            self.runner.set_limits(limits)
        self.ledger.journal.announce()

    def make_room(self) -> bool:
        """Raise the number of trials where it leaves no room for what waits in the queue; whether any may be run."""
        most, needed, counted = self.limits.trials, self._counted_with_queue(), self.ledger.counted()
        if most is not None and needed > max(most, counted):
            self.set_limits(dataclasses.replace(self.limits, trials=needed))
        return most is None or max(most, needed) > counted

    def need_room(self, ask: str) -> None:
        """Make room, or raise StudyError where there is none, with how to `ask` for more."""
        if not self.make_room():
            raise StudyError(
                f"study {self.name!r} has all of its {self.limits.trials} trials; to go on ask for more, {ask}"
            )

    @property
    def phase(self) -> Phase:
        """What the search is doing."""
        return Phase.IDLE if self.runner is None else self.runner.phase

    def pause(self) -> None:
        """Let the running trials end and start no more."""
        self._need_runner().pause()

    def resume(self) -> None:
        """Go on after a pause; where the search has ended, up to its limits, in the background.

        StudyError where it has had all of its trials: `set_limits` asks for more.
        """
        runner = self._need_runner()
        if runner.phase.alive:
            runner.resume()
            return
        self.need_room("by set_limits or by optimize")
        how = self._how
        self._start(runner.objective, self.limits, how.guards, how.on, heard=how.heard, shared=how.shared)

    def stop(self) -> None:
        """Interrupt the running trials and end the search."""
        self._need_runner().stop()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end of the search; whether it came within the timeout, in seconds."""
        if timeout is not None and not isinstance(timeout, numbers.Real):
            raise StudyError(f"timeout={timeout!r} must be a number of seconds, or None to wait until it ends")
        return self._need_runner().wait(timeout)

    def _need_runner(self) -> Runner:
        if self.runner is None:
            raise StudyError(f"study {self.name!r} has no search here; start one with optimize or %%hpo")
        return self.runner

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"study {self.name!r} cannot be pickled or copied, as a search may run in it; give it a store, as in "
            "store='sqlite:///hpo.db', and read it anywhere with Study.load"
        )

    def __repr__(self) -> str:
        best = self.best
        value = None if best is None else f"best {self.metrics[0]} {best.value:.6g} (trial {best.number})"
        found = value or self.history.why_none
        return f"Study({self.name!r}, version {self.version}, {self.phase}, {len(self.history.done)} done, {found})"


def _checked(limits: Limits) -> Limits:
    if not isinstance(limits, Limits):
        raise StudyError(f"limits={limits!r} must be Limits, as in Limits(trials=50), from hpo_magic import Limits")
    return limits


def _troubled(runner: Runner) -> bool:
    """Whether a search waits for the cure of what it has said, and not because somebody paused it."""
    return runner.phase is Phase.PAUSED and bool(runner.message)


def _number(trial: Trial | int) -> int:
    if isinstance(trial, Trial):
        return trial.number
    if isinstance(trial, numbers.Integral) and not isinstance(trial, bool):
        return int(trial)
    raise StudyError(f"trial={trial!r} must be a trial that ask() returned, or its number")
