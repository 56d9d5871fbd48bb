"""What follows from a reading for a server: what it owes, and what it must not do.

Owns these questions. Each answer is on the safe side: whoever finds a server outside of it has
found a fault of the server, or one of this table.
"""

from __future__ import annotations

import re

from .connection import RuledReading, read
from .rule import Rule, Verdict

_REQUEST_LINE = re.compile(rb"HTTP/", re.IGNORECASE)


def strictly_valid(ruled: RuledReading) -> bool:
    """Nothing is broken, as far as the octets go."""
    return not ruled.broken


def verdict(ruled: RuledReading) -> Verdict | None:
    """What a server may do with the message that ends the reading; None when nothing is broken."""
    return max((rule.verdict for rule in ruled.broken), default=None)


def refused_at(ruled: RuledReading) -> tuple[int, Rule] | None:
    """The index of the request that must not be served, and the rule that forbids it."""
    if ruled.in_body:
        return None
    for rule in ruled.broken:
        if rule.verdict is Verdict.MUST_REFUSE:
            return len(ruled.reading.requests), rule
    return None


def owed_answers(ruled: RuledReading) -> int:
    """So many requests are certain to be complete: a server answers them, unless it refuses one, or
    has said before that it closes."""
    return ruled.owed


def most_answers(ruled: RuledReading) -> int:
    """A server serves at most so many requests, interim responses and refusals aside: those that
    are certain and those in doubt."""
    most = 0
    while True:
        most += len(ruled.reading.requests)
        behind = ruled.behind
        if behind is None:
            # In whatever way it is read, a request has a version, but for a last one of HTTP/0.9.
            begun = len(_REQUEST_LINE.findall(ruled.unread)) + bool(ruled.unread.strip())
            return most + begun - (1 if refused_at(ruled) else 0)
        if ruled.broken and not ruled.in_body and refused_at(ruled) is None:
            most += 1
        if not behind:
            return most
        ruled = read(behind)
