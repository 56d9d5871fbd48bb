"""Pages that show something of a request or of an exception: it is text there, no markup.

Owns of exceptions and error-page what is about escaping. Literals only; nothing here opens a
socket.
"""

from __future__ import annotations

from ..check import SHOULD, Check, practice
from ..expect import body, either, header, no_markup, status
from ..spec import Crash, Middleware, RaiseHttp, Route, app
from ..steps import Ask, get
from ._behind import in_debug, serving

ESCAPED = practice(
    "text in a page of the framework's own is no markup, or who chooses it runs scripts there"
)
TELLTALE = "tell-tale-5b1c"
SCRIPT = "<script>alert(5)</script>"
SCRIPT_IN_PATH = "/%3Cscript%3Ealert(5)%3C/script%3E"
NO_HTML = r"(?i)(text/plain|application/([a-z.-]+\+)?json)\b.*"
NO_MARKUP = either(
    body(lacks="<script>alert"),
    header("Content-Type", matches=NO_HTML),
)
"""No browser runs the script that was tried."""

NAME = "i5b1c"
"""What is tried to make an element or an attribute of."""
IN_ELEMENT = f"<{NAME}>"
IN_DOUBLE_QUOTES = f'" {NAME}="'
IN_SINGLE_QUOTES = f"' {NAME}='"
IN_COMMENT = f"--><{NAME}>"
IN_RAW_TEXT = f"</title></script></style></textarea></pre><{NAME}>"
HTML = ("Accept", "text/html")
SHOWS_REQUEST = app(Route("r1", "GET", "/{name}", Crash(TELLTALE)), debug=True)

