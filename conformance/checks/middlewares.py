"""In which order middlewares run, what they can do to an answer, and what reaches them.

Owns the category middleware. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from ..check import SHOULD, Check, practice
from ..expect import (
    body,
    by_dialect,
    echoes,
    events,
    happened,
    header,
    never_happened,
    never_sent,
    not_2xx,
    status,
    well_framed,
)
from ..spec import (
    App,
    Catch,
    Crash,
    Middleware,
    RaiseHttp,
    ReadBody,
    ReplaceResponse,
    Respond,
    Route,
    SetHeader,
    ShortCircuit,
    app,
)
from ..steps import Ask, get

OUTERMOST_FIRST = practice("all eight frameworks: the first one listed is the outermost")
DOCUMENTED = practice("it is what middlewares are for")
ERRORS_DIFFER = practice(
    "a middleware gets an exception from inside, or the response that was made of it"
)

TELLTALE = "tell-tale-77c0"
ECHO = Route("r1", "GET", "/")
OTHER = Route("other", "GET", "/other")
HELLO_SHA256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


def _marking(id: str) -> Middleware:
    """It leaves its id in a header, over that of the ones inside."""
    return Middleware(id, after=(SetHeader("X-Outermost", id), SetHeader(f"X-{id}", "was here")))


def _around(route: Route, *middlewares: Middleware) -> App:
    return app(route, middlewares=list(middlewares))


CHECKS: list[Check] = [
    # -- Order -----------------------------------------------------------------------------------
    Check(
        id="middleware/runs",
        title="A middleware runs around the handler",
        source=DOCUMENTED,
        app=_around(ECHO, _marking("m1")),
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
        app=_around(ECHO, _marking("m1"), _marking("m2")),
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
        app=_around(ECHO, _marking("m1"), _marking("m2"), _marking("m3")),
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
            middlewares=[_marking("m1"), _marking("m2")],
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
    # -- What they do ----------------------------------------------------------------------------
    Check(
        id="middleware/sets-a-header",
        title="A header that a middleware sets is sent, and the rest of the answer kept",
        source=DOCUMENTED,
        app=_around(
            Route("r1", "GET", "/", Respond(202, "from r1", "text/plain", (("X-r1", "yes"),))),
            _marking("m1"),
        ),
        steps=[get("/")],
        expect=[status(202), body("from r1"), header("X-r1", "yes"), header("X-m1", "was here")],
        faults=["drops-changes-of-middlewares", "drops-middlewares"],
    ),
    Check(
        id="middleware/short-circuit",
        title="A middleware that answers itself keeps the request from its handler",
        source=DOCUMENTED,
        app=_around(
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
        id="middleware/short-circuit-passes-outer-ones",
        title="The answer of an inner middleware passes those outside it",
        source=DOCUMENTED,
        app=_around(
            ECHO,
            _marking("m1"),
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
        app=_around(
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
    # -- Errors ----------------------------------------------------------------------------------
    Check(
        id="middleware/raises-instead",
        title="A middleware that raises an HTTP error keeps the request from its handler",
        source=DOCUMENTED,
        app=_around(ECHO, Middleware("m1", before=(RaiseHttp(403),))),
        steps=[get("/")],
        expect=[
            not_2xx(),
            well_framed(),
            happened("enter m1"),
            never_happened("enter r1"),
        ],
        faults=["ignores-errors-of-middlewares", "drops-middlewares"],
    ),
    Check(
        id="middleware/raised-error-keeps-its-status",
        title="The status of an HTTP error that a middleware raises is the one that is sent",
        level=SHOULD,
        source=practice(
            "most frameworks; where errors are made responses further inside, it is a 500"
        ),
        app=_around(ECHO, Middleware("m1", before=(RaiseHttp(403),))),
        steps=[get("/")],
        expect=[status(403)],
        faults=["errors-of-middlewares-are-500"],
    ),
    Check(
        id="middleware/crash-before-the-handler",
        title="A middleware that crashes is a framed 500 that says nothing of the exception",
        source=DOCUMENTED,
        app=_around(ECHO, _marking("m1"), Middleware("m2", before=(Crash(TELLTALE),))),
        steps=[get("/"), get("/", name="again")],
        expect=[
            status(500),
            well_framed(),
            never_sent(TELLTALE.encode()),
            never_happened("enter r1"),
            status(500, of="again"),
        ],
        faults=["crash-of-middleware-closes", "traceback-to-everyone"],
    ),
    Check(
        id="middleware/crash-behind-the-handler",
        title="A middleware that crashes behind the handler leaves no client waiting",
        source=DOCUMENTED,
        app=_around(ECHO, _marking("m1"), Middleware("m2", after=(Crash(TELLTALE),))),
        steps=[get("/"), get("/", name="again")],
        expect=[
            happened("leave r1", request="1"),
            well_framed(),
            never_sent(TELLTALE.encode()),
            well_framed(of="again"),
        ],
        faults=["crash-of-middleware-closes", "traceback-to-everyone"],
    ),
    Check(
        id="middleware/crash-behind-the-handler-is-500",
        title="A middleware that crashes behind the handler is a 500",
        level=SHOULD,
        source=practice("an answer that its middleware could not finish is not what was meant"),
        app=_around(ECHO, Middleware("m1", after=(Crash(TELLTALE),))),
        steps=[get("/")],
        expect=[status(500)],
        faults=["ignores-errors-of-middlewares"],
    ),
    Check(
        id="middleware/error-passes-all",
        title="A handler's HTTP error passes every middleware on its way out",
        source=ERRORS_DIFFER,
        app=_around(Route("r1", "GET", "/", RaiseHttp(404)), Middleware("m1"), Middleware("m2")),
        steps=[get("/")],
        expect=[
            status(404),
            by_dialect(
                "errors_reach_middlewares",
                exception=events(
                    "enter m1",
                    "enter m2",
                    "enter r1",
                    "raise r1",
                    "raise m2",
                    "raise m1",
                    request="1",
                    kinds=["leave"],
                ),
                response=events(
                    "enter m1",
                    "enter m2",
                    "enter r1",
                    "raise r1",
                    "leave m2",
                    "leave m1",
                    request="1",
                ),
            ),
        ],
        faults=["errors-pass-middlewares-by", "last-middleware-outermost"],
    ),
    Check(
        id="middleware/crash-passes-all",
        title="A handler's exception passes every middleware on its way out",
        source=ERRORS_DIFFER,
        app=_around(Route("r1", "GET", "/", Crash(TELLTALE)), Middleware("m1"), Middleware("m2")),
        steps=[get("/")],
        expect=[
            status(500),
            by_dialect(
                "crashes_reach_middlewares",
                exception=events(
                    "enter m1",
                    "enter m2",
                    "enter r1",
                    "raise r1",
                    "raise m2",
                    "raise m1",
                    request="1",
                    kinds=["leave"],
                ),
                response=events(
                    "enter m1",
                    "enter m2",
                    "enter r1",
                    "raise r1",
                    "leave m2",
                    "leave m1",
                    request="1",
                ),
            ),
        ],
        faults=["errors-pass-middlewares-by", "last-middleware-outermost"],
    ),
    Check(
        id="middleware/catches-an-error",
        title="A middleware can turn a handler's HTTP error into another response",
        source=ERRORS_DIFFER,
        app=_around(
            Route("r1", "GET", "/", RaiseHttp(404)),
            Middleware("m1", after=(Catch(Respond(202, "caught", "text/plain")),)),
        ),
        steps=[get("/")],
        expect=[
            by_dialect(
                "errors_reach_middlewares",
                exception=[happened("caught m1"), status(202), body("caught")],
                response=[never_happened("caught m1"), happened("leave m1"), status(404)],
            )
        ],
        faults=["errors-pass-middlewares-by", "drops-middlewares"],
    ),
    Check(
        id="middleware/catches-a-crash",
        title="A middleware can turn a handler's exception into a response",
        source=ERRORS_DIFFER,
        app=_around(
            Route("r1", "GET", "/", Crash(TELLTALE)),
            Middleware("m1", after=(Catch(Respond(202, "caught", "text/plain")),)),
        ),
        steps=[get("/")],
        expect=[
            by_dialect(
                "crashes_reach_middlewares",
                exception=[happened("caught m1"), status(202), body("caught")],
                response=[never_happened("caught m1"), happened("leave m1"), status(500)],
            )
        ],
        faults=["errors-pass-middlewares-by", "drops-middlewares"],
    ),
    # -- Without a route -------------------------------------------------------------------------
    Check(
        id="middleware/runs-for-404",
        title="Middlewares run for a path that nothing is registered for, or not, as declared",
        source=practice("frameworks differ; a log wants to see these requests, too"),
        app=_around(ECHO, Middleware("m1")),
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
        app=_around(ECHO, Middleware("m1")),
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
        app=_around(
            ECHO, Middleware("m1", before=(ShortCircuit(Respond(403, "closed", "text/plain")),))
        ),
        steps=[get("/nowhere")],
        expect=[status(403), body("closed")],
        when={"middlewares_on_404": ["yes"]},
        faults=["no-middlewares-for-404", "drops-middlewares"],
    ),
]
