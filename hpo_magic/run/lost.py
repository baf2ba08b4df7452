"""Trials that were lost with their worker or kernel: how often a config is tried again, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hpo_magic.trials import State, Trial

MOST_TRIES = 3
"""How often a trial is begun whose worker or kernel is lost each time: it may be what kills it."""


def tries(trial: Trial, get: Callable[[int], Trial]) -> int:
    """Return how many times a config has been begun in a row, this time included, because others were lost.

    Examples
    --------
    >>> first, again = Trial(0, {"x": 1}, State.LOST), Trial(1, {"x": 1}, State.RUNNING, parent=0)
    >>> tries(first, [first].__getitem__), tries(again, [first, again].__getitem__)
    (1, 2)
    """
    count, parent = 1, trial.parent
    while parent is not None and (before := get(parent)).state is State.LOST:
        count, parent = count + 1, before.parent
    return count


def first_try(trial: Trial, get: Callable[[int], Trial]) -> int:
    """Return the number under which a config was begun that others of these tries have lost.

    Examples
    --------
    >>> first, again = Trial(0, {"x": 1}, State.LOST), Trial(1, {"x": 1}, State.RUNNING, parent=0)
    >>> first_try(again, [first, again].__getitem__)
    0
    """
    while trial.parent is not None and (before := get(trial.parent)).state is State.LOST:
        trial = before
    return trial.number


def tried_again(lost: Sequence[Trial]) -> str:
    """Say that trials were lost with their kernel and will be tried again.

    Examples
    --------
    >>> tried_again([Trial(3, {})])
    'trial 3 was lost when its kernel died; its config will be tried again'
    """
    numbers = ", ".join(str(trial.number) for trial in lost)
    if len(lost) > 1:
        return f"trials {numbers} were lost when their kernel died; their configs will be tried again"
    return f"trial {numbers} was lost when its kernel died; its config will be tried again"


def run_elsewhere(strangers: Sequence[Trial]) -> str:
    """Say of trials that nobody here has begun what to do where nobody works on them: that cannot be known.

    Examples
    --------
    >>> run_elsewhere([Trial(3, {})])
    "trial 3 runs elsewhere; where nobody works on it any more, study.fail(3, 'lost')"
    """
    numbers = ", ".join(str(trial.number) for trial in strangers)
    one = f"trial {numbers} runs" if len(strangers) == 1 else f"trials {numbers} run"
    return f"{one} elsewhere; where nobody works on it any more, study.fail({strangers[0].number}, 'lost')"


def given_up(trial: Trial) -> str:
    """Say that a trial is tried no more.

    Examples
    --------
    >>> print(given_up(Trial(3, {})).partition("; ")[0])
    trial 3 failed: its kernel died while it ran, 3 times in a row
    """
    return (
        f"trial {trial.number} failed: its kernel died while it ran, {MOST_TRIES} times in a row; where that was "
        f"not its doing, study.repeat({trial.number}) tries it again"
    )
