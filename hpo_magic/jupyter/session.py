"""Session: what one shell holds of searches: stores by URL, studies with their cells, panels and waiting."""

from __future__ import annotations

import builtins
import dataclasses
import shutil
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from IPython.display import DisplayHandle, display

from hpo_magic.errors import HpoError, StudyError, did_you_mean
from hpo_magic.insight.schedule import schedule_of
from hpo_magic.jupyter.apply import doubt, replayed, values_for_namespace, with_defaults
from hpo_magic.jupyter.cell import Cell
from hpo_magic.jupyter.cell.missing import check_names
from hpo_magic.jupyter.cell.program import LAST, CellObjective
from hpo_magic.jupyter.guards import as_in_a_trial, own_figures, own_outputs
from hpo_magic.jupyter.options import PLACES, Options
from hpo_magic.jupyter.panel import Panel
from hpo_magic.jupyter.report import Report, headline
from hpo_magic.jupyter.stores import Stores
from hpo_magic.run.context import outside
from hpo_magic.run.limits import Limits
from hpo_magic.run.phase import Phase
from hpo_magic.run.trial_run import Guard
from hpo_magic.search.strategy import Strategy
from hpo_magic.study import Study
from hpo_magic.trials import Trial
from hpo_magic.trials.store import Store

_NOTHING = object()
_STOPS = 3.0
"""Seconds that who goes on waits for a search that is stopping."""


@dataclass
class Search:
    """A study of this session with the cell that it tunes."""

    study: Study
    cell: Cell
    objective: CellObjective
    variable: str
    on: Any = None
    panel: Panel | None = None


