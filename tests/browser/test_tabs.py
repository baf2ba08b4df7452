"""Every tab and every steering action, clicked in a real JupyterLab, while trials run and while another cell is busy."""

from __future__ import annotations

import os
import re

import pytest
from playwright.sync_api import expect

CELL = """%%hpo {name} --maximize accuracy --trials {trials} -s {strategy} --subject-to "seconds < 50"
import numpy as np, time
C = 1.0            # hpo: 1e-3..1e3 log
kernel = "rbf"     # hpo: rbf | poly
n = 50             # hpo: 0..100
if kernel == "rbf":
    gamma = 0.1    # hpo: 1e-4..10 log
else:
    degree = 3     # hpo: 2..5
print("trained with", C)
time.sleep({pause})
if C > 300:
    raise MemoryError("too <b>large</b>")
seconds = C / 10
accuracy = 0.9 - 0.02 * (np.log10(C) - 1) ** 2 - 0.002 * n / 100"""
TITLES = ("Convergence", "Parameters", "Landscape", "Curves", "Trials", "Space", "Log")
PICTURES = {
    "Convergence": ("convergence", "parameters"),
    "Parameters": ("importance", "slices"),
    "Landscape": ("contour", "rank"),
    "Curves": ("timeline",),
}


def started(notebook, name, trials=400, pause=0.05, strategy="auto", **options):
    cell = CELL.format(name=name, trials=trials, pause=pause, strategy=strategy)
    nb = notebook("%load_ext hpo_magic", cell, "import time; time.sleep(12)", "pass", **options)
    nb.run(0)
    nb.run(1)
    return nb


def image(nb, plot):
    return nb.panel().locator(f"img.hpo-plot.hpo-{plot}")


def choose(nb, label, value):
    nb.panel().get_by_label(label, exact=True).select_option(value)


def done(nb, count):
    expect(nb.panel().locator(".hpo-done")).to_have_text(
        re.compile(rf"({count}|{count + 1}|[1-9]\d\d|[{(count // 10) + 1}-9]\d) of"), timeout=30_000
    )


def test_every_tab_shows_its_own_while_trials_run_and_another_cell_is_busy(notebook):
    nb = started(notebook, "tabs")
    done(nb, 30)
    for busy in (False, True):
        if busy:
            nb.run(2, wait=False)
        for title in TITLES[::-1] if busy else TITLES:
            nb.open_tab(title)
            for plot in PICTURES.get(title, ()):
                expect(image(nb, plot)).to_be_visible(timeout=3000)
            hidden = [plot for other, plots in PICTURES.items() if other != title for plot in plots]
            for plot in hidden:
                expect(image(nb, plot)).to_be_hidden()
            if title == "Trials":
                expect(nb.panel().locator("tr.hpo-trial").first).to_be_visible(timeout=3000)
            if title == "Log":
                expect(nb.panel().locator(".hpo-log").first).to_contain_text("trained with", timeout=3000)
        if busy:
            expect(nb.cell(2).locator(".jp-InputArea-prompt")).to_have_text("[*]:")
    nb.click("Stop")
    nb.expect_state("stopped")


def test_what_is_drawn_can_be_chosen(notebook):
    nb = started(notebook, "choosing", trials=40, pause=0)
    nb.expect_state("finished")
    plot = image(nb, "convergence")
    seen = {plot.get_attribute("src")}
    for against in ("time", "cost", "trial"):
        choose(nb, "against", against)
        expect(plot).not_to_have_attribute("src", list(seen)[-1] or "", timeout=5000)
    nb.open_tab("Parameters")
    for also in ("parallel", "distribution", "correlation", "slices"):
        choose(nb, "beside it", also)
        expect(image(nb, also)).to_be_visible(timeout=5000)
    nb.open_tab("Landscape")
    expect(image(nb, "contour")).to_be_visible(timeout=5000)
    choose(nb, "up", "(one parameter)")
    expect(image(nb, "dependence")).to_be_visible(timeout=5000)
    expect(image(nb, "contour")).to_be_hidden()
    choose(nb, "up", "C")
    expect(nb.panel().get_by_role("alert").first).to_contain_text("'C' stands on both axes")


