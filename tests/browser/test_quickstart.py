"""The main job, as a new user does it: the quickstart notebook in JupyterLab, from the first cell to a restart."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.lab import Notebook

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "01_quickstart.ipynb"
LOAD, DATA, SEARCH, WAIT, BEST, FRAME, PLOT, APPLY, SCORE = range(9)


def test_the_quickstart(browser, lab, request):
    address, folder = lab
    shutil.copy(QUICKSTART, folder / QUICKSTART.name)
    nb = Notebook(browser, address, folder, QUICKSTART.name)
    request.addfinalizer(nb.close)
    for index in (LOAD, DATA):
        nb.run(index)
    nb.page.evaluate("() => { window.started = performance.now(); }")
    nb.run(SEARCH)
    nb.expect_state("running")
    slider = nb.panel().locator(".hpo-row").filter(has=nb.page.locator(".hpo-name[title='C']"))
    plot = nb.panel().locator(".hpo-plot").first
    picture = plot.get_attribute("src") or ""

    handle = slider.locator(".noUi-handle-lower")
    grip, track = handle.bounding_box(), slider.locator(".noUi-base").bounding_box()
    assert grip and track
    nb.page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    nb.page.mouse.down()
    nb.page.mouse.move(track["x"] + track["width"] * 0.5, grip["y"] + grip["height"] / 2, steps=5)
    nb.page.mouse.up()
    low = slider.locator("input[type=text]").first
    expect(low).not_to_have_value("0.001")
    bound = float(low.input_value())
    assert 0.3 < bound < 3  # half of the way from 1e-3 to 1e3 on a logarithmic scale
    expect(plot).not_to_have_attribute("src", picture, timeout=10_000)  # the plot moves
    if where := os.environ.get("HPO_SCREENSHOTS"):
        nb.page.wait_for_timeout(4000)
        nb.panel().screenshot(path=f"{where}/panel.png")

    nb.click("Stop")
    nb.expect_state("stopped")
    done = re.search(r"(\d+) of 60 trials", nb.panel().inner_text())
    assert done and 0 < int(done.group(1)) < 60
    nb.restart()
    for index in (LOAD, DATA, SEARCH):
        nb.run(index)
    expect(nb.panel()).to_contain_text(f"goes on with version 1: {done.group(1)} of 60 trials")
    expect(slider.locator("input[type=text]").first).to_have_value(str(bound))  # the edit is kept with the study
    for index in (WAIT, BEST, FRAME, PLOT, APPLY, SCORE):
        text = nb.run(index if index <= APPLY else index + 1)  # %hpo apply has put a cell below itself
        assert "Error" not in text
    assert "scikit-learn's own defaults" in text
    applied = nb.source(APPLY + 1)
    assert re.search(r"^C = [\d.]+ +# hpo: 1e-3..1e3 log$", applied, re.MULTILINE)
    expect(nb.cell(PLOT).locator("img")).to_have_count(1)
    nb.expect_state("finished")
    time.sleep(0.5)
