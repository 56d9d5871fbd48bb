"""Requests larger than a server may wish to take, and those that never end.

Owns the category limits. Literals only; nothing here opens a socket.

Where a limit lies is the server's own affair, so what is large may be served, be refused with a
status of its kind, or end the connection; it is never a failure of the server's. What never ends
must find a limit: eight mebibytes of one element are sent, and behind them the rest of a request
that a server without any would answer; or nothing, so that a limit which is looked at when the
element has ended is none.
"""

from __future__ import annotations

from ..check import MUST, SHOULD, Check, Source, practice, rfc
from ..expect import (
    Expectation,
    answers,
    connection_ended,
    echoes,
    either,
    refused,
    status,
)
from ..spec import ReadBody, Respond, Route, app
from ..steps import Read, ReadToEnd, Send, Step, get, raw

READER = app(
    Route("root", "GET", "/"),
    Route("plain", "GET", "/plain", Respond(200, "plain")),
    Route("read", "POST", "/", ReadBody(then=Respond(200, "read"))),
)
"""Who takes all of a large request must not have to echo it as well."""


MIB = 1024 * 1024
BLOCK_BYTES = 65536
BLOCKS = 8 * MIB // BLOCK_BYTES
CLOSE = "Connection: close"
FIELD = b"X-Endless: " + b"a" * 1011 + b"\r\n"
CHUNKED = raw("POST /", CLOSE, "Transfer-Encoding: chunked")

FIELDS = rfc(
    9110,
    "5.4",
    "A server that receives a request header field line, field value, or set of fields larger than "
    "it wishes to process MUST respond with an appropriate 4xx (Client Error) status code.",
)
TARGET = rfc(
    9112,
    "3",
    "A server that receives a request-target longer than any URI it wishes to parse MUST respond "
    "with a 414 (URI Too Long) status code",
)
EXTENSIONS = rfc(
    9112,
    "7.1.1",
    "A server ought to limit the total length of chunk extensions received in a request to an "
    "amount reasonable for the services provided",
)
BOUNDED = practice(
    "what a client sends without an end must not be kept without one; servers limit each element "
    "of a message by its length"
)


def _line_of(octets: int) -> bytes:
    """A request whose request line has this length."""
    return raw("GET /plain?" + "a" * (octets - len("GET /plain? HTTP/1.1")))


def _refused_or_served() -> Expectation:
    """Served, or refused: with a 4xx of its kind, or the end."""
    return either([answers(1), status(200, 400, 413, 414, 431)], [answers(0), connection_ended()])


def _then_another(data: bytes) -> list[Step]:
    """A large request; the next client is served as ever."""
    return [Send(data), ReadToEnd(), get("/", name="after")]


