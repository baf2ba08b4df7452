"""What the panel says about the search as a whole: how much each parameter matters, beside its row, and advice."""

from __future__ import annotations

import time
from collections.abc import Mapping
from html import escape
from typing import Any

from hpo_magic.errors import StudyError
from hpo_magic.insight.advice import Act, Advice, advice
from hpo_magic.insight.importance import Importance, importance
from hpo_magic.jupyter.panel.clickable import Lines
from hpo_magic.study import Study

_FEWEST, _FIRST, _SHARE, _MOST = 10, 30.0, 400, 3
"""Finished trials, and seconds, before anything is said while a search runs; thinking's own computing time that many
times lies between it and the next; lines."""


class Thoughts:
    """Importance and advice, brought up to date now and then; belongs to the panel's live thread."""

    def __init__(self, study: Study, lines: Lines, weights: Mapping[str, Any]) -> None:
        self._study, self._lines, self._weights = study, lines, weights
        self.advice: tuple[Advice, ...] = ()
        self._due, self._seen = time.monotonic() + _FIRST, (0, study.space)

    def show(self, resting: bool) -> None:
        """Think again where there is something new, and time for it or rest."""
        if not resting and time.monotonic() < self._due:
            return
        history, space = self._study.history, self._study.space
        now = (len(history.done) + len(history.failed), space)
        if now == self._seen or now[0] < _FEWEST:
            return
        began, self._seen = time.thread_time(), now
        try:
            found = importance(history, space)
        except StudyError:
            found = None  # too few finished trials: the rows stay silent
        self.advice = advice(history, space, found)
        alive = self._study.phase.alive
        said = [{"text": one.text, "label": one.label} for one in self.advice if alive or one.act is not Act.STOP]
        if said[:_MOST] != self._lines.lines:
            self._lines.lines = said[:_MOST]
        for name, widget in self._weights.items():
            text = _bar(found, name) if found is not None and name in found else ""
            if text != widget.value:
                widget.value = text
        self._due = time.monotonic() + _SHARE * (time.thread_time() - began)


def _bar(found: Importance, name: str) -> str:
    share = found[name]
    return (
        f'<span class="hpo-bar" title="explains {share:.1%} of how {escape(found.metric)} varies" role="img" '
        f'aria-label="importance {share:.0%}"><span style="width:{100 * share:.0f}%"></span></span>{share:.0%}'
    )
