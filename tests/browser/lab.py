"""A real JupyterLab in a headless Chromium: the server, a page on a notebook, and what a person does there."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Browser, Locator, Page, expect

CHROMIUM_ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


def chromium() -> str:
    """Path of the system's Chromium; there must be one, as no test may be left out for want of it."""
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))),
        None,
    )
    assert found, "no Chromium on this machine; install it with: apt-get install chromium"
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(command: Sequence[str], env: dict[str, str], log: Path, probe: str) -> Iterator[None]:
    """Run a server until the end of the block; it has begun when it answers at an address, be it with an error."""
    with log.open("w") as out:
        server = subprocess.Popen(command, env=env, stdout=out, stderr=out, start_new_session=True, cwd=log.parent)
        try:
            deadline = time.monotonic() + 60
            while True:
                try:
                    urllib.request.urlopen(probe, timeout=5).close()
                    break
                except urllib.error.HTTPError:
                    break
                except OSError:
                    assert server.poll() is None and time.monotonic() < deadline, log.read_text()
                    time.sleep(0.2)
            yield
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait(15)


@contextmanager
def lab_server(folder: Path) -> Iterator[str]:
    """Run JupyterLab on a folder; yield its address."""
    port = free_port()
    state = folder / ".lab"
    state.mkdir(exist_ok=True)
    env = {k: v for k, v in os.environ.items() if not k.startswith("HPO_MAGIC")}
    env |= {
        "JUPYTERLAB_WORKSPACES_DIR": str(state / "workspaces"),
        "JUPYTERLAB_SETTINGS_DIR": str(state / "settings"),
        "JUPYTER_RUNTIME_DIR": str(state / "runtime"),
        "IPYTHONDIR": str(state / "ipython"),
    }
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--ServerApp.port_retries=0",
        "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True", "--allow-root",
        "--LabApp.expose_app_in_browser=True", f"--ServerApp.root_dir={folder}",
    ]  # fmt: skip
    quiet = state / "settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True, exist_ok=True)
    quiet.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
    address = f"http://127.0.0.1:{port}"
    with serving(command, env, state / "server.log", f"{address}/api/status"):
        yield address


def kernels(address: str) -> list[dict[str, str]]:
    with urllib.request.urlopen(f"{address}/api/kernels", timeout=10) as answer:
        return list(json.load(answer))


def shut_down_kernels(address: str) -> None:
    for kernel in kernels(address):
        request = urllib.request.Request(f"{address}/api/kernels/{kernel['id']}", method="DELETE")
        urllib.request.urlopen(request, timeout=20).close()


class Notebook:
    """A notebook open in JupyterLab."""

    def __init__(
        self,
        browser: Browser,
        address: str,
        folder: Path,
        name: str,
        cells: Sequence[str] = (),
        dark: bool | None = None,
    ) -> None:
        self.path, self.address = folder / name, address
        if cells:
            made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
            made.metadata["kernelspec"] = {
                "name": "python3",
                "display_name": "Python 3",
                "language": "python",
            }
            nbformat.write(made, self.path)
        self.page: Page = browser.new_page(viewport={"width": 1300, "height": 1500})
        self.page.set_default_timeout(20_000)
        self.open()
        if dark is not None:  # the choice outlives the page
            theme, light = ("JupyterLab Dark", "false") if dark else ("JupyterLab Light", "true")
            self.page.evaluate("(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
            self.page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached")

    def open(self) -> None:
        """Open, or open again after a reload, and wait for the kernel."""
        self.page.goto(f"{self.address}/lab/tree/{self.path.name}?reset")
        self.page.wait_for_selector("#jp-main-statusbar >> text=Idle", timeout=60_000)

    def cell(self, index: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(index)

    def on_cell(self, index: int, script: str, argument: str = "") -> Any:
        """Run JavaScript with `nb`, the i-th code `cell`, its place `at` among all cells, and `argument`."""
        find = (
            "const nb = window.jupyterapp.shell.currentWidget.content;"
            "const cell = nb.widgets.filter(w => w.model.type === 'code')[i]; const at = nb.widgets.indexOf(cell);"
        )
        return self.page.evaluate(f"([i, argument]) => {{ {find} {script} }}", [index, argument])

    def select(self, index: int) -> None:
        self.on_cell(index, "nb.activeCellIndex = at; nb.deselectAll();")

    def source(self, index: int) -> str:
        return str(self.on_cell(index, "return cell.model.sharedModel.getSource();"))

    def run(self, index: int, wait: bool = True) -> str:
        """Run a cell; return its output as text once it has ended."""
        self.select(index)
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-cell'); }")
        prompt = self.cell(index).locator(".jp-InputArea-prompt")
        if wait:
            expect(prompt).not_to_have_text(re.compile(r"\[\*\]"), timeout=60_000)
            expect(prompt).to_have_text(re.compile(r"\[\d+\]"), timeout=60_000)
        return self.output(index)

    def output(self, index: int) -> str:
        return "\n".join(self.cell(index).locator(".jp-OutputArea-output").all_inner_texts())

    def evaluate(self, index: int, source: str) -> str:
        """Put a source into a cell, run it, and return what it prints."""
        self.on_cell(index, "cell.model.sharedModel.setSource(argument);", source)
        return self.run(index)

    def panel(self) -> Locator:
        return self.page.locator(".hpo-panel")

    def click(self, name: str) -> None:
        self.panel().get_by_role("button", name=name, exact=True).click()

    def open_tab(self, title: str) -> None:
        self.panel().locator(".lm-TabBar-tab, .p-TabBar-tab").filter(has_text=title).click()

    def expect_state(self, state: str, seconds: float = 20) -> None:
        expect(self.panel().locator(".hpo-state")).to_have_text(state, timeout=seconds * 1000)

    def save(self) -> None:
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")

    def restart(self) -> None:
        """Restart the kernel without the dialog that asks."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
        self.page.wait_for_selector("#jp-main-statusbar >> text=Idle", timeout=60_000)

    def close(self) -> None:
        self.page.close()
