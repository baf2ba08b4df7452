"""From what `on` names to an executor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor as FuturesExecutor
from typing import Any

from hpo_magic.errors import StudyError
from hpo_magic.run.executors.parcel import pack
from hpo_magic.run.executors.protocol import Executor, Pool
from hpo_magic.run.executors.spawning import guarded
from hpo_magic.run.executors.threads import ThreadExecutor
from hpo_magic.run.trial_run import Guard, Objective


def executor_on(
    on: Any, objective: Objective, say: Callable[[str], None], workers: Callable[[], int], guards: Sequence[Guard] = ()
) -> Executor:
    """Return an executor.

    Parameters
    ----------
    on : str, object or None
        "threads", "processes", or a cluster's client or another executor; None for threads, until trials that run at
        the same time show that processes suit them better.
    objective : callable
    say : callable
        Hears what the user should know.
    workers : callable
        Returns how many trials run at once.
    guards : sequence of Guard
        Held around each trial in another process too.

    Raises
    ------
    StudyError
        Where nothing of that kind is known, or the objective cannot be sent there.

    Examples
    --------
    >>> executor_on("thread", print, print, lambda: 1)
    Traceback (most recent call last):
    ...
    hpo_magic.errors.StudyError: on='thread' is unknown; choose threads or processes, or give a ...
    """
    if on == "threads":
        return ThreadExecutor()
    if on is None:
        from hpo_magic.run.executors.measured import MeasuredExecutor

        with_script = guarded()  # asked here: the processes are made in another thread
        return MeasuredExecutor(lambda: _remote(processes(workers, with_script), objective, guards, say), say)
    return _remote(pool_of(on, workers), objective, guards, say)


def natural_workers(on: Any) -> int:
    """Return how many trials to run at once where nobody says: as many as a cluster has places, else one."""
    return 1 if on is None or isinstance(on, str) else pool_of(on).size() or 1


def processes(workers: Callable[[], int], with_script: bool) -> Pool:
    """Return processes of this machine."""
    from hpo_magic.run.executors.processes import Processes

    return Processes(workers, with_script)


def pool_of(on: Any, workers: Callable[[], int] = lambda: 1) -> Pool:
    """Return the pool behind a word or an object."""
    if isinstance(on, str):
        if on != "processes":
            raise StudyError(f"on={on!r} is unknown; {_CHOICE}")
        return processes(workers, guarded())
    kind = {f"{cls.__module__.split('.')[0]}.{cls.__name__}" for cls in type(on).__mro__}
    if kind & {"distributed.Client"}:
        from hpo_magic.run.executors.dask import DaskPool

        return DaskPool(on)
    if kind & {"ipyparallel.Client", "ipyparallel.View"}:
        from hpo_magic.run.executors.ipyparallel import ParallelPool

        return ParallelPool(on)
    if type(on).__name__ == "module" and on.__name__ == "ray":
        from hpo_magic.run.executors.ray import RayPool

        return RayPool(on)
    if isinstance(on, FuturesExecutor):
        from hpo_magic.run.executors.futures import FuturesPool

        return FuturesPool(on)
    raise StudyError(f"a {type(on).__name__} is no place for trials; {_CHOICE}")


_CHOICE = (
    "choose threads or processes, or give a dask.distributed.Client, an ipyparallel.Client or view, "
    "the module ray, or an executor of concurrent.futures"
)


def _remote(pool: Pool, objective: Objective, guards: Sequence[Guard], say: Callable[[str], None]) -> Executor:
    from hpo_magic.run.executors.remote import RemoteExecutor

    parcel = pack(objective, guards)
    if parcel.notice:
        say(parcel.notice)
    return RemoteExecutor(pool, parcel)
