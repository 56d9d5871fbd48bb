"""Violations of where a request ends: its lengths, its codings, its chunks, as literals.

Owns that part of the table in `violations`. Draws nothing and sends nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..check import MUST, SHOULD, Level, Source, rfc
from ..checks.desync import FOLD, SPACE_BEFORE_COLON
from ..checks.desync_heads import BARE_CR
from ..checks.framing import (
    CHUNKED_NOT_LAST,
    GRAMMAR,
    INVALID_LENGTH,
    LARGE_LENGTH,
    LENGTH_AND_CHUNKED,
)
from .message import LAST, REFUSED, Change, Message, Verdict

CODING_OF_HTTP10 = rfc(
    9112,
    "6.1",
    "A server or client that receives an HTTP/1.0 message containing a Transfer-Encoding header "
    "field MUST treat the message as if the framing is faulty, even if a Content-Length is "
    "present, and close the connection after processing the message.",
)
LARGE_CHUNK = rfc(
    9112,
    "7.1",
    "recipients MUST anticipate potentially large hexadecimal numerals and prevent parsing errors "
    "due to integer conversion overflows or precision loss due to integer representation",
)
CHUNKED_TWICE = rfc(
    9112,
    "6.1",
    "A sender MUST NOT apply the chunked transfer coding more than once to a message body",
)

_Apply = Callable[[Message, int], Message]
_SIZED = ("sized",)
_CHUNKED = ("chunked",)
_WITH_BODY = ("sized", "chunked")


def _choose(forms: tuple[bytes, ...], number: int) -> bytes:
    return forms[number % len(forms)]


# -- Where the request ends -----------------------------------------------------------------------


def _framing(
    name: str,
    title: str,
    source: Source,
    apply: _Apply,
    framings: tuple[str, ...] = _SIZED,
    *,
    level: Level = MUST,
    verdict: Verdict = REFUSED,
    is_cut: bool = False,
) -> Change:
    touches = frozenset({"framing", "line", "persistence", "expect", "spaces", "names"})
    return Change(name, title, source, apply, verdict, framings, touches, level, is_cut)


def _length(name: str, title: str, *values: bytes) -> Change:
    """The right length in a form that is none; `%d` stands for it."""

    def apply(message: Message, number: int) -> Message:
        value = _choose(values, number).replace(b"%d", b"%d" % len(message.content))
        return message.saying("content-length", b"Content-Length: " + value)

    return _framing(name, title, INVALID_LENGTH, apply)


def _coding(name: str, title: str, *forms: tuple[bytes, ...], level: Level = MUST) -> Change:
    """Codings, each form the lines that name them."""

    def apply(message: Message, number: int) -> Message:
        return message.saying("transfer-encoding", *forms[number % len(forms)])

    source = CHUNKED_NOT_LAST if level is MUST else CHUNKED_TWICE
    return _framing(name, title, source, apply, _CHUNKED, level=level)


def _other_length(message: Message, number: int) -> Message:
    size = len(message.content)
    right, wrong = b"Content-Length: %d" % size, b"Content-Length: %d" % _other(size, number)
    lines = (right, wrong) if number % 2 else (wrong, right)
    return message.saying("content-length", *lines)


def _other(size: int, number: int) -> int:
    """Another length than this one."""
    return (0, size + 1, 2 * size + 5)[number % 3] if size else 1 + number % 7


def _length_beside_coding(message: Message, number: int) -> Message:
    line = b"Content-Length: %d" % (0, 5, len(message.body), 3)[number % 4]
    fields = message.fields
    return replace(message, fields=(*fields, line) if number % 2 else (line, *fields))


def _overlong(value: bytes) -> _Apply:
    """A length too large for any integer; of one that wraps around, two octets are left."""
    return lambda message, number: replace(message, content=b"hi" + message.content).saying(
        "content-length", b"Content-Length: " + value
    )


LENGTHS = (
    _framing("lengths-that-differ", "with two lengths that differ", INVALID_LENGTH, _other_length),
    _framing(
        "listed-lengths-that-differ",
        "whose Content-Length lists two that differ",
        INVALID_LENGTH,
        lambda message, number: message.saying(
            "content-length",
            b"Content-Length: %d, %d"
            % (len(message.content), _other(len(message.content), number)),
        ),
    ),
    _length("signed-length", "whose length has a sign", b"+%d", b"-%d", b"-1", b"+0"),
    _length(
        "length-of-a-program",
        "whose length is one in a programming language",
        b"0x%d",
        b"%d_0",
        b"0_%d",
        b"0o%d",
    ),
    _length(
        "length-with-fraction",
        "whose length has a fraction or an exponent",
        b"%d.0",
        b"%de0",
        b"%d.",
    ),
    _length(
        "length-of-two-words", "whose length is two words", b"%d 0", b"%d, x", b"%d;q=1", b"%d\t%d"
    ),
    _length("empty-length", "whose length is empty", b"", b" ", b","),
    _length("length-of-other-digits", "whose length is in other digits", "٥".encode(), b"\xb2"),
    _framing(
        "length-folded",
        "whose length goes on in a folded line",
        FOLD,
        lambda message, number: message.saying(
            "content-length", b"Content-Length: %d" % len(message.content), b" 0"
        ),
    ),
    _framing(
        "length-beyond-64-bits",
        "whose length is larger than 64 bits hold",
        LARGE_LENGTH,
        _overlong(b"18446744073709551618"),
        is_cut=True,
    ),
    _framing(
        "length-of-many-digits",
        "whose length has five thousand digits",
        LARGE_LENGTH,
        _overlong(b"9" * 5000),
        is_cut=True,
    ),
)

CODINGS = (
    _framing(
        "length-and-coding",
        "with a length beside the coding",
        LENGTH_AND_CHUNKED,
        _length_beside_coding,
        _CHUNKED,
        verdict=LAST,
    ),
    _framing(
        "coding-in-http-1.0",
        "of HTTP/1.0 with a coding",
        CODING_OF_HTTP10,
        lambda message, number: replace(message, version=b"HTTP/1.0").adding(
            *((b"Connection: keep-alive",) if number % 2 else ())
        ),
        _CHUNKED,
        verdict=LAST,
    ),
    _coding(
        "unknown-coding",
        "with a coding that is not known",
        (b"Transfer-Encoding: nonsense",),
        (b"Transfer-Encoding: xchunked",),
        (b"Transfer-Encoding: identity",),
        (b'Transfer-Encoding: "chunked"',),
        (b"Transfer-Encoding: \x0bchunked",),
        (b"Transfer-Encoding: chun\0ked",),
        (b"Transfer-Encoding:",),
    ),
    _coding(
        "coding-behind-chunked",
        "with another coding behind chunked",
        (b"Transfer-Encoding: chunked, identity",),
        (b"Transfer-Encoding: chunked, gzip",),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"),
        (b"Transfer-Encoding: chunked", b" , identity"),
    ),
    _coding(
        "chunked-twice",
        "that is chunked twice",
        (b"Transfer-Encoding: chunked, chunked",),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
        level=SHOULD,
    ),
    _framing(
        "space-before-colon-of-framing",
        "with white space before the colon of what frames it",
        SPACE_BEFORE_COLON,
        lambda message, number: message.each_field(
            lambda line: (
                line.replace(b":", _choose((b" :", b"\t:"), number), 1)
                if line.startswith((b"Content-Length", b"Transfer-Encoding"))
                else line
            )
        ),
        _WITH_BODY,
    ),
)


# -- Chunks ---------------------------------------------------------------------------------------


def _chunk(
    name: str,
    title: str,
    apply: _Apply,
    source: Source = GRAMMAR,
    *,
    level: Level = SHOULD,
    is_cut: bool = False,
) -> Change:
    touches = frozenset({"sizes", "extensions", "chunk"})
    return Change(name, title, source, apply, REFUSED, _CHUNKED, touches, level, is_cut)


def _size(*forms: bytes) -> _Apply:
    """The size of the first chunk in a form that is none; `%x` stands for it."""

    def apply(message: Message, number: int) -> Message:
        first = message.first_chunk().chunks
        assert first is not None
        size = b"%x" % len(first[0].data)
        return message.first_chunk(size=_choose(forms, number).replace(b"%x", size))

    return apply


def _longer(message: Message, number: int) -> Message:
    chunks = message.first_chunk().chunks
    assert chunks is not None
    data = chunks[0].data
    return message.first_chunk(data=data + b"XX", size=b"%x" % len(data))


CHUNKS = (
    _chunk("signed-chunk-size", "whose chunk size has a sign", _size(b"+%x", b"-%x")),
    _chunk(
        "chunk-size-of-a-program",
        "whose chunk size is one in a programming language",
        _size(b"0x%x", b"0_%x", b"%xh", b"%x.0"),
    ),
    _chunk(
        "chunk-size-that-is-none", "whose chunk size is no number", _size(b"G", b"", b"\xb2", b"-")
    ),
    _chunk(
        "chunk-size-with-space",
        "whose chunk size stands beside white space",
        _size(b" %x", b"\t%x", b"%x "),
    ),
    _chunk(
        "chunk-size-beyond-64-bits",
        "whose chunk size is larger than 64 bits hold",
        _size(b"1000000000000000%x"),
        LARGE_CHUNK,
        level=MUST,
        is_cut=True,
    ),
    _chunk("chunk-longer-than-its-size", "with a chunk longer than its size", _longer),
    _chunk(
        "chunk-without-crlf",
        "with a chunk that does not end in CRLF",
        lambda message, number: message.first_chunk(
            end=_choose((b"XX", b"", b"\n", b"\r\r"), number)
        ),
    ),
    _chunk(
        "chunk-line-ending-in-lf",
        "whose chunk size ends in LF alone",
        lambda message, number: message.first_chunk(
            line_end=b"\n", extension=_choose((b"", b";"), number)
        ),
    ),
    _chunk(
        "chunk-line-with-cr",
        "whose chunk size ends in CR alone",
        lambda message, number: message.first_chunk(line_end=b"\r"),
        BARE_CR,
        level=MUST,
    ),
    Change(
        "trailer-that-is-no-field",
        "with a trailer that is no field",
        GRAMMAR,
        lambda message, number: replace(
            message, trailers=(_choose((b"no field", b": value", b"X Y: 1", b"X\x01: 1"), number),)
        ),
        REFUSED,
        _CHUNKED,
        frozenset({"trailers"}),
        SHOULD,
    ),
)
