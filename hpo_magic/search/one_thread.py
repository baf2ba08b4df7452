"""One BLAS thread for small matrices: more of them wait for each other longer than they work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from threadpoolctl import ThreadpoolController


@contextmanager
def one_thread() -> Iterator[None]:
    """Let linear algebra run in the calling thread only.

    Examples
    --------
    >>> with one_thread():
    ...     pass
    """
    with _pools().limit(limits=1, user_api="blas"):
        yield


@lru_cache(maxsize=1)
def _pools() -> ThreadpoolController:
    import scipy.linalg  # noqa: F401 - its library must be loaded before the libraries are counted

    return ThreadpoolController()
