"""What of a request's header and body its handler sees, and what becomes of what it leaves.

Owns the category request. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ..check import Check, practice, rfc
from ..expect import (
    Echoes,
    answers,
    by_dialect,
    connection_ended,
    echoes,
    either,
    not_status,
    saw_header,
    status,
    well_framed,
)
from ..spec import Echo, ReadBody, Route, app
from ..steps import BYTEWISE, Ask, Read, ReadToEnd, Send, Step, get, raw

JSON = ("Content-Type", "application/json")

CASE_OF_NAMES = rfc(9110, "5.1", "Field names are case-insensitive")
NO_OWS = rfc(
    9112,
    "5.1",
    "The field line value does not include that leading or trailing whitespace",
)
BY_LENGTH = rfc(
    9112,
    "6.3",
    "If a valid Content-Length header field is present without Transfer-Encoding, its decimal "
    "value defines the expected message body length in octets.",
)
CHUNKED = rfc(
    9112, "7.1", "A recipient MUST be able to parse and decode the chunked transfer coding."
)
READ_OR_CLOSE = rfc(
    9112,
    "9.3",
    "A server MUST read the entire request message body or close the connection after sending its "
    "response; otherwise, the remaining data on a persistent connection would be misinterpreted "
    "as the next request.",
)
TOO_LARGE = rfc(
    9110,
    "15.5.14",
    "The 413 (Content Too Large) status code indicates that the server is refusing to process a "
    "request because the request content is larger than the server is willing or able to process.",
)
SEGMENTS = practice("TCP carries a stream of octets; where it cuts them means nothing")

READER = app(
    Route("read", "POST", "/", ReadBody("whole")),
    Route("pieces", "POST", "/pieces", ReadBody("pieces")),
    Route("json", "POST", "/json", ReadBody("json")),
    Route("root", "GET", "/"),
)
LIMITED = app(Route("read", "POST", "/", ReadBody("whole")), body_limit=1000)
IGNORANT = app(
    Route("ignores", "POST", "/ignores", ReadBody("none", then=Echo())),
    Route("root", "GET", "/"),
    Route("next", "GET", "/next"),
    Route("hidden", "GET", "/hidden"),
)

HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n"
MEANWHILE = get("/", name="meanwhile")
"""Another client's turn: by its answer the server has taken in what was sent before it."""

LAST = b"GET /next HTTP/1.1\r\nHost: @HOST@\r\nX-Request-Id: @ID@.b\r\nConnection: close\r\n\r\n"
NOT_TAKEN_FOR_A_REQUEST = either(
    [answers(2), echoes(index=1, route="next")],
    [answers(1), connection_ended()],
)
"""Of a connection on which a body was left and LAST was sent: either is right."""

BINARY = bytes(range(256))
LARGE = BINARY * 1024
WORDS = "Grüße, 10 € für 𝄞".encode()
FIELDS = tuple((f"X-Field-{number}", f"value {number}") for number in range(60))


def _byte_by_byte(*parts: bytes) -> Iterator[Step]:
    """Octet by octet. Between two parts another client has its turn: by its answer the server has
    surely read the octets before it, which could else come to it in one piece with the others."""
    for number, part in enumerate(parts):
        if number:
            yield get("/", name=f"meanwhile{number}")
        yield Send(part, segment_bytes=BYTEWISE)


def _in_two(data: bytes, at: int = 20) -> tuple[bytes, bytes]:
    """Cut within the head."""
    return data[:at], data[at:]


