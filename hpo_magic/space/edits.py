"""What an edit of a running search's space may not do."""

from __future__ import annotations

from hpo_magic.errors import SpaceError, StudyError
from hpo_magic.space.domains import Choice
from hpo_magic.space.space import Space


def check_edit(space: Space, original: Space) -> None:
    """Raise where an edit changes the parameters themselves, or lets a count of loop passes grow.

    Raises
    ------
    StudyError
        For other parameters than the original's.
    SpaceError
        For a higher count: the passes above it have no parameters of their own.

    Examples
    --------
    >>> from hpo_magic.space.domains import Float
    >>> check_edit(Space({"y": Float(0, 1)}), Space({"x": Float(0, 1)}))
    Traceback (most recent call last):
    ...
    hpo_magic.errors.StudyError: an edit may change ranges, options and fixed values, not the parameters themselves
    """
    if space.names != original.names:
        raise StudyError("an edit may change ranges, options and fixed values, not the parameters themselves")
    indexed = [condition for name in original if "[" in name and (condition := original.condition(name)) is not None]
    for name in sorted({used for condition in indexed for used in condition.names}):
        new, old = space[name], original[name]
        if not isinstance(new, Choice) and not isinstance(old, Choice) and new.high > old.high:
            raise SpaceError(
                f"{name}: high={new.high!r} is above {old.high!r}, and a loop of the cell has parameters for that many "
                "passes only; raise the bound in the cell itself"
            )
