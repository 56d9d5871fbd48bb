"""What middlewares do to an answer: change it, replace it, give it themselves.

Owns of the category middleware what they do. Literals only; nothing here
opens a socket.
"""

from __future__ import annotations

from ..check import Check, practice, rfc
from ..expect import (
    answers,
    body,
    by_dialect,
    events,
    happened,
    header,
    never_happened,
    no_header,
    status,
    well_framed,
)
from ..spec import (
    App,
    Middleware,
    ReplaceResponse,
    Respond,
    Route,
    ShortCircuit,
    Stream,
    app,
)
from ..steps import Event, Open, Read, ReadToEnd, Send, get, raw
from ._stacks import (
    DOCUMENTED,
    ECHO,
    POSITIONS,
    THREE,
    around,
    marking,
)

FORBIDDEN = ShortCircuit(Respond(403, "not you", "text/plain"))


def _at(position: int, acting: Middleware) -> App:
    """A stack of three that leave their mark, and `acting` instead of one of them."""
    stack = [marking(id) for id in THREE]
    stack[position] = acting
    return app(ECHO, middlewares=stack)


CHECKS: list[Check] = [
    # -- What they do ----------------------------------------------------------------------------
    Check(
        id="middleware/sets-a-header",
        title="A header that a middleware sets is sent, and the rest of the answer kept",
        source=DOCUMENTED,
        app=around(
            Route("r1", "GET", "/", Respond(202, "from r1", "text/plain", (("X-r1", "yes"),))),
            marking("m1"),
        ),
        steps=[get("/")],
        expect=[status(202), body("from r1"), header("X-r1", "yes"), header("X-m1", "was here")],
        faults=["drops-changes-of-middlewares", "drops-middlewares"],
    ),
    Check(
        id="middleware/short-circuit",
        title="A middleware that answers itself keeps the request from its handler",
        source=DOCUMENTED,
        app=around(
            ECHO,
            Middleware("m1", before=(ShortCircuit(Respond(403, "not you", "text/plain")),)),
        ),
        steps=[get("/")],
        expect=[
            status(403),
            body("not you"),
            happened("enter m1"),
            never_happened("enter r1"),
        ],
        faults=["runs-handler-all-the-same", "drops-middlewares"],
    ),
    Check(
        id="middleware/short-circuit-passes-inner-ones-by",
        title="What a middleware answers itself passes those inside it by, or as declared",
        source=practice(
            "a middleware is around what is inside it; where request and response middlewares are "
            "lists of their own (Sanic), every answer passes all of the latter"
        ),
        app=around(
            ECHO,
            Middleware("m1", before=(ShortCircuit(Respond(403, "not you", "text/plain")),)),
            marking("m2"),
        ),
        steps=[get("/")],
        expect=[
            status(403),
            never_happened("enter m2"),
            by_dialect(
                "middlewares_wrap",
                yes=no_header("X-m2"),
                two_parts=header("X-m2", "was here"),
            ),
        ],
        faults=["runs-handler-all-the-same"],
    ),
    Check(
        id="middleware/short-circuit-passes-outer-ones",
        title="The answer of an inner middleware passes those outside it",
        source=DOCUMENTED,
        app=around(
            ECHO,
            marking("m1"),
            Middleware("m2", before=(ShortCircuit(Respond(403, "not you", "text/plain")),)),
        ),
        steps=[get("/")],
        expect=[
            status(403),
            body("not you"),
            never_happened("enter r1"),
            happened("leave m1", after="enter m2"),
            header("X-m1", "was here"),
        ],
        faults=["short-circuit-leaves-at-once", "last-middleware-outermost"],
    ),
    Check(
        id="middleware/replaces-the-response",
        title="The response that a middleware returns is the one that is sent",
        source=DOCUMENTED,
        app=around(
            ECHO,
            Middleware("m1", after=(ReplaceResponse(Respond(202, "instead", "text/plain")),)),
        ),
        steps=[get("/")],
        expect=[
            happened("leave r1"),
            status(202),
            body("instead"),
        ],
        faults=["drops-changes-of-middlewares", "drops-middlewares"],
    ),
    Check(
        id="middleware/sets-over-the-handlers-header",
        title="A header that a middleware sets stands instead of the one its handler gave",
        source=DOCUMENTED,
        app=around(
            Route("r1", "GET", "/", Respond(200, "x", "text/plain", (("X-m1", "of r1"),))),
            marking("m1"),
        ),
        steps=[get("/")],
        expect=[status(200), header("X-m1", "was here")],
        faults=["set-header-adds", "drops-changes-of-middlewares"],
    ),
    Check(
        id="middleware/sets-a-header-on-any-status",
        title="A header that a middleware sets is on whatever status a handler returns",
        source=DOCUMENTED,
        app=app(
            *(
                Route(f"s{code}", "GET", f"/{code}", Respond(code, text, headers=fields))
                for code, text, fields in (
                    (201, "made", ()),
                    (204, None, ()),
                    (302, "there", (("Location", "/there"),)),
                    (404, "gone fishing", ()),
                    (503, "later", ()),
                )
            ),
            middlewares=[marking("m1")],
        ),
        steps=[get(f"/{code}", name=str(code)) for code in (201, 204, 302, 404, 503)],
        expect=[
            *(
                expectation
                for code in (201, 204, 302, 404, 503)
                for expectation in (
                    status(code, of=str(code)),
                    header("X-m1", "was here", of=str(code)),
                )
            ),
            header("Location", "/there", of="302"),
        ],
        faults=["middlewares-change-200-only"],
    ),
    Check(
        id="middleware/sets-a-header-on-head",
        title="A header that a middleware sets is in the answer to HEAD, and nothing follows",
        source=DOCUMENTED,
        app=around(Route("r1", "GET", "/", Respond(200, "x", "text/plain")), marking("m1")),
        steps=[Send(raw("HEAD /", "Connection: close")), ReadToEnd(to="HEAD")],
        expect=[answers(1), status(200), header("X-m1", "was here")],
        when={"head_of_get": ["yes"]},
        faults=["drops-changes-of-middlewares", "content-for-head"],
    ),
    Check(
        id="middleware/leaves-a-stream-whole",
        title="A stream that passes a middleware which sets a header arrives whole",
        # Whether that header is sent differs: the head of the stream may be out by then.
        source=DOCUMENTED,
        app=around(
            Route("r1", "GET", "/", Stream(("first ", "second ", "third"))),
            marking("m1"),
            marking("m2"),
        ),
        steps=[get("/")],
        expect=[
            status(200),
            body("first second third"),
            well_framed(),
            happened("leave m1", after="leave m2"),
        ],
        faults=["middleware-eats-a-chunk"],
    ),
    Check(
        id="middleware/stream-starts",
        title="A stream starts in front of what middlewares do to it, or behind it, as declared",
        source=practice(
            "a stream that is returned goes out behind the middlewares; aiohttp's handlers send it "
            "themselves, and Sanic's do, too, with the middlewares run in between"
        ),
        app=around(
            Route("r1", "GET", "/", Stream(("first ", "second"), gate="rest")), marking("m1")
        ),
        steps=[
            Send(raw("GET /")),
            Read(head_only=True),
            Event("wait", "r1"),
            Open("rest"),
            Read(),
            Event("leave", "m1"),
        ],
        expect=[
            status(200),
            body("first second"),
            by_dialect(
                "streams_start",
                behind_middlewares=[
                    events("leave r1", "leave m1", "wait r1"),
                    header("X-m1", "was here"),
                ],
                in_handler=[events("wait r1", "leave r1", "leave m1"), no_header("X-m1")],
                in_handler_behind_middlewares=[
                    events("leave m1", "wait r1", "leave r1"),
                    header("X-m1", "was here"),
                ],
            ),
        ],
        faults=["drops-changes-of-middlewares"],
    ),
    *(
        Check(
            id=f"middleware/short-circuit-as-{name}",
            title=f"The {name} of three middlewares can answer itself, and nothing inside it runs",
            source=DOCUMENTED,
            app=_at(position, Middleware(THREE[position], before=(FORBIDDEN,))),
            steps=[get("/")],
            expect=[
                status(403),
                body("not you"),
                events(*(f"enter {id}" for id in THREE[: position + 1]), request="1"),
                *(header(f"X-{id}", "was here") for id in THREE[:position]),
            ],
            faults=["runs-handler-all-the-same" if position == 2 else "last-middleware-outermost"],
        )
        for name, position in POSITIONS
    ),
    Check(
        id="middleware/short-circuit-to-head",
        title="Nothing follows the head of a middleware's own answer to HEAD",
        source=rfc(9110, "9.3.2", "the server MUST NOT send content in the response"),
        app=around(ECHO, Middleware("m1", before=(FORBIDDEN,))),
        steps=[Send(raw("HEAD /", "Connection: close")), ReadToEnd(to="HEAD")],
        expect=[answers(1), status(403)],
        when={"head_of_get": ["yes"]},
        faults=["content-for-head", "drops-middlewares"],
    ),
    *(
        Check(
            id=f"middleware/replaces-as-{name}",
            title=f"What the {name} of three middlewares returns instead has nothing of the first",
            source=DOCUMENTED,
            app=_at(
                position,
                Middleware(
                    THREE[position], after=(ReplaceResponse(Respond(202, "instead", "text/plain")),)
                ),
            ),
            steps=[get("/")],
            expect=[
                status(202),
                body("instead"),
                *(no_header(f"X-{id}") for id in THREE[position + 1 :]),
                by_dialect(
                    "replaced_response",
                    passes=[header(f"X-{id}", "was here") for id in THREE[:position]],
                    final=[],
                ),
            ],
            faults=["replaced-response-keeps-headers" if position < 2 else "drops-middlewares"],
        )
        for name, position in POSITIONS
    ),
]
