"""What an import costs: heavy packages wait until they are needed. Seconds are measured in benchmarks/notebook.py."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("numpy", "scipy", "matplotlib", "sqlalchemy", "ipywidgets", "skopt", "sklearn", "pandas", "nbformat")


def loaded_by(code: str, prepare: str = "") -> set[str]:
    script = (
        f"import sys\n{prepare}\nbefore = set(sys.modules)\n{code}\n"
        f"print(*[name for name in {HEAVY!r} if name in set(sys.modules) - before])"
    )
    return set(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    )


def test_importing_the_package_loads_nothing_heavy():
    assert loaded_by("import hpo_magic") == set()


def test_loading_the_extension_loads_nothing_heavy():
    prepare = "from IPython.core.interactiveshell import InteractiveShell\nshell = InteractiveShell.instance()"
    load = "shell.run_line_magic('load_ext', 'hpo_magic')\nassert shell.find_cell_magic('hpo') is not None"
    assert loaded_by(load, prepare) == set()


def test_names_are_there_on_first_use():
    import hpo_magic

    for name in hpo_magic.__all__:
        assert getattr(hpo_magic, name) is not None
    assert set(hpo_magic.__all__) <= set(dir(hpo_magic))
