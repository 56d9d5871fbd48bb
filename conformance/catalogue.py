"""All checks, in reading order.

Owns the list of modules and that ids are unique.
"""

from __future__ import annotations

from functools import cache

from .check import Check
from .checks import MODULES


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check. Raises ValueError when two have the same id."""
    found: dict[str, Check] = {}
    for module in MODULES:
        for check in module.CHECKS:
            if check.id in found:
                raise ValueError(f"two checks are called {check.id}")
            found[check.id] = check
    return tuple(found.values())
