"""Ours and the peers behind one loop of ask and tell, each with its own defaults."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from hpo_magic import Choice, Int, Space, Study
from hpo_magic.search.strategy import Strategy


class Peer(Protocol):
    """An optimiser."""

    def ask(self) -> dict[str, Any]: ...  # noqa: D102

    def tell(self, config: Mapping[str, Any], losses: Sequence[float]) -> None: ...  # noqa: D102


class Ours:
    """A study, by a recipe's name or a strategy."""

    def __init__(
        self, strategy: str | Strategy, space: Space, seed: int, goals: int = 1, bounded: bool = False
    ) -> None:
        self.metrics = [f"loss{i}" for i in range(goals)]
        subject_to = "excess <= 0" if bounded else None
        self.study = Study(space, minimize=self.metrics, strategy=strategy, seed=seed, subject_to=subject_to)

    def ask(self) -> dict[str, Any]:
        """Return the next config."""
        trial = self.study.ask()
        assert trial is not None, "the space is exhausted"
        self.trial = trial
        return trial.config

    def tell(self, config: Mapping[str, Any], losses: Sequence[float]) -> None:
        """Record its losses."""
        self.study.tell(self.trial, dict(zip(self.metrics, losses, strict=True)))

    def tell_bounded(self, loss: float, excess: float) -> None:
        """Record the loss of a config and by how much it misses the constraint."""
        self.study.tell(self.trial, {self.metrics[0]: loss, "excess": excess})

    def fail(self) -> None:
        """Record that the config failed."""
        self.study.fail(self.trial, "it failed")

    def tell_random(self, config: dict[str, Any], loss: float) -> None:
        """Record a config of one's own."""
        queued = self.study.enqueue(config)
        trial = self.study.ask()
        assert trial is not None and trial.number == queued.number
        self.study.tell(trial, loss)


class Optuna:
    """An Optuna study; conditions by asking for active parameters only."""

    def __init__(self, sampler: str, space: Space, seed: int, goals: int = 1) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        made = {
            "tpe": lambda: optuna.samplers.TPESampler(seed=seed),
            "mtpe": lambda: optuna.samplers.TPESampler(seed=seed, multivariate=True, group=True),
            "gp": lambda: optuna.samplers.GPSampler(seed=seed),
            "nsga2": lambda: optuna.samplers.NSGAIISampler(seed=seed),
        }[sampler]()
        self.space = space
        self.study = optuna.create_study(sampler=made, directions=["minimize"] * goals)

    def ask(self) -> dict[str, Any]:
        """Return the next config."""
        trial, config = self.study.ask(), {}
        for name, domain in self.space.items():
            condition = self.space.condition(name)
            if condition is not None and not condition.holds(config):
                continue
            if isinstance(domain, Choice):
                options = list(domain.options)
                if domain.ordered:
                    config[name] = options[trial.suggest_int(name, 0, len(options) - 1)]
                else:
                    config[name] = trial.suggest_categorical(name, options)
            elif isinstance(domain, Int):
                config[name] = trial.suggest_int(name, domain.low, domain.high, log=domain.log)
            else:
                config[name] = trial.suggest_float(name, domain.low, domain.high, log=domain.log)
        self.trial = trial
        return config

    def tell(self, config: Mapping[str, Any], losses: Sequence[float]) -> None:
        """Record its losses."""
        self.study.tell(self.trial, list(losses))

    def tell_bounded(self, loss: float, excess: float) -> None:
        """Record the loss of a config and by how much it misses the constraint."""
        self.trial.set_constraint("excess", excess)
        self.study.tell(self.trial, loss)

    def fail(self) -> None:
        """Record that the config failed."""
        import optuna

        self.study.tell(self.trial, state=optuna.trial.TrialState.FAIL)


class Smac:
    """SMAC's facade for hyperparameter optimisation."""

    def __init__(self, space: Space, seed: int, trials: int) -> None:
        import ConfigSpace as CS
        from smac import HyperparameterOptimizationFacade as Facade
        from smac import Scenario

        logging.disable(logging.CRITICAL)
        self.space, made, cs = space, {}, CS.ConfigurationSpace(seed=seed)
        for name, domain in space.items():
            if isinstance(domain, Choice):
                made[name] = CS.CategoricalHyperparameter(name, [str(i) for i in range(len(domain.options))])
            else:
                kind = CS.UniformIntegerHyperparameter if isinstance(domain, Int) else CS.UniformFloatHyperparameter
                made[name] = kind(name, domain.low, domain.high, log=domain.log)
        cs.add(list(made.values()))
        for name, domain in space.items():
            if domain.when is not None:  # the benchmark's conditions are all "parent == 'option'"
                parent, _, option = domain.when.partition(" == ")
                choice = space[parent]
                assert isinstance(choice, Choice)
                cs.add(CS.EqualsCondition(made[name], made[parent], str(choice.index(option.strip("'")))))
        self.folder = tempfile.TemporaryDirectory()  # removed with the peer
        scenario = Scenario(cs, n_trials=trials, seed=seed, deterministic=True, output_directory=self.folder.name)
        self.smac = Facade(scenario, lambda config, seed=0: 0.0, overwrite=True, logging_level=False)

    def ask(self) -> dict[str, Any]:
        """Return the next config."""
        self.info = self.smac.ask()
        config = {}
        for name, value in dict(self.info.config).items():
            domain = self.space[name]
            if isinstance(domain, Choice):
                config[name] = domain.options[int(value)]
            else:
                config[name] = value.item() if isinstance(value, np.generic) else value
        return config

    def tell(self, config: Mapping[str, Any], losses: Sequence[float]) -> None:
        """Record its loss."""
        from smac.runhistory.dataclasses import TrialValue

        self.smac.tell(self.info, TrialValue(cost=float(losses[0])))


def maker(name: str) -> Callable[[Space, int, int, int], Peer]:
    """Return what makes a peer from space, seed, trials and number of goals; ours go by their recipe's name."""
    if name == "smac":
        return lambda space, seed, trials, goals: Smac(space, seed, trials)
    if name.startswith("optuna-"):
        return lambda space, seed, trials, goals: Optuna(name.removeprefix("optuna-"), space, seed, goals)
    return lambda space, seed, trials, goals: Ours(name, space, seed, goals)
