"""The answer to a handler that crashes: what it says, what it is called, and what it keeps.

Owns a part of the category error-page. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from ..check import MAY, SHOULD, Check, practice, rfc
from ..expect import (
    answers,
    body,
    by_dialect,
    connection_ended,
    echoes,
    either,
    header,
    never_sent,
    no_header,
    status,
    well_framed,
)
from ..spec import Crash, ReturnValue, Stream
from ..steps import ReadToEnd, Send, get, raw
from ._behind import INTACT, in_debug, serving, then_next

UNEXPECTED = rfc(
    9110,
    "15.6.1",
    "The 500 (Internal Server Error) status code indicates that the server encountered an "
    "unexpected condition that prevented it from fulfilling the request.",
)
NO_LEAK = practice(
    "all eight frameworks: outside debug a client learns nothing of the exception, or an attacker "
    "reads paths, code and data in it"
)
CONTENT_TYPE = rfc(
    9110,
    "8.3",
    "A sender that generates a message containing content SHOULD generate a Content-Type header "
    "field in that message",
)
HEAD = rfc(
    9110,
    "9.3.2",
    "The HEAD method is identical to GET except that the server MUST NOT send content in "
    "the response.",
)
SAYS_CLOSE = rfc(
    9112,
    "9.6",
    "A sender SHOULD send a Connection header field (Section 7.6.1 of [HTTP]) containing the "
    '"close" connection option when it intends to close a connection.',
)

TELLTALE = "tell-tale-5b1c"
HTML = ("Accept", "text/html")
CRASHES = serving(Crash(TELLTALE))
CRASHES_IN_DEBUG = in_debug(Crash(TELLTALE))
CAUSED = Crash(TELLTALE, kind="caused")
UNPRINTABLE = Crash(TELLTALE, kind="unprintable")
INJECTS = "x\r\nX-Injected: yes\r\n\r\n"

CHECKS: list[Check] = [
    # -- It comes, and the connection lives on or ends -------------------------------------------
    Check(
        id="error-page/500",
        title="A handler that crashes is answered with a framed 500",
        source=UNEXPECTED,
        app=CRASHES,
        steps=then_next(raw("GET /")),
        expect=[status(500), well_framed(), INTACT],
        faults=["crash-closes-in-silence", "no-length-for-errors"],
    ),
    Check(
        id="error-page/connection-behind-it",
        title="The connection behind a 500 is open or closed, as declared",
        source=practice("frameworks differ, and clients rely on what theirs does"),
        app=CRASHES,
        steps=then_next(raw("GET /")),
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
        id="error-page/close-is-said",
        title="A 500 behind which the connection is closed says so",
        level=SHOULD,
        source=SAYS_CLOSE,
        app=CRASHES,
        steps=then_next(raw("GET /")),
        expect=[
            status(500),
            either(
                answers(2),
                [header("Connection", matches=r"(?i)(.*,)?\s*close\s*(,.*)?"), connection_ended()],
            ),
        ],
        faults=["crash-closes-unannounced"],
    ),
    Check(
        id="error-page/exception-without-message",
        title="An exception without a message is answered as any other",
        source=UNEXPECTED,
        app=serving(Crash("")),
        steps=then_next(raw("GET /")),
        expect=[status(500), well_framed(), INTACT],
        faults=["needs-a-message"],
    ),
    Check(
        id="error-page/head",
        title="Nothing follows the head of a 500 that answers HEAD",
        source=HEAD,
        app=CRASHES,
        steps=[Send(raw("HEAD /", "Connection: close")), ReadToEnd(to="HEAD")],
        expect=[answers(1), status(500)],
        when={"head_of_get": ["yes"]},
        faults=["content-for-head-of-error", "content-for-head"],
    ),
    # -- It says nothing -------------------------------------------------------------------------
    Check(
        id="error-page/says-nothing-of-the-exception",
        title="Outside debug a 500 has no trace of the exception: message, type or traceback",
        source=NO_LEAK,
        app=CRASHES,
        steps=[Send(raw("GET /", "Accept: text/html", "Connection: close")), ReadToEnd()],
        expect=[
            status(500),
            never_sent(TELLTALE.encode()),
            never_sent(b"RuntimeError"),
            never_sent(b"Traceback"),
            never_sent(b'.py"'),
        ],
        faults=["traceback-to-everyone", "exception-in-reason", "exception-in-header"],
    ),
    Check(
        id="error-page/says-nothing-to-any-client",
        title="A client that prefers JSON or plain text learns no more of the exception",
        source=NO_LEAK,
        app=CRASHES,
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
        id="error-page/head-says-nothing",
        title="The head of a 500 alone says nothing of the exception either",
        source=NO_LEAK,
        app=CRASHES,
        steps=[Send(raw("HEAD /", "Connection: close")), ReadToEnd(to="HEAD")],
        expect=[
            answers(1),
            never_sent(TELLTALE.encode()),
            never_sent(b"RuntimeError"),
            never_sent(b"Traceback"),
        ],
        faults=["exception-in-reason", "exception-in-header"],
    ),
    Check(
        id="error-page/says-nothing-of-the-cause",
        title="Outside debug a 500 has no trace of what the exception was raised from",
        source=NO_LEAK,
        app=serving(CAUSED),
        steps=[Send(raw("GET /", "Accept: text/html", "Connection: close")), ReadToEnd()],
        expect=[
            status(500),
            never_sent(TELLTALE.encode()),
            never_sent(b"LookupError"),
            never_sent(b"RuntimeError"),
            never_sent(b"the effect of something else"),
            never_sent(b"direct cause"),
        ],
        faults=["traceback-to-everyone", "exception-in-reason"],
    ),
    Check(
        id="error-page/says-nothing-of-what-was-returned",
        title="Outside debug a 500 does not show the value that was returned for a response",
        level=SHOULD,
        source=practice("what a handler returned by mistake was not meant for its client"),
        app=serving(ReturnValue(TELLTALE)),
        steps=[Send(raw("GET /", "Accept: text/html", "Connection: close")), ReadToEnd()],
        expect=[status(500), never_sent(TELLTALE.encode())],
        when={"no_response": ["500"]},
        faults=["shows-what-was-returned", "traceback-to-everyone"],
    ),
    Check(
        id="error-page/no-injection-by-message",
        title="CRLF in the message of an exception adds no field to its 500",
        source=rfc(
            9112,
            "11.1",
            "Response splitting (a.k.a. CRLF injection) is a common technique, used in various "
            "attacks on Web usage",
        ),
        app=serving(Crash(INJECTS)),
        steps=then_next(raw("GET /")),
        expect=[status(500), no_header("X-Injected"), well_framed(), INTACT],
        faults=["exception-in-reason"],
    ),
    Check(
        id="error-page/no-injection-by-message-in-debug",
        title="In debug CRLF in the message of an exception adds no field either",
        source=rfc(
            9112,
            "11.1",
            "Response splitting (a.k.a. CRLF injection) is a common technique, used in various "
            "attacks on Web usage",
        ),
        app=in_debug(Crash(INJECTS)),
        steps=then_next(raw("GET /")),
        expect=[status(500), no_header("X-Injected"), well_framed(), INTACT],
        faults=["exception-in-reason"],
    ),
    # -- Its form --------------------------------------------------------------------------------
    Check(
        id="error-page/says-its-type",
        title="A 500 with content says what type that has",
        level=SHOULD,
        source=CONTENT_TYPE,
        app=CRASHES,
        steps=[get("/")],
        expect=[status(500), either(body(b""), header("Content-Type", matches=".+/.+"))],
        faults=["500-without-type"],
    ),
    Check(
        id="error-page/follows-accept",
        title="The type of a 500 page is the one that its client prefers, as declared",
        level=SHOULD,
        source=rfc(
            9110,
            "12.5.1",
            'The "Accept" header field can be used by user agents to specify their preferences '
            "regarding response media types.",
        ),
        app=CRASHES,
        steps=[
            get("/", HTML, name="html"),
            get("/", ("Accept", "application/json"), name="json"),
            get("/", ("Accept", "text/plain"), name="text"),
        ],
        expect=[
            by_dialect(
                "accept_on_500",
                ignored=[
                    either(
                        *(
                            [
                                header("Content-Type", contains=kind, of=name)
                                for name in ("html", "json", "text")
                            ]
                            for kind in ("text/plain", "text/html", "json")
                        )
                    )
                ],
                html=[
                    header("Content-Type", contains="text/html", of="html"),
                    header("Content-Type", contains="text/plain", of="json"),
                    header("Content-Type", contains="text/plain", of="text"),
                ],
                all=[
                    header("Content-Type", contains="text/html", of="html"),
                    header("Content-Type", contains="json", of="json"),
                    header("Content-Type", contains="text/plain", of="text"),
                ],
            )
        ],
        faults=["traceback-to-json-clients"],
    ),
    # -- In debug --------------------------------------------------------------------------------
    Check(
        id="error-page/debug-is-framed",
        title="In debug the length of a 500 page is that of its octets",
        source=UNEXPECTED,
        app=in_debug(Crash("café, 你好")),
        steps=then_next(raw("GET /")),
        expect=[status(500), well_framed(), INTACT],
        faults=["length-counts-characters"],
    ),
    Check(
        id="error-page/debug-shows-the-exception",
        title="In debug a 500 page shows the exception",
        level=SHOULD,
        source=practice("it is what debug is for"),
        app=CRASHES_IN_DEBUG,
        steps=[get("/", ("Accept", "text/html"))],
        expect=[status(500), body(contains=TELLTALE)],
        faults=["debug-shows-nothing"],
    ),
    Check(
        id="error-page/debug-shows-the-cause",
        title="In debug a 500 page shows what an exception was raised from",
        level=MAY,
        source=practice("it is what debug is for, and the cause is where the mistake is"),
        app=in_debug(CAUSED),
        steps=[get("/", HTML)],
        expect=[status(500), body(contains=TELLTALE)],
        faults=["debug-shows-no-cause"],
    ),
    Check(
        id="error-page/debug-says-its-charset",
        title="In debug a 500 page says in which charset it shows the exception",
        level=SHOULD,
        source=CONTENT_TYPE,
        app=in_debug(Crash("café, 你好")),
        steps=[get("/", HTML)],
        expect=[
            status(500),
            header("Content-Type", matches=r"(?i)text/.*;\s*charset=\"?utf-8\"?.*|.*json.*"),
        ],
        faults=["no-charset", "500-without-type"],
    ),
    Check(
        id="error-page/debug-head",
        title="In debug nothing follows the head of a 500 that answers HEAD",
        source=HEAD,
        app=CRASHES_IN_DEBUG,
        steps=[Send(raw("HEAD /", "Accept: text/html", "Connection: close")), ReadToEnd(to="HEAD")],
        expect=[answers(1), status(500)],
        when={"head_of_get": ["yes"]},
        faults=["content-for-head-of-error", "content-for-head"],
    ),
    Check(
        id="error-page/debug-cannot-print-it",
        title="In debug an exception whose message cannot be had is a 500 all the same",
        source=UNEXPECTED,
        app=in_debug(UNPRINTABLE),
        steps=[*then_next(raw("GET /", "Accept: text/html")), get("/next", name="next")],
        expect=[status(500), well_framed(), INTACT, echoes(of="next", route="next")],
        faults=["prints-exceptions-in-debug", "prints-exceptions"],
    ),
    Check(
        id="error-page/debug-not-within-a-stream",
        title="In debug a stream that fails is cut off, and no page is sent within it",
        source=practice("a page in the middle of other content is a part of that"),
        app=in_debug(Stream(("first ", "second"), crash_after=1)),
        steps=[Send(raw("GET /", "Accept: text/html", "Connection: close")), ReadToEnd()],
        expect=[
            answers(1),
            never_sent(b"HTTP/1.1 500"),
            never_sent(b"Traceback"),
            never_sent(b"crashed on purpose"),
        ],
        faults=["error-page-in-stream", "answers-within-stream"],
    ),
    Check(
        id="error-page/not-within-a-stream",
        title="Behind the head of a stream that fails comes no second one",
        source=rfc(
            9112,
            "9.3",
            "all messages on a connection need to have a self-defined message length",
        ),
        app=serving(Stream(("first ", "second"), crash_after=1)),
        steps=[Send(raw("GET /", "Connection: close")), ReadToEnd()],
        expect=[answers(1), status(200), never_sent(b"HTTP/1.1 500")],
        faults=["answers-within-stream"],
    ),
]