def _endless(before: bytes, block: bytes, *after: bytes) -> list[Step]:
    """Eight mebibytes of blocks between the beginning of a request and its end, if it has one."""
    size = BLOCK_BYTES // len(block) * len(block)
    return [
        Send(before),
        Send((block * (size // len(block))), times=BLOCKS),
        *map(Send, after),
        ReadToEnd(),
        get("/", name="after"),
    ]


SERVED = echoes(of="after", route="root")

LARGE = [
    Check(
        id="limits/too-long-target-is-414",
        title="A target of 16 KiB is taken, or refused with 414",
        source=TARGET,
        app=READER,
        steps=[Send(_line_of(16384)), Read(), get("/", name="after")],
        expect=[answers(1), status(200, 414), SERVED],
        faults=("long-target-is-400",),
    ),
    Check(
        id="limits/too-long-field-is-4xx",
        title="A field of 16 KiB is taken, or refused with a 4xx",
        source=FIELDS,
        app=READER,
        steps=[Send(raw("GET /plain", "X-Long: " + "a" * 16384)), Read(), get("/", name="after")],
        expect=[answers(1), status(200, 400, 413, 431), SERVED],
        faults=("limits-are-500", "limits-close-silently"),
    ),
    Check(
        id="limits/too-many-fields-is-4xx",
        title="A thousand fields are taken, or refused with a 4xx",
        source=FIELDS,
        app=READER,
        steps=[
            Send(raw("GET /plain", *(f"X-{number}: a" for number in range(1000)))),
            Read(),
            get("/", name="after"),
        ],
        expect=[answers(1), status(200, 400, 413, 431), SERVED],
        faults=("field-count-crashes",),
    ),
    *(
        Check(
            id=f"limits/{name}",
            title=f"{what} is served or refused, and is no failure of the server's",
            source=source,
            level=SHOULD if source is EXTENSIONS else MUST,
            app=READER,
            steps=_then_another(data),
            expect=[_refused_or_served(), SERVED],
            faults=("limits-are-500",),
        )
        for name, what, source, data in (
            (
                "huge-target",
                "A target of a mebibyte",
                TARGET,
                _line_of(MIB)[:-2] + b"Connection: close\r\n\r\n",
            ),
            (
                "huge-field",
                "A field of a mebibyte",
                FIELDS,
                raw("GET /plain", CLOSE, "X-Long: " + "a" * MIB),
            ),
            (
                "huge-field-name",
                "A field name of a mebibyte",
                FIELDS,
                raw("GET /plain", CLOSE, "X" * MIB + ": a"),
            ),
            (
                "huge-head",
                "A head of a mebibyte in a thousand fields",
                FIELDS,
                raw("GET /plain", CLOSE, *(f"X-{number}: " + "a" * 1024 for number in range(1024))),
            ),
            (
                "huge-chunk-extension",
                "A chunk extension of a mebibyte",
                EXTENSIONS,
                CHUNKED + b"5;a=" + b"a" * MIB + b"\r\nhello\r\n0\r\n\r\n",
            ),
            (
                "huge-trailers",
                "A trailer section of a mebibyte",
                FIELDS,
                CHUNKED
                + b"5\r\nhello\r\n0\r\n"
                + b"".join(b"X-%d: " % number + b"a" * 1024 + b"\r\n" for number in range(1024))
                + b"\r\n",
            ),
        )
    ),
]

_REFUSED = refused(400, 413, 414, 431)

ENDLESS_CASES: tuple[tuple[str, str, Source, tuple[bytes, bytes, bytes], str], ...] = (
    (
        "request-line",
        "A request line",
        BOUNDED,
        (b"GET /plain?", b"a", b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
        "lines-have-no-limit",
    ),
    (
        "field",
        "A field",
        BOUNDED,
        (raw("GET /plain", CLOSE)[:-2] + b"X-Endless: ", b"a", b"\r\n\r\n"),
        "lines-have-no-limit",
    ),
    (
        "fields",
        "A section of header fields",
        BOUNDED,
        (raw("GET /plain", CLOSE)[:-2], FIELD, b"\r\n"),
        "heads-have-no-limit",
    ),
    (
        "chunk-extension",
        "A chunk extension",
        EXTENSIONS,
        (CHUNKED + b"5;a=", b"a", b"\r\nhello\r\n0\r\n\r\n"),
        "lines-have-no-limit",
    ),
    (
        "trailer",
        "A trailer field",
        BOUNDED,
        (CHUNKED + b"5\r\nhello\r\n0\r\nX-Endless: ", b"a", b"\r\n\r\n"),
        "lines-have-no-limit",
    ),
    (
        "trailers",
        "A section of trailer fields",
        BOUNDED,
        (CHUNKED + b"5\r\nhello\r\n0\r\n", FIELD, b"\r\n"),
        "trailers-have-no-limit",
    ),
)

ENDLESS = [
    Check(
        id=f"limits/endless-{name}",
        title=f"{what} that does not end is refused, and others are served",
        source=source,
        level=SHOULD,
        app=READER,
        steps=_endless(*parts),
        expect=[_REFUSED, SERVED],
        faults=(fault,),
    )
    for name, what, source, parts, fault in ENDLESS_CASES
]

UNENDED = [
    Check(
        id=f"limits/unended-{name}",
        title=f"{what} that does not end is refused before its end, which never comes",
        source=BOUNDED,
        level=SHOULD,
        app=READER,
        steps=_endless(before, block),
        expect=[_REFUSED, SERVED],
        faults=(fault,),
    )
    for name, what, _, (before, block, _), fault in ENDLESS_CASES
]

CHECKS = [*LARGE, *ENDLESS, *UNENDED]
