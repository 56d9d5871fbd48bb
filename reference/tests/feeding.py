"""Feeding bytes to the wire layer in every way in which a network may cut them.

What a vector gives is a transcript: heads, body bytes (joined), ends of bodies, and at most one
refusal, which is the last. `feed_every_way` asserts that it does not depend on the cuts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

from reference.errors import ProtocolError
from reference.fields import Fields
from reference.limits import Limits
from reference.parser import RequestParser

DEFAULTS = Limits()
NEXT = b"PUT /next HTTP/1.1\r\nHost: next\r\nContent-Length: 2\r\n\r\nok"
"""A request that may follow every other one."""

_SHORT_BYTES = 200


class Head(NamedTuple):
    method: str
    target: str
    minor: int
    pairs: tuple[tuple[bytes, bytes], ...]
    length: int


class Refused(NamedTuple):
    status: int
    headers: tuple[tuple[str, str], ...] = ()


END: Literal["end"] = "end"
"""The body of the last head is complete."""

Event: TypeAlias = Head | bytes | Literal["end"] | Refused


class Recorder:
    """A Sink that writes the transcript. Body bytes that follow each other are joined."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.fields: list[Fields] = []

    def on_request(self, method: str, target: str, minor: int, fields: Fields) -> None:
        self.fields.append(fields)
        self.events.append(Head(method, target, minor, fields.pairs, fields.length))

    def on_body(self, data: bytes) -> None:
        assert type(data) is bytes
        assert data
        last = self.events[-1]
        if isinstance(last, bytes):
            self.events[-1] = last + data
        else:
            self.events.append(data)

    def on_body_end(self) -> None:
        self.events.append(END)

    @property
    def targets(self) -> list[str]:
        return [event.target for event in self.events if isinstance(event, Head)]


class Outcome(NamedTuple):
    """The transcript, and what the parser waits for after it."""

    events: list[Event]
    is_between_requests: bool
    is_in_body: bool
    body_bytes_left: int | None


def feed(segments: Iterable[bytes], limits: Limits = DEFAULTS) -> Outcome:
    sink = Recorder()
    parser = RequestParser(sink, limits)
    for segment in segments:
        try:
            parser.feed(segment)
        except ProtocolError as exc:
            assert not any(isinstance(event, Refused) for event in sink.events)
            sink.events.append(Refused(exc.status, exc.headers))
    return Outcome(
        sink.events, parser.is_between_requests, parser.is_in_body, parser.body_bytes_left
    )


def byte_by_byte(raw: bytes) -> list[bytes]:
    return [raw[i : i + 1] for i in range(len(raw))]


def cut_at(raw: bytes, cuts: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted(cuts), len(raw)]
    return [raw[start:end] for start, end in pairwise(edges)]


def feed_every_way(raw: bytes, limits: Limits = DEFAULTS) -> list[Event]:
    """The transcript of `raw`, the same whole, byte by byte, in two at every position (of a short
    vector), with the bytes of a next request behind it, and behind a request with the same block
    of header fields."""
    whole = feed([raw], limits)
    assert feed(byte_by_byte(raw), limits) == whole, "byte by byte"
    size = len(raw)
    cuts: Sequence[int] = range(1, size) if size <= _SHORT_BYTES else (1, size // 2, size - 1)
    for cut in cuts:
        assert feed(cut_at(raw, [cut]), limits) == whole, f"cut at {cut}"
    if was_refused(whole.events) or whole.is_between_requests:
        # Nothing is read after a refusal, and a complete request takes nothing from the next.
        after = [] if was_refused(whole.events) else feed([NEXT]).events
        for segments in ([raw + NEXT], byte_by_byte(raw + NEXT), [raw, NEXT]):
            assert feed(segments, limits).events == whole.events + after, "a next request behind it"
    # A connection remembers the header block of its last request.
    before = b"GET / HTTP/1.1\r\n" + raw.partition(b"\r\n")[2]
    together = feed(byte_by_byte(before + raw), limits)
    assert feed([before, raw], limits) == together, "behind one with the same header block"
    return whole.events


def was_refused(events: Sequence[Event]) -> bool:
    return bool(events) and isinstance(events[-1], Refused)


def status_of(raw: bytes, limits: Limits = DEFAULTS) -> int | None:
    """With what status `raw` is refused, in every way of feeding it; None when it is accepted.

    A vector that leaves the parser waiting for more is neither: that fails.
    """
    events = feed_every_way(raw, limits)
    if events and isinstance(events[-1], Refused):
        return events[-1].status
    assert feed([raw], limits).is_between_requests, f"incomplete: {events}"
    return None