CHECKS: list[Check] = [
    # -- Errors of the framework's own -----------------------------------------------------------
    Check(
        id="exceptions/raised-text-is-no-markup",
        title="An error's text is escaped where it is sent as HTML",
        level=SHOULD,
        source=ESCAPED,
        app=serving(RaiseHttp(400, text=SCRIPT)),
        steps=[get("/", ("Accept", "text/html"))],
        expect=[status(400), NO_MARKUP],
        faults=["unescaped-text-of-errors"],
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
        id="exceptions/not-found-query-is-no-markup",
        title="Neither path nor query of a request are markup in the page that says 404",
        source=ESCAPED,
        app=app(Route("next", "GET", "/next")),
        steps=[
            get(f"/{IN_ELEMENT}", HTML, name="element"),
            get(f"/%22%20{NAME}=%22", HTML, name="quotes"),
            get(f"/nowhere?{IN_ELEMENT}", HTML, name="query"),
        ],
        expect=[
            expectation
            for name in ("element", "quotes", "query")
            for expectation in (status(404, 400, of=name), no_markup(NAME, of=name))
        ],
        faults=["unescaped-path-in-404"],
    ),
    Check(
        id="exceptions/wrong-method-is-no-markup",
        title="Neither path nor query of a request are markup in the page for a wrong method",
        source=ESCAPED,
        app=app(Route("item", "GET", "/items/{name}")),
        steps=[Ask("DELETE", f"/items/%3C{NAME}%3E?{IN_ELEMENT}", (HTML,))],
        expect=[no_markup(NAME)],
        faults=["unescaped-request-in-405"],
    ),
    # -- Pages for an exception ------------------------------------------------------------------
    Check(
        id="error-page/no-markup-of-an-exception",
        title="The message of an exception is no markup in a 500 page",
        source=ESCAPED,
        app=serving(Crash(SCRIPT)),
        steps=[get("/", ("Accept", "text/html"))],
        expect=[status(500), NO_MARKUP],
        faults=["unescaped-traceback"],
    ),
    Check(
        id="error-page/no-markup-in-debug",
        title="In debug, where a 500 shows the exception, it is escaped",
        source=ESCAPED,
        app=in_debug(Crash(SCRIPT)),
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
    *(
        Check(
            id=f"error-page/debug-escapes-{name}",
            title=f"In debug the message of an exception does not get out of {where}",
            source=ESCAPED,
            app=in_debug(Crash(message)),
            steps=[get("/", HTML)],
            expect=[status(500), no_markup(NAME)],
            faults=[fault],
        )
        for name, where, message, fault in (
            (
                "double-quotes",
                "an attribute in double quotes",
                IN_DOUBLE_QUOTES,
                "double-quotes-unescaped-in-debug",
            ),
            (
                "single-quotes",
                "an attribute in single quotes",
                IN_SINGLE_QUOTES,
                "single-quotes-unescaped-in-debug",
            ),
            ("the-end-of-comments", "a comment", IN_COMMENT, "exception-in-comment"),
            (
                "end-tags",
                "a title, a script, a style or a text area",
                IN_RAW_TEXT,
                "unescaped-debug-page",
            ),
        )
    ),
    Check(
        id="error-page/debug-escapes-ampersands",
        title="In debug a message that looks escaped is shown as it is, and is escaped itself",
        level=SHOULD,
        source=practice("the page shows what was raised, character by character"),
        app=in_debug(Crash("&lt;5b1c&gt;")),
        steps=[get("/", HTML)],
        expect=[
            status(500),
            either(
                header(
                    "Content-Type", matches=r"(?i)(text/plain|application/([a-z.-]+\+)?json)\b.*"
                ),
                body(lacks="&lt;5b1c&gt;"),
            ),
        ],
        faults=["ampersands-unescaped-in-debug"],
    ),
    *(
        Check(
            id=f"error-page/debug-escapes-{name}",
            title=f"In debug {title} is no markup in a 500 page, in an attribute either",
            source=ESCAPED,
            app=SHOWS_REQUEST,
            steps=steps,
            expect=[
                expectation
                for step in steps
                for expectation in (status(500, of=step.name), no_markup(NAME, of=step.name))
            ],
            faults=["request-in-attributes", "unescaped-request-in-debug"],
        )
        for name, title, steps in (
            (
                "the-path",
                "the path of a request",
                [
                    get(f"/%3C{NAME}%3E", HTML, name="element"),
                    get(f"/%22%20{NAME}=%22", HTML, name="double"),
                    get(f"/'%20{NAME}='", HTML, name="single"),
                ],
            ),
            (
                "the-query",
                "the query of a request",
                [
                    get(f"/x?a=%3C{NAME}%3E", HTML, name="element"),
                    get(f"/x?a=%22%20{NAME}=%22", HTML, name="double"),
                    get(f"/x?'%20{NAME}='=b", HTML, name="single"),
                ],
            ),
            (
                "headers",
                "the value of a header",
                [
                    get("/x", HTML, ("X-Given", IN_ELEMENT), name="element"),
                    get("/x", HTML, ("User-Agent", IN_DOUBLE_QUOTES), name="double"),
                    get(
                        "/x",
                        HTML,
                        ("Referer", f"http://a.example/{IN_SINGLE_QUOTES}"),
                        name="single",
                    ),
                ],
            ),
            (
                "cookies",
                "a cookie",
                [
                    get("/x", HTML, ("Cookie", f"a={IN_ELEMENT}"), name="element"),
                    get("/x", HTML, ("Cookie", f"a={IN_DOUBLE_QUOTES}"), name="double"),
                    get("/x", HTML, ("Cookie", f"a={IN_SINGLE_QUOTES}"), name="single"),
                ],
            ),
        )
    ),
    Check(
        id="error-page/debug-escapes-errors-of-middlewares",
        title="In debug the message of an exception of a middleware is no markup",
        source=ESCAPED,
        app=app(
            Route("r1", "GET", "/"),
            middlewares=[Middleware("m1", before=(Crash(IN_ELEMENT + IN_DOUBLE_QUOTES),))],
            debug=True,
        ),
        steps=[get("/", HTML)],
        expect=[status(500), no_markup(NAME)],
        faults=["unescaped-debug-page", "double-quotes-unescaped-in-debug"],
    ),
]
