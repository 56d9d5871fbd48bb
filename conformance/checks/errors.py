"""What becomes of a handler that raises: the framework's own errors, and everything else.

Owns the categories exceptions and error-page. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..check import MUST, SHOULD, Check, Level, practice, rfc
from ..expect import (
    answers,
    body,
    by_dialect,
    connection_ended,
    echoes,
    either,
    header,
    never_sent,
    status,
    well_framed,
)
from ..spec import Action, App, Crash, RaiseHttp, Respond, ReturnValue, Route, app
from ..steps import Ask, Read, ReadToEnd, Send, Step, get, raw

UNEXPECTED = rfc(
    9110,
    "15.6.1",
    "The 500 (Internal Server Error) status code indicates that the server encountered an "
    "unexpected condition that prevented it from fulfilling the request.",
)
CHALLENGE = rfc(
    9110,
    "15.5.2",
    "The server generating a 401 response MUST send a WWW-Authenticate header field (Section "
    "11.6.1) containing at least one challenge applicable to the target resource.",
)
LOCATION = rfc(
    9110,
    "10.2.2",
    "For 3xx (Redirection) responses, the Location value refers to the preferred target resource "
    "for automatically redirecting the request.",
)
KEEPS_STATUS = practice("all eight frameworks: what is raised is what the client gets")
NO_LEAK = practice(
    "all eight frameworks: outside debug a client learns nothing of the exception, or an attacker "
    "reads paths, code and data in it"
)
ESCAPED = practice(
    "text in a page of the framework's own is no markup, or who chooses it runs scripts there"
)
SURVIVES = practice("all eight frameworks: one request cannot end the service of others")

TELLTALE = "tell-tale-5b1c"
SCRIPT = "<script>alert(5)</script>"
SCRIPT_IN_PATH = "/%3Cscript%3Ealert(5)%3C/script%3E"

NEXT = b"GET /next HTTP/1.1\r\nHost: @HOST@\r\nX-Request-Id: @ID@.b\r\n\r\n"
INTACT = either([answers(2), echoes(index=1, route="next")], [answers(1), connection_ended()])
"""The next request of the connection is answered; or it was closed, which a server may do."""
NO_MARKUP = either(
    body(lacks="<script>alert"),
    header("Content-Type", matches=r"(?i)(text/plain|application/([a-z.-]+\+)?json)\b.*"),
)
"""No browser runs the script that was tried."""


def _serving(do: Action, *, debug: bool = False) -> App:
    """An app whose `/` does this, and that can be asked for something else after it."""
    return app(Route("r1", "GET", "/", do), Route("next", "GET", "/next"), debug=debug)


def _then_next(first: bytes) -> Sequence[Step]:
    return [Send(first), Read(), Send(NEXT), Read()]


def _raised(code: int, level: Level = MUST) -> Check:
    return Check(
        id=f"exceptions/raised-{code}",
        title=f"A handler that raises the framework's error for {code} is answered with {code}",
        level=level,
        source=KEEPS_STATUS,
        app=_serving(RaiseHttp(code)),
        steps=_then_next(raw("GET /")),
        expect=[status(code), well_framed(), INTACT],
        faults=["raised-errors-are-500", "no-length-for-errors"],
    )


def _redirect(code: int) -> Check:
    return Check(
        id=f"exceptions/redirect-{code}",
        title=f"A raised redirect with {code} carries its Location",
        source=LOCATION,
        app=_serving(RaiseHttp(code, location="/there?a=1")),
        steps=_then_next(raw("GET /")),
        expect=[
            status(code),
            header("Location", matches=r"(https?://[^/]+)?/there\?a=1"),
            well_framed(),
            INTACT,
        ],
        faults=["no-location", "raised-errors-are-500"],
    )


EXCEPTIONS: list[Check] = [
    *(_raised(code) for code in (400, 404, 418, 451, 503)),
    Check(
        id="exceptions/raised-text-is-sent",
        title="The text that a handler gives to an error reaches the client",
        source=practice("the text is for whoever made the request"),
        app=_serving(RaiseHttp(400, text=f"no such colour: {TELLTALE}")),
        steps=[get("/")],
        expect=[status(400), body(contains=f"no such colour: {TELLTALE}")],
        faults=["drops-text-of-errors"],
    ),
    Check(
        id="exceptions/raised-text-is-framed",
        title="The length of an error's text is that of its octets",
        source=rfc(
            9110,
            "8.6",
            'The "Content-Length" header field indicates the associated representation\'s data '
            "length as a decimal non-negative integer number of octets.",
        ),
        app=_serving(RaiseHttp(404, text="introuvable: café, 你好")),
        steps=_then_next(raw("GET /")),
        expect=[status(404), well_framed(), INTACT],
        faults=["length-counts-characters"],
    ),
    Check(
        id="exceptions/raised-text-is-no-markup",
        title="An error's text is escaped where it is sent as HTML",
        level=SHOULD,
        source=ESCAPED,
        app=_serving(RaiseHttp(400, text=SCRIPT)),
        steps=[get("/", ("Accept", "text/html"))],
        expect=[status(400), NO_MARKUP],
        faults=["unescaped-text-of-errors"],
    ),
    Check(
        id="exceptions/raised-headers-are-sent",
        title="A raised 401 carries the challenge that its handler gave to it",
        source=CHALLENGE,
        app=_serving(RaiseHttp(401, headers=(("WWW-Authenticate", 'Basic realm="here"'),))),
        steps=[get("/")],
        expect=[status(401), header("WWW-Authenticate", 'Basic realm="here"')],
        faults=["drops-headers-of-errors"],
    ),
    *(_redirect(code) for code in (301, 302, 307)),
    Check(
        id="exceptions/returned-error-as-given",
        title="An error that a handler returns keeps its status and its body",
        source=practice("a handler that says what it answers has the last word"),
        app=app(
            Route("gone", "GET", "/gone", Respond(404, "gone fishing", "text/plain")),
            Route("busy", "GET", "/busy", Respond(503, "later", "text/plain")),
        ),
        steps=[get("/gone", name="gone"), get("/busy", name="busy")],
        expect=[
            status(404, of="gone"),
            body("gone fishing", of="gone"),
            status(503, of="busy"),
            body("later", of="busy"),
        ],
        faults=["replaces-returned-errors"],
    ),
    Check(
        id="exceptions/returned-201",
        title="A handler's status other than 200 is the one that is sent",
        source=practice("a handler that says what it answers has the last word"),
        app=app(Route("r1", "POST", "/", Respond(201, "made", "text/plain"))),
        steps=[Ask("POST", "/", body=b"x")],
        expect=[status(201), body("made")],
        faults=["always-200"],
    ),
    Check(
        id="exceptions/not-found-is-framed",
        title="The framework's own 404 is framed",
        source=practice("an unknown path is 404 in all eight frameworks, and framed as any answer"),
        app=app(Route("next", "GET", "/next")),
        steps=_then_next(raw("GET /nowhere")),
        expect=[status(404), well_framed(), INTACT],
        faults=["no-length-for-errors"],
    ),
    Check(
        id="exceptions/not-found-is-no-markup",
        title="The path of a request is no markup in the page that says 404",
        source=ESCAPED,
        app=app(Route("next", "GET", "/next")),
        steps=[get(SCRIPT_IN_PATH, ("Accept", "text/html"))],
        expect=[status(404), NO_MARKUP],
        faults=["unescaped-path-in-404"],
    ),
    Check(
        id="exceptions/error-body",
        title="The body of an error is of the kind that is declared",
        level=SHOULD,
        source=practice("frameworks differ, and clients rely on what theirs does"),
        app=app(Route("next", "GET", "/next")),
        steps=[get("/nowhere")],
        expect=[
            status(404),
            by_dialect(
                "error_body",
                text=header("Content-Type", contains="text/plain"),
                html=header("Content-Type", contains="text/html"),
                json=header("Content-Type", contains="json"),
                empty=body(b""),
            ),
        ],
        faults=["error-without-type"],
    ),
]

ERROR_PAGE: list[Check] = [
    Check(
        id="error-page/500",
        title="A handler that crashes is answered with a framed 500",
        source=UNEXPECTED,
        app=_serving(Crash(TELLTALE)),
        steps=_then_next(raw("GET /")),
        expect=[status(500), well_framed(), INTACT],
        faults=["crash-closes-in-silence", "no-length-for-errors"],
    ),
    Check(
        id="error-page/connection-behind-it",
        title="The connection behind a 500 is open or closed, as declared",
        source=practice("frameworks differ, and clients rely on what theirs does"),
        app=_serving(Crash(TELLTALE)),
        steps=_then_next(raw("GET /")),
        expect=[
            by_dialect(
                "after_500",
                open=[answers(2), echoes(index=1, route="next")],
                closed=[answers(1), connection_ended()],
            )
        ],
        faults=["crash-closes-connection"],
    ),
    Check(
        id="error-page/says-nothing-of-the-exception",
        title="Outside debug a 500 has no trace of the exception: message, type or traceback",
        source=NO_LEAK,
        app=_serving(Crash(TELLTALE)),
        steps=[Send(raw("GET /", "Accept: text/html", "Connection: close")), ReadToEnd()],
        expect=[
            status(500),
            never_sent(TELLTALE.encode()),
            never_sent(b"RuntimeError"),
            never_sent(b"Traceback"),
            never_sent(b'.py"'),
        ],
        faults=["traceback-to-everyone"],
    ),
    Check(
        id="error-page/says-nothing-to-any-client",
        title="A client that prefers JSON or plain text learns no more of the exception",
        source=NO_LEAK,
        app=_serving(Crash(TELLTALE)),
        steps=[
            get("/", ("Accept", "application/json"), name="json"),
            get("/", ("Accept", "text/plain"), name="text"),
        ],
        expect=[
            status(500, of="json"),
            never_sent(TELLTALE.encode(), of="json"),
            never_sent(b"RuntimeError", of="json"),
            status(500, of="text"),
            never_sent(TELLTALE.encode(), of="text"),
            never_sent(b"RuntimeError", of="text"),
        ],
        faults=["traceback-to-json-clients", "traceback-to-everyone"],
    ),
    Check(
        id="error-page/no-markup-of-an-exception",
        title="The message of an exception is no markup in a 500 page",
        source=ESCAPED,
        app=_serving(Crash(SCRIPT)),
        steps=[get("/", ("Accept", "text/html"))],
        expect=[status(500), NO_MARKUP],
        faults=["unescaped-traceback"],
    ),
    Check(
        id="error-page/no-markup-in-debug",
        title="In debug, where a 500 shows the exception, it is escaped",
        source=ESCAPED,
        app=_serving(Crash(SCRIPT), debug=True),
        steps=[get("/", ("Accept", "text/html"))],
        expect=[status(500), NO_MARKUP],
        faults=["unescaped-debug-page", "unescaped-traceback"],
    ),
    Check(
        id="error-page/no-markup-of-a-request",
        title="In debug, what a 500 page shows of the request is escaped",
        source=ESCAPED,
        app=app(Route("r1", "GET", "/{name}", Crash(TELLTALE)), debug=True),
        steps=[
            get(
                "/%3Cscript%3Ealert(5)?<script>alert(5)",
                ("Accept", "text/html"),
                ("X-Given", SCRIPT),
            )
        ],
        expect=[status(500), NO_MARKUP],
        faults=["unescaped-request-in-debug"],
    ),
    Check(
        id="error-page/debug-is-framed",
        title="In debug the length of a 500 page is that of its octets",
        source=UNEXPECTED,
        app=_serving(Crash("café, 你好"), debug=True),
        steps=_then_next(raw("GET /")),
        expect=[status(500), well_framed(), INTACT],
        faults=["length-counts-characters"],
    ),
    Check(
        id="error-page/debug-shows-the-exception",
        title="In debug a 500 page shows the exception",
        level=SHOULD,
        source=practice("it is what debug is for"),
        app=_serving(Crash(TELLTALE), debug=True),
        steps=[get("/", ("Accept", "text/html"))],
        expect=[status(500), body(contains=TELLTALE)],
        faults=["debug-shows-nothing"],
    ),
    Check(
        id="error-page/exception-without-message",
        title="An exception without a message is answered as any other",
        source=UNEXPECTED,
        app=_serving(Crash("")),
        steps=_then_next(raw("GET /")),
        expect=[status(500), well_framed(), INTACT],
        faults=["needs-a-message"],
    ),
    Check(
        id="error-page/head",
        title="Nothing follows the head of a 500 that answers HEAD",
        source=rfc(
            9110,
            "9.3.2",
            "The HEAD method is identical to GET except that the server MUST NOT send content in "
            "the response.",
        ),
        app=_serving(Crash(TELLTALE)),
        steps=[Send(raw("HEAD /", "Connection: close")), ReadToEnd(to="HEAD")],
        expect=[answers(1), status(500)],
        when={"head_of_get": ["yes"]},
        faults=["content-for-head-of-error", "content-for-head"],
    ),
    Check(
        id="error-page/next-request-served",
        title="Requests behind a crash are served, on other connections as well",
        source=SURVIVES,
        app=_serving(Crash(TELLTALE)),
        steps=[get("/", name="crash"), get("/next", name="a"), get("/next", name="b")],
        expect=[
            status(500, of="crash"),
            echoes(of="a", route="next"),
            echoes(of="b", route="next"),
        ],
        faults=["crash-ends-service"],
    ),
    *(
        Check(
            id=f"error-page/handler-returns-{name}",
            title=f"A handler that returns {name} instead of a response leaves no client waiting",
            source=practice("frameworks answer it with 500, or make a response of it"),
            app=_serving(ReturnValue(value)),
            steps=[*_then_next(raw("GET /")), get("/next", name="next")],
            expect=[
                by_dialect(
                    "no_response",
                    coerced=status(200),
                    empty=status(200, 204),
                    **{"500": status(500)},
                ),
                well_framed(),
                INTACT,
                echoes(of="next", route="next"),
            ],
            faults=["no-response-kills-task"],
        )
        for name, value in (("nothing", None), ("a-number", 42), ("text", "just text"))
    ),
    Check(
        id="error-page/system-exit",
        title="A handler that raises SystemExit ends its own request at most",
        source=SURVIVES,
        app=_serving(Crash(TELLTALE, kind="base")),
        steps=[Send(raw("GET /", "Connection: close")), ReadToEnd(), get("/next", name="next")],
        expect=[
            by_dialect(
                "base_exception",
                closed=answers(0),
                exit=[],
                **{"500": status(500)},
            ),
            echoes(of="next", route="next"),
        ],
        when={"base_exception": ["500", "closed"]},
        faults=["system-exit-ends-server"],
    ),
]

CHECKS: list[Check] = EXCEPTIONS + ERROR_PAGE
