"""The suites of problems by name."""

from __future__ import annotations

from benchmarks.branches import branches
from benchmarks.functions import CORNER, INSIDE, function
from benchmarks.models import SPACES, model
from benchmarks.problems import TABLES, WIDE, Problem, learners, network, pipeline, table, tables

SUITES = ("all", "tables", "wide", "models", "conditional", "made", "branches", "inside", "corner")


def suite(name: str) -> list[Problem]:
    """Return one of SUITES.

    Tables and models are flat, wide is tables side by side, conditional and made are spaces with branches on bundled
    and on generated data, branches are larger ones on both; all is tables, models and conditional. Inside and corner
    are functions whose best lies there.
    """
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