def test_the_table_of_trials_sorts_opens_and_steers(notebook):
    nb = started(notebook, "table", trials=150, pause=0)
    nb.expect_state("finished", seconds=60)
    nb.open_tab("Trials")
    rows = nb.panel().locator("tr.hpo-trial")
    expect(rows).to_have_count(100)
    expect(rows.first).to_have_attribute("data-trial", re.compile(r"1\d\d"))
    nb.panel().locator("th", has_text="accuracy").click()
    nb.panel().locator("th", has_text="accuracy").click()
    best = int(nb.evaluate(3, "table.best.number"))
    values = eval(nb.evaluate(3, "sorted([t.value for t in table.history.done], reverse=True)"))
    shown = [float(text) for text in nb.panel().locator("tr.hpo-trial td:nth-child(3)").all_inner_texts()[:20]]
    assert shown == pytest.approx(values[:20], abs=1e-4)
    nb.panel().get_by_role("button", name="later rows ›").click()
    expect(nb.panel().locator(".hpo-pages")).to_contain_text("page 2 of 2")
    expect(rows.last).to_contain_text("failed")  # what has no value comes last
    rows.last.click()
    expect(nb.panel().locator(".hpo-error")).to_contain_text("MemoryError: too <b>large</b> at line 13")
    expect(nb.panel().locator(".hpo-error b")).to_have_count(0)
    expect(nb.panel().locator(".hpo-log").first).to_contain_text("trained with")
    nb.panel().locator("th", has_text="trial").first.focus()
    nb.page.keyboard.press("Enter")  # by keyboard, too
    expect(rows.first).to_have_attribute("data-trial", "0")
    expect(nb.panel().locator("th", has_text="trial").first).to_be_focused()
    rows.first.click()
    nb.click("Do not trust")
    expect(rows.first).to_have_class(re.compile("distrusted"))
    assert nb.evaluate(3, "table.trials[0].trusted") == "False"
    nb.click("Trust again")
    expect(rows.first).not_to_have_class(re.compile("distrusted"))
    nb.click("Run again")
    expect(nb.panel()).to_contain_text("trial 0 is in the queue to be run again; Resume starts it")
    assert nb.evaluate(3, "table.trials[-1].parent, table.trials[-1].config == table.trials[0].config") == "(0, True)"
    nb.panel().locator(f"tr[data-trial='{min(best, 99)}']").click()
    nb.click("Start from here")
    expect(nb.panel()).to_contain_text("is under Space, to be changed and put in the queue")
    field = nb.panel().get_by_label("a config of your own")
    expect(field).to_have_value(re.compile(r"^C = "))


def test_a_config_of_ones_own_is_tried_next(notebook):
    nb = started(notebook, "own")
    nb.open_tab("Space")
    done(nb, 10)
    nb.click("Fill in the best")
    field = nb.panel().get_by_label("a config of your own")
    expect(field).to_have_value(re.compile(r"^C = "))
    field.fill("C = 7.25\nkernel = poly\ndegree = 4\nn = 1")
    nb.click("Put in the queue")
    expect(nb.panel()).to_contain_text(re.compile(r"trial \d+ is tried next"))
    wanted = "{'C': 7.25, 'kernel': 'poly', 'n': 1, 'degree': 4}"
    nb.page.wait_for_timeout(1000)
    assert nb.evaluate(3, f"[t.state for t in own.trials if t.config == {wanted}]") == "[<State.DONE: 'done'>]"
    for text, message in (
        ("C = 7e9\nkernel = poly\ndegree = 4", "C=7000000000.0 is outside"),
        ("C = banana", "C: 'banana' is no number"),
        ("kernel = cubic", "kernel: 'cubic' is no option; choose one of rbf, poly"),
        ("gama = 1", "line 1: 'gama' is no parameter (did you mean 'gamma'?)"),
        ("kernel = poly\ngamma = 1", "exists only when kernel == 'rbf'"),
        ("C 5", "line 1: 'C 5' is no assignment"),
    ):
        field.fill(text)
        nb.click("Put in the queue")
        expect(nb.panel().get_by_role("alert").first).to_contain_text(message)
    nb.click("Stop")


