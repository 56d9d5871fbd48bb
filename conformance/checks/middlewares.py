"""In which order middlewares run, and what becomes of the requests that pass them.

Owns of the category middleware their order. Literals only; nothing here
opens a socket.
"""

from __future__ import annotations

from ..check import Check, practice
from ..expect import (
    body,
    by_dialect,
    echoes,
    events,
    happened,
    header,
    never_happened,
    not_2xx,
    saw_header,
    status,
)
from ..spec import (
    App,
    Middleware,
    ReadBody,
    Respond,
    Route,
    ShortCircuit,
    Wait,
    app,
)
from ..steps import Answered, Ask, Event, Open, get
from ._stacks import (
    DOCUMENTED,
    ECHO,
    MANY,
    around,
    marking,
)

OUTERMOST_FIRST = practice("all eight frameworks: the first one listed is the outermost")

OTHER = Route("other", "GET", "/other")
HELLO_SHA256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
WAITING = app(
    Route("item", "GET", "/{name}"),
    middlewares=[marking("m1"), Middleware("m2", before=(Wait("gate"),))],
)
WAITING_BEHIND = app(
    Route("item", "GET", "/{name}"),
    middlewares=[marking("m1"), Middleware("m2", after=(Wait("gate"),))],
)


def _order_of(count: int) -> Check:
    ids = MANY[:count]
    return Check(
        id=f"middleware/order-of-{count}",
        title=f"Of {count} middlewares each is entered once in order, and left in the opposite one",
        source=OUTERMOST_FIRST,
        app=around(ECHO, *(marking(id) for id in ids)),
        steps=[get("/")],
        expect=[
            echoes(route="r1"),
            events(
                *(f"enter {id}" for id in ids),
                "enter r1",
                "leave r1",
                *(f"leave {id}" for id in reversed(ids)),
                request="1",
            ),
            header("X-Outermost", "m1"),
        ],
        faults=["six-middlewares-at-most" if count > 6 else "last-middleware-outermost"],
    )


def _own(name: str, title: str, given: App, fault: str) -> Check:
    """Two requests meet in a middleware."""
    return Check(
        id=f"middleware/{name}",
        title=title,
        source=practice("a middleware serves many requests at once, and each has its own"),
        app=given,
        steps=[
            get("/a?of=a", ("X-Of", "a"), name="a", begin_only=True),
            Event("wait", "m2", "a"),
            get("/b?of=b", ("X-Of", "b"), name="b", begin_only=True),
            Event("wait", "m2", "b"),
            Open("gate"),
            Answered("a"),
            Answered("b"),
        ],
        expect=[
            expectation
            for name in ("a", "b")
            for expectation in (
                echoes(of=name, route="item", params={"name": name}, query=[["of", name]]),
                saw_header("X-Of", name, of=name),
                header("X-m1", "was here", of=name),
                happened("leave m1", request=name),
            )
        ],
        faults=[fault],
    )


