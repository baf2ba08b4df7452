"""Who went on from whom: every run on a budget that counts, and the run with less that it went on from."""

from __future__ import annotations

from hpo_magic.trials import History, State, Trial


def lineage(history: History) -> dict[int, tuple[Trial, Trial | None]]:
    """Return the runs on a budget that have a value or are still to come, by number, each with that it went on from.

    In a population several may go on from one. What repeats a run that has a value is left out.

    Examples
    --------
    >>> first = Trial(0, {"lr": 0.1, "n": 5}, State.DONE, {"value": 2.0}, budget=5)
    >>> copies = [Trial(i, {"lr": lr, "n": 9}, State.DONE, {"value": 1.0}, budget=9, parent=0)
    ...           for i, lr in ((1, 0.1), (2, 0.2))]
    >>> [(run.number, before and before.number) for run, before in lineage(History((first, *copies))).values()]
    [(0, None), (1, 0), (2, 0)]
    """
    found: dict[int, tuple[Trial, Trial | None]] = {}
    for trial in history.trials:
        if trial.budget is None or trial.void or trial.state is State.FAILED:
            continue
        before = None if trial.parent is None else history.origin(trial)
        while before is not None and before.budget == trial.budget and before.number not in found:
            before = history.origin(before)  # one that failed was tried again
        if before is not None and before.budget == trial.budget:
            continue
        found[trial.number] = trial, before
    return found


def ways_up(history: History) -> list[list[Trial]]:
    """Return the runs from the first to the last of each lineage that nobody has gone on from, the latest last."""
    runs = lineage(history)
    gone_on = {before.number for _, before in runs.values() if before is not None}
    ways = []
    for number, (trial, _) in runs.items():
        if number in gone_on:
            continue
        way: list[Trial] = [trial]
        while (before := runs.get(way[-1].number, (trial, None))[1]) is not None:
            way.append(before)
        ways.append(way[::-1])
    return ways