def test_zoom_advice_importance_and_workers(notebook):
    nb = started(notebook, "steer", trials=60, pause=0, strategy="random")
    nb.expect_state("finished", seconds=60)
    expect(nb.panel().locator(".hpo-bar")).to_have_count(5)  # importance beside each row
    advice = nb.panel().locator(".hpo-advice div")
    expect(advice.first).to_contain_text("failures lie at C above")
    narrow = advice.first.get_by_role("button")
    expect(narrow).to_have_text(re.compile(r"narrow C to 0\.001\.\.\d+"))
    narrow.click()
    expect(nb.panel()).to_contain_text("done: narrow C to")
    bound = float(nb.evaluate(3, "steer.space['C'].high"))
    assert bound < 400
    row = nb.panel().locator(".hpo-row").filter(has=nb.page.locator(".hpo-name[title='C']"))
    expect(row.locator("input[type=text]").nth(1)).to_have_value(str(bound))  # the row shows what the advice did
    nb.open_tab("Space")
    nb.click("Zoom to the best quarter")
    expect(nb.panel()).to_contain_text("every range is narrowed to where the best quarter lies")
    expect(nb.panel()).to_contain_text("C is in ")
    assert nb.evaluate(3, "steer.space['C'].low > 0.1 and steer.space['C'].high < 300") == "True"
    nb.click("Back to the cell's own space")
    expect(nb.panel()).to_contain_text("the space is the cell's own")
    assert nb.evaluate(3, "steer.space == steer.original") == "True"
    workers = nb.panel().get_by_label("workers", exact=True)
    workers.fill("3")
    workers.press("Enter")
    trials = nb.panel().get_by_label("trials", exact=True)
    trials.fill("90")
    trials.press("Enter")
    nb.click("Resume")
    expect(nb.panel().locator(".hpo-done")).to_have_text("90 of 90 trials", timeout=60_000)
    nb.expect_state("finished")
    assert nb.evaluate(3, "steer.limits.workers, steer.ledger.counted()") == "(3, 90)"


def test_steering_works_while_trials_run_and_another_cell_is_busy(notebook):
    nb = started(notebook, "busy_steer", trials=3000, strategy="random")
    done(nb, 30)
    expect(nb.panel().locator(".hpo-advice button").first).to_be_visible(timeout=30_000)
    nb.run(2, wait=False)
    prompt = nb.cell(2).locator(".jp-InputArea-prompt")
    expect(prompt).to_have_text("[*]:")
    label = nb.panel().locator(".hpo-advice button").first
    told = label.inner_text()
    label.click()
    expect(nb.panel()).to_contain_text(f"done: {told}", timeout=3000)
    nb.open_tab("Space")
    nb.click("Zoom to the best quarter")
    expect(nb.panel()).to_contain_text("every range is narrowed", timeout=3000)
    nb.click("Back to the cell's own space")
    expect(nb.panel()).to_contain_text("the space is the cell's own", timeout=3000)
    nb.open_tab("Trials")
    nb.panel().locator("tr.hpo-trial.done").first.click()
    expect(nb.panel().locator("tr.hpo-trial.chosen")).to_have_count(1, timeout=3000)
    nb.click("Run again")
    expect(nb.panel()).to_contain_text("is in the queue to be run again", timeout=3000)
    nb.click("Do not trust")
    expect(nb.panel()).to_contain_text("is no longer learnt from", timeout=3000)
    nb.click("Trust again")
    expect(nb.panel()).to_contain_text("is trusted again", timeout=3000)
    nb.click("Start from here")
    nb.click("Put in the queue")
    expect(nb.panel()).to_contain_text("is tried next", timeout=3000)
    workers = nb.panel().get_by_label("workers", exact=True)
    workers.fill("2")
    workers.press("Enter")
    choose(nb, "strategy", "tpe")
    expect(prompt).to_have_text("[*]:")  # all that while the cell was at it
    nb.page.wait_for_timeout(1000)
    expect(prompt).not_to_have_text("[*]:", timeout=20_000)
    assert nb.evaluate(3, "busy_steer.limits.workers, busy_steer.strategy.name, busy_steer.phase") == (
        "(2, 'tpe', <Phase.RUNNING: 'running'>)"
    )
    # One worker's trials never overlap; of two on a loaded machine the last few need not.
    overlap = (
        "any(a.started < b.started < a.finished for a, b in zip(busy_steer.history.done, busy_steer.history.done[1:]))"
    )
    assert nb.evaluate(3, overlap) == "True"
    # "Run again", and what was put in the queue as it was
    assert nb.evaluate(3, "sum(t.parent is not None for t in busy_steer.trials)") == "2"
    nb.click("Stop")
    nb.expect_state("stopped")


