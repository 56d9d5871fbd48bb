"""The fields of a response: those of the server, those of the handler, and where the two meet.

Owns a part of the category response. A handler can say what is the server's to say: how long the
answer is, how it is coded, what becomes of the connection. What comes of that is left open here;
that no client is deceived by it is not. Literals only.
"""

from __future__ import annotations

from ..check import SHOULD, Check, practice, rfc
from ..expect import (
    answers,
    at_most_once,
    body,
    by_dialect,
    connection_closed,
    connection_ended,
    dated,
    either,
    header,
    no_header,
    reason,
    status,
    well_framed,
)
from ..spec import Crash, RaiseHttp, Respond, Route, app
from ..steps import ReadToEnd, Send, get, raw
from ._behind import UNDECEIVED, serving, with_last

DATE = rfc(
    9110,
    "6.6.1",
    "An origin server with a clock (as defined in Section 5.6.7) MUST generate a Date header field "
    "in all 2xx (Successful), 3xx (Redirection), and 4xx (Client Error) responses",
)
ONE_LINE = rfc(
    9110, "5.3", "a sender MUST NOT generate multiple field lines with the same name in a message"
)
KNOWN_INCORRECT = rfc(
    9110,
    "8.6",
    "a sender MUST NOT forward a message with a Content-Length header field value that is known to "
    "be incorrect",
)
APPLIED = rfc(
    9112,
    "6.1",
    "The Transfer-Encoding header field lists the transfer coding names corresponding to the "
    "sequence of transfer codings that have been (or will be) applied to the content in order to "
    "form the message body.",
)
NO_CODING = rfc(
    9112,
    "6.1",
    "A server MUST NOT send a Transfer-Encoding header field in any response with a status code of "
    "1xx (Informational) or 204 (No Content).",
)
NO_LENGTH = rfc(
    9110,
    "8.6",
    "A server MUST NOT send a Content-Length header field in any response with a status code of "
    "1xx (Informational) or 204 (No Content).",
)
GIVEN = practice("what a handler sets is meant for the client")

TEXT = "naïve café, 你好, 🌍"
LATIN = "caf\xe9".encode("latin-1")
IMF_FIXDATE = (
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d "
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT"
)

KINDS = app(
    Route("text", "GET", "/text", Respond(200, TEXT)),
    Route("bytes", "GET", "/bytes", Respond(200, b"\0\xff", "application/octet-stream")),
    Route("empty", "GET", "/empty", Respond(200)),
    Route("redirect", "GET", "/redirect", RaiseHttp(302, location="/text")),
    Route("crash", "GET", "/crash", Crash()),
)
EVERY_KIND = ("text", "bytes", "empty", "redirect", "crash", "nowhere")
OF_THE_SERVER = ("Content-Length", "Content-Type", "Transfer-Encoding", "Date")


def _lying(name: str, what: str, fault: str, *headers: tuple[str, str]) -> Check:
    """A handler gives these headers to an answer with a body of twelve octets."""
    return Check(
        id=f"response/own-{name}",
        title=f"A handler that sets {what} deceives no client about where its answer ends",
        source=KNOWN_INCORRECT if name.startswith("length") else APPLIED,
        app=serving(Respond(200, "twelve bytes", "text/plain", headers)),
        steps=with_last(raw("GET /")),
        expect=[UNDECEIVED],
        faults=[fault],
    )


