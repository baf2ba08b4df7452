"""What machine and what versions a figure was measured on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version


def machine(*packages: str) -> str:
    """Return one line for the head of a report."""
    versions = []
    for package in packages:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            versions.append(f"{package} absent")
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, " + ", ".join(versions)
