"""A request taken apart as the grammar of RFC 9112 has it, and changes of its parts.

Owns the parts, how they are put together, and what a change says of itself: the requirement, and
what a server may then do. The changes themselves are in `spellings` and `violations`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..check import Level, Source

HOST = b"trueline.test"
ID = b"@ID@"
"""Stands for the id of a request until it is sent."""


@dataclass(frozen=True)
class Chunk:
    """One chunk. `size` as it is spelled; None for what it is, in hexadecimal."""

    data: bytes
    size: bytes | None = None
    extension: bytes = b""
    line_end: bytes = b"\r\n"
    end: bytes = b"\r\n"

    @property
    def spelled_size(self) -> bytes:
        return b"%x" % len(self.data) if self.size is None else self.size

    def octets(self) -> bytes:
        return self.spelled_size + self.extension + self.line_end + self.data + self.end


@dataclass(frozen=True)
class Message:
    """A request in its parts, each as it goes over the wire.

    before    what stands in front of the request line
    line      the request line, when it is not made of method, target and version
    fields    field lines without their CRLF, the framing among them
    head_end  the empty line
    content   what is sent behind the head as it is; for a chunked body what its chunks hold
    chunks    None: no chunked body
    last      the size of the last chunk
    """

    method: bytes = b"GET"
    target: bytes = b"/"
    version: bytes = b"HTTP/1.1"
    line: bytes | None = None
    fields: tuple[bytes, ...] = (b"Host: " + HOST, b"X-Request-Id: " + ID)
    head_end: bytes = b"\r\n"
    content: bytes = b""
    chunks: tuple[Chunk, ...] | None = None
    last: bytes = b"0"
    trailers: tuple[bytes, ...] = ()
    before: bytes = b""

    @property
    def framing(self) -> str:
        """How its body is delimited: "none", "sized" or "chunked"."""
        if self.chunks is not None:
            return "chunked"
        return "sized" if self.has("content-length") else "none"

    @property
    def body(self) -> bytes:
        """What a handler reads."""
        if self.chunks is None:
            return self.content
        return b"".join(chunk.data for chunk in self.chunks)

    def octets(self) -> bytes:
        line = self.line or b"%b %b %b" % (self.method, self.target, self.version)
        head = b"".join(one + b"\r\n" for one in (line, *self.fields))
        if self.chunks is None:
            return self.before + head + self.head_end + self.content
        parts = [chunk.octets() for chunk in self.chunks]
        ends = [one + b"\r\n" for one in (self.last, *self.trailers, b"")]
        return self.before + head + self.head_end + b"".join([*parts, *ends])

    def has(self, name: str) -> bool:
        return any(_name(line) == name for line in self.fields)

    def adding(self, *lines: bytes) -> Message:
        """With more field lines behind the others."""
        return replace(self, fields=(*self.fields, *lines))

    def saying(self, name: str, *lines: bytes) -> Message:
        """With these field lines where the first one of that name stood, or behind the others."""
        places = [place for place, line in enumerate(self.fields) if _name(line) == name]
        if not places:
            return self.adding(*lines)
        rest = [line for line in self.fields if _name(line) != name]
        return replace(self, fields=(*rest[: places[0]], *lines, *rest[places[0] :]))

    def each_field(self, change: Callable[[bytes], bytes]) -> Message:
        return replace(self, fields=tuple(change(line) for line in self.fields))

    def first_chunk(self, **changes: bytes) -> Message:
        """With another first chunk; a body without one gets one."""
        chunks = self.chunks or (Chunk(b"hello"),)
        return replace(self, chunks=(replace(chunks[0], **changes), *chunks[1:]))


def _name(line: bytes) -> str:
    return line.partition(b":")[0].strip().lower().decode("latin-1")


def sized(method: bytes, target: bytes, content: bytes) -> Message:
    """A request with a Content-Length."""
    length = b"Content-Length: %d" % len(content)
    return replace(Message(method, target), content=content).adding(length)


def chunked(method: bytes, target: bytes, pieces: tuple[bytes, ...]) -> Message:
    """A chunked request, a chunk for each piece that is not empty."""
    chunks = tuple(Chunk(piece) for piece in pieces if piece)
    return replace(Message(method, target), chunks=chunks).adding(b"Transfer-Encoding: chunked")


@dataclass(frozen=True)
class Verdict:
    """What a server may do with a request.

    serves    give it its own answer, 2xx with what the handler saw
    refuses   answer with an error, or not at all and end the connection
    goes_on   answer what comes behind it on the connection
    """

    serves: bool
    refuses: bool
    goes_on: bool

    def __and__(self, other: Verdict) -> Verdict:
        """Of a request to which both apply."""
        return Verdict(
            self.serves and other.serves,
            self.refuses or other.refuses,
            self.goes_on and other.goes_on,
        )


SERVED = Verdict(serves=True, refuses=False, goes_on=True)
EITHER = Verdict(serves=True, refuses=True, goes_on=True)
DECLINED = Verdict(serves=False, refuses=True, goes_on=True)
LAST = Verdict(serves=True, refuses=True, goes_on=False)
REFUSED = Verdict(serves=False, refuses=True, goes_on=False)
SERVED_LAST = Verdict(serves=True, refuses=False, goes_on=False)

ONE_KIND = ("none", "sized", "chunked")


@dataclass(frozen=True, repr=False)
class Change:
    """One change of a well-formed request, by its name.

    title     what it makes of the request, as it follows "a request"
    source    what the standard says of it, quoted
    apply     the change; the number selects among the forms that it has, any number does
    verdict   what a server may do with such a request
    framings  which requests it can be made to
    touches   parts of the request that no other change may touch, so that none undoes another
    is_cut    the octets are all that comes: the client ends its sending side behind them
    """

    name: str
    title: str
    source: Source
    apply: Callable[[Message, int], Message]
    verdict: Verdict
    framings: tuple[str, ...] = ONE_KIND
    touches: frozenset[str] = frozenset()
    level: Level = Level.MUST
    is_cut: bool = False

    def fits(self, message: Message) -> bool:
        return message.framing in self.framings

    def __repr__(self) -> str:
        return self.name
