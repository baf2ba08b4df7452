"""From an option line and the body of a cell to a running search, or to a dry run."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import GeneratorType
from typing import Any

from IPython.display import display

from hpo_magic.errors import CellError, HpoError, StudyError
from hpo_magic.jupyter.cell import Cell, read_cell
from hpo_magic.jupyter.cell.surroundings import differing, prints
from hpo_magic.jupyter.dry_run import dry_run
from hpo_magic.jupyter.front_end import live_front_end
from hpo_magic.jupyter.options import Options
from hpo_magic.jupyter.report import headline
from hpo_magic.jupyter.session import Search, Session
from hpo_magic.run.executors.places import natural_workers
from hpo_magic.run.going_on import ANEW, there_already
from hpo_magic.run.limits import Limits
from hpo_magic.search.strategy import strategy as read_strategy
from hpo_magic.trials.constraints import read_constraints


@dataclass(frozen=True)
class Defaults:
    """What holds where the option line says nothing."""

    trials: int
    strategy: str
    store: str
    trial_timeout: float | None


def launch(session: Session, options: Options, body: str, defaults: Defaults) -> None:
    """Read the cell, make or reopen its study, show the panel and start the search.

    Everything that can be wrong is found before anything starts.
    """
    cell = _read(session, options, body)
    name = session.strategy(options.strategy or defaults.strategy)
    chosen = read_strategy(name, options.seed, options.cost_aware)
    trials = options.trials if options.trials is not None or options.timeout is not None else defaults.trials
    if chosen.name == "grid" and options.trials is None:
        trials = None  # the grid ends by itself, and says before it starts how large it is
    on = session.place(options.on)
    places = natural_workers(on)  # refuses what trials cannot run on
    workers = places if options.workers is None else options.workers
    limits = Limits(
        trials, options.timeout, options.trial_timeout or defaults.trial_timeout, workers,
        options.target, options.no_gain, options.to_noise,
    )  # fmt: skip
    limits.check(len(options.minimize) + len(options.maximize))
    chosen.explain(cell.space, limits.trials)  # refuses a space that it cannot search
    if options.dry_run:
        display(dry_run(cell, chosen, limits, session.shell.user_ns, session.guards))
        return
    search = session.begin(cell, options, limits, name, options.store or defaults.store, on)
    study, live = search.study, live_front_end(session.shell)
    study.ledger.recorded = cell.kept
    try:
        study.notices.extend([*_told(search, chosen.name), *_beside(session, search)])
        known = len(study.notices)
        session.run(search)
    except BaseException:
        study.ledger.release()
        raise
    if live and not options.no_panel:
        session.show(search)
    else:
        print("\n".join(study.notices[:known]))
    if options.wait or not live:
        session.wait(search, said=known)
        if study.history.failed and not study.history.done:  # who runs all cells must not go on without a result
            raise StudyError(f"{headline(study)}: no trial has ended well, so there is no result to go on with")


def _told(search: Search, strategy: str) -> list[str]:
    """Say what there is to know before the search begins."""
    study, told = search.study, list[str]()
    counted = study.ledger.counted()
    if counted:
        told += [there_already(study.ledger, study.limits.trials), *_mended(search), *_edited(search, strategy)]
    elif study.version > 1:
        told.append(
            f"the cell, or what it is asked for, has changed: this is version {study.version}, earlier ones are kept"
        )
    told += [
        *search.cell.doubts,
        *search.cell.in_notebook(search.objective.namespace),
        *_sought_itself(search),
        *_shared(search),
        *search.objective.stale(),
        *_changed(search, counted),
    ]
    said = study.strategy.explain(study.space, study.limits.trials, len(study.goals))
    return [*told, f"{study.strategy.name}: {said}"]


def _beside(session: Session, search: Search) -> list[str]:
    """Say which other search of the same cell goes on: the study was given another name meanwhile."""
    return [
        f"{name} still searches this cell too; %hpo stop {name} ends it"
        for name, other in session.searches.items()
        if other is not search and other.study.phase.alive and other.cell.source == search.cell.source
    ]


def _edited(search: Search, asked: str) -> list[str]:
    """Say what was edited when the study ran last and still holds."""
    study = search.study
    parts = ["ranges and options"] if study.space != study.original else []
    parts += [f"the strategy, {study.strategy.name}"] if study.strategy.name != asked else []
    held, called = study.limits, study.ledger.settings.asked_for("limits")
    for name, text in (("trials", "{} trials"), ("timeout", "{:g} s in all"), ("trial_timeout", "{:g} s a trial")):
        value = getattr(held, name)
        if value != called[name]:
            parts.append(f"no limit of {name}" if value is None else text.format(value))
    if not parts:
        return []
    return [f"edited since the cell was written, and kept: {' and '.join(parts)}; the panel takes it back"]


def _mended(search: Search) -> list[str]:
    """Take no account of trials that failed for want of a name that the notebook has now; say so."""
    wanting = [f"name {name!r} is not defined" for name in search.objective.used()]
    failed = [
        trial.number
        for trial in search.study.history.failed
        if trial.error is not None and trial.error.kind == "NameError" and trial.error.message in wanting
    ]
    for number in failed:
        search.study.distrust(number)
        search.study.ledger.queue(search.study.trials[number].config)
    if not failed:
        return []
    which = f"trial {failed[0]}" if len(failed) == 1 else f"trials {', '.join(map(str, failed))}"
    return [f"{which} failed for want of a name that is there now: left out of account, and tried anew"]


def _sought_itself(search: Search) -> list[str]:
    """Say which metric is a parameter."""
    return [
        f"{name} is sought and is a parameter itself: unless the cell sets it anew, its range alone decides"
        for name in search.study.metrics
        if name in search.cell.space
    ]


def _shared(search: Search) -> list[str]:
    """Say what of the notebook's own the cell changes in place: a trial begins with what the one before has left."""
    held = search.objective.namespace
    found = [(name, line) for name, line in search.cell.in_place if _changes(held.get(name))]
    who = "all trials" if search.on is None or search.on == "threads" else "the trials of each worker"
    told = [
        f"line {line} changes {name} itself, which {who} share: each begins with what the one before it left; "
        f"write {name} = {_copied(name, held[name])} above it"
        for name, line in found
    ]
    used = (name for name in search.objective.used() if name not in search.cell.made)
    spent = [name for name in used if type(held.get(name)) in _ONCE]
    return told + [
        f"{name} can be gone through once, and each trial goes on where the one before it stopped; make it in the cell"
        for name in spent
    ]


