"""Tabs of pictures: convergence, parameters, landscape and curves."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from itertools import combinations
from typing import Any

import ipywidgets as widgets
import numpy as np

from hpo_magic.errors import StudyError
from hpo_magic.insight.plots.contour import decides
from hpo_magic.insight.plots.convergence import AGAINST
from hpo_magic.jupyter.live_plot import Easel
from hpo_magic.jupyter.panel.tab import Handle
from hpo_magic.jupyter.report import worth_seeing
from hpo_magic.space import Choice
from hpo_magic.study import Study

_DRAWN = 100
"""Configs that are drawn to see which parameters exist together."""
_STEP = 0.06
"""Seconds of computing after which the tab's other pictures are left for the next time, unless all are to be shown."""
Wanted = Callable[[], Sequence[tuple[str, dict[str, Any]]]]
"""Returns the plots to be shown now, with their options."""


class PictureTab:
    """Some pictures of a study side by side, and widgets above them that choose what is drawn."""

    def __init__(
        self, title: str, study: Study, easel: Easel, names: Sequence[str], wanted: Wanted, inputs: Sequence[Any] = ()
    ) -> None:
        self.title, self._study, self._easel, self._wanted, self._inputs = title, study, easel, wanted, tuple(inputs)
        self._images = {name: widgets.Image(format="png") for name in names}
        for name, image in self._images.items():
            image.add_class("hpo-plot")
            image.add_class(f"hpo-{name}")
            image.layout.display = "none"
        row = widgets.HBox(list(self._images.values()), layout={"flex_flow": "row wrap"})
        self.box = widgets.VBox([widgets.HBox(list(inputs)), row] if inputs else [row])
        self._next = 0

    def wanted(self) -> Hashable:
        """Return what the user has chosen above the pictures."""
        return tuple(widget.value for widget in self._inputs)

    def show(self, fresh: bool) -> None:
        """Draw the pictures, or the next of them."""
        history, space, wanted = self._study.history, self._study.space, list(self._wanted())
        began = time.thread_time()
        for turn in range(len(wanted)):
            name, options = wanted[(self._next + turn) % len(wanted)]
            self._images[name].value = self._easel.png(name, history, space, **options)
            if not fresh and time.thread_time() - began > _STEP:
                self._next = (self._next + turn + 1) % len(wanted)
                break
        shown = {name for name, _ in wanted}
        for name, image in self._images.items():
            image.layout.display = None if name in shown and image.value else "none"


def convergence_tab(study: Study, easel: Easel, handle: Handle) -> PictureTab:
    """Return the tab of the values over trials, time or cost, beside where the best lies."""
    against = widgets.Dropdown(options=AGAINST, description="against")
    against.layout.width = "190px"
    against.observe(lambda _: handle(lambda: None), names="value")
    several = len(study.goals) > 1

    def wanted() -> Sequence[tuple[str, dict[str, Any]]]:
        first: dict[str, Any] = {} if against.value == "trial" else {"against": against.value}
        rest = ("parameters", "pareto", "hypervolume") if several else ("parameters",)
        return [("convergence", first), *((name, {}) for name in rest)]

    names = ["convergence", "parameters", "pareto", "hypervolume"]
    return PictureTab("Convergence", study, easel, names, wanted, [against])


def parameters_tab(study: Study, easel: Easel, handle: Handle) -> PictureTab:
    """Return the tab of what matters, and of the values over every parameter."""
    also = widgets.Dropdown(options=["slices", "parallel", "distribution", "correlation"], description="beside it")
    also.layout.width = "210px"
    also.observe(lambda _: handle(lambda: None), names="value")
    names = ["importance", *also.options]
    return PictureTab(
        "Parameters", study, easel, names, lambda: [("importance", {}), (also.value, {})], [also]
    )  # fmt: skip


def landscape_tab(study: Study, easel: Easel, handle: Handle) -> PictureTab:
    """Return the tab of what a model makes of one parameter, or of two together."""
    names = [name for name in study.original if name != study.original.budget]
    pairs = [("(one parameter)", ""), *((name, name) for name in names)]
    plain = [n for n in names if not isinstance(study.original[n], Choice) and study.original.condition(n) is None]
    ordered = [*dict.fromkeys([*plain, *names])]
    drawn = [study.original.sample(np.random.default_rng(seed)).keys() for seed in range(_DRAWN)]
    beside = (pair for pair in combinations(ordered, 2) if any(config >= {*pair} for config in drawn))
    first, second = next((pair for pair in beside if not decides(study.original, *pair)), ((ordered or [""])[0], ""))
    across = widgets.Dropdown(options=names, value=first, description="across")
    up = widgets.Dropdown(options=pairs, value=second, description="up")

    def check() -> None:
        if up.value == across.value:
            raise StudyError(f"{up.value!r} stands on both axes; choose two different parameters")

    for choose in (across, up):
        choose.layout.width, choose.style.description_width = "240px", "60px"
        choose.observe(lambda _: handle(check), names="value")

    def wanted() -> Sequence[tuple[str, dict[str, Any]]]:
        if not up.value or up.value == across.value:
            return [("dependence", {"parameter": across.value})]
        pair = {"x": across.value, "y": up.value}
        return [("contour", pair), ("rank", pair)]

    return PictureTab("Landscape", study, easel, ["contour", "rank", "dependence"], wanted, [across, up])


def curves_tab(study: Study, easel: Easel) -> PictureTab:
    """Return the tab of what trials report on their way, of rungs or the schedule, and of who ran when."""
    names = ["curves", "brackets", "schedule"]

    def wanted() -> Sequence[tuple[str, dict[str, Any]]]:
        return [(name, {}) for name in (*(name for name in worth_seeing(study) if name in names), "timeline")]

    return PictureTab("Curves", study, easel, [*names, "timeline"], wanted)
