"""What the miniature can be told to do wrong.

Owns the names: each is asked for where it goes wrong, and every check names those that fail it.
A module for each part of the catalogue has those of that part.
"""

from __future__ import annotations

from collections.abc import Iterable

from . import (
    bodies,
    connections,
    errors,
    files,
    framing,
    generated,
    headers,
    heads,
    hooks,
    limits,
    load,
    middlewares,
    responses,
    routing,
    shutdown,
    targets,
)

FOR_THE_HARNESS = {
    "dies": "ends its process at a POST",
    "hang": "never answers a POST",
}
"""What no check asks for; they show what the harness does with a subject that fails it."""

FOR_GENERATED = generated.FAULTS
"""What no check asks for; generated applications are to find them."""

_PARTS = (
    routing,
    targets,
    headers,
    bodies,
    framing,
    heads,
    responses,
    errors,
    middlewares,
    hooks,
    limits,
    connections,
    shutdown,
    load,
    files,
)

FAULTS: dict[str, str] = (
    {name: words for part in _PARTS for name, words in part.FAULTS.items()}
    | FOR_THE_HARNESS
    | FOR_GENERATED
)
"""What each does wrong, by its name."""


class UnknownFault(Exception):
    """There is no fault of that name."""


def chosen(names: Iterable[str]) -> frozenset[str]:
    """The faults of these names. Raises UnknownFault."""
    faults = frozenset(names)
    for name in sorted(faults - FAULTS.keys()):
        raise UnknownFault(f"the miniature has no fault {name!r}; --list shows those it has")
    return faults
