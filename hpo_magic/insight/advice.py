"""Advice: what a look at a history suggests to do next, one line each, with the edit that does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from hpo_magic.insight.importance import Importance, importance
from hpo_magic.insight.landscape import noise
from hpo_magic.insight.measured import FEWEST
from hpo_magic.search.repeats import tries
from hpo_magic.space import Budget, Choice, Float, Int, Space, Value
from hpo_magic.space.domains import levels, on_levels
from hpo_magic.space.encoding import from_unit, to_unit
from hpo_magic.space.options import identity
from hpo_magic.space.rules import parents
from hpo_magic.trials import History, Trial

Edit = Callable[[Space], Space]
_EDGE, _NEAR = 0.03, 0.15
"""How near to an end of its range, in parts of it, the best lies at an edge; and most of the best few with it."""
_IDLE, _TELLING = 20, 30
"""Finished trials without a gain before it is said; before importance and noise are trusted."""
_ALONE, _IN_ALL, _AMONG_BEST = 0.05, 0.1, 0.1
"""Shares below which a parameter does not matter: alone and with all interactions, as trees see as much in pure noise,
and of what sets the best trials apart."""
_APART, _HEARD = 2.0, 0.02
"""The best three cannot be told apart within so many standard deviations of one trial; noise below this part of the way
from the bad to the best is none: a model always finds a little."""
_FAILED, _BY_CHANCE = 4, 0.01
_FEW = 5


class Act(StrEnum):
    """What following an advice does: edit the space, end the search, or run the best again."""

    EDIT = "edit"
    STOP = "stop"
    CONFIRM = "confirm"


@dataclass(frozen=True, repr=False)
class Advice:
    """One thing to do.

    Attributes
    ----------
    text : str
        What was seen, in one line.
    label : str
        What following it does, in a few words.
    act : Act
    edit : callable or None
        From the space to the edited one, where `act` is EDIT.
    """

    text: str
    label: str
    act: Act = Act.EDIT
    edit: Edit | None = None

    def __repr__(self) -> str:
        return f"{self.text} → {self.label}"


def advice(history: History, space: Space, known: Importance | None = None) -> tuple[Advice, ...]:
    """Return what a history suggests, the most urgent first; `known` is its importance, where that is known already.

    Edges of ranges, regions that fail, noise larger than what sets the best apart, parameters that do not matter, and
    long times without a gain are looked for.

    Examples
    --------
    >>> from hpo_magic.trials import State, Trial
    >>> space = Space({"x": Float(1, 5)})
    >>> done = tuple(Trial(i, {"x": 5 - i / 9}, State.DONE, {"value": i / 9}) for i in range(9))
    >>> print(advice(History(done), space)[0])
    the best lies at the upper edge of x, 5 → widen x to 1..7
    """
    if len(history.done) < FEWEST or history.incumbent is None:
        return tuple(_failures(history, space))
    if len(history.goals) > 1:  # an edge for one metric is none for another, and what does not matter to one may to it
        return (*_failures(history, space), *_idle(history))
    little = _immaterial(history, space, known)
    found = [*_edges(history, space, little), *_failures(history, space), *_noise(history, space)]
    return (*found, *_no_matter(history, little), *_idle(history))


def _best(history: History) -> list[Trial]:
    return sorted((history.done[i] for i in history.comparable), key=history.loss)[:_FEW]


def _edges(history: History, space: Space, little: Mapping[str, float]) -> Iterator[Advice]:
    best = _best(history)
    for name, domain in space.items():
        if isinstance(domain, (Choice, Budget)) or name in space.fixed or name not in best[0].config:
            continue
        if name in little:  # where the best lies there is chance
            continue
        places = [to_unit(domain, trial.config[name]) for trial in best if name in trial.config]
        if isinstance(domain, Int) and domain.high - domain.low < 3:
            continue
        for end, word in ((0.0, "lower"), (1.0, "upper")):
            near = [abs(place - end) for place in places]
            reach = _EDGE if isinstance(domain, Float) else 0.6 / (domain.high - domain.low + 1)
            if near[0] > reach or float(np.median(near)) > max(_NEAR, reach):
                continue
            bounds = _widened(domain, upper=end > 0.5)
            if bounds is not None:
                bounds = on_levels(domain, *bounds)
                shown = f"{bounds[0]:g}..{bounds[1]:g}"
                yield Advice(
                    f"the best lies at the {word} edge of {name}, {best[0].config[name]:.4g}",
                    f"widen {name} to {shown}",
                    edit=lambda space, name=name, bounds=bounds: space.narrow(name, *bounds),  # type: ignore[misc]
                )


def _widened(domain: Float | Int, upper: bool) -> tuple[float, float] | None:
    """Return bounds with half of the range more at one end; None where that end looks like a natural one."""
    low, high = domain.low, domain.high
    if domain.log:
        factor = (high / low) ** 0.5
        wider = (low, high * factor) if upper else (low / factor, high)
    else:
        share = isinstance(domain, Float) and low >= 0 and high == 1
        if (not upper and low == 0) or (upper and share):
            return None
        half = (high - low) / 2
        wider = (low, high + half) if upper else (max(low - half, 0) if low > 0 else low - half, high)
    if isinstance(domain, Float):
        moved = wider[upper]
        short = float(f"{moved:.4g}")
        end = short if (short > high if upper else short < low) else moved  # 123522 would become 123500, the old end
        return (low, end) if upper else (end, high)
    whole = max(round(wider[0]), 1 if domain.log else round(wider[0])), round(wider[1])
    return whole if whole != (low, high) else None


def _failures(history: History, space: Space) -> Iterator[Advice]:
    """An end of a range, or an option, in which failures are far more frequent than elsewhere (Fisher 1935)."""
    from scipy.stats import fisher_exact

    failed, done = history.failed, history.done
    if len(failed) < _FAILED or not done:
        return
    chance, found = _BY_CHANCE, None
    for region in (region for name in space for region in _regions(space, name)):
        bad = [region.holds(trial.config[region.name]) for trial in failed if region.name in trial.config]
        good = [region.holds(trial.config[region.name]) for trial in done if region.name in trial.config]
        best = history.incumbent
        cut = best is not None and region.name in best.config and region.holds(best.config[region.name])
        if sum(bad) < _FAILED or not good or cut:  # what holds the best is not left out
            continue
        table = [[sum(bad), len(bad) - sum(bad)], [sum(good), len(good) - sum(good)]]
        p = float(fisher_exact(table, alternative="greater").pvalue)
        if p < chance:
            chance, found = p, (region, sum(bad), len(failed))
    if found is not None:
        region, count, total = found
        yield Advice(f"{count} of {total} failures lie at {region.text}", region.label, edit=region.leave_out)


@dataclass(frozen=True)
class _Region:
    name: str
    text: str
    label: str
    holds: Callable[[Value], bool]
    leave_out: Edit


def _regions(space: Space, name: str) -> Iterator[_Region]:
    """Yield the options of a choice, or what lies beyond each of some cuts through a range."""
    domain = space[name]
    if name in space.fixed or isinstance(domain, Budget):
        return
    if isinstance(domain, Choice):
        options = space.options(name)
        for option in options if len(options) > 1 else ():
            rest = [other for other in options if other is not option]
            yield _Region(
                name, f"{name} = {option}", f"leave {option} out of {name}",
                lambda value, option=option: identity(value) == identity(option),  # type: ignore[misc]
                lambda space, rest=rest: space.choose(name, rest),  # type: ignore[misc]
            )  # fmt: skip
        return
    cuts = [from_unit(domain, k / 8) for k in range(1, 8)]
    for cut in dict.fromkeys(float(f"{cut:.3g}") if levels(domain) is None else cut for cut in cuts):
        for upper in (True, False):
            bounds = (domain.low, cut) if upper else (cut, domain.high)
            if bounds[0] < bounds[1]:
                yield _Region(
                    name, f"{name} {'above' if upper else 'below'} {cut:g}",
                    f"narrow {name} to {bounds[0]:g}..{bounds[1]:g}",
                    lambda value, cut=cut, upper=upper: value > cut if upper else value < cut,  # type: ignore[misc]
                    lambda space, bounds=bounds: space.narrow(name, *bounds),  # type: ignore[misc]
                )  # fmt: skip


def _noise(history: History, space: Space) -> Iterator[Advice]:
    best = _best(history)
    if len(history.done) < _TELLING or len(best) < 3:
        return
    if any(history.origin(trial) is not None and trial.budget is None for trial in history.done):
        return  # the best have been run again already
    gap, spread = history.loss(best[2]) - history.loss(best[0]), noise(history, space)
    reach = float(np.quantile(history.losses[:, 0], 0.9)) - history.loss(best[0])
    if 0 < gap < _APART * spread and spread > _HEARD * reach:
        metric = history.goals[0].metric
        yield Advice(
            f"the best three differ by {gap:.2g} in {metric}, one trial's noise is {spread:.2g}",
            "run the best three again, five times each", Act.CONFIRM,
        )  # fmt: skip


def _immaterial(history: History, space: Space, known: Importance | None) -> dict[str, float]:
    """Return the parameters of the best that hardly matter, with the share that each explains."""
    best = history.incumbent
    if len(history.done) < _TELLING or best is None:
        return {}
    found = known or importance(history, space)
    if sum(found.values()) <= 0:
        return {}
    apart = importance(history, space, method="ped-anova")
    little, read = dict[str, float](), parents(space)
    for share in found.shares:
        name = share.names[0]
        together = sum(pair.share for pair in found.interactions if name in pair.names)
        if share.share > _ALONE or share.share + together > _IN_ALL or name in space.fixed or name not in best.config:
            continue
        # Over the whole space it matters little, among the best it may decide; the more so what only some configs have.
        if apart[name] > (_AMONG_BEST if space.condition(name) is None else _AMONG_BEST / 4):
            continue
        if name in read:
            continue  # what others depend on does matter
        little[name] = share.share
    return little


def _no_matter(history: History, little: Mapping[str, float]) -> Iterator[Advice]:
    best = history.incumbent
    assert best is not None
    for name, share in little.items():
        value = best.config[name]
        shown = f"{value:.4g}" if isinstance(value, float) else str(value)
        yield Advice(
            f"{name} explains {share:.1%} of how {history.goals[0].metric} varies",
            f"fix {name} at {shown}",
            edit=lambda space, name=name, value=value: space.fix(name, value),  # type: ignore[misc]
        )


def _idle(history: History) -> Iterator[Advice]:
    best = history.incumbent
    assert best is not None
    last = best.number if len(history.goals) == 1 else max(trial.number for trial in history.front)
    since = len(tries(history, last))
    if since >= max(_IDLE, len(history.done) // 3):
        yield Advice(f"nothing was gained in the {since} trials since trial {last}", "stop", Act.STOP)
