"""Samplers: one method a file, each a frozen dataclass that remembers nothing."""
