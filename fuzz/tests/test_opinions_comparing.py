"""Comparing two readings: every kind of disagreement, and what is none."""

from __future__ import annotations

import pytest

from fuzz.opinions.comparing import (
    ACCEPTED_BY_ONE,
    ANOTHER_BODY,
    ANOTHER_METHOD,
    ANOTHER_STATUS,
    ANOTHER_TARGET,
    ANOTHER_VERSION,
    INCOMPLETE_FOR_ONE,
    KINDS,
    LAST_FOR_ONE,
    OTHER_FIELDS,
    REJECTS_EARLIER,
    Disagreement,
    disagreement,
)
from fuzz.reading import End, Reading, Request

HOST = (b"host", b"a")
ONE = Request(b"GET", b"/", 1, (HOST,), b"")
SIZED = Request(b"PUT", b"/", 1, (HOST, (b"content-length", b"2")), b"ok")
CHUNKED = Request(b"PUT", b"/", 1, (HOST, (b"transfer-encoding", b"chunked")), b"ok")
PART = SIZED._replace(body=b"o", whole=False)


def between(*requests: Request) -> Reading:
    return Reading(requests, End.BETWEEN)


def waits(*requests: Request) -> Reading:
    return Reading(requests, End.INCOMPLETE)


def last(*requests: Request) -> Reading:
    return Reading(requests, End.LAST)


def refused(*requests: Request, status: int = 400, reason: str = "no") -> Reading:
    return Reading(requests, End.REFUSED, reason, status)


DIFFER = {
    "one refuses the head": (
        refused(ONE), between(ONE, SIZED), ACCEPTED_BY_ONE, "refused 400: no", "accepted, sized",
    ),
    "one refuses the body": (
        refused(PART), between(SIZED),
        ACCEPTED_BY_ONE, "refused 400, in the body: no", "accepted, sized",
    ),
    "one refuses the body, the other the next head": (
        refused(PART), refused(SIZED),
        ACCEPTED_BY_ONE, "refused 400, in the body: no", "accepted, sized",
    ),
    "one refuses a head whose body the other waits for": (
        refused(status=0), waits(PART), ACCEPTED_BY_ONE, "refused: no", "accepted, sized",
    ),
    "one refuses octets that the other ignores": (
        refused(ONE), between(ONE), ACCEPTED_BY_ONE, "refused 400: no", "between requests",
    ),
    "one waits for the head": (
        waits(ONE), between(ONE, ONE), INCOMPLETE_FOR_ONE, "incomplete head", "accepted, no body",
    ),
    "one waits for the body": (
        waits(PART), between(SIZED), INCOMPLETE_FOR_ONE, "incomplete, sized", "accepted, sized",
    ),
    "one waits for the body, the other refuses what is behind it": (
        waits(PART), refused(SIZED), INCOMPLETE_FOR_ONE, "incomplete, sized", "accepted, sized",
    ),
    "one has begun with octets that the other ignores": (
        waits(ONE), between(ONE), INCOMPLETE_FOR_ONE, "incomplete head", "between requests",
    ),
    "one reads on": (
        last(ONE), between(ONE, ONE), LAST_FOR_ONE, "last, no body", "reads on",
    ),
    "one would read on": (
        last(ONE), between(ONE), LAST_FOR_ONE, "last, no body", "reads on",
    ),
    "one refuses what the other does not read": (
        refused(ONE), last(ONE), LAST_FOR_ONE, "reads on", "last, no body",
    ),
    "statuses": (
        refused(ONE), refused(ONE, status=501, reason="what"),
        ANOTHER_STATUS, "refused 400: no", "refused 501: what",
    ),
    "the method": (
        between(ONE), between(ONE._replace(method=b"get")),
        ANOTHER_METHOD, "no body", "no body",
    ),
    "the target": (
        between(ONE), between(ONE._replace(target=b"/a")), ANOTHER_TARGET, "no body", "no body",
    ),
    "the version": (
        between(ONE), between(ONE._replace(minor=0)), ANOTHER_VERSION, "no body", "no body, 1.0",
    ),
    "a value": (
        between(ONE), between(ONE._replace(fields=((b"host", b"b"),))),
        OTHER_FIELDS, "another value", "another value",
    ),
    "a name": (
        between(ONE), between(ONE._replace(fields=((b"hosts", b"a"),))),
        OTHER_FIELDS, "another name", "another name",
    ),
    "one field more": (
        between(ONE._replace(fields=(HOST, HOST))), between(ONE), OTHER_FIELDS, "more", "fewer",
    ),
    "how the framing is written": (
        between(CHUNKED),
        between(CHUNKED._replace(fields=(HOST, (b"transfer-encoding", b"Chunked")))),
        OTHER_FIELDS, "framing, another value", "framing, another value",
    ),
    "the body": (
        between(SIZED), between(SIZED._replace(body=b"no")), ANOTHER_BODY, "sized", "sized",
    ),
    "what came of the body": (
        waits(PART), waits(PART._replace(body=b"x")), ANOTHER_BODY, "sized", "sized",
    ),
    "one rejects earlier": (
        refused(ONE), waits(ONE), REJECTS_EARLIER, "refused 400: no", "incomplete head",
    ),
    "one rejects a body earlier": (
        refused(PART), waits(PART),
        REJECTS_EARLIER, "refused 400, in the body: no", "incomplete, sized",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFER)
def test_a_disagreement_is_the_same_from_both_sides(name: str) -> None:
    left, right, *expected = DIFFER[name]
    found = Disagreement(*expected)
    assert disagreement(left, right) == found
    assert disagreement(right, left) == found.turned()


def test_every_kind_is_met_here() -> None:
    assert {case[2] for case in DIFFER.values()} == set(KINDS)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (between(ONE), between(ONE)),
        (refused(ONE), refused(ONE, reason="in other words")),
        (refused(ONE), refused(ONE, status=0)),
        (waits(PART), waits(PART._replace(body=b"ok"))),
        (refused(PART), refused(PART._replace(body=b""))),
        (last(ONE), last(ONE)),
    ],
)
def test_agreement(left: Reading, right: Reading) -> None:
    assert disagreement(left, right) is None
    assert disagreement(right, left) is None


def test_the_first_difference_counts() -> None:
    """What follows from it is not told."""
    found = disagreement(between(ONE._replace(target=b"/a"), SIZED), refused(ONE))
    assert found is not None
    assert found.kind == ANOTHER_TARGET
