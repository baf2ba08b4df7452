"""From the source of a cell to an objective and its space; knows nothing of IPython."""

from hpo_magic.jupyter.cell.program import Cell, read_cell

__all__ = ["Cell", "read_cell"]