def test_a_finished_study_is_shown_again_and_two_are_compared(notebook):
    nb = started(notebook, "shown", trials=20, pause=0)
    nb.expect_state("finished", seconds=60)
    nb.evaluate(3, "shown_name = shown.name")
    nb.restart()
    nb.run(0)
    nb.evaluate(3, "%hpo show shown")
    panel = nb.cell(3).locator(".hpo-panel")
    expect(panel.locator(".hpo-state")).to_have_text("idle")
    expect(panel).to_contain_text("20 trials")
    panel.locator(".lm-TabBar-tab").filter(has_text="Trials").click()
    expect(panel.locator("tr.hpo-trial")).to_have_count(20)
    panel.get_by_role("button", name="Resume", exact=True).click()
    expect(panel.get_by_role("alert").first).to_contain_text("has no cell in this session; run its %%hpo cell")
    text = nb.evaluate(2, "%hpo compare shown shown")
    assert "both are equal in the end" in text
    expect(nb.cell(2).locator("img")).to_have_count(1)


LIMITED = """%%hpo limited --minimize a b --subject-to 'size < 5' --trials 30
x = 0.5   # hpo: 0.0..10.0
a, b, size = x, 10 - x, x
a"""


def test_any_trial_is_applied_misses_are_named_and_a_narrow_window_has_every_tab(notebook):
    nb = notebook("%load_ext hpo_magic", LIMITED, "1 + 1", "pass", dark=True)
    nb.run(0)
    nb.run(1)
    nb.expect_state("finished")
    nb.page.set_viewport_size({"width": 520, "height": 1400})
    nb.page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    for title in TITLES:
        nb.open_tab(title)
    nb.open_tab("Trials")
    nb.panel().locator("th", has_text="size").click()
    rows = nb.panel().locator("tr.hpo-trial")
    expect(rows.last).to_contain_text("done, misses size < 5")
    expect(rows.first).not_to_contain_text("misses")
    rows.nth(1).click()
    expect(rows.nth(1)).to_have_class(re.compile("chosen"))
    number = int(rows.nth(1).get_attribute("data-trial"))
    nb.click("Apply")
    expect(nb.panel()).to_contain_text(f"set from trial {number}: x = ")
    assert nb.evaluate(3, f"x == limited.trials[{number}].config['x']") == "True"
    if where := os.environ.get("HPO_SCREENSHOTS"):
        nb.panel().screenshot(path=f"{where}/narrow-dark.png")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [800, 1600])
def test_every_tab_fits(notebook, dark, width):
    nb = started(notebook, f"fits_{width}_{dark}".lower(), trials=40, pause=0, dark=dark)
    nb.page.set_viewport_size({"width": width, "height": 1400})
    if width < 1000:
        nb.page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    nb.expect_state("finished", seconds=60)
    for title in TITLES:
        nb.open_tab(title)
        nb.page.wait_for_timeout(500)
        box = nb.panel().bounding_box()
        for widget in nb.panel().locator(".hpo-row, .hpo-plot, button, input, select, textarea").all():
            inner = widget.bounding_box()
            if inner and inner["width"] and widget.is_visible():
                assert inner["x"] >= box["x"] - 1, title
                assert inner["x"] + inner["width"] <= box["x"] + box["width"] + 1, (title, widget.inner_text())
        if where := os.environ.get("HPO_SCREENSHOTS"):
            nb.panel().screenshot(path=f"{where}/{title}-{width}-{'dark' if dark else 'light'}.png")