CHECKS: list[Check] = [
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
        id="response/date-is-a-date",
        title="Date is a day that the calendar has, and not long ago",
        source=DATE,
        steps=[get("/")],
        expect=[dated()],
        any_server=True,
        faults=["date-of-the-epoch", "date-with-a-wrong-weekday"],
    ),
    Check(
        id="response/date-of-errors-and-redirects",
        title="Errors of the client's and redirects have a Date, too",
        source=DATE,
        app=KINDS,
        steps=[
            get("/nowhere", name="404"),
            get("/redirect", name="302"),
        ],
        expect=[
            status(404, of="404"),
            dated(of="404"),
            status(302, of="302"),
            dated(of="302"),
        ],
        faults=["no-date-on-errors"],
    ),
    Check(
        id="response/headers-as-given",
        title="Headers that a handler sets are sent with their values",
        source=practice("what a handler sets is meant for the client"),
        app=serving(Respond(200, "x", "text/plain", (("X-Given", "a, b; c"), ("ETag", '"v1"')))),
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
        app=serving(Respond(200, '{"a": 1}', "application/json")),
        steps=[get("/")],
        expect=[header("Content-Type", matches=r"(?i)application/json(; ?charset=utf-8)?")],
        faults=["drops-content-type"],
    ),
    Check(
        id="response/text-says-its-charset",
        title="A text response names the charset in which it is sent",
        level=SHOULD,
        source=practice("a client that is not told has to guess"),
        app=serving(Respond(200, TEXT)),
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
        app=serving(Respond(200, "x", "text/plain", cookies=(("one", "1"), ("two", "2")))),
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
        app=serving(Respond(200, "x", "text/plain", cookies=(("one", "1"), ("two", "2")))),
        steps=[get("/")],
        expect=[
            header("Set-Cookie", contains="one=1"),
            header("Set-Cookie", contains="two=2"),
            header("Set-Cookie", matches=r"(one=1|two=2)(;[^,]*)?"),
        ],
        faults=["folds-cookies"],
    ),
    Check(
        id="response/cookie-for-every-path",
        title="A cookie that is set without a path is for the whole site",
        level=SHOULD,
        source=practice(
            "aiohttp, Sanic and Starlette send Path=/ by default; without it RFC 6265 §5.1.4 has "
            "clients keep a cookie to the paths beside the one that set it"
        ),
        app=app(
            Route(
                "login",
                "GET",
                "/account/login",
                Respond(200, "x", "text/plain", cookies=(("one", "1"),)),
            )
        ),
        steps=[get("/account/login")],
        expect=[header("Set-Cookie", matches=r"one=1(;[^;]*)*; ?(?i:path)=/(;.*)?")],
        faults=["cookies-without-path"],
    ),
    Check(
        id="response/cookie-for-http",
        title="A cookie is for HTTPS only where its handler says so, or as declared",
        level=SHOULD,
        source=practice("over plain HTTP no client gives a Secure cookie back (RFC 6265 §5.4)"),
        app=serving(Respond(200, "x", "text/plain", cookies=(("one", "1"),))),
        steps=[get("/")],
        expect=[
            by_dialect(
                "secure_cookies",
                no=header("Set-Cookie", matches=r"(?i)one=1(?!.*;\s*secure\b).*"),
                yes=header("Set-Cookie", matches=r"(?i)one=1.*;\s*secure\b.*"),
            )
        ],
        faults=["cookies-are-secure"],
    ),
    Check(
        id="response/cookie-for-scripts",
        title="A cookie is hidden from scripts only where its handler says so",
        level=SHOULD,
        source=practice(
            "aiohttp, Sanic and Starlette send no HttpOnly by default; what a script is to send "
            "back, such as a token against forgery, it has to read"
        ),
        app=serving(Respond(200, "x", "text/plain", cookies=(("one", "1"),))),
        steps=[get("/")],
        expect=[header("Set-Cookie", matches=r"(?i)one=1(?!.*;\s*httponly\b).*")],
        faults=["cookies-are-hidden"],
    ),
    Check(
        id="response/reason-as-given",
        title="A reason phrase that a handler gives is sent",
        level=SHOULD,
        source=GIVEN,
        app=serving(Respond(200, "x", "text/plain", reason="Quite Fine")),
        steps=[Send(raw("GET /", "Connection: close")), ReadToEnd()],
        expect=[status(200), well_framed(), reason("Quite Fine")],
        faults=["drops-reason"],
    ),
    # -- More of the handler's -------------------------------------------------------------------
    Check(
        id="response/charset-as-given",
        title="A charset that a handler names is named once",
        source=GIVEN,
        app=serving(Respond(200, TEXT, "text/plain; charset=utf-8")),
        steps=[get("/")],
        expect=[
            header("Content-Type", matches=r'(?i)text/plain; ?charset="?utf-8"?'),
            body(TEXT),
        ],
        faults=["always-adds-charset", "no-charset"],
    ),
    Check(
        id="response/charset-of-bytes-as-given",
        title="Bytes in a charset that their handler names are neither renamed nor recoded",
        source=GIVEN,
        app=serving(Respond(200, LATIN, "text/plain; charset=iso-8859-1")),
        steps=[get("/")],
        expect=[
            header("Content-Type", matches=r'(?i)text/plain; ?charset="?iso-8859-1"?'),
            body(LATIN),
        ],
        faults=["always-adds-charset", "bytes-become-text"],
    ),
    Check(
        id="response/repeated-header-as-given",
        title="Of a header that a handler adds twice both values are sent",
        source=GIVEN,
        app=serving(Respond(200, "x", "text/plain", (("X-List", "one"), ("X-List", "two")))),
        steps=[get("/")],
        expect=[header("X-List", members=["one", "two"])],
        faults=["one-line-for-a-name"],
    ),
    Check(
        id="response/cookie-lines-as-given",
        title="Set-Cookie lines that differ in their path only are all sent",
        source=GIVEN,
        app=serving(
            Respond(
                200,
                "x",
                "text/plain",
                (("Set-Cookie", "a=1; Path=/x"), ("Set-Cookie", "a=2; Path=/y")),
            )
        ),
        steps=[get("/")],
        expect=[header("Set-Cookie", "a=1; Path=/x", "a=2; Path=/y")],
        faults=["one-line-for-a-name"],
    ),
    Check(
        id="response/location-as-given",
        title="A Location that a handler sets is sent as it is, query, escapes and fragment",
        source=GIVEN,
        app=serving(
            Respond(302, "x", "text/plain", (("Location", "/a%2Fb/%e4?x=1&y=%26#part"),)),
        ),
        steps=[get("/")],
        expect=[status(302), header("Location", "/a%2Fb/%e4?x=1&y=%26#part")],
        faults=["decodes-location", "drops-headers"],
    ),
    # -- Who has the say -------------------------------------------------------------------------
    Check(
        id="response/fields-once",
        title="No answer has two lines that say its length, type, coding or date",
        source=ONE_LINE,
        app=KINDS,
        steps=[get(f"/{kind}", name=kind) for kind in EVERY_KIND],
        expect=[at_most_once(*OF_THE_SERVER, of=kind) for kind in EVERY_KIND],
        faults=["length-twice"],
    ),
    Check(
        id="response/own-date",
        title="A Date that a handler sets is the only one, or gives way to that of the server",
        source=ONE_LINE,
        app=serving(
            Respond(200, "x", "text/plain", (("Date", "Mon, 01 Jan 2024 00:00:00 GMT"),)),
        ),
        steps=with_last(raw("GET /")),
        expect=[at_most_once("Date"), UNDECEIVED],
        faults=["adds-own-fields-of-handlers"],
    ),
    Check(
        id="response/own-content-type",
        title="A Content-Type header beside a content type leaves one of the two",
        source=ONE_LINE,
        app=serving(Respond(200, "x", "text/plain", (("Content-Type", "text/html"),))),
        steps=with_last(raw("GET /")),
        expect=[at_most_once("Content-Type"), UNDECEIVED],
        faults=["content-type-twice"],
    ),
    _lying(
        "length-too-large",
        "a Content-Length that is too large",
        "handlers-say-length",
        ("Content-Length", "17"),
    ),
    _lying(
        "length-too-small",
        "a Content-Length that is too small",
        "handlers-say-length",
        ("Content-Length", "6"),
    ),
    _lying(
        "length-no-number",
        "a Content-Length that is no number",
        "handlers-say-length",
        ("Content-Length", "twelve"),
    ),
    _lying(
        "length-twice",
        "two Content-Length headers that differ",
        "handlers-say-length",
        ("Content-Length", "12"),
        ("Content-Length", "17"),
    ),
    _lying(
        "coding-chunked",
        "Transfer-Encoding: chunked",
        "handlers-say-coding",
        ("Transfer-Encoding", "chunked"),
    ),
    _lying(
        "coding-beside-length",
        "both a coding and a length",
        "handlers-say-coding",
        ("Content-Length", "12"),
        ("Transfer-Encoding", "chunked"),
    ),
    Check(
        id="response/own-length-on-204",
        title="A Content-Length that a handler sets on a 204 is not sent",
        source=NO_LENGTH,
        app=serving(Respond(204, headers=(("Content-Length", "5"),))),
        steps=with_last(raw("GET /")),
        expect=[either([status(204), no_header("Content-Length")], status(500)), UNDECEIVED],
        faults=["handlers-say-length"],
    ),
    Check(
        id="response/own-coding-on-204",
        title="A Transfer-Encoding that a handler sets on a 204 is not sent",
        source=NO_CODING,
        app=serving(Respond(204, headers=(("Transfer-Encoding", "chunked"),))),
        steps=with_last(raw("GET /")),
        expect=[either([status(204), no_header("Transfer-Encoding")], status(500)), UNDECEIVED],
        faults=["handlers-say-coding"],
    ),
    Check(
        id="response/own-connection-close",
        title="Where a handler's Connection: close is sent, the connection is closed",
        source=rfc(
            9112,
            "9.6",
            'A server that sends a "close" connection option MUST initiate closure of the '
            "connection",
        ),
        app=serving(Respond(200, "x", "text/plain", (("Connection", "close"),))),
        steps=with_last(raw("GET /")),
        expect=[
            either(
                [answers(1), well_framed(), connection_ended()],
                [no_header("Connection"), UNDECEIVED],
                [header("Connection", matches="(?i)keep-alive"), UNDECEIVED],
            )
        ],
        faults=["sends-close-and-stays"],
    ),
    Check(
        id="response/own-connection-keep-alive",
        title="A handler's Connection: keep-alive does not keep a connection that is to be closed",
        source=rfc(
            9112,
            "9.6",
            'A server that receives a "close" connection option MUST initiate closure of the '
            "connection",
        ),
        app=serving(Respond(200, "x", "text/plain", (("Connection", "keep-alive"),))),
        steps=[Send(raw("GET /", "Connection: close")), ReadToEnd()],
        expect=[well_framed(), connection_closed()],
        faults=["handlers-keep-connections"],
    ),
]
