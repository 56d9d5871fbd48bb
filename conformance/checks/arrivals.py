"""That a request is the same in whatever pieces it arrives.

Owns the checks of the category request whose bytes come octet by octet, in small segments or chunk
by chunk; each single cut is in `segments`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..check import Check, practice
from ..expect import echoes, saw_header
from ..steps import BYTEWISE, Read, Send, Step, get, raw
from .request_bodies import CHUNKED, READER, reads

SEGMENTS = practice("TCP carries a stream of octets; where it cuts them means nothing")
CHUNKS = raw(
    "POST /",
    "Transfer-Encoding: chunked",
    body=b"5\r\nhello\r\n10\r\n, this is a body\r\n1\r\n!\r\n0\r\n\r\n",
)
SIZED = raw("POST /", "Content-Length: 26", body=b"abcdefghijklmnopqrstuvwxyz")


def parts(*segments: bytes, segment_bytes: int | None = None, on: str = "1") -> Iterator[Step]:
    """Part by part. Between two parts another client has its turn: by its answer the server has
    surely read the octets before it, which could else come to it in one piece with the others."""
    for number, part in enumerate(segments):
        if number:
            yield get("/", name=f"meanwhile-{on}-{number}")
        yield Send(part, segment_bytes=segment_bytes, on=on)


def _byte_by_byte(*segments: bytes) -> Iterator[Step]:
    return parts(*segments, segment_bytes=BYTEWISE)


def _in_two(data: bytes, at: int = 20) -> tuple[bytes, bytes]:
    """Cut within the head."""
    return data[:at], data[at:]


def _by_size(data: bytes, size: int, on: str) -> Iterator[Step]:
    """In segments of that size, with another client's turn in the middle of them."""
    return parts(*_in_two(data, len(data) // 2 // size * size), segment_bytes=size, on=on)


CHECKS: list[Check] = [
    Check(
        id="request/head-byte-by-byte",
        title="A request that arrives byte by byte is the same request",
        source=SEGMENTS,
        steps=[
            *_byte_by_byte(
                b"GET /items/one?a=1 HTTP/1.1\r\nHo",
                b"st: @HOST@\r\nX-Request-Id: @ID@\r\nX-Probe: va",
                b"lue\r\n\r\n",
            ),
            Read(),
        ],
        expect=[
            echoes(route="item", params={"name": "one"}, query=[["a", "1"]]),
            saw_header("X-Probe", "value"),
        ],
        faults=("needs-head-in-one-segment",),
    ),
    Check(
        id="request/body-byte-by-byte",
        title="A body that arrives byte by byte is read whole",
        source=SEGMENTS,
        app=READER,
        steps=[
            *_byte_by_byte(*_in_two(raw("POST /", "Content-Length: 11", body=b"hel")), b"lo, body"),
            Read(),
        ],
        expect=[reads(b"hello, body")],
        faults=("needs-head-in-one-segment", "body-is-one-segment"),
    ),
    Check(
        id="request/body-chunked-byte-by-byte",
        title="A chunked body that arrives byte by byte is read whole",
        source=SEGMENTS,
        app=READER,
        steps=[
            *_byte_by_byte(
                *_in_two(raw("POST /", "Transfer-Encoding: chunked", body=b"5\r\nhel")),
                b"lo\r\n6\r\n, body\r\n0\r\n\r\n",
            ),
            Read(),
        ],
        expect=[reads(b"hello, body")],
        faults=("last-body-chunk-wins", "no-chunked-requests", "needs-head-in-one-segment"),
    ),
    Check(
        id="request/body-chunk-by-chunk",
        title="A chunked body of which every chunk comes by itself is the same body",
        source=CHUNKED,
        app=READER,
        steps=[
            *parts(
                raw("POST /", "Transfer-Encoding: chunked"),
                b"5\r\nhello\r\n",
                b"10\r\n, this is a body\r\n",
                b"0\r\n\r\n",
            ),
            Read(),
        ],
        expect=[reads(b"hello, this is a body")],
        faults=("last-body-chunk-wins", "body-is-one-segment"),
    ),
    Check(
        id="request/body-in-odd-segments",
        title="A sized and a chunked body are the same in segments of 2, 3, 5 and 7 octets",
        source=SEGMENTS,
        app=READER,
        steps=[
            step
            for size in (2, 3, 5, 7)
            for name, data in (("sized", SIZED), ("chunked", CHUNKS))
            for step in (
                *_by_size(data, size, f"{name}-{size}"),
                Read(on=f"{name}-{size}"),
            )
        ],
        expect=[
            reads(data, of=f"{name}-{size}")
            for size in (2, 3, 5, 7)
            for name, data in (
                ("sized", b"abcdefghijklmnopqrstuvwxyz"),
                ("chunked", b"hello, this is a body!"),
            )
        ],
        faults=("needs-head-in-one-segment", "last-body-chunk-wins", "no-chunked-requests"),
    ),
]
