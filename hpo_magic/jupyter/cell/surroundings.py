"""What a cell uses of the notebook, told apart by content: so that a study is not gone on with by another objective."""

from __future__ import annotations

from collections.abc import Mapping

from hpo_magic.run.executors.parcel import Used
from hpo_magic.run.fingerprint import fingerprint


def prints(used: Mapping[str, Used]) -> dict[str, str]:
    """Return a fingerprint of each name that has one.

    Examples
    --------
    >>> before, after = ({"n": Used(n, 1, ""), "lock": Used(object(), 1, "")} for n in (3, 4))
    >>> prints(before).keys(), prints(before) == prints(after)
    (dict_keys(['n']), False)
    """
    found = {name: fingerprint(one.value) for name, one in used.items()}
    return {name: told for name, told in found.items() if told is not None}


def differing(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the names that have a fingerprint in both and not the same one, in order.

    Examples
    --------
    >>> differing({"n": "1", "train": "a"}, {"n": "2", "train": "a", "new": "b"})
    ['n']
    """
    return sorted(name for name, told in now.items() if before.get(name, told) != told)
