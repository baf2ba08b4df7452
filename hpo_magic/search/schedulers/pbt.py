"""Population-based training: members train in steps; after each, the worst go on from the best with other values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo_magic.errors import StrategyError
from hpo_magic.search.cube import cube_of
from hpo_magic.search.fidelity import budget_of
from hpo_magic.search.protocols import Action, Promote, Sample, Wait
from hpo_magic.search.standing import best_first
from hpo_magic.search.variation import mutate
from hpo_magic.space import Choice, Config, Space
from hpo_magic.space.rules import parents
from hpo_magic.trials import History, State, Trial
from hpo_magic.trials.trial import changed

_CHILDREN = 16
"""Drawn, until one differs from its parent."""

Explore = Callable[[Space, History, Trial, int, np.random.Generator], Config]
"""From a member that is copied and the budget that it goes on to: the config of the copy. Copies that are planned
before it run in the history that it is given."""


def perturbed(space: Space, history: History, member: Trial, budget: int, rng: np.random.Generator) -> Config:
    """Return a member's config with each number moved by about a fifth of its range, some redrawn (Jaderberg 2017).

    Choices are seldom changed, never those that decide whether other parameters exist, and which parameters exist is
    not: the copy goes on from the files of what it copies, and those of another model are of no use to it.
    """
    cube = cube_of(space)
    parent = cube.filled(cube.encode([member]), rng)
    children = mutate(parent, _CHILDREN, 0.2, cube, rng)
    kept = cube.held | deciding(space) | (cube.unordered & (rng.random(children.shape) < 0.75))
    children = np.where(kept, parent, children)
    configs = [{**space.decode(child), str(space.budget): member.budget} for child in children]
    alike = [config for config in configs if config.keys() == member.config.keys()]
    return next((config for config in alike if config != member.config), dict(member.config))


def deciding(space: Space) -> NDArray[np.bool_]:
    """Return which parameters are choices that decide whether others exist, (d,).

    Examples
    --------
    >>> from hpo_magic.space import Choice, Float
    >>> deciding(Space({"model": Choice(["a", "b"]), "x": Float(0, 1, when="model == 'a'")})).tolist()
    [True, False]
    """
    read = parents(space)
    return np.array([name in read and isinstance(space[name], Choice) for name in space], dtype=bool)


@dataclass(frozen=True)
class Pbt:
    """Truncation selection (Jaderberg 2017, section 4.1.1) in generations of equal steps of the budget.

    A generation begins when the one before is complete. A member that fails is replaced as one of the worst.

    Parameters
    ----------
    seed : int
        The study's.
    size : int
        Members.
    generations : int
        Steps into which the whole budget is cut, at most.
    share : float
        In (0, 0.5]: that share, the worst, are replaced by copies of that share, the best.
    explore : callable
        What config a copy gets.

    Examples
    --------
    >>> from hpo_magic.space import Budget, Float
    >>> Pbt().next(Space({"lr": Float(0, 1), "epochs": Budget(1, 50)}), History())
    Sample(budget=5)
    """

    seed: int = 0
    size: int = 8
    generations: int = 10
    share: float = 0.25
    explore: Explore = perturbed

    def __post_init__(self) -> None:
        if self.size < 2:
            raise StrategyError(f"size={self.size!r} must be 2 or above: a population of one has nobody to learn from")
        if not 0 < self.share <= 0.5:
            raise StrategyError(f"share={self.share!r} must lie above 0 and be at most 0.5")

    def steps(self, space: Space) -> tuple[int, ...]:
        """Return the budget at the end of each generation."""
        budget = budget_of(space)
        if budget is None:
            raise StrategyError(
                "a population trains in steps, so the space needs a budget; write epochs = 81  # hpo: 1..81 budget"
            )
        count = min(self.generations, budget.high)
        ends = (round(budget.high * (k + 1) / count) for k in range(count))
        return tuple(end for end in ends if end >= budget.low)

    def next(self, space: Space, history: History) -> Action:
        """Fill the generations one after another; after the last, begin a new population."""
        steps, going_on = self.steps(space), _going_on(history)
        roots = _roots(history, steps[0])
        for start in range(0, len(roots), self.size):
            members = roots[start : start + self.size]
            if len(members) < self.size:
                return Sample(steps[0])
            for generation in range(1, len(steps)):
                if any(not member.state.ended for member in members):
                    return Wait()
                reached = (going_on.get((number, steps[generation]), ()) for number in {m.number for m in members})
                following = sorted((child for some in reached for child in some), key=lambda child: child.number)
                if len(following) < self.size:
                    plan = self._plan(space, history, members, generation, steps)
                    parent, config = _left(plan, history, following, str(space.budget))
                    return Promote(parent.number, steps[generation], config)
                members = following[: self.size]
        return Sample(steps[0])

    def lacks_members(self, space: Space, history: History) -> bool:
        """Whether a population has begun that is not complete: where configs are few, some of it begin alike."""
        return len(_roots(history, self.steps(space)[0])) % self.size > 0

    def first_round(self, space: Space) -> tuple[int, ...]:
        """Return the budgets of the first population's trials, in order."""
        return tuple(end for end in self.steps(space) for _ in range(self.size))

    def keep(self, space: Space, history: History, trial: Trial) -> bool:
        """Never stop a trial: members are compared when their step has ended."""
        return True

    def explain(self, space: Space) -> str:
        """Say how many train, and in which steps."""
        steps = self.steps(space)
        of = f"{self.size} members train in {len(steps)} steps up to {steps[-1]} {space.budget}"
        return f"{of}; after each, copies of the best replace the worst"

    def _plan(
        self, space: Space, history: History, members: list[Trial], generation: int, steps: tuple[int, ...]
    ) -> list[tuple[Trial, Config]]:
        """Return from which member, and with which config, each place of the next generation goes on."""
        alive = best_first(history, [m if m.trusted else changed(m, state=State.FAILED) for m in members])
        if not alive:
            if not all(member.trusted for member in members):
                raise StrategyError(
                    "no member of the population is left that is trusted; trust one again, or start anew"
                )
            raise StrategyError("every member of the population has failed; look at the first error, then start anew")
        # What a copy gets must come out the same whenever it is asked for: from what was known when it was made.
        last = max(member.number for member in members)
        known = history.having(lambda trial: trial.number <= last)
        count = max(1, int(self.share * len(members)))
        best, staying = alive[:count], set(alive[: len(members) - count])
        plan: list[tuple[Trial, Config]] = []
        for place, member in enumerate(members):
            if place in staying:
                plan.append((member, dict(member.config)))
                continue
            rng = np.random.default_rng([self.seed, members[0].number, generation, place])
            source = members[best[int(rng.integers(len(best)))]]
            config = self.explore(space, known, source, steps[generation], rng)
            plan.append((source, config))
            copy = Trial(len(known.trials), config, parent=source.number, budget=steps[generation])
            known = History((*known.trials, copy), known.goals, known.constraints)
        return plan


