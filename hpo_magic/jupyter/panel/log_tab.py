"""The tab of the log: what the search has said, and the end of what the latest trials print."""

from __future__ import annotations

from collections.abc import Hashable
from html import escape

import ipywidgets as widgets

from hpo_magic.study import Study

_NOTICES, _TAIL, _TRIALS = 50, 15, 4


class LogTab:
    """Notices of the search, and what its latest trials print."""

    title = "Log"

    def __init__(self, study: Study) -> None:
        self._study = study
        self.text = widgets.HTML()
        self.text.add_class("hpo-detail")
        self.box = widgets.VBox([self.text])

    def wanted(self) -> Hashable:
        """Nothing can be chosen here."""
        return None

    def show(self, fresh: bool) -> None:
        """Show the end of everything."""
        study = self._study
        parts = [f"<div>{escape(line)}</div>" for line in study.notices[-_NOTICES:]]
        running = [trial.number for trial in study.history.running if trial.state == "running"]
        ended = [trial.number for trial in study.trials if trial.state.ended][-_TRIALS:]
        for number in [*running, *reversed(ended)][:_TRIALS]:
            lines = study.log(number).splitlines()
            state = study.ledger.journal.get(number).state
            parts.append(f"<b>trial {number}, {state}</b>")
            said = "\n".join(lines[-_TAIL:]) or "(it printed nothing)"
            parts.append(f'<pre class="hpo-log">{escape(said)}</pre>')
        text = "".join(parts) or "<div>no trial has started yet</div>"
        if text != self.text.value:
            self.text.value = text
