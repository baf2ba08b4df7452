"""Front end: whether somebody sees what a kernel shows while it shows it."""

from __future__ import annotations

import os
from typing import Any


def live_front_end(shell: Any) -> bool:
    """Whether somebody may be watching: a kernel whose client can answer questions.

    nbclient and papermill say that they cannot, in every request. HPO_MAGIC_LIVE=1 or 0 overrules.
    """
    forced = os.environ.get("HPO_MAGIC_LIVE")
    if forced is not None:
        return forced not in ("", "0", "false")
    if os.environ.get("SERVER_SOFTWARE", "").startswith("voila/"):  # its kernel cannot ask either, its page is alive
        return True
    kernel = getattr(shell, "kernel", None)
    return kernel is not None and bool(getattr(kernel, "_allow_stdin", True))
