"""The commands of the %hpo line, one function each."""

from __future__ import annotations

import csv
import json
import os
import time
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from IPython.display import display

from hpo_magic.errors import HpoError, StudyError, did_you_mean
from hpo_magic.insight.comparison import compare
from hpo_magic.jupyter.front_end import live_front_end
from hpo_magic.jupyter.options import Command
from hpo_magic.jupyter.report import Report, fallen, headline, measured, ranked, reasons
from hpo_magic.jupyter.session import Search, Session
from hpo_magic.jupyter.sparkline import sparkline
from hpo_magic.run.deletion import delete, versions_of
from hpo_magic.space.shown import readable
from hpo_magic.study import Study
from hpo_magic.trials.definition import constraints_of, goals_of
from hpo_magic.trials.frame import rows
from hpo_magic.trials.history import History
from hpo_magic.trials.trial import trial_to_json


def run(session: Session, command: Command, store: str) -> None:
    """Carry out a command.

    Parameters
    ----------
    session : Session
    command : Command
    store : str
        URL of the store that `list` and `show` look into.
    """
    verb, words = command.verb, command.words
    first = words[0] if words else None
    if verb == "list":
        _list(session, first, store)
    elif verb == "compare":
        _compare(session, words, store)
    elif verb == "delete":
        _delete(session, words, store)
    elif verb == "show":
        _show(session, first, store)
    elif verb == "apply":
        word, name = _word_and_name(session, words, store)
        _apply(session, session.find(name), word)
    elif verb in _TELLS:
        _TELLS[verb](_study(session, first, store))
    elif verb in _TELLS_OF:
        word, name = _word_and_name(session, words, store)
        _TELLS_OF[verb](session, _study(session, name, store), word)
    else:
        _STEERS[verb](session, session.find(first))


def _study(session: Session, name: str | None, store: str) -> Study:
    """Return the study of a search of this session, or a stored one, which can be looked at without its cell."""
    if name is None or name in session.searches or name not in session.stores.studies(store):
        return session.find(name).study
    return Study.load(name, session.stores.known(store))


def _word_and_name(session: Session, words: tuple[str, ...], store: str) -> tuple[str | None, str | None]:
    """Return the word that a command takes and the study's name, in whichever order they stand."""
    known = [*session.searches, *session.stores.studies(store)]
    name = next((word for word in words if word in known), None)
    others = [word for word in words if word != name]
    if name is None and len(others) > 1:  # which is refused, as no search has that name
        name = next((word for word in others if word.isidentifier()), others[1])
        others.remove(name)
    return (others[0] if others else None), name


def _status(study: Study) -> None:
    print("\n".join([headline(study), *(f"  failed: {reason}" for reason in reasons(study))]))


def _best(study: Study) -> None:
    best = study.best
    if best is None:
        print(f"{study.name}: {study.history.why_none}")
        return
    for trial in ranked(study) if len(study.goals) > 1 else [best]:
        print(f"trial {trial.number}: {measured(study, trial)}")
        for name, value in trial.config.items():
            print(f"  {name} = {value!r}")


def _pause(session: Session, search: Search) -> None:
    search.study.pause()
    print(headline(search.study))


def _resume(session: Session, search: Search) -> None:
    session.go_on(search)
    print(headline(search.study))


def _stop(session: Session, search: Search) -> None:
    if search.study.phase.alive:
        search.study.stop()
        search.study.wait(5)
    print(headline(search.study))


def _wait(session: Session, search: Search) -> None:
    if search.study.phase.alive:
        session.wait(search, stops=False)
    print(headline(search.study))


def _apply(session: Session, search: Search, word: str | None) -> None:
    if word is not None and not word.isdecimal():
        session.find(word)  # which refuses it where no search has that name
        raise HpoError(f"%hpo apply {search.study.name} {word}: name one study, and a trial by its number")
    trial = None if word is None else search.study.ledger.journal.get(int(word))
    told, source = session.apply(search, trial)
    print(told)
    session.shell.set_next_input(source, replace=False)


def _show(session: Session, name: str | None, store: str) -> None:
    here = name is None or name in session.searches
    study = session.find(name).study if here else Study.load(str(name), session.stores.known(store))
    if not live_front_end(session.shell):
        display(Report(study).bundle(), raw=True)
    elif here:
        session.show(session.find(name))
    else:
        session.view(study)


def _log(session: Session, study: Study, word: str | None) -> None:
    trials = study.trials
    if word is None and not trials:
        raise StudyError(f"study {study.name!r} has no trial yet")
    if word is not None and not word.isdecimal():
        raise HpoError(f"%hpo log {word}: the trial must be a number, as in %hpo log 3")
    trial = trials[-1] if word is None else study.ledger.journal.get(int(word))
    print(f"trial {trial.number}, {trial.state}: {trial.config}")
    print(study.log(trial.number) or "(it printed nothing)")
    if trial.error is not None:
        print(trial.error.traceback or trial.error)


