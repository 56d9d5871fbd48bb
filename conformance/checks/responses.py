"""What goes over the wire of a response: how it is framed, and what has no content.

Owns a part of the category response. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from ..check import SHOULD, Check, practice, rfc
from ..expect import (
    answers,
    body,
    by_dialect,
    connection_closed,
    connection_ended,
    echoes,
    either,
    header,
    interim,
    never_sent,
    no_header,
    not_2xx,
    status,
    version,
    well_framed,
)
from ..spec import RaiseHttp, Respond, Route, Stream, app
from ..steps import ReadToEnd, Send, raw
from ._behind import INTACT, LAST, UNDECEIVED, serving, then_next, with_last

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
INTERIM = rfc(
    9110,
    "15.2",
    "The 1xx (Informational) class of status code indicates an interim response for communicating "
    "connection status or request progress prior to completing the requested action and sending a "
    "final response.",
)
NO_INTERIM = rfc(
    9110,
    "15.2",
    "Since HTTP/1.0 did not define any 1xx status codes, a server MUST NOT send a 1xx response to "
    "an HTTP/1.0 client.",
)
STATUS_RANGE = rfc(9112, "4", "status-code    = 3DIGIT")
OWN_VERSION = rfc(9110, "6.2", "A server MUST NOT send a version to which it is not conformant.")
HIGHEST_VERSION = rfc(
    9110,
    "6.2",
    "A server SHOULD send a response version equal to the highest version to which the server is "
    "conformant that has a major version less than or equal to the one received in the request.",
)

TEXT = "naïve café, 你好, 🌍"
LARGE = "0123456789abcdef" * 16384
ALL_OCTETS = bytes(range(256))

HEADS = app(
    Route("redirect", "HEAD", "/redirect", RaiseHttp(302, location="/there")),
    Route("post", "POST", "/post"),
    Route("next", "GET", "/next"),
)
STATUSES = app(
    *(
        Route(f"s{code}", "GET", f"/{code}", Respond(code, "x", "text/plain"))
        for code in (100, 101, 103, 299, 499, 599, 600)
    ),
    Route("next", "GET", "/next"),
)


CHECKS: list[Check] = [
    # -- Framing ---------------------------------------------------------------------------------
    Check(
        id="response/length-counts-octets",
        title="The length of a text body is that of its octets, not of its characters",
        source=OCTETS,
        app=serving(Respond(200, TEXT, "text/plain")),
        steps=then_next(raw("GET /")),
        expect=[status(200), well_framed(), body(TEXT), INTACT],
        faults=["length-counts-characters"],
    ),
    Check(
        id="response/bytes-as-given",
        title="A body of bytes is sent as it is, every octet of it",
        source=practice("the octets are the handler's own; any change would spoil an image"),
        app=serving(Respond(200, ALL_OCTETS, "application/octet-stream")),
        steps=then_next(raw("GET /")),
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
        app=serving(Respond(200)),
        steps=then_next(raw("GET /")),
        expect=[status(200), well_framed(), body(b""), INTACT],
        faults=["no-length-for-empty-body"],
    ),
    Check(
        id="response/large-body-whole",
        title="A body larger than any socket buffer arrives whole",
        source=OCTETS,
        app=serving(Respond(200, LARGE, "text/plain")),
        steps=then_next(raw("GET /")),
        expect=[status(200), well_framed(), body(LARGE), INTACT],
        faults=["sends-once"],
    ),
    Check(
        id="response/leaves-connection-open",
        title="An answer does not close a connection that nobody asked to close",
        level=SHOULD,
        source=PERSISTENT,
        app=serving(Respond(200, "one", "text/plain")),
        steps=then_next(raw("GET /")),
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
        id="response/head-of-405-without-content",
        title="Nothing follows the head of a wrong method's answer when the method is HEAD",
        source=HEAD,
        app=HEADS,
        steps=then_next(raw("HEAD /post"), to="HEAD"),
        expect=[not_2xx(), INTACT],
        faults=["content-for-head-of-error", "content-for-head"],
    ),
    Check(
        id="response/head-of-a-redirect-without-content",
        title="Nothing follows the head of a redirect that answers HEAD",
        source=HEAD,
        app=HEADS,
        steps=then_next(raw("HEAD /redirect"), to="HEAD"),
        expect=[status(302), header("Location", matches=".*/there"), INTACT],
        faults=["content-for-head"],
    ),
    Check(
        id="response/head-of-a-refused-header-without-content",
        title="Nothing follows the head of what answers HEAD instead of a header with a line end",
        source=HEAD,
        app=app(
            Route("r1", "HEAD", "/", Respond(200, TEXT, "text/plain", (("X-Given", "a\r\nb"),))),
            Route("next", "GET", "/next"),
        ),
        steps=then_next(raw("HEAD /"), to="HEAD"),
        expect=[either(INTACT, [answers(0), connection_ended()])],
        faults=["content-for-head-of-error", "content-for-head"],
    ),
    Check(
        id="response/head-of-a-stream-without-content",
        title="Nothing follows the head of a streamed answer to HEAD, not even a last chunk",
        source=HEAD,
        app=app(
            Route("stream", "HEAD", "/stream", Stream(("first ", "second"))),
            Route("next", "GET", "/next"),
        ),
        steps=then_next(raw("HEAD /stream"), to="HEAD"),
        expect=[status(200), INTACT],
        faults=["streams-to-head", "content-for-head"],
    ),
    Check(
        id="response/head-length-of-get",
        title="Content-Length in an answer to HEAD is that of GET, or it is left out",
        source=LENGTH_OF_GET,
        app=serving(Respond(200, TEXT, "text/plain")),
        steps=then_next(raw("HEAD /"), to="HEAD"),
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
        app=serving(Respond(204)),
        steps=then_next(raw("GET /")),
        expect=[status(204), no_header("Content-Length"), no_header("Transfer-Encoding"), INTACT],
        faults=["length-on-204"],
    ),
    Check(
        id="response/204-drops-body",
        title="A body that a handler gives to a 204 is not sent",
        source=NO_CONTENT,
        app=serving(Respond(204, "not for the wire", "text/plain")),
        steps=then_next(raw("GET /")),
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
        app=serving(Respond(304, headers=(("ETag", '"v1"'),))),
        steps=then_next(raw("GET /", 'If-None-Match: "v1"')),
        expect=[status(304), header("ETag", '"v1"'), INTACT],
        faults=["content-on-304"],
    ),
    Check(
        id="response/304-drops-body",
        title="A body that a handler gives to a 304 is not sent",
        source=NO_CONTENT,
        app=serving(Respond(304, "not for the wire", "text/plain")),
        steps=with_last(raw("GET /")),
        expect=[UNDECEIVED, never_sent(b"not for the wire")],
        faults=["content-on-304"],
    ),
    Check(
        id="response/205-is-framed",
        title="A 205 has no content and says so: unlike 204, it does not end with its head",
        source=RESET_CONTENT,
        app=serving(Respond(205)),
        steps=then_next(raw("GET /")),
        expect=[status(205), well_framed(), body(b""), INTACT],
        faults=["no-length-for-205", "no-length-for-empty-body"],
    ),
    Check(
        id="response/205-drops-body",
        title="A body that a handler gives to a 205 is not sent",
        # The words are MUST NOT; who breaks them is the handler first, and no client is deceived.
        level=SHOULD,
        source=RESET_CONTENT,
        app=serving(Respond(205, "not for the wire", "text/plain")),
        steps=with_last(raw("GET /")),
        expect=[UNDECEIVED, never_sent(b"not for the wire")],
        faults=["content-on-205"],
    ),
    # -- Status and version ----------------------------------------------------------------------
    *(
        Check(
            id=f"response/status-{code}",
            title=f"A status that is valid and that nobody has registered, {code}, is sent",
            source=rfc(9110, "15", "HTTP status codes are extensible."),
            app=STATUSES,
            steps=then_next(raw(f"GET /{code}")),
            expect=[status(code), well_framed(), body("x"), INTACT],
            faults=["knows-registered-statuses-only"],
        )
        for code in (299, 499, 599)
    ),
    Check(
        id="response/status-beyond-599",
        title="A handler's status beyond 599 is sent or refused, and its answer is framed",
        source=STATUS_RANGE,
        app=STATUSES,
        steps=with_last(raw("GET /600")),
        expect=[either(status(500, 600), answers(0)), UNDECEIVED],
        faults=["answers-status-0"],
    ),
    Check(
        id="response/1xx-is-not-final",
        title="A handler's 1xx status is not sent as its answer, behind which nothing would come",
        # A client takes it for an interim answer, and the next answer for this one's.
        level=SHOULD,
        source=INTERIM,
        app=STATUSES,
        steps=[
            *(Send(raw(f"GET /{code}") + LAST, on=str(code)) for code in (100, 101, 103)),
            *(ReadToEnd(on=str(code)) for code in (100, 101, 103)),
        ],
        expect=[
            expectation
            for code in (100, 101, 103)
            for expectation in (
                interim(of=str(code)),
                either(
                    [answers(2, of=str(code)), echoes(of=str(code), index=1, route="next")],
                    [answers(1, of=str(code)), status(500, of=str(code))],
                    answers(0, of=str(code)),
                ),
            )
        ],
        faults=["sends-1xx"],
    ),
    Check(
        id="response/no-1xx-to-http10",
        title="A client of HTTP/1.0 gets no 1xx, whatever status a handler gives",
        source=NO_INTERIM,
        app=STATUSES,
        steps=[Send(raw("GET /100 HTTP/1.0")), ReadToEnd()],
        expect=[interim(), either(status(500), answers(0)), connection_ended()],
        faults=["sends-1xx"],
    ),
    Check(
        id="response/version",
        title="An answer says that it is of HTTP/1.1",
        level=SHOULD,
        source=HIGHEST_VERSION,
        steps=[Send(raw("GET /", "Connection: close")), ReadToEnd()],
        expect=[version()],
        any_server=True,
        faults=["says-http10"],
    ),
    Check(
        id="response/version-to-http10",
        title="An answer to a request of HTTP/1.0 says HTTP/1.1, which is what its server speaks",
        level=SHOULD,
        source=HIGHEST_VERSION,
        steps=[Send(raw("GET / HTTP/1.0")), ReadToEnd()],
        expect=[version()],
        any_server=True,
        faults=["echoes-version"],
    ),
    Check(
        id="response/version-it-speaks",
        title="An answer does not repeat a version that its server does not speak",
        source=OWN_VERSION,
        steps=[
            step
            for number in ("2.0", "1.9", "3.1")
            for step in (
                Send(raw(f"GET / HTTP/{number}", "Connection: close"), on=number),
                ReadToEnd(on=number),
            )
        ],
        expect=[
            either(
                [answers(0, of=number), connection_ended(of=number)],
                version(of=number),
                version("HTTP/1.0", of=number),
            )
            for number in ("2.0", "1.9", "3.1")
        ],
        any_server=True,
        faults=["echoes-version"],
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
        id="response/http10-kept-answer-is-framed",
        title="An answer on a connection that is kept for HTTP/1.0 says where it ends",
        source=rfc(
            9112,
            "9.3",
            "all messages on a connection need to have a self-defined message length (i.e., one "
            "not defined by closure of the connection)",
        ),
        app=serving(Respond(200, "one", "text/plain")),
        steps=then_next(raw("GET / HTTP/1.0", "Connection: keep-alive")),
        expect=[
            status(200),
            no_header("Transfer-Encoding"),
            well_framed(),
            body("one"),
            INTACT,
        ],
        faults=["no-length-for-http10"],
    ),
    Check(
        id="response/http10-error-is-framed",
        title="An error to a client of HTTP/1.0 has no chunks, and its connection is closed",
        source=rfc(
            9112,
            "6.1",
            "A server MUST NOT send a response containing Transfer-Encoding unless the "
            "corresponding request indicates HTTP/1.1 (or later minor revisions).",
        ),
        steps=[Send(raw("GET /nowhere HTTP/1.0")), ReadToEnd()],
        expect=[
            answers(1),
            status(404),
            well_framed(),
            no_header("Transfer-Encoding"),
            connection_closed(),
        ],
        faults=["chunks-errors"],
    ),
]
