"""The suites of problems by name."""

from __future__ import annotations

from benchmarks.branches import branches
from benchmarks.choices import KINDS, choices
from benchmarks.functions import CORNER, FEW, INSIDE, function
from benchmarks.models import SPACES, model
from benchmarks.problems import TABLES, WIDE, Problem, learners, network, pipeline, table, tables

SUITES = ("all", "tables", "wide", "models", "conditional", "made", "branches", "inside", "corner", "many", "options")


def suite(name: str) -> list[Problem]:
    """Return one of SUITES.

    Tables and models are flat, wide is tables side by side, conditional and made are spaces with branches on bundled
    and on generated data, branches are larger ones on both; all is tables, models and conditional. Inside and corner
    are functions whose best lies there, many both of 12 and 20 parameters, of which for some few matter; options are
    functions of unordered choices, most with many options.
    """
    if name == "many":
        return [function(one, number, d) for one in (*INSIDE, *CORNER, *FEW) for number, d in ((7, 12), (8, 20))]
    if name == "options":
        return [choices(one, number) for one in KINDS for number in (7, 8)]
    if name in ("inside", "corner"):
        return [function(one, number) for one in (INSIDE if name == "inside" else CORNER) for number in range(3)]
    if name == "wide":
        return [tables(*parts) for parts in WIDE]
    if name == "branches":
        return [one for data in ("wine", "digits", *(f"made{n}" for n in range(200, 204))) for one in branches(data)]
    if name == "made":
        return [make(f"made{number}") for make in (learners, pipeline, network) for number in range(100, 108)]
    found: list[Problem] = []
    if name in ("tables", "all"):
        found += [table(*one) for one in TABLES]
    if name in ("models", "all"):
        found += [model(one, dataset) for one in SPACES for dataset in ("iris", "wine", "breast_cancer", "digits")]
    if name in ("conditional", "all"):
        found += [make(dataset) for make in (learners, pipeline, network) for dataset in ("wine", "breast_cancer")]
    return found
