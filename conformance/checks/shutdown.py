"""What SIGTERM and SIGINT do to a process that serves with the framework's own entry point.

Owns the category shutdown with `stopping` and `draining`, which need no signals, and `signals`,
where they meet other things. Literals only; nothing here sends a signal. In which order hooks run
is the hooks category's.
"""

from __future__ import annotations

from ..check import SHOULD, Check, practice
from ..expect import (
    answers,
    body,
    by_dialect,
    connection_ended,
    connection_refused,
    echoes,
    exit_status,
    happened,
    never_happened,
    status,
    well_framed,
)
from ..spec import Hook, Route, Stream, Wait, app
from ..steps import (
    Answered,
    Connect,
    Event,
    Exit,
    Open,
    Read,
    ReadToEnd,
    Send,
    Signal,
    get,
    raw,
)

ROOT = Route("root", "GET", "/")
IDLE = app(ROOT)
SLOW = app(ROOT, Route("slow", "GET", "/slow", Wait("go")))
STREAM = app(ROOT, Route("stream", "GET", "/stream", Stream(("first ", "last"), gate="go")))
HOOK = app(ROOT, shutdown=[Hook("d1")])
SLOW_HOOK = app(ROOT, shutdown=[Hook("d1", Wait("go"))])
SLOW_AND_HOOK = app(ROOT, Route("slow", "GET", "/slow", Wait("go")), shutdown=[Hook("d1")])
SHORT_DRAIN = app(ROOT, Route("slow", "GET", "/slow", Wait("never")), drain_s=0.5)

BY_SIGTERM = by_dialect(
    "exit_status", **{"0": exit_status(0), "signal": exit_status(-15), "1": exit_status(1)}
)
ANY_STATUS = exit_status(0, 1, 130, -2)

SETTLE = (Open("nobody"),) * 5
"""A gate that nobody waits at: opening it is a round trip to the process, in which a signal that
was sent before has been taken: not every shutdown begins with something that can be seen."""

NEEDS = ("foreground",)
"""The adapter can run the framework's own entry point."""

