"""Statuses that handlers raise or return, and the fields that must come with some of them.

Owns a part of the category exceptions. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from ..check import MUST, Check, Level, Source, practice, rfc
from ..expect import body, header, no_header, status, well_framed
from ..spec import RaiseHttp, Respond, Route, app
from ..steps import Ask, get, raw
from ._behind import INTACT, serving, then_next

CHALLENGE = rfc(
    9110,
    "15.5.2",
    "The server generating a 401 response MUST send a WWW-Authenticate header field (Section "
    "11.6.1) containing at least one challenge applicable to the target resource.",
)
KEEPS_STATUS = practice("all eight frameworks: what is raised is what the client gets")
LAST_WORD = practice("a handler that says what it answers has the last word")
MEANT = practice("what a handler gives to an error is meant for the client")

RAISED = (
    *range(400, 419), *range(421, 427), 428, 429, 431, 451,
    *range(500, 509), 510, 511,
)  # fmt: skip
"""Every error of the IANA registry; 418 is reserved there, and raised all the same."""

RETURNED = {
    "2xx": (200, 201, 202, 203, 206, 207, 208, 226),
    "3xx": (300, 301, 302, 303, 305, 307, 308),
    "4xx": tuple(code for code in RAISED if code < 500),
    "5xx": tuple(code for code in RAISED if code >= 500),
}
"""What is registered, but for the statuses that come without content: 204, 205 and 304."""


def _raised(code: int, level: Level = MUST) -> Check:
    return Check(
        id=f"exceptions/raised-{code}",
        title=f"A handler that raises the framework's error for {code} is answered with {code}",
        level=level,
        source=KEEPS_STATUS,
        app=serving(RaiseHttp(code)),
        steps=then_next(raw("GET /")),
        expect=[status(code), well_framed(), INTACT],
        # What is raised for a 500 and a crash have one status; their framing may still differ.
        faults=["no-length-for-errors", *(["raised-errors-are-500"] if code != 500 else [])],
    )


def _keeps(
    code: int, name: str, value: str, source: Source, level: Level = MUST, *more: str
) -> Check:
    """A raised status has the field that its handler gave to it."""
    return Check(
        id=f"exceptions/raised-{code}-keeps-{name.lower()}",
        title=f"A raised {code} carries the {name} that its handler gave to it",
        level=level,
        source=source,
        app=serving(RaiseHttp(code, headers=((name, value),))),
        steps=then_next(raw("GET /")),
        expect=[
            status(code),
            header(name, members=[value]) if name == "Allow" else header(name, value),
            well_framed(),
            INTACT,
        ],
        faults=["errors-keep-only-challenges" if code != 401 else "drops-headers-of-errors", *more],
    )


CHECKS: list[Check] = [
    # -- Raised ----------------------------------------------------------------------------------
    *(_raised(code) for code in RAISED),
    *(
        Check(
            id=f"exceptions/raised-{code}",
            title=f"A status that nobody has registered, {code}, can be raised with a text",
            source=rfc(9110, "15", "HTTP status codes are extensible."),
            app=serving(RaiseHttp(code, text="of our own")),
            steps=then_next(raw("GET /")),
            expect=[status(code), well_framed(), body(contains="of our own"), INTACT],
            faults=["knows-few-statuses", "no-space-without-reason"],
        )
        for code in (499, 599)
    ),
    Check(
        id="exceptions/raised-304",
        title="A raised 304 ends with its head, whatever text its exception has",
        source=rfc(
            9110,
            "15.4.5",
            "A 304 response is terminated by the end of the header section; it cannot contain "
            "content or trailers.",
        ),
        app=serving(RaiseHttp(304)),
        steps=then_next(raw("GET /")),
        expect=[status(304), INTACT],
        faults=["content-on-304"],
    ),
    Check(
        id="exceptions/raised-headers-are-sent",
        title="A raised 401 carries the challenge that its handler gave to it",
        source=CHALLENGE,
        app=serving(RaiseHttp(401, headers=(("WWW-Authenticate", 'Basic realm="here"'),))),
        steps=[get("/")],
        expect=[status(401), header("WWW-Authenticate", 'Basic realm="here"')],
        faults=["drops-headers-of-errors"],
    ),
    # -- What must come with them ----------------------------------------------------------------
    Check(
        id="exceptions/raised-401-keeps-both-challenges",
        title="Of several challenges in a raised 401 the client gets each",
        source=rfc(9110, "11.6.1", "the header field itself can occur multiple times"),
        app=serving(
            RaiseHttp(
                401,
                headers=(
                    ("WWW-Authenticate", 'Basic realm="here"'),
                    ("WWW-Authenticate", 'Bearer realm="there"'),
                ),
            )
        ),
        steps=[get("/")],
        expect=[
            status(401),
            header("WWW-Authenticate", contains='Basic realm="here"'),
            header("WWW-Authenticate", contains='Bearer realm="there"'),
        ],
        faults=["last-header-of-a-name-in-errors", "drops-headers-of-errors"],
    ),
    _keeps(
        405,
        "Allow",
        "POST",
        rfc(
            9110,
            "15.5.6",
            "The origin server MUST generate an Allow header field in a 405 response containing a "
            "list of the target resource's currently supported methods.",
        ),
    ),
    _keeps(
        407,
        "Proxy-Authenticate",
        'Basic realm="here"',
        rfc(
            9110,
            "11.7.1",
            "A proxy MUST send at least one Proxy-Authenticate header field in each 407 (Proxy "
            "Authentication Required) response that it generates.",
        ),
    ),
    _keeps(
        413,
        "Retry-After",
        "120",
        MEANT,
    ),
    _keeps(
        416,
        "Content-Range",
        "bytes */47022",
        MEANT,
    ),
    _keeps(
        426,
        "Upgrade",
        "HTTP/3.0",
        rfc(
            9110,
            "15.5.22",
            "The server MUST send an Upgrade header field in a 426 response to indicate the "
            "required protocol(s)",
        ),
    ),
    _keeps(
        429,
        "Retry-After",
        "3600",
        MEANT,
    ),
    _keeps(
        451,
        "Link",
        '<https://spqr.example.org/legislatione>; rel="blocked-by"',
        practice("RFC 7725 §4: the field says who has blocked it"),
    ),
    _keeps(
        503,
        "Retry-After",
        "Fri, 31 Dec 1999 23:59:59 GMT",
        MEANT,
    ),
    Check(
        id="exceptions/headers-of-one-error-only",
        title="What one request's error carries is not in the error of the next one",
        source=practice("an answer is that of its own request"),
        app=app(
            Route("one", "GET", "/one", RaiseHttp(401, headers=(("X-Of", "one"),))),
            Route("two", "GET", "/two", RaiseHttp(401)),
        ),
        steps=[get("/one", name="one"), get("/two", name="two")],
        expect=[header("X-Of", "one", of="one"), status(401, of="two"), no_header("X-Of", "two")],
        faults=["headers-of-errors-stay"],
    ),
    # -- Returned --------------------------------------------------------------------------------
    Check(
        id="exceptions/returned-error-as-given",
        title="An error that a handler returns keeps its status and its body",
        source=LAST_WORD,
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
        source=LAST_WORD,
        app=app(Route("r1", "POST", "/", Respond(201, "made", "text/plain"))),
        steps=[Ask("POST", "/", body=b"x")],
        expect=[status(201), body("made")],
        faults=["always-200"],
    ),
    *(
        Check(
            id=f"exceptions/returned-{name}",
            title=f"Every registered {name} status that a handler returns is the one that is sent",
            source=LAST_WORD,
            app=app(
                *(
                    Route(f"s{code}", "GET", f"/{code}", Respond(code, f"it is {code}"))
                    for code in codes
                )
            ),
            steps=[get(f"/{code}", name=str(code)) for code in codes],
            expect=[
                expectation
                for code in codes
                for expectation in (
                    status(code, of=str(code)),
                    body(f"it is {code}", of=str(code)),
                )
            ],
            faults=["knows-few-statuses"] if name != "3xx" else ["redirects-have-no-body"],
        )
        for name, codes in RETURNED.items()
    ),
]
