"""One JupyterLab and one Chromium for all browser tests; a fresh notebook and fresh kernels for each."""

from __future__ import annotations

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.lab import CHROMIUM_ARGS, Notebook, chromium, lab_server, shut_down_kernels


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    with lab_server(folder) as address:
        yield address, folder


@pytest.fixture
def notebook(browser, lab, request):
    """Make notebooks of cells; closes them and their kernels afterwards, and keeps a picture where the test failed."""
    address, folder = lab
    made: list[Notebook] = []

    def make(*cells: str, name: str | None = None, dark: bool | None = None) -> Notebook:
        stem = name or f"{request.node.originalname}{len(made)}"
        made.append(Notebook(browser, address, folder, f"{stem}.ipynb", cells, dark))
        return made[-1]

    yield make
    for one in made:
        one.close()
    shut_down_kernels(address)