CHECKS = [
    Check(
        id="shutdown/sigterm",
        title="SIGTERM ends an idle process, with the exit status that is declared",
        source=practice("how every supervisor stops a service"),
        app=IDLE,
        foreground=True,
        needs=NEEDS,
        steps=[get("/"), Signal(), Exit()],
        expect=[echoes(route="root"), BY_SIGTERM],
        faults=("never-exits-on-sigterm",),
    ),
    Check(
        id="shutdown/sigint",
        title="SIGINT ends an idle process",
        source=practice("what Ctrl-C in a terminal sends"),
        app=IDLE,
        foreground=True,
        needs=NEEDS,
        steps=[get("/"), Signal("SIGINT"), Exit()],
        expect=[echoes(route="root"), ANY_STATUS],
        faults=("never-exits-on-sigterm", "ignores-sigint"),
    ),
    Check(
        id="shutdown/running-request-finishes",
        title="A request that runs when SIGTERM comes is answered whole",
        source=practice("all eight frameworks let it finish before they end"),
        app=SLOW,
        foreground=True,
        needs=NEEDS,
        steps=[
            get("/slow", begin_only=True),
            Event("wait", request="1"),
            Signal(),
            *SETTLE,
            Open("go"),
            Answered("1"),
            Exit(),
        ],
        expect=[echoes(route="slow"), happened("leave slow", request="1"), BY_SIGTERM],
        faults=("cancels-running-on-sigterm",),
    ),
    Check(
        id="shutdown/running-stream-finishes",
        title="A stream that has begun when SIGTERM comes is sent to its end",
        source=practice("an answer that has begun is a running request as any other"),
        app=STREAM,
        foreground=True,
        needs=NEEDS,
        steps=[
            Send(raw("GET /stream", "Connection: close")),
            Read(head_only=True),
            Event("wait", request=""),
            Signal(),
            *SETTLE,
            Open("go"),
            ReadToEnd(),
            Exit(),
        ],
        expect=[status(200), body("first last"), well_framed(), BY_SIGTERM],
        faults=("cancels-running-on-sigterm",),
    ),
    Check(
        id="shutdown/nothing-new",
        title="While it shuts down the server takes no new request",
        source=practice(
            "a client that is refused goes elsewhere at once; one that is let in is cut off"
        ),
        level=SHOULD,
        app=SLOW_HOOK,
        foreground=True,
        needs=NEEDS,
        # That its hook runs tells that the shutdown has begun. What waits in the backlog of the
        # listening socket may stay there, unanswered, until the process ends.
        steps=[
            get("/"),
            Signal(),
            Event("wait", "d1"),
            Send(raw("GET /", "Connection: close"), on="late"),
            *SETTLE,
            Open("go"),
            Exit(),
            ReadToEnd(on="late"),
        ],
        expect=[echoes(route="root"), answers(0, of="late"), never_happened("enter", request="")],
        faults=("accepts-after-sigterm",),
    ),
    Check(
        id="shutdown/hooks-run",
        title="The shutdown hooks have run when SIGTERM has ended the process",
        source=practice("what a shutdown hook is for; stopping a service is a shutdown"),
        app=HOOK,
        foreground=True,
        needs=NEEDS,
        steps=[get("/"), Signal(), Exit()],
        expect=[happened("enter d1"), happened("leave d1"), BY_SIGTERM],
        faults=("no-shutdown-hooks", "sigterm-kills"),
    ),
    Check(
        id="shutdown/hooks-run-on-sigint",
        title="The shutdown hooks have run when SIGINT has ended the process",
        source=practice("what a shutdown hook is for; stopping a service is a shutdown"),
        app=HOOK,
        foreground=True,
        needs=NEEDS,
        steps=[get("/"), Signal("SIGINT"), Exit()],
        expect=[happened("enter d1"), happened("leave d1"), ANY_STATUS],
        faults=("no-shutdown-hooks",),
    ),
    Check(
        id="shutdown/hooks-before-drain",
        title="Shutdown hooks do not wait for running requests, where that is declared",
        source=practice("a hook may have to end what running requests wait for"),
        app=SLOW_AND_HOOK,
        foreground=True,
        needs=NEEDS,
        when={"hooks_and_drain": ["before"]},
        steps=[
            get("/slow", begin_only=True),
            Event("wait", request="1"),
            Signal(),
            Event("enter", "d1"),
            Open("go"),
            Answered("1"),
            Exit(),
        ],
        expect=[echoes(route="slow"), happened("leave slow", request="1", after="enter d1")],
        faults=("hooks-behind-drain",),
    ),
    Check(
        id="shutdown/hooks-behind-drain",
        title="Shutdown hooks wait for running requests, where that is declared",
        source=practice("a running request may need what a hook takes away"),
        app=SLOW_AND_HOOK,
        foreground=True,
        needs=NEEDS,
        when={"hooks_and_drain": ["after"]},
        steps=[
            Send(raw("GET /"), on="idle"),
            Read(on="idle"),
            get("/slow", begin_only=True),
            Event("wait", request="1"),
            Signal(),
            ReadToEnd(on="idle"),
            *SETTLE,
            Open("go"),
            Answered("1"),
            Exit(),
        ],
        expect=[echoes(route="slow"), happened("enter d1", after="leave slow")],
        faults=("declares-hooks-behind-drain",),
    ),
    Check(
        id="shutdown/idle-connection",
        title="A connection that is kept open does not keep the process from ending",
        source=practice("clients and proxies hold idle connections for minutes"),
        app=IDLE,
        foreground=True,
        needs=NEEDS,
        steps=[Send(raw("GET /")), Read(), Signal(), ReadToEnd(), Exit()],
        expect=[answers(1), echoes(route="root"), connection_ended(), BY_SIGTERM],
        faults=("waits-for-idle-connections",),
    ),
    Check(
        id="shutdown/second-signal",
        title="A second signal ends a process at once that still waits for a request",
        source=practice("whoever presses Ctrl-C twice does not want to wait"),
        level=SHOULD,
        app=SLOW,
        foreground=True,
        needs=NEEDS,
        # Two different signals: of two that are the same, one may be lost. That the idle connection
        # is closed tells that the first has been taken: the second could else arrive before it.
        steps=[
            Send(raw("GET /"), on="idle"),
            Read(on="idle"),
            get("/slow", begin_only=True),
            Event("wait", request="1"),
            Signal(),
            ReadToEnd(on="idle"),
            Signal("SIGINT"),
            Exit(),
        ],
        expect=[never_happened("leave slow")],
        faults=("ignores-second-signal",),
    ),
    Check(
        id="shutdown/drain-limit",
        title="A request that never ends holds up the end no longer than the drain limit",
        source=practice("a supervisor kills what has not ended in its own time"),
        level=SHOULD,
        app=SHORT_DRAIN,
        foreground=True,
        needs=NEEDS,
        steps=[
            get("/slow", begin_only=True),
            Event("wait", request="1"),
            Signal(),
            Exit(),
        ],
        expect=[never_happened("leave slow")],
        faults=("no-drain-limit",),
    ),
    Check(
        id="shutdown/port-is-free",
        title="Nothing listens on the port when the process has ended",
        source=practice("the next process is to have the port"),
        app=IDLE,
        foreground=True,
        needs=NEEDS,
        steps=[get("/"), Signal(), Exit(), Connect(on="after")],
        expect=[echoes(route="root"), connection_refused(of="after")],
        faults=("leaves-a-child-listening",),
    ),
]