CHECKS: list[Check] = [
    # -- Order -----------------------------------------------------------------------------------
    Check(
        id="middleware/runs",
        title="A middleware runs around the handler",
        source=DOCUMENTED,
        app=around(ECHO, marking("m1")),
        steps=[get("/")],
        expect=[
            echoes(route="r1"),
            events("enter m1", "enter r1", "leave r1", "leave m1", request="1"),
            header("X-m1", "was here"),
        ],
        faults=["drops-middlewares"],
    ),
    Check(
        id="middleware/first-is-outermost-of-two",
        title="Of two middlewares the first one listed is the outermost",
        source=OUTERMOST_FIRST,
        app=around(ECHO, marking("m1"), marking("m2")),
        steps=[get("/")],
        expect=[
            echoes(route="r1"),
            events(
                "enter m1", "enter m2", "enter r1", "leave r1", "leave m2", "leave m1", request="1"
            ),
            header("X-Outermost", "m1"),
        ],
        faults=["last-middleware-outermost", "drops-middlewares"],
    ),
    Check(
        id="middleware/first-is-outermost-of-three",
        title="Three middlewares are entered in their order and left in the opposite one",
        source=OUTERMOST_FIRST,
        app=around(ECHO, marking("m1"), marking("m2"), marking("m3")),
        steps=[get("/")],
        expect=[
            echoes(route="r1"),
            events(
                "enter m1",
                "enter m2",
                "enter m3",
                "enter r1",
                "leave r1",
                "leave m3",
                "leave m2",
                "leave m1",
                request="1",
            ),
            header("X-Outermost", "m1"),
            header("X-m1", "was here"),
            header("X-m2", "was here"),
            header("X-m3", "was here"),
        ],
        faults=["last-middleware-outermost"],
    ),
    *(_order_of(count) for count in range(4, 9)),
    Check(
        id="middleware/once-for-every-request",
        title="Each request passes each middleware once, whatever came before it",
        source=DOCUMENTED,
        app=app(ECHO, OTHER, middlewares=[Middleware("m1")]),
        steps=[get("/", name="a"), get("/other", name="b"), get("/", name="c")],
        expect=[
            events("enter m1", "enter other", "leave other", "leave m1", request="b"),
            events("enter m1", "enter r1", "leave r1", "leave m1", request="c"),
        ],
        faults=["middlewares-pile-up"],
    ),
    Check(
        id="middleware/passes-the-request-on",
        title="Behind middlewares the handler sees the request whole: params, query and body",
        source=DOCUMENTED,
        app=app(
            Route("item", "POST", "/items/{name}", ReadBody()),
            middlewares=[marking("m1"), marking("m2")],
        ),
        steps=[Ask("POST", "/items/tea?a=1&a=2", body=b"hello")],
        expect=[
            echoes(
                route="item",
                params={"name": "tea"},
                query=[["a", "1"], ["a", "2"]],
                body={"length": 5, "sha256": HELLO_SHA256},
            )
        ],
        faults=["middleware-loses-params"],
    ),
    _own(
        "own-request-behind-a-wait",
        "Two requests that meet in a middleware each go on as themselves",
        WAITING,
        "middlewares-share-a-request",
    ),
    _own(
        "own-answer-behind-a-wait",
        "Two answers that meet in a middleware each go to their own request",
        WAITING_BEHIND,
        "one-request-in-a-middleware",
    ),
    # -- Without a route -------------------------------------------------------------------------
    Check(
        id="middleware/runs-for-404",
        title="Middlewares run for a path that nothing is registered for, or not, as declared",
        source=practice("frameworks differ; a log wants to see these requests, too"),
        app=around(ECHO, Middleware("m1")),
        steps=[get("/nowhere")],
        expect=[
            status(404),
            by_dialect(
                "middlewares_on_404", yes=happened("enter m1"), no=never_happened("enter m1")
            ),
        ],
        faults=["no-middlewares-for-404", "drops-middlewares"],
    ),
    Check(
        id="middleware/runs-for-405",
        title="Middlewares run for a wrong method, or not, as declared",
        source=practice("frameworks differ; a log wants to see these requests, too"),
        app=around(ECHO, Middleware("m1")),
        steps=[Ask("DELETE", "/")],
        expect=[
            not_2xx(),
            by_dialect(
                "middlewares_on_405", yes=happened("enter m1"), no=never_happened("enter m1")
            ),
        ],
        faults=["no-middlewares-for-404", "drops-middlewares"],
    ),
    Check(
        id="middleware/answers-for-no-route",
        title="A middleware that answers itself does so for paths without a route, too",
        source=practice("frameworks that run middlewares for 404"),
        app=around(
            ECHO, Middleware("m1", before=(ShortCircuit(Respond(403, "closed", "text/plain")),))
        ),
        steps=[get("/nowhere")],
        expect=[status(403), body("closed")],
        when={"middlewares_on_404": ["yes"]},
        faults=["no-middlewares-for-404", "drops-middlewares"],
    ),
]
