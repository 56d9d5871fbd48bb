"""Chunked bodies whose end two readers may see at two places.

Owns those checks of the category desync. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from ..check import SHOULD, Check, rfc
from ..expect import either, refused
from ..steps import ReadToEnd, Send
from .desync import (
    CANARY,
    DECODES_CHUNKED,
    HIDDEN,
    IN_STEP,
    NEVER,
    READ_OR_CLOSE,
    SERVED,
    STEP,
    chunk,
    post,
    size,
)
from .framing import EMPTY_CHUNKED, GRAMMAR, reads

LAST_WITHIN = b"\r\n" + EMPTY_CHUNKED + HIDDEN
"""Data of a chunk that look like the end of a body and a request behind it."""

QUOTED = b'"\r\nyy\r\n' + EMPTY_CHUNKED + HIDDEN
"""Data of a chunk that go on like a quoted extension, and end the body for who takes them so."""


def _chunked(body: bytes) -> bytes:
    return post("Transfer-Encoding: chunked", body=body)


CHUNKS = [
    Check(
        id="desync/last-chunk-within-data",
        title="Data of a chunk that look like the last chunk are data",
        source=DECODES_CHUNKED,
        steps=[Send(_chunked(chunk(LAST_WITHIN) + EMPTY_CHUNKED) + CANARY), ReadToEnd()],
        expect=[*SERVED, NEVER],
        app=STEP,
        faults=("searches-last-chunk",),
    ),
    Check(
        id="desync/last-chunk-of-several-zeros",
        title="The size of the last chunk may have several digits",
        source=DECODES_CHUNKED,
        steps=[Send(_chunked(b"5\r\nhello\r\n000\r\n\r\n") + CANARY), ReadToEnd()],
        expect=[*SERVED, reads(b"hello")],
        app=STEP,
        faults=("last-chunk-is-one-zero",),
    ),
    Check(
        id="desync/chunk-size-behind-many-zeros",
        title="A chunk size behind many zeros is not cut to none",
        source=rfc(
            9112,
            "7.1",
            "recipients MUST anticipate potentially large hexadecimal numerals and prevent parsing "
            "errors due to integer conversion overflows or precision loss due to integer "
            "representation",
        ),
        steps=[
            Send(
                _chunked(
                    b"0" * 24 + chunk(b"\r\n" + HIDDEN) + EMPTY_CHUNKED,
                )
                + CANARY
            ),
            ReadToEnd(),
        ],
        expect=IN_STEP,
        app=STEP,
        faults=("cuts-chunk-size",),
    ),
    Check(
        id="desync/body-without-empty-line",
        title="A request right behind the last chunk, without an empty line, is none",
        source=READ_OR_CLOSE,
        steps=[Send(_chunked(b"5\r\nhello\r\n0\r\n") + HIDDEN + CANARY), ReadToEnd()],
        expect=IN_STEP,
        app=STEP,
        faults=("stops-at-last-chunk",),
    ),
    Check(
        id="desync/extension-with-lf",
        title="A lone LF in a chunk extension is refused",
        source=GRAMMAR,
        level=SHOULD,
        # Who ends the line there has chunks with all in them; who does not takes the size of the
        # second chunk for the data of the first, and what that chunk holds for the end.
        steps=[
            Send(_chunked(b"2;\nxx\r\n" + chunk(EMPTY_CHUNKED + HIDDEN) + EMPTY_CHUNKED) + CANARY),
            ReadToEnd(),
        ],
        expect=[refused(400), NEVER],
        app=STEP,
        faults=("keeps-lf-in-lines", "accepts-bare-lf"),
    ),
    Check(
        id="desync/quoted-extension-over-lines",
        title="A chunk extension ends with its line, though its quotation marks do not",
        source=GRAMMAR,
        level=SHOULD,
        steps=[
            Send(_chunked(b'2;a="\r\nxx\r\n' + chunk(QUOTED) + EMPTY_CHUNKED) + CANARY),
            ReadToEnd(),
        ],
        expect=[either(refused(400), SERVED), NEVER],
        app=STEP,
        faults=("quoted-extensions-span-lines",),
    ),
    Check(
        id="desync/last-chunk-with-bare-lf",
        title="A last chunk whose line ends in LF alone is refused",
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(_chunked(b"5\r\nhello\r\n0\n\r\n") + HIDDEN), ReadToEnd()],
        expect=[refused(400), NEVER],
        app=STEP,
        faults=("accepts-bare-lf",),
    ),
    Check(
        id="desync/chunk-line-with-bare-cr",
        title="A chunk size that ends in CR alone is refused",
        source=rfc(
            9112,
            "2.2",
            "A recipient of such a bare CR MUST consider that element to be invalid or replace "
            "each bare CR with SP before processing the element or forwarding the message.",
        ),
        steps=[Send(_chunked(b"5\rhello\r\n" + EMPTY_CHUNKED) + HIDDEN), ReadToEnd()],
        expect=[refused(400), NEVER],
        app=STEP,
        faults=("cr-ends-lines",),
    ),
]

TRAILERS = [
    Check(
        id="desync/length-in-trailers",
        title="A Content-Length among the trailers says nothing of what follows",
        source=rfc(
            9112,
            "7.1.2",
            "A recipient MUST NOT merge a received trailer field into the header section unless "
            "its corresponding header field definition explicitly permits and instructs how the "
            "trailer field value can be safely merged.",
        ),
        steps=[
            Send(
                _chunked(b"5\r\nhello\r\n0\r\nContent-Length: %d\r\n\r\n" % size(CANARY))
                + CANARY
                + HIDDEN
            ),
            ReadToEnd(),
        ],
        expect=IN_STEP,
        app=STEP,
        faults=("trailers-frame",),
    ),
    Check(
        id="desync/trailers-many",
        title="A thousand trailers all belong to the body, or the request is refused",
        source=READ_OR_CLOSE,
        steps=[
            Send(_chunked(b"5\r\nhello\r\n0\r\n" + b"X-T: 1\r\n" * 1000 + b"\r\n") + CANARY),
            ReadToEnd(),
        ],
        expect=[IN_STEP[0]],
        app=STEP,
        faults=("gives-up-on-trailers",),
    ),
]

CHECKS: list[Check] = [*CHUNKS, *TRAILERS]