_ONCE: tuple[type, ...] = (
    GeneratorType,
    map,
    zip,
    filter,
    enumerate,
    reversed,
    type(iter([])),
    type(iter(())),
    type(iter({})),
)
"""What can be gone through once."""


def _changes(value: Any) -> bool:
    """Whether parts of a value can be set, or it is an estimator, whose parameters can."""
    return isinstance(value, _changeable()) or (hasattr(value, "set_params") and not isinstance(value, type))


def _copied(name: str, value: Any) -> str:
    return f"sklearn.base.clone({name})" if hasattr(value, "set_params") else f"{name}.copy()"


def _changeable() -> tuple[type, ...]:
    """Return the types of data whose parts can be set: arrays, frames, lists, dicts and sets."""
    kinds: list[type] = [list, dict, set]
    for module, names in (("numpy", ("ndarray",)), ("pandas", ("DataFrame", "Series"))):
        if (loaded := sys.modules.get(module)) is not None:
            kinds += [getattr(loaded, name) for name in names]
    return tuple(kinds)


def _changed(search: Search, counted: int) -> list[str]:
    """Say what the cell uses and what is not as it was when the study was last gone on with; keep how it is now."""
    own = {*search.cell.made, *(name for name, _ in search.cell.in_place)}  # what the cell changes is said by itself
    used = {name: one for name, one in search.objective.used().items() if name not in own}
    settings, now = search.study.ledger.settings, prints(used)
    names = differing(settings.get("inputs") or {}, now)
    settings.asked(inputs=now)
    if not names or not counted:
        return []
    verb = "is" if len(names) == 1 else "are"
    return [
        f"{', '.join(names)} {verb} not what the earlier trials used, and their results stand beside the new ones; "
        f"{ANEW}"
    ]


def _read(session: Session, options: Options, body: str) -> Cell:
    metrics = (*options.minimize, *options.maximize)
    limited = dict.fromkeys(limit.metric for limit in read_constraints(options.subject_to))
    also = [name for name in limited if name not in metrics]
    kept = [name for name in dict.fromkeys(options.record) if name not in (*metrics, *also)]
    if not body.strip():
        raise CellError("the cell is empty; put the code to tune under the %%hpo line")
    _check_no_magic(body)
    plain = session.shell.transform_cell(body)
    shown = body if body.endswith("\n") else body + "\n"
    try:
        return read_cell(plain, metrics, shown=shown, also=also, kept=kept)
    except RecursionError:
        raise HpoError("the cell is nested too deeply to be read; make it simpler") from None


def _check_no_magic(body: str) -> None:
    line, text = next((number, text) for number, text in enumerate(body.splitlines(), 2) if text.strip())
    if text.startswith("%%"):
        name = text.split()[0]
        why = f"{name} takes the code below it as text, so that its parameters cannot be seen; leave the line out"
        raise CellError(f"{why} (the panel tells how long trials take)", line, text)
