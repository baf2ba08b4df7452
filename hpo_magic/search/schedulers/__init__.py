"""Schedulers: one method a file."""
