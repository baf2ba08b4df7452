"""Milliseconds of CPU an ask and tell, side by side in one run: `python -m benchmarks.speed` (3 minutes, on Linux).

Ten mixed dimensions; every optimiser is told the same random history, then asked and told a few times. Medians.
"""

from __future__ import annotations

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import resource
import statistics
import time
from collections.abc import Sequence

import numpy as np

from benchmarks.machine import machine
from benchmarks.peers import Ours, maker
from hpo_magic import Choice, Float, Int, Space

SPACE = Space(
    {
        **{f"x{i}": Float(0, 1) for i in range(4)},
        **{f"lr{i}": Float(1e-5, 1, log=True) for i in range(2)},
        **{f"n{i}": Int(1, 64) for i in range(2)},
        **{f"c{i}": Choice(["a", "b", "c"]) for i in range(2)},
    }
)
OURS = [("gp", (50, 100, 200)), ("tpe", (50, 200, 1000)), ("auto", (50, 200, 1000, 10_000))]
PEERS = [("optuna-gp", (50, 100, 200)), ("optuna-tpe", (50, 200, 1000))]


def loss(config: dict) -> float:
    """Return a smooth loss with an effect of every parameter."""
    numbers = [value for value in config.values() if not isinstance(value, str)]
    words = [value for value in config.values() if isinstance(value, str)]
    return sum((np.log10(1 + abs(x)) - 0.2) ** 2 for x in numbers) + 0.3 * sum(word != "b" for word in words)


def measure(name: str, counts: tuple[int, ...], asks: int = 9) -> list[tuple[int, float]]:
    """Return (n, milliseconds) for each size of the history."""
    rng, found = np.random.default_rng(0), []
    for count in counts:
        peer = maker(name)(SPACE, 0, count + asks, 1)
        for _ in range(count):
            config = SPACE.sample(rng)
            if isinstance(peer, Ours):
                peer.tell_random(config, loss(config))
            else:
                _told(peer, config)
        took = []
        for _ in range(asks):
            began = time.process_time()
            config = peer.ask()
            peer.tell(config, [loss(config)])
            took.append(time.process_time() - began)
        found.append((count, 1000 * statistics.median(took)))
    return found


def _told(peer: object, config: dict) -> None:
    import optuna

    distributions = {
        name: optuna.distributions.CategoricalDistribution(list(domain.options))
        if isinstance(domain, Choice)
        else (
            optuna.distributions.IntDistribution(domain.low, domain.high)
            if isinstance(domain, Int)
            else optuna.distributions.FloatDistribution(domain.low, domain.high, log=domain.log)
        )
        for name, domain in SPACE.items()
    }
    trial = optuna.trial.create_trial(params=config, distributions=distributions, value=loss(config))
    peer.study.add_trial(trial)  # type: ignore[attr-defined]


def rows(optimisers: Sequence[tuple[str, tuple[int, ...]]]) -> None:
    """Print a row an optimiser."""
    for name, counts in optimisers:
        found = dict(measure(name, counts))
        cells = " | ".join(f"{found[n]:.1f} ms" if n in found else "" for n in (50, 100, 200, 1000, 10_000))
        print(f"| {name} | {cells} |", flush=True)


def main() -> None:
    """Print ours and the peers."""
    print(machine("optuna", "numpy", "scipy"), flush=True)
    print("| | " + " | ".join(f"n = {n}" for n in (50, 100, 200, 1000, 10_000)) + " |\n|---|" + "---|" * 5)
    rows(OURS)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # before the peers load their libraries
    rows(PEERS)
    print(f"\nPeak memory of the process, ours alone, up to the 10,000 trials of auto: {memory:.0f} MB")


if __name__ == "__main__":
    main()
