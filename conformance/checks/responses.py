"""What goes over the wire of a response: its framing, its fields, and nothing that was injected.

Owns the category response. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..check import SHOULD, Check, Source, practice, rfc
from ..expect import (
    Expectation,
    answers,
    body,
    by_dialect,
    connection_closed,
    connection_ended,
    cut_off,
    echoes,
    either,
    header,
    never_sent,
    no_header,
    reason,
    status,
    well_framed,
)
from ..spec import Action, App, RaiseHttp, Respond, Route, Stream, app
from ..steps import Event, Open, Read, ReadToEnd, Send, Step, get, raw

OCTETS = rfc(
    9110,
    "8.6",
    'The "Content-Length" header field indicates the associated representation\'s data length as a '
    "decimal non-negative integer number of octets.",
)
NO_LENGTH = rfc(
    9110,
    "8.6",
    "A server MUST NOT send a Content-Length header field in any response with a status code of "
    "1xx (Informational) or 204 (No Content).",
)
LENGTH_OF_GET = rfc(
    9110,
    "8.6",
    "a server MUST NOT send Content-Length in such a response unless its field value equals the "
    "decimal number of octets that would have been sent in the content of a response if the same "
    "request had used the GET method",
)
HEAD = rfc(
    9110,
    "9.3.2",
    "The HEAD method is identical to GET except that the server MUST NOT send content in the "
    "response.",
)
NO_CONTENT = rfc(
    9112,
    "6.3",
    "Any response to a HEAD request and any response with a 1xx (Informational), 204 (No Content), "
    "or 304 (Not Modified) status code is always terminated by the first empty line after the "
    "header fields",
)
RESET_CONTENT = rfc(9110, "15.3.6", "a server MUST NOT generate content in a 205 response")
PERSISTENT = rfc(9112, "9.3", "HTTP implementations SHOULD support persistent connections.")
DATE = rfc(
    9110,
    "6.6.1",
    "An origin server with a clock (as defined in Section 5.6.7) MUST generate a Date header field "
    "in all 2xx (Successful), 3xx (Redirection), and 4xx (Client Error) responses",
)
CHUNKED = rfc(
    9112,
    "7.1",
    "The chunked transfer coding wraps content in order to transfer it as a series of chunks, each "
    "with its own size indicator",
)
FALSE = rfc(
    9110,
    "2.2",
    "A sender MUST NOT generate protocol elements that convey a meaning that is known by that "
    "sender to be false.",
)
NOT_CHUNKED = rfc(
    9112,
    "6.1",
    "A server MUST NOT send a response containing Transfer-Encoding unless the corresponding "
    "request indicates HTTP/1.1 (or later minor revisions).",
)
DANGEROUS = rfc(
    9110, "5.5", "Field values containing CR, LF, or NUL characters are invalid and dangerous"
)
SPLITTING = rfc(
    9112,
    "11.1",
    "Response splitting (a.k.a. CRLF injection) is a common technique, used in various attacks on "
    "Web usage",
)

TEXT = "naïve café, 你好, 🌍"
LARGE = "0123456789abcdef" * 16384
ALL_OCTETS = bytes(range(256))
IMF_FIXDATE = (
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d "
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT"
)

NEXT = b"GET /next HTTP/1.1\r\nHost: @HOST@\r\nX-Request-Id: @ID@.b\r\n\r\n"
INTACT = either([answers(2), echoes(index=1, route="next")], [answers(1), connection_ended()])
"""The next request of the connection is answered; or it was closed, which a server may do."""


def _serving(do: Action) -> App:
    """An app whose `/` does this, and that can be asked for something else after it."""
    return app(Route("r1", "GET", "/", do), Route("next", "GET", "/next"))


def _then_next(first: bytes, to: str = "GET") -> Sequence[Step]:
    return [Send(first), Read(to=to), Send(NEXT), Read()]


def _injection(
    name: str,
    title: str,
    do: Action,
    *more: Expectation,
    source: Source = SPLITTING,
    fault: str = "sends-any-header",
) -> Check:
    """`do` tries to add the field X-Injected or a body to the response."""
    return Check(
        id=f"response/no-injection-by-{name}",
        title=title,
        source=source,
        app=_serving(do),
        steps=[Send(raw("GET /", "Connection: close")), ReadToEnd(), get("/next", name="next")],
        expect=[
            never_sent(b"\nX-Injected"),
            never_sent(b"\rX-Injected"),
            *more,
            echoes(of="next", route="next"),
        ],
        faults=[fault],
    )


CHECKS: list[Check] = [
    # -- Framing ---------------------------------------------------------------------------------
    Check(
        id="response/length-counts-octets",
        title="The length of a text body is that of its octets, not of its characters",
        source=OCTETS,
        app=_serving(Respond(200, TEXT, "text/plain")),
        steps=_then_next(raw("GET /")),
        expect=[status(200), well_framed(), body(TEXT), INTACT],
        faults=["length-counts-characters"],
    ),
    Check(
        id="response/bytes-as-given",
        title="A body of bytes is sent as it is, every octet of it",
        source=practice("the octets are the handler's own; any change would spoil an image"),
        app=_serving(Respond(200, ALL_OCTETS, "application/octet-stream")),
        steps=_then_next(raw("GET /")),
        expect=[status(200), well_framed(), body(ALL_OCTETS), INTACT],
        faults=["bytes-become-text"],
    ),
    Check(
        id="response/empty-body-is-framed",
        title="A 200 without a body says that it has none, so that its client need not wait",
        source=rfc(
            9112,
            "6.3",
            "Otherwise, this is a response message without a declared message body length, so the "
            "message body length is determined by the number of octets received prior to the "
            "server closing the connection.",
        ),
        app=_serving(Respond(200)),
        steps=_then_next(raw("GET /")),
        expect=[status(200), well_framed(), body(b""), INTACT],
        faults=["no-length-for-empty-body"],
    ),
    Check(
        id="response/large-body-whole",
        title="A body larger than any socket buffer arrives whole",
        source=OCTETS,
        app=_serving(Respond(200, LARGE, "text/plain")),
        steps=_then_next(raw("GET /")),
        expect=[status(200), well_framed(), body(LARGE), INTACT],
        faults=["sends-once"],
    ),
    Check(
        id="response/leaves-connection-open",
        title="An answer does not close a connection that nobody asked to close",
        level=SHOULD,
        source=PERSISTENT,
        app=_serving(Respond(200, "one", "text/plain")),
        steps=_then_next(raw("GET /")),
        expect=[answers(2), body("one"), echoes(index=1, route="next")],
        faults=["closes-every-connection"],
    ),
    # -- Without content -------------------------------------------------------------------------
    Check(
        id="response/head-without-content",
        title="Nothing follows the head of an answer to HEAD",
        source=HEAD,
        steps=[Send(raw("HEAD /", "Connection: close")), ReadToEnd(to="HEAD")],
        expect=[answers(1)],
        any_server=True,
        faults=["content-for-head"],
    ),
    Check(
        id="response/head-of-error-without-content",
        title="Nothing follows the head of an error that answers HEAD",
        source=HEAD,
        steps=[Send(raw("HEAD /nowhere", "Connection: close")), ReadToEnd(to="HEAD")],
        expect=[answers(1), status(404)],
        faults=["content-for-head-of-error", "content-for-head"],
    ),
    Check(
        id="response/head-length-of-get",
        title="Content-Length in an answer to HEAD is that of GET, or it is left out",
        source=LENGTH_OF_GET,
        app=_serving(Respond(200, TEXT, "text/plain")),
        steps=_then_next(raw("HEAD /"), to="HEAD"),
        expect=[
            status(200),
            either(header("Content-Length", str(len(TEXT.encode()))), no_header("Content-Length")),
            INTACT,
        ],
        when={"head_of_get": ["yes"]},
        faults=["head-says-empty", "length-counts-characters"],
    ),
    Check(
        id="response/204-without-content",
        title="A 204 ends with its head and has no Content-Length",
        source=NO_LENGTH,
        app=_serving(Respond(204)),
        steps=_then_next(raw("GET /")),
        expect=[status(204), no_header("Content-Length"), no_header("Transfer-Encoding"), INTACT],
        faults=["length-on-204"],
    ),
    Check(
        id="response/204-drops-body",
        title="A body that a handler gives to a 204 is not sent",
        source=NO_CONTENT,
        app=_serving(Respond(204, "not for the wire", "text/plain")),
        steps=_then_next(raw("GET /")),
        expect=[
            by_dialect("body_on_204", stripped=status(204), **{"500": status(500)}),
            never_sent(b"not for the wire"),
            INTACT,
        ],
        faults=["content-on-204"],
    ),
    Check(
        id="response/304-without-content",
        title="A 304 ends with its head, and the next answer on its connection is intact",
        source=NO_CONTENT,
        app=_serving(Respond(304, headers=(("ETag", '"v1"'),))),
        steps=_then_next(raw("GET /", 'If-None-Match: "v1"')),
        expect=[status(304), header("ETag", '"v1"'), INTACT],
        faults=["content-on-304"],
    ),
    Check(
        id="response/205-is-framed",
        title="A 205 has no content and says so: unlike 204, it does not end with its head",
        source=RESET_CONTENT,
        app=_serving(Respond(205)),
        steps=_then_next(raw("GET /")),
        expect=[status(205), well_framed(), body(b""), INTACT],
        faults=["no-length-for-205", "no-length-for-empty-body"],
    ),
    # -- Fields ----------------------------------------------------------------------------------
    Check(
        id="response/date",
        title="A response has a Date, in the form of RFC 9110 §5.6.7",
        source=DATE,
        steps=[get("/")],
        expect=[header("Date", matches=IMF_FIXDATE)],
        any_server=True,
        faults=["no-date", "date-of-another-form"],
    ),
    Check(
        id="response/headers-as-given",
        title="Headers that a handler sets are sent with their values",
        source=practice("what a handler sets is meant for the client"),
        app=_serving(Respond(200, "x", "text/plain", (("X-Given", "a, b; c"), ("ETag", '"v1"')))),
        steps=[get("/")],
        expect=[status(200), header("X-Given", "a, b; c"), header("ETag", '"v1"'), body("x")],
        faults=["drops-headers"],
    ),
    Check(
        id="response/content-type-as-given",
        title="The content type that a handler gives is the one that is sent",
        source=rfc(
            9110,
            "8.3",
            'The "Content-Type" header field indicates the media type of the associated '
            "representation",
        ),
        app=_serving(Respond(200, '{"a": 1}', "application/json")),
        steps=[get("/")],
        expect=[header("Content-Type", matches=r"(?i)application/json(; ?charset=utf-8)?")],
        faults=["drops-content-type"],
    ),
    Check(
        id="response/text-says-its-charset",
        title="A text response names the charset in which it is sent",
        level=SHOULD,
        source=practice("a client that is not told has to guess"),
        app=_serving(Respond(200, TEXT)),
        steps=[get("/")],
        expect=[
            header("Content-Type", matches=r'(?i)text/[a-z]+; ?charset="?utf-8"?'),
            body(TEXT),
        ],
        faults=["no-charset"],
    ),
    Check(
        id="response/cookies-all-sent",
        title="Of several cookies that a handler sets each one is sent",
        source=practice("what a handler sets is meant for the client"),
        app=_serving(Respond(200, "x", "text/plain", cookies=(("one", "1"), ("two", "2")))),
        steps=[get("/")],
        expect=[header("Set-Cookie", contains="one=1"), header("Set-Cookie", contains="two=2")],
        faults=["one-cookie-only"],
    ),
    Check(
        id="response/cookies-each-on-a-line",
        title="Several cookies are several Set-Cookie lines",
        level=SHOULD,
        source=rfc(
            6265,
            "3",
            "Origin servers SHOULD NOT fold multiple Set-Cookie header fields into a single header "
            "field.",
        ),
        app=_serving(Respond(200, "x", "text/plain", cookies=(("one", "1"), ("two", "2")))),
        steps=[get("/")],
        expect=[
            header("Set-Cookie", contains="one=1"),
            header("Set-Cookie", contains="two=2"),
            header("Set-Cookie", matches=r"(one=1|two=2)(;[^,]*)?"),
        ],
        faults=["folds-cookies"],
    ),
    Check(
        id="response/reason-as-given",
        title="A reason phrase that a handler gives is sent",
        level=SHOULD,
        source=rfc(9112, "4", "status-line = HTTP-version SP status-code SP [ reason-phrase ]"),
        app=_serving(Respond(200, "x", "text/plain", reason="Quite Fine")),
        steps=[Send(raw("GET /", "Connection: close")), ReadToEnd()],
        expect=[status(200), well_framed(), reason("Quite Fine")],
        faults=["drops-reason"],
    ),
    # -- Injection -------------------------------------------------------------------------------
    _injection(
        "header-value",
        "CRLF in a header value adds no field",
        Respond(200, "x", "text/plain", (("X-Given", "fine\r\nX-Injected: yes"),)),
        by_dialect(
            "bad_header_value",
            closed=answers(0),
            stripped=status(200),
            **{"500": status(500)},
        ),
        source=DANGEROUS,
    ),
    _injection(
        "lone-lf",
        "A bare LF in a header value adds no field",
        Respond(200, "x", "text/plain", (("X-Given", "fine\nX-Injected: yes"),)),
        source=DANGEROUS,
        fault="refuses-crlf-only",
    ),
    _injection(
        "lone-cr",
        "A bare CR in a header value is not sent",
        Respond(200, "x", "text/plain", (("X-Given", "fine\rX-Injected: yes"),)),
        source=DANGEROUS,
        fault="refuses-crlf-only",
    ),
    _injection(
        "body-in-header",
        "CRLF CRLF in a header value begins no body",
        Respond(200, "x", "text/plain", (("X-Given", "fine\r\n\r\n<p>injected</p>"),)),
        never_sent(b"\r\n\r\n<p>injected"),
    ),
    _injection(
        "header-name",
        "CRLF in a header name adds no field",
        Respond(200, "x", "text/plain", (("X-Given: fine\r\nX-Injected", "yes"),)),
    ),
    _injection(
        "content-type",
        "CRLF in a content type adds no field",
        Respond(200, "x", "text/plain\r\nX-Injected: yes"),
        fault="sends-any-content-type",
    ),
    _injection(
        "reason",
        "CRLF in a reason phrase adds no field",
        Respond(200, "x", "text/plain", reason="Fine\r\nX-Injected: yes"),
        fault="sends-any-reason",
    ),
    _injection(
        "cookie",
        "CRLF in the value of a cookie adds no field",
        Respond(200, "x", "text/plain", cookies=(("a", "1\r\nX-Injected: yes"),)),
        fault="sends-any-cookie",
    ),
    _injection(
        "location",
        "CRLF in the target of a redirect adds no field",
        RaiseHttp(302, location="/there\r\nX-Injected: yes"),
    ),
    # -- Streaming -------------------------------------------------------------------------------
    Check(
        id="response/stream-whole",
        title="A streamed body arrives whole and framed, its chunks counted in octets",
        source=CHUNKED,
        app=_serving(Stream(("naïve ", "你好 ", "end"))),
        steps=_then_next(raw("GET /")),
        expect=[status(200), well_framed(), body("naïve 你好 end"), INTACT],
        faults=["last-chunk-only", "length-counts-characters"],
    ),
    Check(
        id="response/stream-with-empty-chunk",
        title="An empty part of a stream does not end it",
        source=rfc(
            9112,
            "7.1",
            "The chunked transfer coding is complete when a chunk with a chunk-size of zero is "
            "received, possibly followed by a trailer section, and finally terminated by an empty "
            "line.",
        ),
        app=_serving(Stream(("before ", "", "after"))),
        steps=_then_next(raw("GET /")),
        expect=[status(200), well_framed(), body("before after"), INTACT],
        faults=["empty-chunk-ends-stream"],
    ),
    Check(
        id="response/stream-before-its-end",
        title="What a handler has streamed is sent while it still works on the rest",
        source=practice("it is what streaming is for"),
        app=_serving(Stream(("first ", "second"), gate="rest")),
        steps=[
            Send(raw("GET /")),
            Read(head_only=True),
            Event("wait", "r1"),
            Open("rest"),
            Read(),
        ],
        expect=[status(200), well_framed(), body("first second")],
        faults=["buffers-streams"],
    ),
    Check(
        id="response/stream-that-fails",
        title="A client can tell that a stream which failed half way is incomplete",
        # A last chunk, or as many octets as were announced, would say that it is complete.
        source=FALSE,
        app=_serving(Stream(("first ", "second"), crash_after=1)),
        steps=[Send(raw("GET /")), Read(), get("/next", name="next")],
        expect=[
            either([cut_off(), connection_ended()], [status(500), well_framed()]),
            never_sent(b"crashed on purpose"),
            echoes(of="next", route="next"),
        ],
        faults=["ends-failed-streams-well", "error-page-in-stream"],
    ),
    # -- HTTP/1.0 --------------------------------------------------------------------------------
    Check(
        id="response/http10-closes",
        title="A client of HTTP/1.0 is answered, and the connection closed behind the answer",
        source=rfc(9112, "9.3", "The connection will close after the current response."),
        steps=[Send(raw("GET / HTTP/1.0")), ReadToEnd()],
        expect=[answers(1), well_framed(), no_header("Transfer-Encoding"), connection_closed()],
        any_server=True,
        faults=["keeps-http10-open"],
    ),
    Check(
        id="response/http10-stream-not-chunked",
        title="A stream to a client of HTTP/1.0 has no chunks: its end is that of the connection",
        source=NOT_CHUNKED,
        app=_serving(Stream(("first ", "second"))),
        steps=[Send(raw("GET / HTTP/1.0")), ReadToEnd()],
        expect=[
            status(200),
            no_header("Transfer-Encoding"),
            body("first second"),
            connection_closed(),
        ],
        faults=["chunks-for-http10"],
    ),
]
