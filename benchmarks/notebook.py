"""What the notebook pays for a live search: `python -m benchmarks.notebook` (about 9 minutes; needs Chromium).

Real kernels, a real JupyterLab. Every figure stands beside the limit that the project sets itself.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import expect, sync_playwright

from benchmarks.machine import machine
from hpo_magic import Float, Space, Study
from hpo_magic.jupyter.live_plot import LivePlot
from tests.browser.lab import CHROMIUM_ARGS, Notebook, chromium, lab_server
from tests.kernel.kernel import Kernel, kernel

SPACE = "C = 1.0            # hpo: 1e-3..1e3 log\ngamma = 0.1        # hpo: 1e-4..10 log\n"
LOSS = "loss = (C - 3) ** 2 + gamma"
BODIES = {
    "sleeping": "time.sleep(0.2)\n",
    "numpy": "end = time.thread_time() + 0.2\nwhile time.thread_time() < end: a = a @ a % 1\n",
}
FOREVER = {
    "numpy": "while True: a = a @ a % 1\n",
    "pure Python": "x = 0\nwhile True: x += 1\n",
}
PREPARE = "%load_ext hpo_magic\nimport time, numpy as np\na = np.random.default_rng(0).random((400, 400))"


# Timed in the page, from the event of the click to the change of the text: Playwright itself looks only so often.
WATCH_CLICK = """(state) => {
    document.addEventListener("click", () => {
        const began = performance.now();
        const look = new MutationObserver(() => {
            if (document.querySelector(".hpo-panel .hpo-state").textContent.trim() !== state) return;
            window.hpoSeen = (performance.now() - began) / 1000;
            look.disconnect();
        });
        look.observe(document.querySelector(".hpo-panel"), {subtree: true, childList: true, characterData: true});
    }, {capture: true, once: true});
}"""


def overhead(shell: Kernel, kind: str, trials: int = 100, run: int = 0) -> float:
    """Return the share by which a search takes longer than a loop over the same cell, run just before it."""
    body = BODIES[kind]
    loop = "\n".join("    " + line for line in (SPACE + body + LOSS).splitlines())
    began = time.perf_counter()
    shell.run(f"for i in range({trials}):\n{loop}", timeout=120)
    plain = time.perf_counter() - began
    name = f"over_{kind}_{trials}_{run}"
    began = time.perf_counter()
    shell.run(f"%%hpo {name} --minimize loss -n {trials}\n{SPACE}{body}{LOSS}")
    shell.run(f"%hpo wait {name}", timeout=120)
    searched = time.perf_counter() - began
    assert shell.value(f"len({name}.history.done)") == trials
    return searched / plain - 1


def answers(shell: Kernel, kind: str, asked: int = 200) -> list[float]:
    """Return the seconds until `1 + 1` is answered while a trial runs."""
    name = f"busy_{kind.replace(' ', '_')}"
    shell.run(f"%%hpo {name} --minimize loss -n 1\n{SPACE}{FOREVER[kind]}{LOSS}")
    shell.until(f"{name}.history.running")
    took = answer_times(shell, asked)
    shell.run(f"%hpo stop {name}")
    return took


def answer_times(shell: Kernel, asked: int) -> list[float]:
    """Return the seconds until a kernel answers `1 + 1`, asked so many times."""
    took = []
    for _ in range(asked):
        began = time.perf_counter()
        shell.client.execute_interactive("1 + 1", timeout=30, output_hook=lambda message: None)
        took.append(time.perf_counter() - began)
        time.sleep(0.02)
    return took


def stops(shell: Kernel, times: int = 10) -> list[float]:
    """Return the seconds from Stop to stopped, in the middle of a numpy-bound trial."""
    shell.run(f"%%hpo stops --minimize loss -n 100\n{SPACE}{FOREVER['numpy']}{LOSS}")
    took = []
    for _ in range(times):
        shell.until("stops.history.running")
        shell.run("import time; t = time.perf_counter(); stops.stop(); stops.wait(); t = time.perf_counter() - t")
        took.append(shell.value("t"))
        shell.run("%hpo resume stops")
    shell.run("%hpo stop stops")
    return took


def clicks(folder: Path, times: int = 3) -> list[float]:
    """Return the seconds from a click to its effect on the page while another cell is busy for 6 s."""
    took = []
    with lab_server(folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGS)
        cell = f"%%hpo clicked --minimize loss -n 500\nimport time\n{SPACE}time.sleep(0.05)\n{LOSS}"
        page = Notebook(
            browser, address, folder, "clicks.ipynb", ["%load_ext hpo_magic", cell, "import time; time.sleep(6)"]
        )
        page.run(0)
        page.run(1)
        for _ in range(times):
            page.expect_state("running")
            page.run(2, wait=False)
            expect(page.cell(2).locator(".jp-InputArea-prompt")).to_have_text("[*]:")
            time.sleep(1)
            for button, state in (("Pause", "paused"), ("Resume", "running")):
                page.page.evaluate(WATCH_CLICK, state)
                page.click(button)
                page.expect_state(state)
                took.append(page.page.evaluate("() => window.hpoSeen"))
            busy = page.cell(2).locator(".jp-InputArea-prompt")
            expect(busy).to_have_text("[*]:")  # the clicks were heard before the cell had ended
            expect(busy).not_to_have_text("[*]:", timeout=20_000)
        page.click("Stop")
        page.expect_state("stopped")
        browser.close()
    return took


def redraws(trials: int = 200, times: int = 40) -> list[float]:
    """Return the CPU seconds of one live redraw (both plots) with 200 trials and more."""
    space = Space({f"x{i}": Float(0, 1) for i in range(6)})
    study = Study(space, minimize="loss", strategy="random")
    plots = [LivePlot(name) for name in ("convergence", "parameters")]
    took = []
    for number in range(trials + times):
        trial = study.ask()
        assert trial is not None
        study.tell(trial, sum((value - 0.3) ** 2 for value in trial.config.values()))
        if number >= trials:
            began = time.thread_time()
            for plot in plots:
                plot.png(study.history, space)
            took.append(time.thread_time() - began)
    return took


def imports(times: int = 7) -> tuple[float, float]:
    """Return the median seconds that `import hpo_magic` and `%load_ext hpo_magic` add."""

    def seconds(prepare: str, code: str) -> float:
        script = f"import time\n{prepare}\nbegan = time.perf_counter()\n{code}\nprint(time.perf_counter() - began)"
        ran = [
            subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
            for _ in range(times)
        ]
        return statistics.median(float(one.stdout) for one in ran)

    shell = "from IPython.core.interactiveshell import InteractiveShell\nshell = InteractiveShell.instance()"
    return seconds("", "import hpo_magic"), seconds(shell, "shell.run_line_magic('load_ext', 'hpo_magic')")


def line(what: str, value: float, limit: float, unit: str) -> None:
    """Print one row of the table."""
    print(f"| {what} | {value:.3g} {unit} | {limit:g} {unit} |", flush=True)


def main() -> None:
    print(machine("ipykernel", "jupyterlab", "ipywidgets", "matplotlib"))
    print("| | measured | at most |\n|---|---|---|", flush=True)
    package, extension = imports()
    line("`import hpo_magic`, added to a bare interpreter", package, 0.1, "s")
    line("`%load_ext hpo_magic`", extension, 0.3, "s")
    with tempfile.TemporaryDirectory() as folder:
        with kernel(Path(folder)) as shell:
            shell.run(PREPARE)
            first = overhead(shell, "sleeping", 1) * 0.2
            print(f"| the first search of a kernel, imports included, adds once | {first:.2g} s | |")
            for kind in BODIES:
                shares = [overhead(shell, kind, run=run) for run in range(5)]
                print(f"| (runs: {', '.join(f'{100 * share:.1f}' for share in shares)} %) | | |")
                line(
                    f"wall time added to 100 trials of 0.2 s, {kind}, median of 5",
                    100 * statistics.median(shares),
                    5,
                    "%",
                )
            for kind, limit in (("numpy", 50), ("pure Python", 150)):
                p95 = float(np.quantile(answers(shell, kind), 0.95))
                line(f"answer of `1 + 1` while a {kind} trial runs, 95th percentile", 1000 * p95, limit, "ms")
            line("Stop to stopped, numpy-bound trial, worst of 10", max(stops(shell)), 1, "s")
        line("click on Pause or Resume to its effect, another cell busy, worst of 6", max(clicks(Path(folder))), 1, "s")
        line("one live redraw of both plots at 200 trials, CPU, median", 1000 * statistics.median(redraws()), 20, "ms")


if __name__ == "__main__":
    main()
