"""The panel elsewhere: in Notebook 7, and as an application served by Voilà."""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.request
from contextlib import contextmanager

import nbformat
from playwright.sync_api import expect

from tests.browser.lab import free_port, serving

CELLS = (
    "%load_ext hpo_magic",
    """%%hpo elsewhere --maximize accuracy --trials 500
import time
C = 1.0            # hpo: 1e-3..1e3 log
n = 50             # hpo: 0..100
time.sleep(0.05)
accuracy = C / (1 + C) - n / 1000""",
)


@contextmanager
def served(folder, *command):
    """Run a server on a folder; yield its address."""
    port = free_port()
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    book = nbformat.v4.new_notebook(cells=cells)
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, folder / "elsewhere.ipynb")
    env = {k: v for k, v in os.environ.items() if not k.startswith("HPO_MAGIC")}
    env |= {"JUPYTER_RUNTIME_DIR": str(folder / "runtime"), "IPYTHONDIR": str(folder / "ipython")}
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", *(part.format(port=port, folder=folder) for part in command)]
    with serving(command, env, folder / "server.log", f"{address}/voila/files/"):
        yield address


def used(page, picture):
    """The panel as a person uses it: it shows, runs, opens a tab, pauses, and stops."""
    panel = page.locator(".hpo-panel")
    expect(panel.locator(".hpo-state")).to_have_text("running", timeout=60_000)
    expect(panel.locator("img.hpo-plot.hpo-convergence")).to_be_visible()
    expect(panel.locator(".hpo-done")).to_have_text(re.compile(r"\d\d+ of 500 trials"), timeout=30_000)
    for title, seen in (("Trials", "tr.hpo-trial"), ("Parameters", "img.hpo-importance"), ("Space", "textarea")):
        panel.locator(".lm-TabBar-tab, .p-TabBar-tab").filter(has_text=title).click()
        expect(panel.locator(seen).first).to_be_visible(timeout=10_000)
    panel.get_by_role("button", name="Pause", exact=True).click()
    expect(panel.locator(".hpo-state")).to_have_text("paused", timeout=10_000)
    if where := os.environ.get("HPO_SCREENSHOTS"):
        panel.screenshot(path=f"{where}/{picture}.png")
    panel.get_by_role("button", name="Stop", exact=True).click()
    expect(panel.locator(".hpo-state")).to_have_text("stopped", timeout=10_000)


def test_notebook_7(browser, tmp_path):
    command = (
        "notebook", "--no-browser", "--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=",
        "--ServerApp.disable_check_xsrf=True", "--allow-root", "--JupyterNotebookApp.expose_app_in_browser=True",
        "--ServerApp.root_dir={folder}",
    )  # fmt: skip
    with served(tmp_path, *command) as address:
        page = browser.new_page(viewport={"width": 1300, "height": 1300})
        page.goto(f"{address}/notebooks/elsewhere.ipynb")
        page.wait_for_function(
            "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
        )
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
        used(page, "notebook7")
        page.close()
        with urllib.request.urlopen(f"{address}/api/kernels", timeout=10) as answer:
            for kernel in json.load(answer):
                ask = urllib.request.Request(f"{address}/api/kernels/{kernel['id']}", method="DELETE")
                urllib.request.urlopen(ask, timeout=20).close()


def test_voila(browser, tmp_path):
    command = ("voila", "elsewhere.ipynb", "--no-browser", "--port={port}", "--Voila.ip=127.0.0.1")
    with served(tmp_path, *command) as address:
        page = browser.new_page(viewport={"width": 1300, "height": 1300})
        page.goto(address)
        used(page, "voila")
        page.close()
