"""Plan: what a search tries and by which strategy, as it was asked for and as it was edited since."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hpo_magic.errors import SpaceError
from hpo_magic.search.climbers import last_way_up
from hpo_magic.search.protocols import Promote, Wait
from hpo_magic.search.recipes import pair
from hpo_magic.search.strategy import Strategy
from hpo_magic.search.strategy import strategy as read_strategy
from hpo_magic.space import Config, Space, Value
from hpo_magic.space.edits import check_edit
from hpo_magic.space.given import as_given
from hpo_magic.space.partial import completed
from hpo_magic.trials import History, Trial
from hpo_magic.trials.settings import Settings


@dataclass(frozen=True)
class Proposal:
    """What to start next; `parent` is the number of the trial that it goes on from."""

    config: Config
    budget: int | None
    parent: int | None = None


class Plan:
    """A study's space and strategy; every edit is kept in its settings before it holds.

    Parameters
    ----------
    settings : Settings
    original : Space
        As it was asked for.
    goals : int
        How many metrics there are.
    tell : callable
        Hears what the user should know.
    strategy : Strategy, optional
        The one given, unless an edit that the store holds says otherwise.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> from hpo_magic.trials.memory_store import MemoryStore
    >>> store = MemoryStore()
    >>> settings = Settings(store, store.open_study("svm", "f00d", {}, {}))
    >>> plan = Plan(settings, Space({"x": Float(0, 1)}), 1, print)
    >>> plan.edit_strategy("tpe")
    from now on tpe: 10 spread points, then a tree-structured Parzen estimator
    >>> Plan(settings, plan.original, 1, print).strategy.name
    'tpe'
    """

    def __init__(
        self,
        settings: Settings,
        original: Space,
        goals: int,
        tell: Callable[[str], None],
        strategy: Strategy | None = None,
    ) -> None:
        self._settings, self.original, self._goals, self._tell = settings, original, goals, tell
        self.space = self._space()
        if strategy is not None:
            settings.asked(strategy=strategy.name, seed=strategy.seed, cost_aware=strategy.cost_aware)
        self.strategy = self._strategy(strategy)

    def _space(self) -> Space:
        saved = self._settings.get("space")
        return as_given(Space.from_json(saved), self.original) if saved else self.original

    def _strategy(self, given: Strategy | None) -> Strategy:
        """Return the strategy that holds: the one given, or by its name the one that the store says was chosen."""
        asked, seed = self._settings.get("strategy") or "auto", self._settings.get("seed") or 0
        if given is not None and asked == given.name:
            return given
        if pair(asked) is not None:
            return read_strategy(asked, seed, bool(self._settings.get("cost_aware")))
        held = given or read_strategy("auto", seed)
        self._tell(
            f"the strategy {asked!r} is an object of one's own, which a store does not hold; until set_strategy gives "
            f"it again the search goes on with {held.name}"
        )
        return held

    def next(self, history: History) -> Proposal | Wait | None:
        """Return what to start next by all that is known; None where everything has been tried."""
        space, scheduler = self.space, self.strategy.scheduler
        action = scheduler.next(space, history)
        if isinstance(action, Wait):
            return action
        if isinstance(action, Promote):
            return self._promoted(history.trials[action.trial], action)
        config = self.strategy.propose(space, history)
        if config is None:
            way = last_way_up(space, history, getattr(scheduler, "eta", None))
            return None if way is None else self._promoted(way[0], Promote(way[0].number, way[1]))
        return Proposal(config if space.budget is None else {**config, space.budget: action.budget}, action.budget)

    def _promoted(self, trial: Trial, action: Promote) -> Proposal:
        config = {**(action.config or trial.config), str(self.space.budget): action.budget}
        return Proposal(config, action.budget, trial.number)

    def completed(self, config: Mapping[str, Value], history: History) -> Config:
        """Return a config with what it leaves out: defaults, and where there are none what the strategy proposes."""
        return completed(self.space, config, lambda held: self.strategy.propose(held, history))

    def ahead(self, history: History) -> None:
        """Prepare the next proposal."""
        self.strategy.ahead(self.space, history)

    def edit_space(self, change: Callable[[Space], Space], need: Callable[[], None] = lambda: None) -> Space:
        """Change the space from the next proposal on; `need` raises where that may not be."""
        if not callable(change):
            raise SpaceError(
                f"the edit {change!r} must be a function of the space, as in lambda space: space.narrow('x', 0, 1)"
            )
        before, space = self.space, change(self.space)
        if not isinstance(space, Space):
            raise SpaceError(f"the edit returned {space!r}; return the new space, as in lambda space: space.free('x')")
        check_edit(space, self.original)
        need()
        self._settings.edit(space=space.to_json() if space != self.original else None)
        budget, self.space = before.budget, space
        if budget is not None and space[budget] != before[budget]:
            self._tell(f"from now on {self.strategy.name}: {self.strategy.explain(space, None, self._goals)}")
        return space

    def edit_strategy(self, name: str | Strategy, need: Callable[[], None] = lambda: None) -> None:
        """Change the strategy from the next proposal on; `need` raises where that may not be."""
        own = isinstance(name, Strategy)  # which has a seed of its own
        chosen = read_strategy(name, 0 if own else self.strategy.seed, self.strategy.cost_aware)
        said = chosen.explain(self.space, None, self._goals)  # refuses a space that it cannot search
        need()
        self._settings.edit(strategy=chosen.name)
        self.strategy = chosen
        self._tell(f"from now on {chosen.name}: {said}")

    def reload(self) -> None:
        """Hear of the edits that other processes have stored since."""
        self._settings.reload()
        if (space := self._space()) != self.space:  # else what was worked out for it still holds
            self.space = space
        held = self._settings.get("strategy")
        if held not in (self._settings.asked_for("strategy"), self.strategy.name):
            self.strategy = self._strategy(None)
            self._tell(f"the strategy is {self.strategy.name}, as was chosen since")
