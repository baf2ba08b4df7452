"""The tab of the space: a config of one's own for the queue, zooming in, and the way back."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable
from html import escape

import ipywidgets as widgets

from hpo_magic.errors import SpaceError, StudyError, did_you_mean
from hpo_magic.jupyter.panel.button import button
from hpo_magic.jupyter.panel.number import read_number
from hpo_magic.jupyter.panel.tab import Handle
from hpo_magic.run.phase import Phase
from hpo_magic.space import Budget, Choice, Config, Space, Value
from hpo_magic.space.domains import starts
from hpo_magic.space.shown import each_readable, readable
from hpo_magic.study import Study
from hpo_magic.trials import Trial


class SpaceTab:
    """Edits of the space as a whole, and configs of one's own.

    Parameters
    ----------
    study : Study
    handle : Handle
    edited : callable
        Called after the space has been changed here, so that the rows show it.
    told : callable
        Hears what a click has done, in words.
    """

    title = "Space"

    def __init__(
        self, study: Study, handle: Handle, edited: Callable[[], None], told: Callable[[str], None]
    ) -> None:  # fmt: skip
        self._study, self._edited, self._told = study, edited, told

        self.config = widgets.Textarea(
            description="a config of your own", placeholder="name = value, a line each",
            rows=min(max(len(study.original), 3), 10),
        )  # fmt: skip
        self.config.layout.width, self.config.style.description_width = "420px", "140px"
        self.config.layout.height = "auto"
        queue = widgets.VBox(
            [
                button("Fill in the best", handle, self._best, "write the best config so far into the field"),
                button("Put in the queue", handle, self._queue, "try this config next"),
            ]
        )
        whole = widgets.VBox(
            [
                button(
                    "Zoom to the best quarter", handle, self._zoom, "narrow every range to where the best trials lie"
                ),
                button(
                    "Back to the cell's own space",
                    handle,
                    self._reset,
                    "undo every edit of ranges, options, fixed values",
                ),
            ]
        )
        self.edits = widgets.HTML()
        self.box = widgets.VBox([widgets.HBox([self.config, queue, whole]), self.edits])

    def wanted(self) -> Hashable:
        """Nothing here changes what is shown."""
        return None

    def show(self, fresh: bool) -> None:
        """Say what has been edited, and what waits in the queue."""
        said = _differences(self._study.space, self._study.original)
        waiting = [trial for trial in self._study.history.running if trial.state == "waiting"]
        if waiting:
            said.append(f"in the queue: {', '.join(f'trial {trial.number}' for trial in waiting[:20])}")
        text = "".join(f"<div>{escape(line)}</div>" for line in said) or "<div>the space is the cell's own</div>"
        if text != self.edits.value:
            self.edits.value = text

    def begin_from(self, trial: Trial) -> None:
        """Write a trial's config into the field."""
        self.config.value = "\n".join(
            f"{name} = {value!r}" for name, value in trial.config.items() if name != self._study.original.budget
        )
        self._told(f"the config of trial {trial.number} is under Space, to be changed and put in the queue")

    def _best(self) -> None:
        best = self._study.best
        if best is None:
            raise StudyError(f"there is nothing to fill in: {self._study.history.why_none}")
        self.begin_from(best)

    def _queue(self) -> None:
        trial = self._study.enqueue(read_config(self.config.value, self._study.space))
        wait = later(self._study)
        waits = f"waits{wait}, if the trials leave room" if wait == STARTS else f"is tried next{wait}"
        self._told(f"trial {trial.number} {waits}")

    def _zoom(self) -> None:
        self._study.zoom()
        self._edited()
        self._told("every range is narrowed to where the best quarter lies; Back to the cell's own space undoes it")

    def _reset(self) -> None:
        self._study.edit(lambda _: self._study.original)
        self._edited()
        self._told("the space is the cell's own again")


STARTS = "; Resume starts it"


def later(study: Study) -> str:
    """Say what a trial in the queue waits for; "" where it is tried next."""
    if study.phase in (Phase.PAUSING, Phase.PAUSED):
        return "; Resume goes on"
    return "" if study.phase.alive or study.ledger.claim.elsewhere() else STARTS


def read_config(text: str, space: Space) -> Config:
    """Return the config that was written, a line a parameter; one left out takes the cell's own value.

    Where that lies outside of an edited range, it is taken from inside.

    Examples
    --------
    >>> from hpo_magic.space import Float
    >>> space = Space({"lr": Float(1e-4, 1, log=True), "act": Choice(["relu", "tanh"], default="relu")})
    >>> read_config("lr = 0.01", space)
    {'lr': 0.01, 'act': 'relu'}
    """
    written: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, equals, value = (part.strip() for part in line.partition("="))
        if not line.strip():
            continue
        if not equals or not name or not value:
            raise SpaceError(f"line {number}: {line.strip()!r} is no assignment; write name = value")
        if name not in space:
            raise SpaceError(f"line {number}: {name!r} is no parameter{did_you_mean(name, space)}")
        if name in written:
            raise SpaceError(f"line {number}: {name!r} has a value above already; drop one of the two lines")
        written[name] = value
    config: Config = {}
    for name, domain in space.items():
        condition = space.condition(name)
        exists = condition is None or condition.holds(config)
        if name in written:
            config[name] = _value(name, written[name], space)
        elif exists:
            default = domain.high if isinstance(domain, Budget) else domain.default
            config[name] = default if starts(domain) else space.clip(config)[name]
    if not written:
        raise SpaceError("the field is empty; write name = value, a line each, or fill in the best first")
    return config


def _value(name: str, text: str, space: Space) -> Value:
    domain = space[name]
    if isinstance(domain, Choice):
        literal = _as_written(text)
        texts = each_readable(domain.options)
        for option, shown in zip(domain.options, texts, strict=True):
            if text in (shown, repr(option)) or literal == repr(option):
                return option
        raise SpaceError(f"{name}: {text!r} is no option; choose one of {', '.join(texts)}")
    return read_number(name, text)


def _differences(space: Space, original: Space) -> list[str]:
    said = []
    for name, domain in space.items():
        own = original[name]
        if name in space.fixed:
            said.append(f"{name} is fixed at {readable(space.fixed[name])}")
        elif isinstance(domain, Choice):
            if len(space.options(name)) < len(domain.options):
                said.append(f"{name} is one of {', '.join(each_readable(space.options(name)))}")
        elif not isinstance(own, Choice) and (domain.low, domain.high) != (own.low, own.high):
            said.append(f"{name} is in {domain.low:g}..{domain.high:g}; the cell says {own.low:g}..{own.high:g}")
    return said


def _as_written(text: str) -> str:
    """Return a literal's own form, ``[8, 8]`` for ``[8,8]``; other text as it is."""
    try:
        return repr(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return text
