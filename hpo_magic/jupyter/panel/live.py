"""The one thread that writes a panel's output widgets: head, message and the open tab, as often as is worth while."""

from __future__ import annotations

import threading
import time
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from hpo_magic.jupyter.panel.tab import Tab
from hpo_magic.jupyter.panel.thoughts import Thoughts
from hpo_magic.jupyter.report import Report, at_budget, best_value, failures, spent
from hpo_magic.run.limits import Limits
from hpo_magic.run.phase import Phase
from hpo_magic.space import Space
from hpo_magic.study import Study

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from hpo_magic.jupyter.panel.panel import Panel

_APART, _LATEST, _BREATH, _SHARE, _GLANCE = 0.4, 5.0, 0.5, 100, 0.05
"""Seconds between two drawings at least and at most, and between two updates of the text; a drawing's own time that
many times lies between it and the next, but no longer than the panel is there already, as the first drawings take long
and show nothing; seconds between two looks at the search's phase."""
_CLOCK = 1.0
_NOTICES = 3
"""Notices that are shown, the latest."""
_PACED, _PAUSED = 20, 5
"""Trials by which the time left is told; times the middle gap between two of them that a longer one counts."""


class Live:
    """Shows a study in its panel until it is stopped."""

    def __init__(self, panel: Panel) -> None:
        self._panel, self._study = panel, panel.study
        self._report = Report(panel.study, panel.easel)
        self.thoughts = Thoughts(panel.study, panel.lines, {name: row.weight for name, row in panel.rows.items()})
        self._stopping = threading.Event()
        self._keep: Callable[[dict[str, str]], None] | None = None
        self._drawn = self._kept = -1
        self._due, self._space, self._began = 0.0, panel.study.space, time.monotonic()
        self._view: tuple[Tab, Hashable] | None = None
        self._phase = panel.study.phase
        self._held, self._trouble = self._holds(), ""
        self._elsewhere = self._study.ledger.claim.elsewhere()
        self.thread = threading.Thread(target=self._main, name="hpo_magic-live", daemon=True)

    def draw(self) -> None:
        """Draw once, here, so that the panel is not empty when it appears."""
        self._show()

    def start(self, keep: Callable[[dict[str, str]], None]) -> None:
        """Go on in the thread; `keep` hears the static result whenever the search rests."""
        self._keep = keep
        self.thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stopping.set()
        self._study.ledger.journal.announce()
        if self.thread.is_alive() and self.thread is not threading.current_thread():
            self.thread.join(5)

    def _main(self) -> None:
        revision = -1
        while not self._stopping.is_set():
            self._panel.unpin()
            revision = self._study.ledger.journal.wait_change(revision, self._patience())
            if not self._stopping.is_set():
                self._show_or_say()
                self._rest()

    def _show_or_say(self) -> None:
        """Show what has changed; what goes wrong is said, as a panel that stands still would go on to look alive."""
        try:
            self._follow()
            self._show()
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread lives on
            _set(self._panel.message, message(self._study, f"the panel: {type(error).__name__}: {error}"))

    def _rest(self) -> None:
        """Leave the time between two updates to the search, unless its phase or the view is no longer what is shown."""
        until = time.monotonic() + _BREATH
        while time.monotonic() < until and self._study.phase is self._phase and self._panel.view() == self._view:
            if self._stopping.wait(_GLANCE):
                return

    def _patience(self) -> float:
        """Seconds until something is due without a change: a drawing that was put off, or the time left."""
        if self._drawn != self._study.ledger.journal.revision:
            return max(self._due - time.monotonic(), 0.0)
        return _CLOCK if self._study.phase.alive or self._elsewhere else 3600.0

    def _follow(self) -> None:
        """Read what a search elsewhere has stored since."""
        if self._elsewhere:
            self._elsewhere = self._study.ledger.claim.elsewhere()
            self._study.ledger.journal.reload()

    def _show(self) -> None:
        """Show what has changed, the head first; whatever takes longer gives way to a click in the meantime."""
        study, panel = self._study, self._panel
        revision, self._phase = study.ledger.journal.revision, study.phase
        if self._held != (held := self._holds()):
            self._held = held
            panel.refresh()
        _set(panel.head, head(study, self._elsewhere))
        self._say()
        resting = self._phase in (Phase.PAUSED, Phase.STOPPED, Phase.FINISHED, Phase.IDLE)
        view = panel.view()
        at_once = resting or view != self._view or study.space is not self._space  # clicks and edits show at once
        if view != self._view or (revision != self._drawn and (at_once or time.monotonic() >= self._due)):
            self._space, self._view = study.space, view
            began = time.monotonic()
            self._draw(view[0], at_once)
            # By the clock, not by the time computed: where trials keep the processor busy, drawing waits for it and
            # they for drawing, so it is done less often; never so seldom that the plots seem to stand still.
            took, since = time.monotonic() - began, began - self._began
            self._drawn, self._due = revision, began + max(_APART, min(_SHARE * took, _LATEST, since))
        if study.phase is self._phase:
            self.thoughts.show(resting)
        panel.unpin()
        if (keep := self._keep) is None:  # its place is not there yet
            return
        if self._phase is Phase.RUNNING and self._kept != -1:  # the result of before is none any more
            self._kept = -1
            keep({"text/html": "", "text/plain": ""})
        if study.phase is self._phase and resting and self._kept != revision:
            self._kept = revision
            keep(self._report.bundle())

    def _draw(self, tab: Tab, fresh: bool) -> None:
        """Draw a tab; what cannot be drawn is said, and the rest of the panel goes on."""
        self._trouble = ""
        try:
            tab.show(fresh)
        except Exception as error:  # noqa: BLE001 - one picture must not take the others with it
            self._trouble = f"{tab.title} cannot be drawn as it is now: {type(error).__name__}: {error}"
        self._say()

    def _say(self) -> None:
        _set(self._panel.message, message(self._study, self._panel.notice or self._trouble, self._panel.told))

    def _holds(self) -> tuple[Space, Limits, str]:
        """Return what rows and fields show."""
        return self._study.space, self._study.limits, self._study.strategy.name


