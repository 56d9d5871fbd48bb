"""The reference's parser as a reader.

Owns how it is fed, whole, in segments or paused behind every request, and what of it is written
down. It is given the parser's module, so that a copy with a planted fault can be read as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import Any, TypeAlias

import reference.parser
from reference.fields import Fields
from reference.limits import Limits

from ..reading import End, Reading, Request

DEFAULTS = Limits()
_NEXT = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"

Head: TypeAlias = tuple[str, str, int, tuple[tuple[bytes, bytes], ...], int]
"""Method, target, minor version, fields, and the length of the body."""


class Fed:
    """What came out of a parser: it is the parser's sink, and like a connection it lets nothing be
    read behind the last request.

    heads     of the requests
    bodies    the octets of each body, b"" for a request without one
    ended     how many bodies came to their end
    last      the last request says that no other follows
    status    of the refusal, 0 without one;  reason  in its words
    waiting   when all is fed: a next request may begin, the last body has not ended, and how much
              of it has not arrived (None when only its end will tell)
    held      the most octets that the parser held after a segment, when that was measured
    faults    what it did that no parser may do, whatever the octets
    """

    # What most have in common is kept by the class: one of these is made for every input.
    ended = 0
    last = False
    status = 0
    reason = ""
    waiting: tuple[bool, bool, int | None] = (True, False, 0)
    held = 0
    faults: tuple[str, ...] = ()
    parser: Any = None

    def __init__(self, pausing: bool) -> None:
        self.heads: list[Head] = []
        self.bodies: list[bytes | bytearray] = []
        self.pausing = pausing

    def on_request(self, method: str, target: str, minor: int, fields: Fields) -> None:
        length = fields.length
        self.heads.append((method, target, minor, fields.pairs, length))
        self.bodies.append(bytearray() if length else b"")
        if fields.close or not (minor or fields.keep_alive):
            self.last = True
            self.parser.stop_after_request()
        elif self.pausing:
            self.parser.pause()

    def on_body(self, data: bytes) -> None:
        if not data:
            self.fault("it gives an empty part of a body")
        elif self.bodies:
            self.bodies[-1] += data
        else:
            self.fault("it gives a body before any request")

    def on_body_end(self) -> None:
        self.ended += 1
        if not self.heads or not self.heads[-1][4]:
            self.fault("it ends a body that there is not")

    def fault(self, text: str) -> None:
        self.faults += (text,)

    def same_as(self, other: Fed) -> bool:
        """Whether both hold the same messages and the same refusal, and wait for the same."""
        return (
            self.heads == other.heads
            and self.bodies == other.bodies
            and self.ended == other.ended
            and self.last == other.last
            and self.status == other.status
            and self.waiting == other.waiting
        )

    def reading(self) -> Reading:
        """The reading that this amounts to."""
        requests = [
            Request(
                method.encode(),
                target.encode(),
                minor,
                tuple([(name.lower(), value) for name, value in pairs]),
                bytes(body),
            )
            for (method, target, minor, pairs, _), body in zip(self.heads, self.bodies, strict=True)
        ]
        between, in_body, _ = self.waiting
        if requests and self.ended < sum([1 for head in self.heads if head[4]]):
            requests[-1] = requests[-1]._replace(whole=False)
        if self.status:
            return Reading(tuple(requests), End.REFUSED, self.reason, self.status)
        if between:
            return Reading(tuple(requests), End.BETWEEN)
        if self.last and not in_body:
            return Reading(tuple(requests), End.LAST)
        return Reading(tuple(requests), End.INCOMPLETE)


def feed(
    segments: Iterable[bytes],
    *,
    module: ModuleType = reference.parser,
    limits: Limits = DEFAULTS,
    pausing: bool = False,
    measured: bool = False,
) -> Fed:
    """Feed segments to a new parser; those behind a refusal too, and another request then.

    pausing    pause the parser at every request, and resume it once it has returned
    measured   look after every segment how much the parser holds

    Raises whatever the parser raises that is not its ProtocolError.
    """
    fed = Fed(pausing)
    fed.parser = parser = module.RequestParser(fed, limits)
    protocol_error = module.ProtocolError
    for segment in segments:
        try:
            parser.feed(segment)
            if pausing:
                _resume(fed, len(segment))
        except protocol_error as error:
            if fed.status:
                fed.fault("it refuses twice")
            fed.status, fed.reason = error.status, error.reason
        if measured:
            fed.held = max(fed.held, _held(parser))
    in_body = parser.is_in_body
    fed.waiting = (
        parser.is_between_requests, in_body, parser.body_bytes_left if in_body else 0
    )  # fmt: skip
    if fed.status:
        _look_behind_refusal(fed, protocol_error)
    elif not (in_body or fed.last or parser.is_between_requests or parser._held):
        fed.fault("it has dropped the beginning of a request")
    fed.parser = None  # a cycle of references would live until it is looked for
    return fed


def _resume(fed: Fed, size: int) -> None:
    """Resume the parser as often as it is paused: once for each request, and none has fewer octets
    than its request line."""
    parser, most = fed.parser, size + 1
    while parser.is_paused:
        if not most:
            fed.fault("it stays paused")
            return
        most -= 1
        parser.resume()


def _look_behind_refusal(fed: Fed, protocol_error: type[Exception]) -> None:
    """RFC 9112 §6.3 lets nothing be read behind faulty framing, and the parser's own rule 2 behind
    any refusal."""
    seen = len(fed.heads), fed.ended
    try:
        fed.parser.feed(_NEXT)
    except protocol_error:
        fed.fault("it refuses twice")
    if (len(fed.heads), fed.ended) != seen or fed.waiting != (False, False, 0):
        fed.fault("it reads on behind a refusal")


def _held(parser: Any) -> int:
    """Octets that a parser holds: of an incomplete head, or of a line of a chunked body."""
    in_line = 0 if parser._chunked is None else len(parser._chunked._held)
    return max(len(parser._held), in_line)


def held_limit(limits: Limits) -> int:
    """The most that a parser may hold behind a segment: a head whose empty line is missing, or a
    chunk-size line, or a trailer section, with the CRLFs that belong to them."""
    head = limits.request_line_bytes + limits.fields_bytes + 2 * len(b"\r\n\r\n")
    return max(head, limits.chunk_extension_bytes + 18, limits.trailer_bytes + 6)


def read(data: bytes, *, module: ModuleType = reference.parser) -> Reading:
    return feed((data,), module=module).reading()
