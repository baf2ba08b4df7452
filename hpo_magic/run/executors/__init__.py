"""Executors: where trials run, one kind a file."""