def _set(widget: object, text: str) -> None:
    if widget.value != text:  # type: ignore[attr-defined]
        widget.value = text  # type: ignore[attr-defined]


def head(study: Study, elsewhere: bool = False) -> str:
    """Return name, state, progress, best and time left as HTML; `elsewhere` is where another kernel searches."""
    phase, total, done = study.phase, study.limits.trials, study.ledger.counted()
    state = "running in another kernel" if elsewhere else str(phase)
    best = study.best
    parts = [
        f"<b>{escape(study.name)}</b>",
        f'<span class="hpo-state {"running" if elsewhere else phase}" role="status">{state}</span>',
        f'<progress max="{total or max(done, 1)}" value="{done}" aria-label="trials done"></progress>',
        f'<span class="hpo-done">{done}{f" of {total}" if total and total >= done else ""} trials</span>',
    ]
    if len(study.goals) > 1 and best is not None:
        parts.append(f'<span class="hpo-best">{len(study.pareto)} on the Pareto front</span>')
    elif best is not None:
        value = f"{best_value(study, best)} (trial {best.number}{at_budget(study, best)})"
        parts.append(f'<span class="hpo-best">best {escape(value)}</span>')
    elif study.history.done:
        parts.append(f'<span class="hpo-none">{escape(study.history.why_none)}</span>')
    if saved := spent(study):
        parts.append(f'<span class="hpo-spent">{escape(saved)}</span>')
    left = time_left(study)
    if left:
        parts.append(f'<span class="hpo-left">{left}</span>')
    return f'<div class="hpo-head">{"".join(parts)}</div>'


def time_left(study: Study) -> str:
    """Return how long the search may still take, from the pace of the last trials and the time limit."""
    runner = study.runner
    if runner is None or runner.phase not in (Phase.RUNNING, Phase.PAUSING):
        return ""
    ends = []
    if study.limits.trials is not None and (pace := _pace(study)) is not None:
        ends.append(max(study.limits.trials - study.ledger.counted(), 0) * pace)
    if study.limits.timeout is not None:
        ends.append(max(study.limits.timeout - runner.elapsed, 0.0))
    return f"about {span(min(ends))} left" if ends else ""


def _pace(study: Study) -> float | None:
    """Return the seconds from one trial to the next: what the last ones took, or what lay between their ends if more.

    Proposals take time too. A gap many times as long as others was a pause.
    """
    latest = study.history.done[-_PACED:]
    took = [t.duration for t in latest if t.duration is not None]
    if not took:
        return None
    alone = sum(took) / len(took) / study.limits.workers
    ends = sorted(t.finished for t in latest if t.finished is not None)
    gaps = sorted(later - sooner for sooner, later in pairwise(ends))
    if not gaps:
        return alone
    return max(alone, sum(min(gap, _PAUSED * gaps[len(gaps) // 2]) for gap in gaps) / len(gaps))


def span(seconds: float) -> str:
    """Return a stretch of time in words.

    Examples
    --------
    >>> span(5), span(130), span(7300)
    ('5 s', '2 min', '2.0 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def message(study: Study, notice: str, told: str = "") -> str:
    """Return what there is to say: a click's error, the search's message, notices, what a click did, failures."""
    urgent = [notice] if notice else []
    runner = study.runner
    if runner is not None and runner.message:
        urgent.append(runner.message)
    latest = list(dict.fromkeys(reversed(study.notices)))[:_NOTICES][::-1]
    shown = "".join(f'<div class="hpo-message" role="alert">{escape(line)}</div>' for line in urgent)
    shown += "".join(f'<div class="hpo-message plain">{escape(line)}</div>' for line in latest)
    # Its line is always there, so that a click does not move the button that was clicked.
    return shown + failures(study) + f'<div class="hpo-message plain told">{escape(told) or "&nbsp;"}</div>'
