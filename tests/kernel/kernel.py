"""A real kernel, driven as a front end drives it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager

SVM = """%%hpo svm --maximize accuracy --trials {trials} {options}
C = 1.0            # hpo: 1e-3..1e3 log
kernel = "rbf"     # hpo: rbf | poly
if kernel == "rbf":
    gamma = 0.1    # hpo: 1e-4..10 log
else:
    degree = 3     # hpo: 2..5
accuracy = C / (1 + C) if kernel == "rbf" else degree / 10
"""


class Kernel:
    """A kernel and what its cells answer."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager, self.client = manager, client

    def run(self, code: str, timeout: float = 60, allow_stdin: bool = True) -> dict[str, Any]:
        """Run a cell; return {"text": printed, "result": …, "html": […], "error": …, "widgets": […], "next": …}."""
        sent = self.client.execute(code, allow_stdin=allow_stdin)
        out: dict[str, Any] = {
            "text": "",
            "result": "",
            "html": [],
            "plain": [],
            "error": "",
            "widgets": [],
            "next": None,
        }
        deadline = time.monotonic() + timeout
        idle = replied = False
        while not (idle and replied):
            assert time.monotonic() < deadline, f"no answer to {code!r}: {out}"
            if not replied and self.client.shell_channel.msg_ready():
                reply = self.client.get_shell_msg(timeout=1)
                if reply["parent_header"].get("msg_id") == sent:
                    replied = True
                    for payload in reply["content"].get("payload", []):
                        if payload["source"] == "set_next_input":
                            out["next"] = payload["text"]
            if not self.client.iopub_channel.msg_ready():
                time.sleep(0.005)
                continue
            message = self.client.get_iopub_msg(timeout=1)
            if message["parent_header"].get("msg_id") != sent:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                idle = True
            elif kind == "stream":
                out["text"] += content["text"]
            elif kind == "error":
                out["error"] = f"{content['ename']}: {content['evalue']}"
            elif kind in ("display_data", "update_display_data", "execute_result"):
                data = content["data"]
                out["html"].append(data.get("text/html", ""))
                out["plain"].append(data.get("text/plain", ""))
                if kind == "execute_result":
                    out["result"] = data["text/plain"]
                if "application/vnd.jupyter.widget-view+json" in data:
                    out["widgets"].append(data["application/vnd.jupyter.widget-view+json"]["model_id"])
        return out

    def value(self, expression: str) -> Any:
        """Return the value of an expression that has a literal's repr."""
        import ast

        answer = self.run(expression)
        assert not answer["error"], answer["error"]
        return ast.literal_eval(answer["result"])

    def until(self, expression: str, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not self.value(f"bool({expression})"):
            assert time.monotonic() < deadline, f"{expression} did not come true"
            time.sleep(0.05)


@contextmanager
def kernel(folder: Path) -> Iterator[Kernel]:
    """Start a kernel in a folder, with an IPython profile of its own."""
    manager = KernelManager(kernel_name="python3")
    env = {
        **os.environ,
        "IPYTHONDIR": str(folder / ".ipython"),
        "JUPYTER_RUNTIME_DIR": str(folder / ".runtime"),
    }
    manager.start_kernel(cwd=str(folder), env=env)
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        made = Kernel(manager, client)
        yield made
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
