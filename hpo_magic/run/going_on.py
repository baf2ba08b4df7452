"""What a script should know before it goes on with a stored study: what is there already, and what has changed."""

from __future__ import annotations

from typing import Any

from hpo_magic.run.fingerprint import fingerprint
from hpo_magic.run.ledger import Ledger
from hpo_magic.space import Space
from hpo_magic.space.domains import starts

ANEW = "to begin anew give the study another name"


def there_already(ledger: Ledger, trials: int | None) -> str:
    """Say how many trials an earlier run has left, out of so many; "" where there are none."""
    counted, of = ledger.counted(), f" of {trials}" if trials else ""
    return f"goes on with version {ledger.record.version}: {counted}{of} trials are there already" if counted else ""


def going_on(ledger: Ledger, objective: Any, trials: int | None, found: bool) -> list[str]:
    """Say what an earlier run of a script has left, where it has `found` any, and note the objective for the next.

    Examples
    --------
    >>> from hpo_magic import Float, Study
    >>> going_on(Study({"x": Float(0, 1), "y": Float(0, 1)}).ledger, abs, 20, False)
    []
    """
    before, now = ledger.settings.get("objective"), fingerprint(objective)
    if now is not None:
        ledger.settings.asked(objective=now)
    if not found:
        return [*_other_definition(ledger.record.version), *_half_given(ledger.original)]
    told = [there_already(ledger, trials)]
    if now is not None and before not in (None, now):
        told.append(
            f"the objective is not what the earlier trials ran, and their results stand beside the new ones; {ANEW}"
        )
    if ledger.plan.space != ledger.original:
        told.append(
            "edited since, and kept: ranges and options; study.edit(lambda space: study.original) takes it back"
        )
    return told


def _other_definition(version: int) -> list[str]:
    if version == 1:
        return []
    return [
        f"the space or the metrics are not those of version {version - 1}: this is version {version}, earlier ones are "
        "kept"
    ]


def _half_given(space: Space) -> list[str]:
    """Say where a search cannot start from the defaults, as some parameters have none."""
    given = [name for name, domain in space.items() if domain.default is not None]
    lacking = [name for name, domain in space.items() if not starts(domain)]
    if not given or not lacking:
        return []
    return [f"the search does not begin with the defaults, as {lacking[0]} has none; give each parameter one, or none"]
