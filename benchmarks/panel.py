"""What the panel costs: `python -m benchmarks.panel` (about a minute): the first paint, and a redraw of every tab.

Every figure stands beside the limit that the project sets itself; with 10,000 trials it is only to stay quick.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.machine import machine
from hpo_magic import Choice, Float, Int, Space, State, Study, Trial
from hpo_magic.jupyter.panel import Panel
from tests.kernel.kernel import Kernel, kernel

SPACE = Space(
    {
        "kernel": Choice(["rbf", "poly"]),
        "C": Float(1e-3, 1e3, log=True),
        "gamma": Float(1e-4, 10, log=True, when="kernel == 'rbf'"),
        "degree": Int(2, 5, when="kernel == 'poly'"),
        "tol": Float(1e-5, 1e-2, log=True),
    }
)
AIMS = {"Convergence": 20}
WIDGET = "application/vnd.jupyter.widget-view+json"
CELL = "%%hpo {name} -n 40 --store :memory:\nimport time\nx = 1.0  # hpo: 0.0..2.0\ntime.sleep(0.05)\nx**2"


def accuracy(config: dict) -> float:
    base = 0.9 - 0.02 * (np.log10(config["C"]) - 1) ** 2
    return base - (
        0.03 * (np.log10(config["gamma"]) + 2) ** 2 if config["kernel"] == "rbf" else 0.05 * config["degree"]
    )


def panel_of(trials: int) -> tuple[Study, Panel]:
    """Return a study of so many finished trials, seed 0, and its panel."""
    study, rng = Study(SPACE, maximize="accuracy", strategy="random"), np.random.default_rng(0)
    for number in range(trials):
        config = SPACE.sample(rng)
        values = {"accuracy": accuracy(config), "other": float(rng.random())}
        ran = {"started": 1e9 + number, "finished": 1e9 + number + 0.9}
        study.ledger.journal.add(Trial(-1, config, State.DONE, values, "accuracy", **ran))
    return study, Panel(study, lambda: None, lambda: "")


def redraws(trials: int, times: int = 9) -> dict[str, float]:
    """Return the CPU milliseconds of the live redraw of each tab, the median, and of thinking about advice."""
    study, panel = panel_of(trials)
    took = {}
    for tab in panel.tabs:
        tab.show(True)  # the first drawing makes figures
        some = []
        for _ in range(times):
            began = time.thread_time()
            tab.show(False)
            some.append(time.thread_time() - began)
        took[tab.title] = 1000 * statistics.median(some)
    began = time.thread_time()
    study.advice()
    took["advice"] = 1000 * (time.thread_time() - began)
    return took


def first_paint(shell: Kernel, name: str) -> tuple[float, float]:
    """Return the seconds from sending a %%hpo cell to the first message that shows something, and to its panel's."""
    sent = shell.client.execute(CELL.format(name=name), allow_stdin=True)
    began, first, painted = time.perf_counter(), float("nan"), float("nan")
    while True:
        message = shell.client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != sent:
            continue
        if message["msg_type"] == "display_data":
            now = time.perf_counter() - began
            first = now if first != first else first
            painted = now if WIDGET in message["content"]["data"] else painted
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return first, painted


def main() -> None:
    print(machine("ipykernel", "ipywidgets", "matplotlib", "scikit-learn"))
    print("| | measured | at most |\n|---|---|---|")
    for rest in (0.0, 3.0):
        with tempfile.TemporaryDirectory() as folder, kernel(Path(folder)) as shell:
            shell.run("%load_ext hpo_magic")
            time.sleep(rest)
            what = "right after `%load_ext`" if not rest else f"{rest:g} s after `%load_ext`"
            for cell in ("one", "two") if rest else ("one",):
                first, painted = first_paint(shell, cell)
                named = "first cell" if cell == "one" else "later cells"
                print(f"| {named}, {what}: first paint, and the panel | {first:.2f} s, {painted:.2f} s | 0.3 s |")
    for trials in (200, 10_000):
        for title, took in redraws(trials).items():
            aim = f"{AIMS.get(title, 100)} ms" if trials == 200 else ""
            print(f"| {title}, {trials:,} trials, CPU of a live redraw | {took:.0f} ms | {aim} |")


if __name__ == "__main__":
    main()