def _reads(data: bytes, of: str = "1", route: str = "read") -> Echoes:
    """The handler read this body."""
    digest = {"length": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return echoes(of=of, route=route, body=digest)


HEADERS = [
    Check(
        id="request/header-values",
        title="A header value reaches the handler as it was sent",
        source=practice("what a header is for"),
        steps=[get("/", ("X-Probe", 'Text; With="some, CASE"; and=a:b: c'))],
        expect=[saw_header("X-Probe", 'Text; With="some, CASE"; and=a:b: c')],
        faults=("splits-header-at-last-colon", "lowers-header-values"),
    ),
    Check(
        id="request/header-whitespace-around",
        title="Whitespace around a header value is no part of it",
        source=NO_OWS,
        steps=[
            Send(raw("GET /", "X-None:value", "X-Spaces:    value   ", "X-Tabs:\t\tvalue\t \t")),
            Read(),
        ],
        expect=[
            saw_header("X-None", "value"),
            saw_header("X-Spaces", "value"),
            saw_header("X-Tabs", "value"),
        ],
        faults=("keeps-header-whitespace",),
    ),
    Check(
        id="request/header-whitespace-inside",
        title="Whitespace inside a header value is kept",
        source=rfc(
            9112,
            "5.1",
            "OWS occurring before the first non-whitespace octet of the field line value, or after "
            "the last non-whitespace octet of the field line value, is excluded by parsers",
        ),
        steps=[Send(raw("GET /", "X-Probe: a  b \tc")), Read()],
        expect=[saw_header("X-Probe", "a  b \tc")],
        faults=("collapses-header-whitespace",),
    ),
    Check(
        id="request/header-empty-value",
        title="A header with an empty value is a header",
        source=rfc(9110, "5.5", "field-value    = *field-content"),
        steps=[Send(raw("GET /", "X-Empty:", "X-Blank:  ", "X-Next: value")), Read()],
        expect=[
            saw_header("X-Empty", ""),
            saw_header("X-Blank", ""),
            saw_header("X-Next", "value"),
        ],
        faults=("drops-empty-headers",),
    ),
    Check(
        id="request/header-repeated",
        title="Of a repeated header the handler sees what is declared, in the order of its lines",
        source=rfc(
            9110,
            "5.3",
            "The order in which field lines with the same name are received is therefore "
            "significant to the interpretation of the field value",
        ),
        steps=[Send(raw("GET /", "X-Probe: one", "X-Other: x", "x-probe: two")), Read()],
        expect=[
            by_dialect(
                "repeated_header",
                all=saw_header("X-Probe", "one", "two"),
                first=saw_header("X-Probe", "one"),
                last=saw_header("X-Probe", "two"),
                joined=saw_header("X-Probe", "one", "two", joined=True),
            ),
            saw_header("X-Other", "x"),
        ],
        faults=("keeps-last-header", "reverses-repeated-headers"),
    ),
    Check(
        id="request/header-names-in-any-case",
        title="What frames a body is found in whatever case its name is written",
        source=CASE_OF_NAMES,
        app=READER,
        steps=[
            Send(raw("POST /", "cOnTeNt-LENGTH: 5", body=b"hello"), on="length"),
            Read(on="length"),
            Send(
                raw("POST /", "TRANSFER-encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n"),
                on="chunked",
            ),
            Read(on="chunked"),
        ],
        expect=[_reads(b"hello", of="length"), _reads(b"hello", of="chunked")],
        faults=("header-names-have-case",),
    ),
    Check(
        id="request/header-many",
        title="Sixty headers all reach the handler",
        source=practice("all common servers take a hundred"),
        steps=[Ask(headers=FIELDS)],
        expect=[saw_header(name, value) for name, value in FIELDS],
        faults=("few-headers",),
    ),
    Check(
        id="request/header-long",
        title="A header value of 4000 octets reaches the handler",
        source=practice("all common servers take 8000 octets"),
        steps=[get("/", ("X-Long", "0123456789" * 400))],
        expect=[saw_header("X-Long", "0123456789" * 400)],
        faults=("cuts-long-headers",),
    ),
    Check(
        id="request/header-beyond-ascii",
        title="A header value with octets beyond ASCII is no failure of the server's",
        source=practice(
            "octets that RFC 9110 §5.5 allows: served or refused, but nothing that fails"
        ),
        steps=[
            Send(raw("GET /", "X-Probe: caf\xe9 \xc3\xbc \xff")),
            Read(),
        ],
        expect=[not_status(500, 501, 502, 503, 504), well_framed()],
        faults=("header-beyond-ascii-crashes",),
    ),
    Check(
        id="request/cookie-header",
        title="The Cookie header reaches the handler with all its pairs, untouched",
        source=rfc(6265, "4.2.1", 'cookie-string = cookie-pair *( ";" SP cookie-pair )'),
        steps=[get("/", ("Cookie", 'a=1; b="two"; c=%3B; d=x=y; a=2'))],
        expect=[saw_header("Cookie", 'a=1; b="two"; c=%3B; d=x=y; a=2')],
        faults=("decodes-header-values", "splits-cookies"),
    ),
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
]

BODIES = [
    Check(
        id="request/body-empty",
        title="A body of no length, of length 0 and of no chunks is empty",
        source=rfc(
            9112,
            "6.3",
            "If this is a request message and none of the above are true, then the message body "
            "length is zero (no message body is present).",
        ),
        app=READER,
        steps=[
            Send(raw("POST /"), on="none"),
            Read(on="none"),
            Send(raw("POST /", "Content-Length: 0"), on="length"),
            Read(on="length"),
            Send(raw("POST /", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"), on="chunked"),
            Read(on="chunked"),
        ],
        expect=[_reads(b"", of="none"), _reads(b"", of="length"), _reads(b"", of="chunked")],
        faults=("waits-for-a-body", "no-chunked-requests", "body-is-null-when-empty"),
    ),
    Check(
        id="request/body-binary",
        title="A body of any octets is read as it was sent",
        source=rfc(9112, "6", "message-body = *OCTET"),
        app=READER,
        steps=[Ask("POST", "/", body=BINARY)],
        expect=[_reads(BINARY)],
        faults=("body-is-text", "body-ends-at-nul", "body-is-empty"),
    ),
    Check(
        id="request/body-length-counts-octets",
        title="Content-Length counts octets, not characters",
        source=rfc(
            9110,
            "8.6",
            'The "Content-Length" header field indicates the associated representation\'s data '
            "length as a decimal non-negative integer number of octets.",
        ),
        app=READER,
        steps=[
            Ask("POST", "/", (("Content-Type", "text/plain; charset=utf-8"),), WORDS),
        ],
        expect=[_reads(WORDS)],
        faults=("body-length-counts-characters",),
    ),
    Check(
        id="request/body-large",
        title="A body of 256 KiB, which arrives in many segments, is read whole",
        source=BY_LENGTH,
        app=READER,
        steps=[Ask("POST", "/", body=LARGE)],
        expect=[_reads(LARGE)],
        faults=("last-body-chunk-wins", "body-is-one-segment"),
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
        expect=[_reads(b"hello, body")],
        faults=("needs-head-in-one-segment", "body-is-one-segment"),
    ),
    Check(
        id="request/body-chunked",
        title="The chunks of a body are joined",
        source=CHUNKED,
        app=READER,
        steps=[Ask("POST", "/", body=(b"one, ", b"two, ", b"three"))],
        expect=[_reads(b"one, two, three")],
        faults=("last-body-chunk-wins", "no-chunked-requests"),
    ),
    Check(
        id="request/body-chunked-in-pieces",
        title="A chunked body that is read in pieces comes whole and in order",
        source=CHUNKED,
        app=READER,
        steps=[Ask("POST", "/pieces", body=(BINARY, LARGE, b"end"))],
        expect=[_reads(BINARY + LARGE + b"end", route="pieces")],
        faults=("last-body-chunk-wins", "no-chunked-requests", "first-piece-only"),
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
        expect=[_reads(b"hello, body")],
        faults=("last-body-chunk-wins", "no-chunked-requests", "needs-head-in-one-segment"),
    ),
    Check(
        id="request/body-chunk-sizes",
        title="The size of a chunk is hexadecimal, in any case and with leading zeros",
        source=rfc(9112, "7.1", "chunk-size     = 1*HEXDIG"),
        app=READER,
        steps=[
            Send(
                raw(
                    "POST /",
                    "Transfer-Encoding: chunked",
                    body=b"a\r\n0123456789\r\n"
                    b"B\r\nabcdefghijk\r\n"
                    b"0010\r\nABCDEFGHIJKLMNOP\r\n"
                    b"0\r\n\r\n",
                )
            ),
            Read(),
        ],
        expect=[_reads(b"0123456789abcdefghijkABCDEFGHIJKLMNOP")],
        faults=("chunk-size-is-decimal", "last-body-chunk-wins", "no-chunked-requests"),
    ),
]

LIMITS = [
    Check(
        id="request/body-within-limit",
        title="A body within the limit is read",
        source=practice("what a limit is for"),
        app=LIMITED,
        steps=[
            Ask("POST", "/", body=b"x" * 900, name="length"),
            Ask("POST", "/", body=(b"x" * 400, b"y" * 400), name="chunked"),
        ],
        expect=[
            _reads(b"x" * 900, of="length"),
            _reads(b"x" * 400 + b"y" * 400, of="chunked"),
        ],
        faults=("no-chunked-requests", "last-body-chunk-wins", "limit-is-tenfold-too-small"),
    ),
    Check(
        id="request/body-beyond-limit",
        title="A body beyond the limit is refused with 413, or as declared",
        source=TOO_LARGE,
        app=LIMITED,
        steps=[Ask("POST", "/", body=b"x" * 3000)],
        expect=[
            by_dialect("body_limit_status", **{"413": status(413), "400": status(400)}),
        ],
        faults=("no-body-limit", "body-limit-crashes"),
    ),
    Check(
        id="request/chunked-body-beyond-limit",
        title="A body beyond the limit is refused when its chunks do not say so beforehand, too",
        source=TOO_LARGE,
        app=LIMITED,
        steps=[Ask("POST", "/", body=(b"x" * 700, b"x" * 700, b"x" * 700))],
        expect=[
            by_dialect("body_limit_status", **{"413": status(413), "400": status(400)}),
        ],
        faults=("no-body-limit", "body-limit-by-length-only", "body-limit-crashes"),
    ),
    Check(
        id="request/json",
        title="A handler that asks for JSON gets it",
        source=practice("what reading JSON is for"),
        app=READER,
        steps=[
            Ask("POST", "/json", (JSON,), (b'{"name": "J\xc3\xbcrgen",', b' "tags": [1, null]}'))
        ],
        expect=[echoes(route="json")],
        faults=("last-body-chunk-wins", "no-chunked-requests", "no-json"),
    ),
    Check(
        id="request/json-invalid",
        title="A body that is not JSON is answered as declared when the handler asks for JSON",
        source=practice("400, or 500 where the decoder's error is the application's to catch"),
        app=READER,
        steps=[Ask("POST", "/json", (JSON,), b'{"name": ')],
        expect=[
            by_dialect("invalid_json", **{"400": status(400), "500": status(500)}),
            well_framed(),
        ],
        faults=("invalid-json-is-null",),
    ),
]

UNREAD = [
    Check(
        id="request/unread-body",
        title="A body that its handler did not read is not taken for the next request",
        source=READ_OR_CLOSE,
        app=IGNORANT,
        steps=[
            Send(raw("POST /ignores", f"Content-Length: {len(HIDDEN)}", body=HIDDEN)),
            Read(),
            Send(LAST),
            ReadToEnd(),
        ],
        expect=[echoes(route="ignores"), NOT_TAKEN_FOR_A_REQUEST],
        faults=("unread-body-is-next-request",),
    ),
    Check(
        id="request/unread-chunked-body",
        title="A chunked body that its handler did not read is not taken for the next request",
        source=READ_OR_CLOSE,
        app=IGNORANT,
        steps=[
            Send(
                raw(
                    "POST /ignores",
                    "Transfer-Encoding: chunked",
                    body=b"%x\r\n%b\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN),
                )
            ),
            Read(),
            Send(LAST),
            ReadToEnd(),
        ],
        expect=[echoes(route="ignores"), NOT_TAKEN_FOR_A_REQUEST],
        faults=("unread-body-is-next-request", "no-chunked-requests"),
    ),
    Check(
        id="request/unread-body-of-404",
        title="The body of a request without a route is not taken for the next request",
        source=READ_OR_CLOSE,
        app=IGNORANT,
        steps=[
            Send(raw("POST /nowhere", f"Content-Length: {len(HIDDEN)}", body=HIDDEN)),
            Read(),
            Send(LAST),
            ReadToEnd(),
        ],
        expect=[status(404), NOT_TAKEN_FOR_A_REQUEST],
        faults=("unread-body-is-next-request", "unread-body-of-404-is-next-request"),
    ),
    Check(
        id="request/body-of-get",
        title="GET may have a body, and it is not taken for the next request",
        source=rfc(
            9112,
            "6",
            "The presence of a message body in a request is signaled by a Content-Length or "
            "Transfer-Encoding header field.",
        ),
        app=IGNORANT,
        steps=[
            Send(raw("GET /", f"Content-Length: {len(HIDDEN)}", body=HIDDEN)),
            Read(),
            Send(LAST),
            ReadToEnd(),
        ],
        expect=[either(echoes(route="root"), status(400)), NOT_TAKEN_FOR_A_REQUEST],
        faults=("unread-body-is-next-request", "get-has-no-body"),
    ),
    Check(
        id="request/unread-body-still-on-its-way",
        title="A body that arrives later, maybe behind the answer, is not taken for a request",
        source=READ_OR_CLOSE,
        app=IGNORANT,
        steps=[
            Send(raw("POST /ignores", f"Content-Length: {len(HIDDEN)}")),
            MEANWHILE,
            Send(HIDDEN),
            Read(),
            Send(LAST),
            ReadToEnd(),
        ],
        expect=[echoes(route="ignores"), NOT_TAKEN_FOR_A_REQUEST],
        faults=("unread-body-is-next-request", "drains-only-what-has-come"),
    ),
]

CHECKS: list[Check] = [*HEADERS, *BODIES, *LIMITS, *UNREAD]
