"""When lifecycle hooks run, in which order, and what is left of a startup that fails.

Owns the category hooks but for what a hook that fails leaves, which is `hook_failures`'; what a
signal does to running requests is the shutdown category's.
Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from ..check import SHOULD, Check, practice
from ..expect import (
    EventOrder,
    body,
    by_dialect,
    echoes,
    events,
    failed_exit,
    happened,
    not_started,
    status,
)
from ..spec import Crash, Hook, Route, State, Store, Wait, app
from ..steps import Answered, Event, Open, Read, ReadToEnd, Send, Stop, Stopped, get, raw

IN_ORDER = practice("all eight frameworks: startup hooks run one after another, as registered")
BEFORE_ANSWERS = practice("all eight frameworks: no request is answered before startup is done")
AT_THE_END = practice("what startup opened is closed there")
NOTHING_LISTENS = practice("what could not be set up is not served")

HELLO = Route("hello", "GET", "/hello")
THREE = [Hook("s1"), Hook("s2"), Hook("s3")]
FAILING = [Hook("s1"), Hook("s2", Crash("no database")), Hook("s3")]
TWENTY = range(1, 21)


def _in_turn(*hooks: str) -> EventOrder:
    return events(*(f"{kind} {hook}" for hook in hooks for kind in ("enter", "leave")))


CHECKS: list[Check] = [
    # -- Startup ---------------------------------------------------------------------------------
    Check(
        id="hooks/startup-in-order",
        title="Startup hooks run one after another, in the order of registration",
        source=IN_ORDER,
        app=app(HELLO, startup=THREE),
        steps=[],
        expect=[
            events("enter s1", "leave s1", "enter s2", "leave s2", "enter s3", "leave s3"),
        ],
        faults=["hooks-at-once", "startup-in-reverse"],
    ),
    Check(
        id="hooks/startup-before-first-answer",
        title="Startup hooks have finished before a request reaches a handler",
        source=BEFORE_ANSWERS,
        app=app(HELLO, startup=THREE),
        steps=[get("/hello")],
        expect=[
            echoes(route="hello"),
            happened("enter hello", after="leave s1"),
            happened("enter hello", after="leave s2"),
            happened("enter hello", after="leave s3"),
        ],
        faults=["answers-before-startup"],
    ),
    Check(
        id="hooks/startup-once",
        title="Startup hooks run once, however many connections come",
        source=practice("what a hook opens is opened for the whole application"),
        app=app(HELLO, startup=[Hook("s1")]),
        steps=[get("/hello", name="a"), get("/hello", name="b")],
        expect=[
            echoes(of="a", route="hello"),
            echoes(of="b", route="hello"),
            events(
                "enter s1", "leave s1", "enter hello", "leave hello", "enter hello", "leave hello"
            ),
        ],
        faults=["startup-for-every-connection", "answers-before-startup"],
    ),
    Check(
        id="hooks/state-reaches-handlers",
        title="What a startup hook stores in the application is there for handlers",
        source=practice("it is what startup hooks are for"),
        app=app(
            Route("r1", "GET", "/", State("db")), startup=[Hook("s1", Store("db", "connected"))]
        ),
        steps=[get("/", name="a"), get("/", name="b")],
        expect=[
            status(200, of="a"),
            body("connected", of="a"),
            status(200, of="b"),
            body("connected", of="b"),
        ],
        faults=["drops-state", "answers-before-startup"],
    ),
    Check(
        id="hooks/later-startup-sees-earlier",
        title="Of two startup hooks that store under one key, the later one counts",
        source=IN_ORDER,
        app=app(
            Route("r1", "GET", "/", State("db")),
            startup=[Hook("s1", Store("db", "first")), Hook("s2", Store("db", "second"))],
        ),
        steps=[get("/")],
        expect=[status(200), body("second")],
        faults=["startup-in-reverse", "drops-state"],
    ),
    Check(
        id="hooks/state-of-every-hook",
        title="What several startup hooks store under their own keys is all there",
        source=practice("each hook sets up its own thing"),
        app=app(
            Route("r1", "GET", "/one", State("one")),
            Route("r2", "GET", "/two", State("two")),
            startup=[Hook("s1", Store("one", "1")), Hook("s2", Store("two", "2"))],
        ),
        steps=[get("/one", name="a"), get("/two", name="b")],
        expect=[body("1", of="a"), body("2", of="b")],
        faults=["keeps-latest-state", "drops-state"],
    ),
    Check(
        id="hooks/twenty-in-order",
        title="Of twenty startup and twenty shutdown hooks each runs once, in order",
        source=IN_ORDER,
        app=app(
            HELLO,
            startup=[Hook(f"s{one:02}") for one in TWENTY],
            shutdown=[Hook(f"d{one:02}") for one in TWENTY],
        ),
        steps=[Stop()],
        expect=[
            by_dialect(
                "shutdown_order",
                fifo=_in_turn(*(f"s{one:02}" for one in TWENTY), *(f"d{one:02}" for one in TWENTY)),
                lifo=_in_turn(
                    *(f"s{one:02}" for one in TWENTY), *(f"d{one:02}" for one in TWENTY[::-1])
                ),
            )
        ],
        faults=["long-hook-lists-lose-order", "hooks-at-once"],
    ),
    # -- The end ---------------------------------------------------------------------------------
    Check(
        id="hooks/shutdown-on-stop",
        title="A shutdown hook runs when the application is stopped: not before, and once",
        source=AT_THE_END,
        app=app(HELLO, shutdown=[Hook("d1")]),
        steps=[get("/hello"), Stop()],
        expect=[
            echoes(route="hello"),
            events("enter hello", "leave hello", "enter d1", "leave d1"),
        ],
        faults=["no-shutdown-hooks", "shutdown-at-once", "shutdown-twice"],
    ),
    Check(
        id="hooks/shutdown-order",
        title="Shutdown hooks run one after another, in the declared order",
        source=practice("frameworks run them as registered, or the last one first"),
        # Whoever waits at the gate lets the others run, if they are let run at once.
        app=app(HELLO, shutdown=[Hook("d1", Wait("end")), Hook("d2", Wait("end"))]),
        steps=[Stop(begin_only=True), Event("wait"), Open("end"), Stopped()],
        expect=[
            by_dialect(
                "shutdown_order",
                fifo=events("enter d1", "leave d1", "enter d2", "leave d2"),
                lifo=events("enter d2", "leave d2", "enter d1", "leave d1"),
            )
        ],
        faults=["hooks-at-once", "no-shutdown-hooks", "shutdown-in-another-order"],
    ),
    Check(
        id="hooks/cleanup-behind-shutdown",
        title="Cleanup hooks run when the application is stopped, behind the shutdown hooks",
        source=practice("frameworks that have both"),
        app=app(HELLO, shutdown=[Hook("d1")], cleanup=[Hook("c1")]),
        steps=[get("/hello"), Stop()],
        expect=[
            events("enter hello", "leave hello", "enter d1", "leave d1", "enter c1", "leave c1"),
        ],
        faults=["no-cleanup-hooks", "cleanup-first"],
    ),
    Check(
        id="hooks/failing-shutdown-keeps-cleanup",
        title="A shutdown hook that fails does not keep the cleanup hooks from running",
        level=SHOULD,
        source=practice("frameworks differ; what was opened should be closed"),
        app=app(HELLO, shutdown=[Hook("d1", Crash("gone"))], cleanup=[Hook("c1")]),
        steps=[Stop()],
        expect=[happened("raise d1"), happened("leave c1", after="raise d1")],
        faults=["failing-hook-ends-shutdown", "no-cleanup-hooks"],
    ),
    Check(
        id="hooks/crash-runs-no-hooks",
        title="A handler that crashes sets off no shutdown hook",
        source=practice("what one request does ends no application"),
        app=app(
            HELLO,
            Route("crash", "GET", "/crash", Crash()),
            shutdown=[Hook("d1")],
        ),
        steps=[get("/crash", name="crash"), get("/hello"), Stop()],
        expect=[
            status(500, of="crash"),
            echoes(route="hello"),
            events("enter crash", "enter hello", "leave hello", "enter d1", "leave d1"),
        ],
        faults=["crash-runs-shutdown-hooks", "shutdown-at-once"],
    ),
    Check(
        id="hooks/state-lasts-through-shutdown",
        title="A request that finishes during the shutdown still has what startup hooks stored",
        source=practice("what a request needs is taken away behind it"),
        app=app(
            Route("root", "GET", "/"),
            Route("slow", "GET", "/slow", Wait("go", State("db"))),
            startup=[Hook("s1", Store("db", "connected"))],
        ),
        steps=[
            Send(raw("GET /"), on="idle"),
            Read(on="idle"),
            get("/slow", begin_only=True),
            Event("wait", request="1"),
            Stop(begin_only=True),
            ReadToEnd(on="idle"),
            Open("go"),
            Answered("1"),
            Stopped(),
        ],
        expect=[status(200), body("connected")],
        faults=["forgets-state-at-shutdown", "cancels-running-on-sigterm"],
    ),
    # -- Failing ---------------------------------------------------------------------------------
    Check(
        id="hooks/failing-startup-serves-nothing",
        title="When a startup hook fails, the application is not served",
        source=NOTHING_LISTENS,
        app=app(HELLO, startup=FAILING),
        steps=[get("/hello")],
        expect=[not_started()],
        faults=["serves-after-failed-startup"],
    ),
    Check(
        id="hooks/failing-startup-fails-the-process",
        title="When a startup hook fails, the process ends with a status that says so",
        source=practice("a supervisor restarts what failed, and needs to be told"),
        app=app(HELLO, startup=FAILING),
        steps=[],
        expect=[not_started(), failed_exit()],
        foreground=True,
        needs=["foreground"],
        faults=["serves-after-failed-startup", "failed-startup-exits-0"],
    ),
]