def _roots(history: History, budget: int) -> list[Trial]:
    """Return the trials that members begin with, on the budget of the first generation."""
    return [t for t in history.trials if t.budget == budget and not t.gone and history.origin(t) is None]


def _going_on(history: History) -> dict[tuple[int, int], list[Trial]]:
    """Return the trials that go on from a member, by its number and the budget that they go on to."""
    found: dict[tuple[int, int], list[Trial]] = {}
    for trial in history.trials:
        member = None if trial.parent is None or trial.gone else history.origin(trial)
        if member is not None:
            found.setdefault((member.number, trial.budget or 0), []).append(trial)
    return found


def _left(
    plan: Sequence[tuple[Trial, Config]], history: History, following: Sequence[Trial], budget: str
) -> tuple[Trial, Config]:
    """Return the first place of a plan that nobody who goes on has taken.

    A place is told by the member that it goes on from, and by its config only where there are several: an edit of the
    space changes what is planned for copies.
    """
    left = list(plan)
    for child in following:
        member, config = history.origin(child), _without(child.config, budget)
        fits = [(place[0] is member, _without(place[1], budget) == config) for place in left]
        del left[max(range(len(left)), key=fits.__getitem__)]
    return left[0]


def _without(config: Config, budget: str) -> Config:
    return {name: value for name, value in config.items() if name != budget}
