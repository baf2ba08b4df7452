"""A cell with a budget in a real JupyterLab: curves, rungs, what was saved, and a restart in mid-bracket."""

from __future__ import annotations

import os

from playwright.sync_api import expect

from hpo_magic import Budget, Float, Study

CELL = """%%hpo net --minimize loss --strategy hyperband --trials {trials}
import time
from hpo_magic import checkpoint, report
lr = 0.1      # hpo: 1e-3..1.0 log
epochs = 27   # hpo: 1..27 budget
file = checkpoint() / "done.txt"
done = int(file.read_text()) if file.exists() else 0
for step in range(done, epochs):
    time.sleep(0.01)
    loss = (lr - 0.05) ** 2 + 1 / (step + 1)
    report(loss, step)
file.write_text(str(epochs))"""


def test_curves_rungs_and_savings_are_shown_and_a_bracket_survives_a_restart(notebook):
    nb = notebook("%load_ext hpo_magic", CELL.format(trials=500), "1 + 1", "pass")
    nb.run(0)
    nb.run(1)
    nb.expect_state("running")
    for plot in ("convergence", "parameters"):
        expect(nb.panel().locator(f"img.hpo-plot.hpo-{plot}")).to_be_visible(timeout=10_000)
    nb.open_tab("Curves")
    for plot in ("curves", "brackets", "timeline"):
        expect(nb.panel().locator(f"img.hpo-plot.hpo-{plot}")).to_be_visible(timeout=10_000)
    expect(nb.panel().locator("img.hpo-plot.hpo-schedule")).to_be_hidden()
    expect(nb.panel().locator(".hpo-spent")).to_contain_text("epochs spent instead of the", timeout=10_000)
    nb.page.wait_for_timeout(4000)
    if folder := os.environ.get("HPO_SCREENSHOTS"):
        nb.page.wait_for_timeout(4000)
        nb.panel().screenshot(path=f"{folder}/budgets.png")
    nb.click("Stop")
    nb.expect_state("stopped")
    before = int(nb.evaluate(3, "net.ledger.counted()"))
    assert before > 5
    nb.restart()
    nb.run(0)
    nb.run(1)
    nb.expect_state("running")
    nb.page.wait_for_timeout(3000)
    nb.click("Stop")
    nb.expect_state("stopped")
    assert int(nb.evaluate(3, "net.ledger.counted()")) > before
    # the brackets are those of a search that nothing has interrupted: with one worker their order is known
    ran = eval(nb.evaluate(3, "[t.budget for t in net.trials if t.state == 'done']"))
    whole = Study({"lr": Float(1e-3, 1.0, log=True), "epochs": Budget(1, 27)}, strategy="hyperband")
    for _ in ran:
        whole.tell(trial := whole.ask(), trial.config["lr"])
    assert ran == [trial.budget for trial in whole.trials]
