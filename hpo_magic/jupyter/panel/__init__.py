"""The panel under a cell: input widgets that edit the search, output widgets that show it."""

from hpo_magic.jupyter.panel.panel import Panel

__all__ = ["Panel"]
