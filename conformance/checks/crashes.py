"""A handler that crashes, in whatever way: nobody else is harmed, and its client does not wait.

Owns the category crash, and of error-page what is about the service. Literals only; nothing here
opens a socket.
"""

from __future__ import annotations

from ..check import MUST, SHOULD, Check, Level, practice
from ..expect import (
    answers,
    by_dialect,
    connection_ended,
    echoes,
    either,
    never_sent,
    status,
    well_framed,
)
from ..spec import Crash, Middleware, ReturnValue, Route, Wait, app
from ..steps import Answered, Event, Open, Read, ReadToEnd, Send, get, raw
from ._behind import INTACT, serving, then_next

SURVIVES = practice("all eight frameworks: one request cannot end the service of others")
NO_RESPONSE = practice("frameworks answer it with 500, or make a response of it")
A_500 = practice("what a handler raises and nobody handles is a 500")
TELLTALE = "tell-tale-5b1c"
MANY = 50

ANSWERED_OR_CLOSED = either(
    [status(500, 503, 504), well_framed(), INTACT], [answers(0), connection_ended()]
)
"""The client knows where it stands."""

KINDS = {
    "cancelled": "an exception that stands for a cancellation",
    "timeout": "a timeout of its own",
    "unprintable": "an exception whose message cannot be had",
    "caused": "an exception that came of another one",
}


def _harmless(kind: str, what: str) -> Check:
    prints = kind != "unprintable"  # a traceback says nothing of that one
    return Check(
        id=f"crash/{kind}",
        title=f"A handler that raises {what} gets an answer or the end of its connection",
        source=SURVIVES,
        app=serving(Crash(TELLTALE, kind=kind)),
        steps=[*then_next(raw("GET /")), get("/next", name="next")],
        expect=[
            ANSWERED_OR_CLOSED,
            never_sent(TELLTALE.encode()),
            echoes(of="next", route="next"),
        ],
        faults=["crash-ends-service", *(["traceback-to-everyone"] if prints else [])],
    )


def _is_500(kind: str, what: str, fault: str, level: Level = MUST) -> Check:
    return Check(
        id=f"crash/{kind}-is-500",
        title=f"A handler that raises {what} is answered with 500",
        level=level,
        source=A_500,
        app=serving(Crash(TELLTALE, kind=kind)),
        steps=[get("/")],
        expect=[status(500)],
        faults=[fault],
    )


CHECKS: list[Check] = [
    Check(
        id="error-page/next-request-served",
        title="Requests behind a crash are served, on other connections as well",
        source=SURVIVES,
        app=serving(Crash(TELLTALE)),
        steps=[get("/", name="crash"), get("/next", name="a"), get("/next", name="b")],
        expect=[
            status(500, of="crash"),
            echoes(of="a", route="next"),
            echoes(of="b", route="next"),
        ],
        faults=["crash-ends-service"],
    ),
    # -- In every way ----------------------------------------------------------------------------
    *(_harmless(kind, what) for kind, what in KINDS.items()),
    Check(
        id="crash/timeout-is-no-fault-of-its-client",
        title="A handler that raises a timeout of its own is answered with an error of the server",
        # Some say 504 for it; 408 would say that the client was too slow.
        source=A_500,
        app=serving(Crash(TELLTALE, kind="timeout")),
        steps=[get("/")],
        expect=[by_dialect("raised_timeout", **{"500": status(500, 503), "504": status(504)})],
        faults=["timeout-is-408"],
    ),
    _is_500("unprintable", KINDS["unprintable"], "prints-exceptions"),
    _is_500("cancelled", KINDS["cancelled"], "cancelled-is-empty-200", SHOULD),
    Check(
        id="error-page/system-exit",
        title="A handler that raises SystemExit ends its own request at most",
        source=SURVIVES,
        app=serving(Crash(TELLTALE, kind="base")),
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
    Check(
        id="crash/beside-one-that-waits",
        title="A handler that crashes in any way does no harm to one that waits beside it",
        source=SURVIVES,
        app=app(
            Route("waiting", "GET", "/waiting", Wait("gate")),
            *(Route(kind, "GET", f"/{kind}", Crash(TELLTALE, kind=kind)) for kind in KINDS),
        ),
        steps=[
            get("/waiting", name="waiting", begin_only=True),
            Event("wait", "waiting", "waiting"),
            *(get(f"/{kind}", name=kind) for kind in KINDS),
            Open("gate"),
            Answered("waiting"),
        ],
        expect=[echoes(of="waiting", route="waiting")],
        faults=["crash-ends-others"],
    ),
    *(
        Check(
            id=f"crash/{kind}-in-a-middleware",
            title=f"A middleware that raises {KINDS[kind]} leaves no client waiting",
            source=SURVIVES,
            app=app(
                Route("r1", "GET", "/"),
                Route("next", "GET", "/next"),
                middlewares=[Middleware("m1", before=(Crash(TELLTALE, kind=kind),))],
            ),
            steps=[get("/", name="one"), get("/", name="two")],
            expect=[
                expectation
                for name in ("one", "two")
                for expectation in (
                    either(
                        [status(500, 503, 504, of=name), well_framed(of=name)], answers(0, of=name)
                    ),
                    never_sent(TELLTALE.encode(), of=name),
                )
            ],
            faults=[fault],
        )
        for kind, fault in (
            ("cancelled", "traceback-to-everyone"),
            ("timeout", "traceback-to-everyone"),
            ("unprintable", "ignores-errors-of-middlewares"),
        )
    ),
    # -- Again and again -------------------------------------------------------------------------
    Check(
        id="crash/many-on-one-connection",
        title=f"Each of {MANY} crashes on a connection is answered, where a 500 leaves it open",
        source=practice("a crash costs its own request, whatever came before it"),
        app=serving(Crash(TELLTALE)),
        steps=[*(step for _ in range(MANY) for step in (Send(raw("GET /")), Read()))],
        expect=[answers(MANY), *(status(500, index=number) for number in range(MANY))],
        when={"after_500": ["open"]},
        faults=["gives-up-after-many-crashes"],
    ),
    Check(
        id="crash/many-on-many-connections",
        title=f"Behind {MANY} crashes, each on a connection of its own, requests are served",
        source=SURVIVES,
        app=serving(Crash(TELLTALE)),
        steps=[
            *(get("/", name=f"crash-{number}") for number in range(MANY)),
            get("/next", name="next"),
        ],
        expect=[
            *(status(500, of=f"crash-{number}") for number in range(MANY)),
            echoes(of="next", route="next"),
        ],
        faults=["gives-up-after-many-crashes", "crash-ends-service"],
    ),
    # -- What is no response ---------------------------------------------------------------------
    *(
        Check(
            id=f"error-page/handler-returns-{name}",
            title=f"A handler that returns {title} instead of a response leaves no client waiting",
            source=NO_RESPONSE,
            app=serving(ReturnValue(value)),
            steps=[*then_next(raw("GET /")), get("/next", name="next")],
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
            faults=[fault],
        )
        for name, title, value, fault in (
            ("nothing", "nothing", None, "no-response-kills-task"),
            ("a-number", "a number", 42, "no-response-kills-task"),
            ("text", "text", "just text", "no-response-kills-task"),
            ("zero", "zero", 0, "falsy-is-no-content"),
            ("empty-text", "an empty text", "", "falsy-is-no-content"),
            ("true", "true", True, "no-response-kills-task"),
            ("a-fraction", "a fraction", 0.5, "no-response-kills-task"),
        )
    ),
]
