"""The reference's reading beside that of the rules.

Owns what the reference owes to the rules: where they bind, and where they leave a choice, in which
it has to read on as they say.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.check import Source

from .. import rules
from ..reading import Reading, Request
from ..rules import RuledReading, Verdict
from .comparing import ANOTHER_STATUS, Disagreement, disagreement
from .limits_met import with_limit

EMPTY_LINES = b"\r\n\r\n"


def agree_at_sight(reading: Reading, ruled: RuledReading) -> bool:
    """Whether there is nothing to compare, as nearly always."""
    expected = ruled.reading
    return (
        reading.end is expected.end
        and reading.requests == expected.requests
        and (reading.status == expected.status or not _demands_status(ruled))
    )


def against_rules(
    data: bytes, reading: Reading, ruled: RuledReading
) -> Iterator[tuple[Disagreement, Source | None]]:
    """Where the reference, on the left, and the rules disagree, with the requirement.

    Where it takes a message that a server may take or refuse, that is one; then it has to take it
    as the rules say, and is compared with what they read behind it.
    """
    before: tuple[Request, ...] = ()
    while True:
        expected = ruled.reading
        if before:
            expected = expected._replace(requests=before + expected.requests)
        found = disagreement(reading, expected)
        if found is None or (found.kind == ANOTHER_STATUS and not _demands_status(ruled)):
            return
        took_more = len(reading.requests) > len(expected.requests)
        found = with_limit(found, data, reading, expected)
        if took_more and ruled.unread.startswith(EMPTY_LINES):
            found = found._replace(right=f"{found.right}, several times")
        yield found, _source(ruled)
        if ruled.taken is None or not took_more:
            return
        before = (*expected.requests, ruled.taken)
        if not ruled.behind:
            # Whether another request could follow is not said; that much is the parser's word.
            expected = reading._replace(requests=before)
            found = disagreement(reading, expected)
            if found is not None:
                yield with_limit(found, data, reading, expected), _source(ruled)
            return
        ruled = rules.read(ruled.behind)


def _demands_status(ruled: RuledReading) -> bool:
    """Whether the rules demand the status they name: one is broken, and it binds. Where several
    are, each server answers the one that it meets first."""
    return len(ruled.broken) == 1 and ruled.broken[0].verdict is Verdict.MUST_REFUSE


def _source(ruled: RuledReading) -> Source | None:
    broken = ruled.broken
    return max(broken, key=lambda rule: rule.verdict).source if broken else None
