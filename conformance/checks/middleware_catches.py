"""What middlewares see of those who raise inside them, and what they make of it.

Owns of the category middleware errors from inside. Literals only; nothing here
opens a socket.
"""

from __future__ import annotations

from ..check import Check, practice
from ..expect import (
    Expectation,
    body,
    by_dialect,
    echoes,
    events,
    happened,
    header,
    never_happened,
    never_sent,
    no_header,
    status,
    well_framed,
)
from ..spec import (
    Catch,
    Crash,
    Middleware,
    RaiseHttp,
    Respond,
    ReturnValue,
    Route,
    app,
)
from ..steps import get
from ._stacks import (
    DOCUMENTED,
    ECHO,
    ERRORS_DIFFER,
    MANY,
    POSITIONS,
    TELLTALE,
    THREE,
    around,
    marking,
    stack_of,
    three_with,
)

CRASHES = Route("r1", "GET", "/", Crash(TELLTALE))
CAUGHT = Catch(Respond(202, "caught", "text/plain"))

# What a middleware m2 that does nothing, and m1 outside it that sets a header, make of a handler
# that returned what is no response: one that is handed on has no headers to set.
RETURNED = ("enter m1", "enter m2", "enter r1", "leave r1")
RAISED: list[Expectation] = [events(*RETURNED, "raise m2", "raise m1")]
HANDED_ON: list[Expectation] = [events(*RETURNED, "leave m2"), no_header("X-m1")]
ANSWERED: list[Expectation] = [
    events(*RETURNED, "leave m2", "leave m1"),
    header("X-m1", "was here"),
]


