"""Who searches a study."""

from __future__ import annotations

from hpo_magic.run.claim import Claim
from hpo_magic.trials.memory_store import MemoryStore


def test_a_search_that_ends_is_at_no_moment_taken_for_somebody_elses():
    seen = []

    class Watched(MemoryStore):
        def drop_lease(self, study, owner):
            seen.append(claim.elsewhere())
            super().drop_lease(study, owner)
            seen.append(claim.elsewhere())

    store = Watched()
    claim = Claim(store, store.open_study("svm", "f00d", {}, {}))
    for shared in (False, True):
        claim.take(shared)
        claim.give_back()
    assert seen == [False] * 4
