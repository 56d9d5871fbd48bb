"""What a chunked body is made of: sizes, extensions, data, trailers.

Owns the checks of the category framing that are about the chunks. Literals only; nothing here
opens a socket.
"""

from __future__ import annotations

from ..check import SHOULD, Check, rfc
from ..expect import answers, echoes, either, never_happened, refused, saw_header
from ..steps import HalfClose, ReadToEnd, Send, raw
from .framing import ERRORS, GRAMMAR, HELLO, NEXT, READER, reads

LAST = b"GET / HTTP/1.1\r\nHost: @HOST@\r\nX-Request-Id: @ID@.b\r\nConnection: close\r\n\r\n"


def _chunked(body: bytes, *fields: str) -> bytes:
    return raw("POST /", "Transfer-Encoding: chunked", *fields, body=body)


BAD_CHUNK_SIZES = [
    Check(
        id=f"framing/chunk-size-{name}",
        title=f"A chunk size {what} is refused",
        # RFC 9112 §7.1 has the grammar of a chunk, and says of no other form what is to be done.
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(_chunked(body + NEXT)), ReadToEnd()],
        expect=[refused(400), never_happened("enter", request="hidden")],
        app=READER,
        faults=faults,
    )
    for name, what, body, faults in (
        ("signed", "with a sign", b"+" + HELLO, ("accepts-bad-chunk-size",)),
        ("prefixed", "with 0x before it", b"0x" + HELLO, ("accepts-bad-chunk-size",)),
        ("with-underscore", "with an underscore", b"0_" + HELLO, ("chunk-size-by-int",)),
        ("not-hex", "that is no number", b"G\r\n\r\n", ("accepts-bad-chunk-size",)),
        ("missing", "that is missing", b"\r\n\r\n", ("accepts-bad-chunk-size",)),
        ("behind-space", "behind a space", b" " + HELLO, ("chunk-size-by-int",)),
        (
            "before-space",
            "before a space, without an extension,",
            b"5 \r\nhello\r\n0\r\n\r\n",
            ("chunk-size-by-int",),
        ),
    )
]

CHUNKS = [
    *BAD_CHUNK_SIZES,
    Check(
        id="framing/chunk-size-overflows",
        title="A chunk size beyond 64 bits is not taken for a small one",
        source=rfc(
            9112,
            "7.1",
            "recipients MUST anticipate potentially large hexadecimal numerals and prevent parsing "
            "errors due to integer conversion overflows or precision loss due to integer "
            "representation",
        ),
        steps=[Send(_chunked(b"1000000000000000" + HELLO + NEXT)), HalfClose(), ReadToEnd()],
        expect=[refused(*ERRORS), never_happened("enter", request="hidden")],
        app=READER,
        faults=("chunk-size-overflows",),
    ),
    Check(
        id="framing/chunk-extensions",
        title="Chunk extensions that are not known are ignored",
        source=rfc(9112, "7.1.1", "A recipient MUST ignore unrecognized chunk extensions."),
        steps=[
            Send(
                _chunked(
                    b'5;name=value;flag\r\nhello\r\n1;quoted="a;b"\r\n!\r\n0;last\r\n\r\n',
                    "Connection: close",
                )
            ),
            ReadToEnd(),
        ],
        expect=[answers(1), reads(b"hello!")],
        app=READER,
        faults=("refuses-chunk-extensions",),
    ),
    Check(
        id="framing/chunk-extension-behind-space",
        title="Whitespace before a chunk extension is no part of the size",
        source=rfc(
            9110,
            "5.6.3",
            "A recipient MUST parse for such bad whitespace and remove it before interpreting the "
            "protocol element.",
        ),
        # The standard says MUST; but to refuse it loses nobody, and many do so for safety.
        level=SHOULD,
        steps=[
            Send(_chunked(b"5 ; name=value\r\nhello\r\n0\r\n\r\n", "Connection: close")),
            ReadToEnd(),
        ],
        expect=[answers(1), reads(b"hello")],
        app=READER,
        faults=("refuses-chunk-extensions",),
    ),
    Check(
        id="framing/chunk-longer-than-its-size",
        title="A chunk with more data than its size says is refused",
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(_chunked(b"5\r\nhelloXX\r\n0\r\n\r\n" + NEXT)), ReadToEnd()],
        expect=[refused(400), never_happened("enter", request="hidden")],
        app=READER,
        faults=("accepts-bad-chunk-end",),
    ),
    Check(
        id="framing/chunk-ends-in-crlf",
        title="A chunk that ends in two octets other than CRLF is refused",
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(_chunked(b"5\r\nhelloXX0\r\n\r\n" + NEXT)), ReadToEnd()],
        expect=[refused(400), never_happened("enter", request="hidden")],
        app=READER,
        faults=("skips-chunk-end",),
    ),
    Check(
        id="framing/chunk-line-with-bare-lf",
        title="A chunk size that ends in LF alone is refused",
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(_chunked(b"5\nhello\r\n0\r\n\r\n" + NEXT)), ReadToEnd()],
        expect=[refused(400), never_happened("enter", request="hidden")],
        app=READER,
        faults=("accepts-bare-lf",),
    ),
    Check(
        id="framing/chunked-body-cut-short",
        title="A chunked body without its last chunk is not taken for a whole one",
        source=rfc(
            9112,
            "8",
            "A message body that uses the chunked transfer coding is incomplete if the zero-sized "
            "chunk that terminates the encoding has not been received.",
        ),
        steps=[Send(_chunked(b"5\r\nhello\r\n")), HalfClose(), ReadToEnd()],
        expect=[refused(*ERRORS), never_happened("leave read")],
        app=READER,
        faults=("incomplete-body-is-whole",),
    ),
    Check(
        id="framing/trailers-belong-to-the-body",
        title="A chunked body ends behind its trailers",
        source=rfc(
            9112,
            "7.1",
            "The chunked transfer coding is complete when a chunk with a chunk-size of zero is "
            "received, possibly followed by a trailer section, and finally terminated by an empty "
            "line.",
        ),
        steps=[
            Send(_chunked(b"5\r\nhello\r\n0\r\nX-One: 1\r\nX-Two: 2\r\n\r\n" + LAST)),
            ReadToEnd(),
        ],
        expect=[answers(2), reads(b"hello"), echoes(index=1, route="root")],
        app=READER,
        faults=("stops-at-last-chunk",),
    ),
    Check(
        id="framing/trailers-not-merged",
        title="Trailer fields are not merged into the headers",
        source=rfc(
            9112,
            "7.1.2",
            "A recipient MUST NOT merge a received trailer field into the header section unless "
            "its corresponding header field definition explicitly permits and instructs how the "
            "trailer field value can be safely merged.",
        ),
        steps=[
            Send(
                _chunked(
                    b"5\r\nhello\r\n0\r\nX-Role: admin\r\nX-Trailer: 1\r\n\r\n",
                    "X-Role: guest",
                    "Connection: close",
                )
            ),
            ReadToEnd(),
        ],
        expect=[
            either(
                [reads(b"hello"), saw_header("X-Role", "guest"), saw_header("X-Trailer")],
                refused(400),
            )
        ],
        app=READER,
        faults=("trailers-become-headers",),
    ),
    Check(
        id="framing/malformed-trailer",
        title="A trailer line that is no field is refused",
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(_chunked(b"0\r\nno field\r\n\r\n" + NEXT)), ReadToEnd()],
        expect=[refused(400), never_happened("enter", request="hidden")],
        app=READER,
        faults=("accepts-bad-trailer",),
    ),
]

CHECKS: list[Check] = CHUNKS
