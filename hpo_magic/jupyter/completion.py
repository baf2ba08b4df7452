"""Tab completion on the option line: options, recipes, commands and the names of studies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from IPython.core.completer import SimpleCompletion, context_matcher

from hpo_magic.jupyter.options import COMMANDS, PLACES

OPTIONS = (
    "--trials", "--timeout", "--trial-timeout", "--target", "--no-gain", "--to-noise", "--strategy", "--minimize",
    "--maximize", "--subject-to", "--record", "--cost-aware", "--workers", "--on", "--store", "--seed", "--wait",
    "--no-panel", "--output", "--dry-run",
)  # fmt: skip


class Completion:
    """Completes the line that the cursor is on where it begins with %hpo or %%hpo."""

    def __init__(self, names: Callable[[], list[str]]) -> None:
        self._names = names

        @context_matcher()
        def hpo_matcher(context: Any) -> Any:
            lines = context.full_text.split("\n")
            line = lines[context.cursor_line] if context.cursor_line < len(lines) else context.line_with_cursor
            words = self.complete(line[: context.cursor_position] if len(lines) > 1 else line)
            return {
                "completions": [SimpleCompletion(word, type="param") for word in words],
                "matched_fragment": re.split(r"\s", line[: context.cursor_position])[-1],
                "suppress": bool(words),
            }

        self.matcher = hpo_matcher

    def complete(self, line: str) -> list[str]:
        """Return the words that may stand where the line ends."""
        match = re.match(r"^\s*(%{1,2})hpo\s(.*)$", line)
        if not match:
            return []
        before = match.group(2).split(" ")
        fragment = before.pop()
        last = before[-1] if before else ""
        return sorted(word for word in self._words(match.group(1), last, before) if word.startswith(fragment))

    def _words(self, sign: str, last: str, before: list[str]) -> Iterable[str]:
        from hpo_magic.search.recipes import RECIPES

        if last in ("-s", "--strategy"):
            return RECIPES
        if last == "--on":
            return PLACES
        if sign == "%":
            return COMMANDS if not any(before) else self._names()
        names = self._names() if not any(before) else []
        return [*[option for option in OPTIONS if option not in before], *names]
