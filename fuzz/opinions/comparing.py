"""Where two readings of the same octets disagree.

Owns what counts as a disagreement, and its words, which hold nothing of the input. Requests are
compared first, one by one; then how the readings end.
"""

from __future__ import annotations

from typing import NamedTuple

from ..reading import End, Reading, Request

ACCEPTED_BY_ONE = "accepted by one"
INCOMPLETE_FOR_ONE = "incomplete for one"
LAST_FOR_ONE = "last for one"
ANOTHER_STATUS = "refused with another status"
ANOTHER_METHOD = "another method"
ANOTHER_TARGET = "another target"
ANOTHER_VERSION = "another version"
OTHER_FIELDS = "other fields"
ANOTHER_BODY = "another body"
REJECTS_EARLIER = "rejects earlier"

KINDS = {
    ACCEPTED_BY_ONE: "one takes a request, or its body, that the other refuses",
    INCOMPLETE_FOR_ONE: "one has read a request to its end where the other waits for more of it",
    LAST_FOR_ONE: "one reads on behind a request that is the last one to the other",
    ANOTHER_STATUS: "both refuse the same request, with statuses that differ",
    ANOTHER_METHOD: "the method of a request that both take",
    ANOTHER_TARGET: "its target",
    ANOTHER_VERSION: "its version",
    OTHER_FIELDS: "its header fields",
    ANOTHER_BODY: "its body",
    REJECTS_EARLIER: "one refuses what the other has not read completely; it fails nothing",
}

_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
_REFUSED, _INCOMPLETE, _BETWEEN, _LAST = End.REFUSED, End.INCOMPLETE, End.BETWEEN, End.LAST


class Disagreement(NamedTuple):
    """kind      of KINDS
    left, right  what each made of it: "accepted, chunked", "refused 400: ...", "incomplete"
    """

    kind: str
    left: str
    right: str

    def turned(self) -> Disagreement:
        """The same, seen from the other side."""
        return Disagreement(self.kind, self.right, self.left)


def disagreement(left: Reading, right: Reading) -> Disagreement | None:
    """The first thing that two readings disagree on; None when they agree.

    What has not been read to its end by either agrees as far as it came.
    """
    if left == right:
        return None
    for one, other in zip(left.requests, right.requests, strict=False):
        if one != other:
            found = _of_requests(one, other)
            if found is not None:
                return found
    return _of_ends(left, right)


def shape(request: Request) -> str:
    """How a request is framed: "no body", "sized", "chunked" or "chunked and sized"; with its
    version where that is 1.0."""
    names = {name for name, _ in request.fields}
    framed = [
        word
        for name, word in ((b"transfer-encoding", "chunked"), (b"content-length", "sized"))
        if name in names
    ]
    said = " and ".join(framed) or "no body"
    if b"upgrade" in names:
        said += ", upgrade"
    return said if request.minor else f"{said}, 1.0"


def outcome(reading: Reading) -> str:
    """How a reading ends."""
    if reading.end is not _REFUSED:
        return reading.end.value
    status = f" {reading.status}" if reading.status else ""
    body = ", in the body" if reading.requests and not reading.requests[-1].whole else ""
    return f"refused{status}{body}: {reading.reason}"


def _of_requests(one: Request, other: Request) -> Disagreement | None:
    shapes = shape(one), shape(other)
    if one.method != other.method:
        return Disagreement(ANOTHER_METHOD, *shapes)
    if one.target != other.target:
        return Disagreement(ANOTHER_TARGET, *shapes)
    if one.minor != other.minor:
        return Disagreement(ANOTHER_VERSION, *shapes)
    if one.fields != other.fields:
        return _of_fields(one.fields, other.fields)
    if one.whole and other.whole:
        return None if one.body == other.body else Disagreement(ANOTHER_BODY, *shapes)
    size = min(len(one.body), len(other.body))
    if one.body[:size] != other.body[:size]:
        return Disagreement(ANOTHER_BODY, *shapes)
    return None


def _of_fields(
    one: tuple[tuple[bytes, bytes], ...], other: tuple[tuple[bytes, bytes], ...]
) -> Disagreement:
    if [pair for pair in one if pair[0] not in _FRAMING] == [
        pair for pair in other if pair[0] not in _FRAMING
    ]:
        return Disagreement(OTHER_FIELDS, *_of_framing(one, other))
    if [name for name, _ in one] == [name for name, _ in other]:
        return Disagreement(OTHER_FIELDS, "another value", "another value")
    if len(one) == len(other):
        return Disagreement(OTHER_FIELDS, "another name", "another name")
    more = len(one) > len(other)
    return Disagreement(OTHER_FIELDS, *(("more", "fewer") if more else ("fewer", "more")))


def _of_framing(
    one: tuple[tuple[bytes, bytes], ...], other: tuple[tuple[bytes, bytes], ...]
) -> tuple[str, str]:
    count = len(other) - len(one)
    if not count:
        return "framing, another value", "framing, another value"
    return ("framing, fewer", "framing, more") if count > 0 else ("framing, more", "framing, fewer")


def _of_ends(left: Reading, right: Reading) -> Disagreement | None:
    """What remains when the requests that both have are the same, as far as they came."""
    place, other_place = _place(left), _place(right)
    if place > other_place:
        found = _of_ends(right, left)
        return None if found is None else found.turned()
    if place == other_place:
        return _of_ends_there(left, right, place)
    # Left ends where right goes on: with the head of this request, or with the end of its body.
    accepted = f"accepted, {shape(right.requests[place // 2])}"
    if left.end is _REFUSED:
        return Disagreement(ACCEPTED_BY_ONE, outcome(left), accepted)
    if left.end is _LAST:
        return Disagreement(LAST_FOR_ONE, _last(left), "reads on")
    return Disagreement(INCOMPLETE_FOR_ONE, _waits(left, place), accepted)


def _place(reading: Reading) -> int:
    """How far a reading came: the heads and the ends of requests that it has passed."""
    requests = reading.requests
    return 2 * len(requests) - (1 if requests and not requests[-1].whole else 0)


def _of_ends_there(left: Reading, right: Reading, place: int) -> Disagreement | None:
    """How readings that came equally far disagree on what follows."""
    ends = left.end, right.end
    if ends[0] is ends[1]:
        if ends[0] is _REFUSED and left.status and right.status and left.status != right.status:
            return Disagreement(ANOTHER_STATUS, outcome(left), outcome(right))
        return None
    if _LAST in ends:
        words = [_last(each) if each.end is _LAST else "reads on" for each in (left, right)]
        return Disagreement(LAST_FOR_ONE, *words)
    if ends[1] is _REFUSED:
        found = _of_ends_there(right, left, place)
        return None if found is None else found.turned()
    if ends[0] is _REFUSED:
        kind = REJECTS_EARLIER if ends[1] is _INCOMPLETE else ACCEPTED_BY_ONE
        return Disagreement(kind, outcome(left), _waits(right, place))
    return Disagreement(INCOMPLETE_FOR_ONE, _waits(left, place), _waits(right, place))


def _waits(reading: Reading, place: int) -> str:
    if reading.end is _BETWEEN:
        return _BETWEEN.value
    return f"incomplete, {shape(reading.requests[-1])}" if place % 2 else "incomplete head"


def _last(reading: Reading) -> str:
    return f"last, {shape(reading.requests[-1])}"