def _export(session: Session, study: Study, word: str | None) -> None:
    path = Path(os.path.expandvars(word or f"{study.name}.csv")).expanduser()
    if path.suffix.lower() not in _WRITERS:
        hint = "" if path.suffix else did_you_mean(str(word), session.searches)
        raise HpoError(f"%hpo export {path}: the name must end in {' or '.join(_WRITERS)}{hint}")
    try:
        _WRITERS[path.suffix.lower()](study, path)
    except OSError as error:
        raise HpoError(f"%hpo export {path}: {error.strerror or error}; nothing was written") from None
    print(f"{len(study.trials)} trials written to {path}")


def _as_json(study: Study, path: Path) -> None:
    data = {
        "study": study.name,
        "version": study.version,
        "goals": {goal.metric: goal.word for goal in study.goals},
        "space": study.original.to_json(),
        "trials": [trial_to_json(trial) for trial in study.trials],
    }
    path.write_text(json.dumps(data, indent=1))


def _as_csv(study: Study, path: Path) -> None:
    """Write a row a trial: the option None as "None", nothing where a parameter does not exist."""
    table = rows(study.history, study.original.names, "")
    parameters = {f"config.{name}" for name in study.original} | set(study.original)
    for row in table:
        row.update({name: "None" for name in row.keys() & parameters if row[name] is None})
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]) if table else ["number"])
        writer.writeheader()
        writer.writerows(table)


def _list(session: Session, word: str | None, url: str) -> None:
    """List the studies of a store: of the one at a URL, or those whose name is the word or fits it as a pattern."""
    if word is not None and ":" in word:
        url = word
    store, wanted = session.stores.known(url), "*" if word is None or word == url else word
    names = [record.name for record in store.studies()]
    if wanted != "*" and not any(fnmatchcase(name, wanted) for name in names):
        raise HpoError(
            f"%hpo list: the store {url!r} holds no study {wanted!r}{did_you_mean(wanted, names)}; "
            "another store is named by its URL, as in sqlite:///hpo.db"
        )
    lines = []
    for record in (one for one in store.studies() if fnmatchcase(one.name, wanted)):
        history = History.of(store.trials(record.id), goals_of(record.definition), constraints_of(record.definition))
        best = history.incumbent
        curve = sparkline(history)
        found = "–" if best is None else f"{history.goals[0].metric} {readable(best.value)}"
        made = time.strftime("%Y-%m-%d %H:%M", time.localtime(record.created))
        count = ", ".join([f"{len(history.done):>5} done", *fallen(history)])
        lines.append(f"{record.name:20} version {record.version:<3} {count}  {curve:12}  best {found:24} {made}")
    print("\n".join(lines) or f"the store {url!r} holds no study yet")


def _compare(session: Session, words: tuple[str, ...], url: str) -> None:
    """Compare two studies, or two kinds of them: a word may be a pattern such as gp_*, for runs with other seeds."""
    if len(words) != 2:
        raise HpoError("%hpo compare needs two names, or patterns: %hpo compare gp_* random_*")
    store = session.stores.known(url)
    known = list(dict.fromkeys([record.name for record in store.studies()] + list(session.searches)))
    sides = []
    for word in words:
        names = [name for name in known if fnmatchcase(name, word)]
        if not names:
            raise HpoError(
                f"%hpo compare: there is no study {word!r}{did_you_mean(word, known)}; there is {', '.join(known)}"
            )
        held = session.searches
        sides.append([held[name].study if name in held else Study.load(name, store) for name in names])
    one, other = ([study.history for study in side] for side in sides)
    found = compare(one, other, (words[0], words[1]))
    display(found.plot())
    print(found)


def _delete(session: Session, words: tuple[str, ...], url: str) -> None:
    """Remove a study for good; by its whole name alone, as nothing brings it back."""
    if not words:
        raise HpoError("%hpo delete needs the name of a study, as in %hpo delete svm; %hpo list shows them")
    name, version = words[0], words[1] if len(words) > 1 else None
    if version is not None and not version.isdecimal():
        raise HpoError(f"%hpo delete {name} {version}: the version must be a number, as in %hpo delete {name} 1")
    held = session.searches.get(name)
    store = session.stores.known(url) if held is None else held.study.ledger.store
    records = versions_of(store, name, None if version is None else int(version))
    trials = delete(store, records)
    session.forget(name, [record.version for record in records])
    told = ", ".join(str(record.version) for record in records)
    print(f"{name}: version{'s' * (len(records) > 1)} {told} deleted, {trials} trials with their logs and files")


_WRITERS: Mapping[str, Callable[[Study, Path], None]] = {".csv": _as_csv, ".json": _as_json}
_TELLS: Mapping[str, Callable[[Study], None]] = {"status": _status, "best": _best}
_TELLS_OF: Mapping[str, Callable[[Session, Study, str | None], None]] = {"log": _log, "export": _export}
_STEERS: Mapping[str, Callable[[Session, Search], None]] = {
    "pause": _pause, "resume": _resume, "stop": _stop, "wait": _wait,
}  # fmt: skip
