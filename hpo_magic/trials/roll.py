"""Roll: an immutable row of trials; one that differs in a trial shares all the others with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import overload

from hpo_magic.trials.trial import Trial

_PAGE = 64
"""Trials a page: copying one page and the list of pages is what a change costs."""


class Roll(Sequence[Trial]):
    """Trials by number, in pages that rolls have in common: a search of ten thousand trials copies none of them.

    Examples
    --------
    >>> one = Roll([Trial(0, {"x": 1})])
    >>> two = one.appended(Trial(1, {"x": 2}))
    >>> len(one), len(two), two[1].config, two.replaced(Trial(0, {"x": 3}))[0].config
    (1, 2, {'x': 2}, {'x': 3})
    """

    __slots__ = ("_length", "_pages")

    def __init__(self, trials: Iterable[Trial] = ()) -> None:
        left, pages = iter(trials), []
        while page := tuple(islice(left, _PAGE)):
            pages.append(page)
        self._pages, self._length = tuple(pages), sum(map(len, pages))

    def appended(self, trial: Trial) -> Roll:
        """Return the roll with one more trial."""
        if self._length % _PAGE:
            return self._with((*self._pages[:-1], (*self._pages[-1], trial)), self._length + 1)
        return self._with((*self._pages, (trial,)), self._length + 1)

    def replaced(self, trial: Trial) -> Roll:
        """Return the roll with another trial of the same number."""
        at, place = divmod(trial.number, _PAGE)
        page = self._pages[at]
        page = (*page[:place], trial, *page[place + 1 :])
        return self._with((*self._pages[:at], page, *self._pages[at + 1 :]), self._length)

    @staticmethod
    def _with(pages: tuple[tuple[Trial, ...], ...], length: int) -> Roll:
        made = Roll.__new__(Roll)
        made._pages, made._length = pages, length
        return made

    @overload
    def __getitem__(self, key: int) -> Trial: ...

    @overload
    def __getitem__(self, key: slice) -> Sequence[Trial]: ...

    def __getitem__(self, key: int | slice) -> Trial | Sequence[Trial]:
        if isinstance(key, slice):
            return tuple(self)[key]
        if not -self._length <= key < self._length:
            raise IndexError(f"there is no trial at {key}; the roll has {self._length}")
        at, place = divmod(key % self._length, _PAGE)
        return self._pages[at][place]

    def __iter__(self) -> Iterator[Trial]:
        return chain.from_iterable(self._pages)

    def __len__(self) -> int:
        return self._length

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # a trial holds dicts

    def __repr__(self) -> str:
        return f"Roll({list(self)!r})"