CHECKS: list[Check] = [
    # -- Through the stack -----------------------------------------------------------------------
    Check(
        id="middleware/error-passes-all",
        title="A handler's HTTP error passes every middleware on its way out",
        source=ERRORS_DIFFER,
        app=around(Route("r1", "GET", "/", RaiseHttp(404)), Middleware("m1"), Middleware("m2")),
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
        app=around(Route("r1", "GET", "/", Crash(TELLTALE)), Middleware("m1"), Middleware("m2")),
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
    *(
        Check(
            id=f"middleware/handler-returns-{name}",
            title=f"Of a handler that returns {what} a middleware gets what is declared",
            source=practice(
                "aiohttp hands it on, Starlette raises; Sanic hands on a value, and has made an "
                "error page where there is none"
            ),
            app=around(
                Route("r1", "GET", "/", ReturnValue(value)), marking("m1"), Middleware("m2")
            ),
            steps=[get("/")],
            expect=[
                status(500),
                by_dialect(
                    "no_response_reaches_middlewares",
                    exception=RAISED,
                    value=HANDED_ON,
                    response=ANSWERED,
                    value_if_any=ANSWERED if value is None else HANDED_ON,
                ),
            ],
            when={"no_response": ["500"]},
            faults=["errors-pass-middlewares-by"],
        )
        for name, what, value in (("nothing", "nothing", None), ("a-number", "a number", 42))
    ),
    Check(
        id="middleware/error-keeps-its-status-through-eight",
        title="An HTTP error that passes eight middlewares is still the one that was raised",
        source=ERRORS_DIFFER,
        app=stack_of(8, Route("r1", "GET", "/", RaiseHttp(409, text=TELLTALE))),
        steps=[get("/")],
        expect=[status(409), body(contains=TELLTALE), well_framed()],
        faults=["middlewares-wrap-errors"],
    ),
    Check(
        id="middleware/crash-passes-eight",
        title="A handler's exception passes each of eight middlewares once",
        source=ERRORS_DIFFER,
        app=stack_of(8, CRASHES),
        steps=[get("/")],
        expect=[
            status(500),
            never_sent(TELLTALE.encode()),
            by_dialect(
                "crashes_reach_middlewares",
                exception=events(
                    "raise r1",
                    *(f"raise {id}" for id in reversed(MANY)),
                    request="1",
                    kinds=["leave"],
                ),
                response=events("raise r1", *(f"leave {id}" for id in reversed(MANY)), request="1"),
            ),
        ],
        faults=["errors-pass-middlewares-by", "six-middlewares-at-most"],
    ),
    Check(
        id="middleware/whole-stack-after-a-crash",
        title="Behind a crash the next request passes every middleware again",
        source=DOCUMENTED,
        app=app(
            CRASHES,
            Route("next", "GET", "/next"),
            middlewares=[Middleware("m1"), Middleware("m2")],
        ),
        steps=[get("/", name="crash"), get("/next", name="next")],
        expect=[
            status(500, of="crash"),
            echoes(of="next", route="next"),
            events(
                "enter m1",
                "enter m2",
                "enter next",
                "leave next",
                "leave m2",
                "leave m1",
                request="next",
            ),
        ],
        faults=["drops-middlewares-after-a-crash"],
    ),
    # -- Caught at each depth --------------------------------------------------------------------
    Check(
        id="middleware/catches-an-error",
        title="A middleware can turn a handler's HTTP error into another response",
        source=ERRORS_DIFFER,
        app=around(
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
        app=around(
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
    *(
        Check(
            id=f"middleware/catches-a-crash-as-{name}",
            title=f"The {name} of three middlewares can catch a crash: those inside it saw the "
            "exception, those outside see its answer",
            source=ERRORS_DIFFER,
            app=three_with(position, CRASHES, after=[CAUGHT]),
            steps=[get("/")],
            expect=[
                by_dialect(
                    "crashes_reach_middlewares",
                    exception=[
                        status(202),
                        body("caught"),
                        events(
                            "raise r1",
                            *(f"raise {id}" for id in reversed(THREE[position + 1 :])),
                            f"caught {THREE[position]}",
                            *(f"leave {id}" for id in reversed(THREE[: position + 1])),
                            request="1",
                        ),
                    ],
                    response=[status(500), never_happened("caught")],
                )
            ],
            faults=["errors-pass-middlewares-by", "drops-middlewares"],
        )
        for name, position in POSITIONS
    ),
    *(
        Check(
            id=f"middleware/catches-{name}",
            title=f"A middleware can catch {what} of one inside it",
            source=practice("to the outer one, what is inside it is a handler"),
            app=around(
                ECHO,
                Middleware("m1", after=(CAUGHT,)),
                Middleware("m2", tuple(before), tuple(after)),
            ),
            steps=[get("/")],
            expect=[status(202), body("caught"), happened("caught m1", after="raise m2")],
            faults=["answers-errors-of-middlewares-at-once"],
        )
        for name, what, before, after in (
            ("a-crash-of-a-middleware", "the crash", [Crash(TELLTALE)], []),
            ("an-error-of-a-middleware", "the HTTP error", [RaiseHttp(403)], []),
            ("a-crash-behind-the-handler", "a crash behind the handler", [], [Crash(TELLTALE)]),
        )
    ),
    Check(
        id="middleware/caught-answer-passes-outer-ones",
        title="What a middleware made of an exception passes those outside it",
        source=ERRORS_DIFFER,
        app=around(CRASHES, marking("m1"), Middleware("m2", after=(CAUGHT,))),
        steps=[get("/")],
        expect=[
            by_dialect(
                "crashes_reach_middlewares",
                exception=[status(202), body("caught"), header("X-m1", "was here")],
                response=status(500),
            )
        ],
        faults=["caught-answer-leaves-at-once"],
    ),
    Check(
        id="middleware/catches-404",
        title="A middleware can turn the framework's own 404 into another response",
        source=ERRORS_DIFFER,
        app=around(ECHO, Middleware("m1", after=(CAUGHT,))),
        steps=[get("/nowhere")],
        expect=[
            by_dialect(
                "errors_reach_middlewares",
                exception=[status(202), body("caught")],
                response=status(404),
            )
        ],
        when={"middlewares_on_404": ["yes"]},
        faults=["no-middlewares-for-404", "drops-middlewares"],
    ),
]