class Session:
    """The searches of one shell."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.searches: dict[str, Search] = {}
        self.stores = Stores(self._runs_on)
        self._views: dict[str, Panel] = {}
        self._latest: str | None = None
        self.guards: tuple[Guard, ...] = (own_figures, own_outputs(shell))
        """Held around every trial, so that it stays out of the notebook."""

    def _runs_on(self, store: Store) -> bool:
        return any(one.study.phase.alive and one.study.ledger.store is store for one in self.searches.values())

    def known_names(self) -> list[str]:
        """Return the names of all studies in the stores that are open, and of those searched."""
        return sorted(self.stores.names() | set(self.searches))

    def find(self, name: str | None) -> Search:
        """Return the search of a name, or the latest."""
        wanted = name or self._latest
        if wanted is None:
            raise StudyError("there is no search in this session; put %%hpo on top of a cell and run it")
        if wanted not in self.searches:
            known = ", ".join(self.searches) or "none"
            raise StudyError(
                f"this session has no search {wanted!r}{did_you_mean(wanted, self.searches)}; it has: {known}. "
                "Run its %%hpo cell to take it up again"
            )
        return self.searches[wanted]

    def strategy(self, name: str) -> str | Strategy:
        """Return what a strategy's name stands for: a recipe, or a Strategy that a variable of the notebook holds."""
        held = self.shell.user_ns.get(name)
        return held if isinstance(held, Strategy) else name

    def place(self, on: str | None) -> Any:
        """Return where trials run: a word as it is, else what a variable of the notebook holds."""
        if on is None or on in PLACES:
            return on
        if on not in self.shell.user_ns:
            hint = did_you_mean(on, [*PLACES, *self.shell.user_ns])
            raise HpoError(
                f"--on {on!r} is neither threads nor processes nor a variable of the notebook{hint}; "
                "a cluster's client must be made first, as in client = Client()"
            )
        return self.shell.user_ns[on]

    def begin(
        self, cell: Cell, options: Options, limits: Limits, strategy: str | Strategy, store: str, on: Any
    ) -> Search:
        """Make or reopen the study of a cell; nothing runs yet."""
        variable, namespace = options.variable, self.shell.user_ns
        holder = namespace.get(variable, _NOTHING)
        if holder is not _NOTHING and not isinstance(holder, Study):
            raise StudyError(
                f"the name {variable!r} holds a {type(holder).__name__} in this notebook; "
                "choose another name for the study's variable with -o VAR"
            )
        if holder is _NOTHING and hasattr(builtins, variable):
            raise StudyError(
                f"the name {variable!r} is Python's own, and the study's variable would hide it; "
                "choose another name for the study, or for its variable with -o VAR"
            )
        name = options.name or variable
        running = self.searches.get(name)
        if running is not None and running.study.phase is Phase.PAUSED:
            running.study.stop()  # the cell is run again: the pause is over either way
            running.study.wait(5)
        if running is not None and running.study.phase.alive:
            if running.panel is not None:
                self.show(running)  # the cell's output, and the panel in it, was cleared when it was run again
            raise StudyError(f"study {name!r} is in use by a running search; stop it first with %hpo stop {name}")
        if variable in cell.made:
            raise StudyError(
                f"the name {variable!r} is a variable of the cell; "
                "choose another name for the study, or for its variable with -o VAR"
            )
        check_names(cell, namespace)
        minimize = options.minimize or (() if cell.metrics else LAST)
        study = Study(
            cell.space, minimize=minimize, maximize=options.maximize, subject_to=options.subject_to,
            strategy=strategy, cost_aware=options.cost_aware, seed=options.seed,
            store=self.stores.at(store), name=name, source=cell.source, meaning=cell.meaning,
        )  # fmt: skip
        study.ledger.settings.asked(limits=dataclasses.asdict(limits))
        study.limits = dataclasses.replace(Limits(**study.ledger.settings.get("limits")), workers=limits.workers)
        if running is not None and running.panel is not None:
            running.panel.close()
        study.ledger.claim.take()  # before anything is bound: where another kernel searches, nothing changes here
        search = Search(study, cell, cell.objective(as_in_a_trial(namespace)), variable, on)
        self.searches[name], self._latest = search, name
        namespace[variable] = study
        return search

    def run(self, search: Search) -> None:
        """Start the search, or go on with it."""
        study = search.study
        if study.phase is Phase.RUNNING:
            raise StudyError("the search is running already")
        if study.phase in (Phase.PAUSED, Phase.PAUSING):
            study.resume()
        elif study.phase is Phase.STOPPING and not study.wait(_STOPS):
            raise StudyError("the search is stopping; resume it when it has stopped")
        else:
            study.start(search.objective, study.limits, guards=self.guards, on=search.on)

    def show(self, search: Search) -> None:
        """Display the panel, and under it the place for the static result."""
        if search.panel is not None:
            search.panel.close()
        search.panel = Panel(
            search.study, go_on=lambda: self.go_on(search), apply=lambda trial: self.apply(search, trial)[0]
        )
        _present(search.panel)

    def view(self, study: Study) -> None:
        """Display the panel of a stored study whose cell has not been run in this session: all but running it works."""

        def refuse(what: str) -> NoReturn:
            raise StudyError(f"study {study.name!r} has no cell in this session; run its %%hpo cell to {what}")

        if study.name in self._views:
            self._views[study.name].close()
        panel = Panel(study, go_on=lambda: refuse("go on with it"), apply=lambda _: refuse("apply its values"))
        self._views[study.name] = panel
        _present(panel)

    def forget(self, name: str, versions: Sequence[int]) -> None:
        """Take away the panels of versions of a study that are deleted; its variable keeps what it knows."""
        search, view = self.searches.get(name), self._views.get(name)
        if search is not None and search.study.version in versions:
            if search.panel is not None:
                search.panel.close()
            del self.searches[name]
            if self._latest == name:
                self._latest = next(reversed(self.searches), None)
        if view is not None and view.study.version in versions:
            view.close()
            del self._views[name]

    def go_on(self, search: Search) -> None:
        """Go on with a search; where it has all its trials, with what waits in the queue on top of them."""
        study = search.study
        if study.phase.alive:
            study.make_room()
        else:
            study.need_room("in the panel or by --trials")
        self.run(search)

    def wait(self, search: Search, stops: bool = True, said: int | None = None) -> None:
        """Wait for the end with a quiet line of progress, and say what notices come beyond those said already.

        An interrupt ends the waiting; where `stops`, the search too, and its results are kept.
        """
        study, handle = search.study, None
        said = len(study.notices) if said is None else said
        if search.panel is None:
            handle = _place()
            handle.display(_line(study), raw=True)
        try:
            while not study.wait(1.0):
                if study.phase is Phase.PAUSED:
                    break
                if handle is not None:
                    handle.update(_line(study), raw=True)
                    said = _say(study, said)
        except KeyboardInterrupt:
            if not stops:
                print(f"no longer waited for; the search goes on, and %hpo stop {study.name} ends it")
                return
            study.stop()
            with suppress(KeyboardInterrupt):  # whoever is impatient has been heard: it stops
                study.wait()
            print("interrupted; every finished trial is kept")
        if handle is not None:
            if study.phase is Phase.PAUSED and study.runner is not None:  # nobody is there to resume
                study.runner.stop(study.runner.message)
                study.wait()
            _say(study, said)
            handle.update(Report(study).bundle(), raw=True)

    def apply(self, search: Search, trial: Trial | None = None) -> tuple[str, str]:
        """Set a trial's values in the namespace, by default the best one's.

        Return what was done, and the cell in which they are the defaults.
        """
        best = trial or search.study.best
        if best is None:
            why = search.study.history.why_none
            raise StudyError(f"study {search.study.name!r} has nothing to apply: {why}")
        own = {name: value for name, value in best.config.items() if name in search.cell.made}
        values = values_for_namespace(own, search.cell.names, self.shell.user_ns)
        self.shell.user_ns.update(values)
        shutil.rmtree(outside(), ignore_errors=True)  # with other values the cell does not go on with these files
        told = ", ".join(f"{name} = {_shown(value)}" for name, value in values.items()) or "nothing"
        left = ", ".join(f"{name} = {value!r}" for name, value in best.config.items() if name not in values)
        goals, front = search.study.goals, len(search.study.pareto)
        if trial is None and len(goals) > 1 and front > 1:  # there is no best of several metrics
            told += f"; the best in {goals[0].metric} of {front} on the front, %hpo apply NUMBER takes another"
        written = f"{left} (%hpo apply writes them into the cell)"
        also = f"; not set, as they have no variable of their own here: {written}" if left else ""
        source = with_defaults(search.cell.source, best.config, search.cell.plain)
        schedule = schedule_of(search.study.history, search.study.original.budget, best)
        if len(schedule) > 1:  # its values changed while it trained
            also += "; its values changed on the way, see best_schedule"
            replay = replayed(search.cell.source, schedule, str(search.study.original.budget))
            also += "" if replay else "; this cell cannot be made one that replays them"
            source = replay or source
        return f"set from trial {best.number}{doubt(best, search.study.constraints)}: {told}{also}", source

    def close(self) -> None:
        """Stop every search and close every store."""
        for search in self.searches.values():
            if search.study.phase.alive:
                search.study.stop()
                search.study.wait(3)
            if search.panel is not None:
                search.panel.close()
        for panel in self._views.values():
            panel.close()
        self.stores.close()


def _present(panel: Panel) -> None:
    """Display a panel, and under it the place for its static result."""
    handle = _place()
    panel.live.draw()
    # No text: where widgets cannot be shown, as on a static page, it would say nothing to anybody.
    view = {"version_major": 2, "version_minor": 0, "model_id": panel.box.model_id}
    display({"application/vnd.jupyter.widget-view+json": view, "text/plain": ""}, raw=True)
    handle.display({"text/html": "", "text/plain": ""}, raw=True)
    panel.live.start(lambda bundle: handle.update(bundle, raw=True))
    panel.unpin()


def _place() -> DisplayHandle:
    return DisplayHandle(display_id=f"hpo-{uuid.uuid4().hex}")


def _say(study: Study, said: int) -> int:
    """Print the notices from a place on; return how many there are now."""
    new = study.notices[said:]
    if new:
        print("\n".join(new))
    return said + len(new)


def _line(study: Study) -> dict[str, str]:
    return {"text/plain": headline(study)}


def _shown(value: Any) -> str:
    return getattr(value, "__name__", None) or repr(value)
