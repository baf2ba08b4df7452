"""The notebooks that ship: each runs whole without a front end, and is committed with the outputs that it leaves."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import papermill
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(path.name for path in FOLDER.glob("*.ipynb"))


def html_of(cell) -> str:
    return "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)


def test_there_are_notebooks():
    assert "01_quickstart.ipynb" in NOTEBOOKS


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_runs_whole(name, tmp_path):
    notebook = nbformat.read(FOLDER / name, 4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    searches = [cell for cell in notebook.cells if cell.source.startswith("%%hpo") and "--dry-run" not in cell.source]
    assert searches
    for cell in searches:  # without a front end the cell has waited, and its result stands under it
        assert "data:image/png;base64," in html_of(cell) and "<table>" in html_of(cell)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_is_committed_with_its_outputs(name):
    notebook = nbformat.read(FOLDER / name, 4)
    ran = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count == number for number, cell in enumerate(ran, start=1))
    assert any("data:image/png;base64," in html_of(cell) for cell in ran)


def test_papermill_waits_and_a_second_run_goes_on(tmp_path):
    source = tmp_path / "source.ipynb"
    shutil.copy(FOLDER / "01_quickstart.ipynb", source)
    for _ in range(2):
        made = papermill.execute_notebook(source, tmp_path / "out.ipynb", cwd=str(tmp_path), progress_bar=False)
    search = next(cell for cell in made.cells if cell.source.startswith("%%hpo"))
    text = "".join(output.get("text", "") for output in search.outputs)
    assert "goes on with version 1: 60 of 60 trials are there already" in text
    assert "60 trials done, best accuracy" in html_of(search)


def test_a_cell_that_fails_in_every_trial_ends_a_headless_run_with_its_reason(tmp_path):
    cells = ["%load_ext hpo_magic", "%%hpo bad -n 20 --minimize loss\na = 1  # hpo: 1..50\nloss = a / 0"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    with pytest.raises(CellExecutionError, match="no trial has ended well"):  # or papermill would call it a success
        NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = html_of(notebook.cells[1])
    assert "the first three trials all failed in the same way" in shown
    assert "ZeroDivisionError: division by zero at line 3: loss = a / 0" in shown
