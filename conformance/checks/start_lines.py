"""What stands at the beginning of a request: its line, its Host, the names of its fields.

Owns the checks of the category framing that are about odd forms of them, beside `heads`. Literals
only; nothing here opens a socket.
"""

from __future__ import annotations

from ..check import MAY, SHOULD, Check, practice, rfc
from ..expect import either, refused, saw_header, status
from ..steps import Read, ReadToEnd, Send, raw
from .desync import post
from .framing import GRAMMAR, NEXT, READER, reads
from .heads import HOST

INVALID_LINE = rfc(
    9112,
    "3.2",
    "Recipients of an invalid request-line SHOULD respond with either a 400 (Bad Request) error or "
    "a 301 (Moved Permanently) redirect with the request-target properly encoded.",
)
LOOSE_LINE = practice(
    "RFC 9112 §3 lets a recipient parse it on any whitespace, and warns that where several do so "
    "differently a request can be smuggled"
)
NOT_MERGED = rfc(
    9112,
    "7.1.2",
    "A recipient MUST NOT merge a received trailer field into the header section unless its "
    "corresponding header field definition explicitly permits and instructs how the trailer field "
    "value can be safely merged.",
)

REQUEST_LINES = [
    *(
        Check(
            id=f"framing/request-line-{name}",
            title=f"A request line {what} is refused",
            source=LOOSE_LINE,
            level=MAY,
            steps=[Send(raw("GET / HTTP/1.1").replace(b"GET / HTTP/1.1", line)), Read()],
            expect=[status(400, 301, 505)],
            any_server=True,
            faults=("accepts-loose-request-line",),
        )
        for name, what, line in (
            ("with-tabs", "with tabs between its parts", b"GET\t/\tHTTP/1.1"),
            ("with-space-at-the-end", "with a space behind its version", b"GET / HTTP/1.1 "),
            ("with-space-in-front", "with a space before its method", b" GET / HTTP/1.1"),
        )
    ),
    Check(
        id="framing/method-with-nul",
        title="A method with a NUL in it is not the one without",
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(raw("G\0ET / HTTP/1.1")), Read()],
        expect=[status(400, 405, 501)],
        any_server=True,
        faults=("drops-nul",),
    ),
    Check(
        id="framing/request-line-without-version",
        title="A request line without a version, as of HTTP/0.9, is refused",
        source=INVALID_LINE,
        level=SHOULD,
        steps=[Send(raw("GET / HTTP/1.1").replace(b" HTTP/1.1", b"") + NEXT), ReadToEnd()],
        expect=[refused(400, 301, 505)],
        any_server=True,
        faults=("serves-http09",),
    ),
    *(
        Check(
            id=f"framing/version-{version}",
            title=f"`HTTP/{version}` is no version",
            source=GRAMMAR,
            level=SHOULD,
            steps=[Send(raw(f"GET / HTTP/{version}")), Read()],
            expect=[status(400, 505)],
            any_server=True,
            faults=("reads-version-loosely", "accepts-bad-version"),
        )
        for version in ("1.10", "01.1")
    ),
]

HOSTS = [
    *(
        Check(
            id=f"framing/host-{name}",
            title=f"A Host {what} is refused",
            source=HOST,
            steps=[Send(raw("GET /", f"Host: {value}", host=False)), Read()],
            expect=[status(400)],
            any_server=True,
            faults=("accepts-bad-host",),
        )
        for name, what, value in (
            ("with-userinfo", "with user information", "localhost@example.com"),
            ("with-port-that-is-none", "whose port is no number", "example.com:8o"),
            ("with-open-bracket", "with a bracket that is not closed", "[::1"),
        )
    ),
    Check(
        id="framing/host-twice-alike",
        title="Two Host lines are refused when they say the same, too",
        source=HOST,
        steps=[Send(raw("GET /", "Host: @HOST@")), Read()],
        expect=[status(400)],
        any_server=True,
        faults=("accepts-repeated-host",),
    ),
    Check(
        id="framing/host-missing-in-absolute-form",
        title="A target in absolute form does not stand for a missing Host",
        source=HOST,
        steps=[Send(raw("GET http://@HOST@/", host=False)), Read()],
        expect=[status(400)],
        any_server=True,
        faults=("absolute-form-needs-no-host",),
    ),
    Check(
        id="framing/host-in-trailers",
        title="A Host among the trailers does not stand for a missing one",
        source=HOST,
        steps=[
            Send(
                raw(
                    "POST /",
                    "Transfer-Encoding: chunked",
                    "Connection: close",
                    body=b"0\r\nHost: @HOST@\r\n\r\n",
                    host=False,
                )
            ),
            ReadToEnd(),
        ],
        expect=[refused(400)],
        any_server=True,
        faults=("accepts-missing-host",),
    ),
]

NAMES = [
    Check(
        id=f"framing/field-name-{name}",
        title=f"A field whose name {what} is refused",
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(raw("GET /", line)), Read()],
        expect=[status(400)],
        any_server=True,
        faults=("drops-bad-fields",),
    )
    for name, what, line in (
        ("empty", "is empty", ": value"),
        ("with-space-inside", "has a space in it", "X Probe: value"),
        ("with-control-character", "has a control character in it", "X\x01Probe: value"),
        ("beyond-ascii", "is not ASCII", "X-Prob\xe9: value"),
    )
]

TRAILERS = [
    Check(
        id="framing/trailers-grant-nothing",
        title="Credentials and cookies among the trailers are none of the request's",
        source=NOT_MERGED,
        steps=[
            Send(
                post(
                    "Transfer-Encoding: chunked",
                    "Connection: close",
                    body=b"5\r\nhello\r\n0\r\nAuthorization: Basic YTpi\r\nCookie: id=1\r\n\r\n",
                )
            ),
            ReadToEnd(),
        ],
        expect=[
            either(
                refused(400),
                [reads(b"hello"), saw_header("Authorization"), saw_header("Cookie")],
            )
        ],
        app=READER,
        faults=("trailers-become-headers",),
    ),
]

CHECKS: list[Check] = [*REQUEST_LINES, *HOSTS, *NAMES, *TRAILERS]
