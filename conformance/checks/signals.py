"""What signals do to a process in the states that stopping alone does not show.

Owns the checks of the category shutdown about startup, failing hooks, second signals and what is
half done when SIGTERM comes. Literals only; nothing here sends a signal.
"""

from __future__ import annotations

from ..check import SHOULD, Check, practice
from ..expect import (
    answers,
    connection_ended,
    cut_off,
    echoes,
    either,
    events,
    exit_status,
    failed_exit,
    happened,
    never_happened,
    not_2xx,
    not_started,
    status,
)
from ..spec import Crash, Hook, Wait, app
from ..steps import Answered, Event, Exit, Open, Read, ReadToEnd, Send, Signal, get, raw
from .draining import COMPLETE, DRAIN_S, NEVER_ENDS
from .shutdown import ANY_STATUS, BY_SIGTERM, NEEDS, ROOT, SETTLE, SLOW, SLOW_HOOK
from .stopping import HALF_A_BODY, HALF_A_HEAD, IDLE, POST

NOTHING_SERVED = practice("who is told to end while it starts does not begin to serve")
IMPATIENT = practice("whoever presses Ctrl-C twice does not want to wait")
ONCE = practice("what is closed twice fails twice, or closes what is another's by then")

STARTING = app(ROOT, startup=[Hook("s1", Wait("go"))])
FAILING_HOOK = app(ROOT, shutdown=[Hook("d1", Crash("gone"))])

CHECKS: list[Check] = [
    # -- While it starts -------------------------------------------------------------------------
    *(
        Check(
            id=f"shutdown/{name.lower()}-during-startup",
            title=f"{name} that comes while a startup hook runs ends the process; it never serves",
            source=NOTHING_SERVED,
            app=STARTING,
            foreground=True,
            needs=NEEDS,
            # The hook may be cut, or run to its end first.
            starting=[Event("wait", "s1"), Signal(name), *SETTLE, Open("go")],
            steps=[Exit()],
            expect=[not_started()],
            faults=("loses-signals-during-startup",),
        )
        for name in ("SIGTERM", "SIGINT")
    ),
    Check(
        id="shutdown/status-of-sigterm-during-startup",
        title="SIGTERM that comes while a startup hook runs is no failure, by the exit status",
        source=practice("who ends because it was told to, and as it was told, has not failed"),
        level=SHOULD,
        app=STARTING,
        foreground=True,
        needs=NEEDS,
        starting=[Event("wait", "s1"), Signal(), *SETTLE, Open("go")],
        steps=[Exit()],
        # The signal itself may end it, where nothing has been begun that is to be ended.
        expect=[not_started(), either(BY_SIGTERM, exit_status(-15))],
        faults=("stop-during-startup-fails",),
    ),
    Check(
        id="shutdown/startup-is-unwound",
        title="When SIGTERM comes during startup, shutdown hooks run if the startup still ended",
        source=practice("what startup opened is closed at the end, however soon that comes"),
        level=SHOULD,
        app=app(ROOT, startup=[Hook("s1", Wait("go"))], shutdown=[Hook("d1")]),
        foreground=True,
        needs=NEEDS,
        starting=[Event("wait", "s1"), Signal(), *SETTLE, Open("go")],
        steps=[Exit()],
        expect=[not_started(), either(never_happened("leave s1"), happened("leave d1"))],
        faults=("forgets-shutdown-hooks-behind-startup",),
    ),
    # -- Hooks -----------------------------------------------------------------------------------
    Check(
        id="shutdown/cleanup-hooks-run",
        title="The cleanup hooks have run when SIGTERM has ended the process",
        source=practice("frameworks that have both"),
        app=app(ROOT, shutdown=[Hook("d1")], cleanup=[Hook("c1")]),
        foreground=True,
        needs=NEEDS,
        steps=[get("/"), Signal(), Exit()],
        expect=[
            happened("leave d1", after="leave root"),
            happened("enter c1", after="leave d1"),
            happened("leave c1"),
        ],
        faults=("no-cleanup-hooks", "cleanup-first", "sigterm-kills"),
    ),
    Check(
        id="shutdown/failing-hook-runs-once",
        title="A shutdown hook that fails behind SIGTERM has run once, and the process ends",
        source=ONCE,
        app=FAILING_HOOK,
        foreground=True,
        needs=NEEDS,
        steps=[get("/"), Signal(), Exit()],
        expect=[events("enter root", "leave root", "enter d1", "raise d1")],
        faults=("failing-shutdown-hook-twice",),
    ),
    Check(
        id="shutdown/failing-hook-fails-the-exit",
        title="When a shutdown hook fails, the exit status says so",
        source=practice("a supervisor is to be told; a process that SIGTERM ends says no less"),
        level=SHOULD,
        app=FAILING_HOOK,
        foreground=True,
        needs=NEEDS,
        steps=[get("/"), Signal(), Exit()],
        expect=[echoes(route="root"), happened("raise d1"), failed_exit()],
        faults=("failed-shutdown-exits-0",),
    ),
    # -- A second signal -------------------------------------------------------------------------
    Check(
        id="shutdown/second-sigint",
        title="A second SIGINT ends a process at once that still waits for a request",
        source=IMPATIENT,
        level=SHOULD,
        app=SLOW,
        foreground=True,
        needs=NEEDS,
        # That the idle connection is closed tells that the first has been taken: one of two that
        # are the same could else be lost.
        steps=[
            *IDLE,
            get("/slow", begin_only=True),
            Event("wait", request="1"),
            Signal("SIGINT"),
            ReadToEnd(on="idle"),
            Signal("SIGINT"),
            Exit(),
        ],
        expect=[never_happened("leave slow")],
        faults=("ignores-second-signal",),
    ),
    Check(
        id="shutdown/second-signal-during-a-hook",
        title="A second signal ends a process at once in which a shutdown hook waits",
        source=IMPATIENT,
        level=SHOULD,
        app=SLOW_HOOK,
        foreground=True,
        needs=NEEDS,
        steps=[get("/"), Signal(), Event("wait", "d1"), Signal("SIGINT"), Exit()],
        expect=[never_happened("leave d1")],
        faults=("ignores-second-signal",),
    ),
    # -- What is half done -----------------------------------------------------------------------
    Check(
        id="shutdown/sigint-lets-requests-finish",
        title="A request that runs when SIGINT comes is answered whole",
        source=practice("Ctrl-C is how a developer stops a service, and ends it as gracefully"),
        app=SLOW,
        foreground=True,
        needs=NEEDS,
        steps=[
            *IDLE,
            get("/slow", begin_only=True),
            Event("wait", request="1"),
            Signal("SIGINT"),
            ReadToEnd(on="idle"),
            Open("go"),
            Answered("1"),
            Exit(),
        ],
        expect=[echoes(route="slow"), ANY_STATUS],
        faults=("cancels-running-on-sigterm", "ignores-sigint"),
    ),
    Check(
        id="shutdown/half-requests-on-sigterm",
        title="Clients that have sent half a head or half a body do not keep a process from ending",
        source=practice("a client that does not go on holds up nobody's end"),
        app=app(ROOT, POST, drain_s=DRAIN_S),
        foreground=True,
        needs=NEEDS,
        steps=[
            Send(HALF_A_HEAD, on="head"),
            Send(HALF_A_BODY, on="body"),
            get("/", name="other"),
            Signal(),
            ReadToEnd(on="head"),
            ReadToEnd(on="body"),
            Exit(),
        ],
        expect=[
            echoes(of="other", route="root"),
            *(
                either([answers(0, of=name)], [answers(1, of=name), not_2xx(of=name)])
                for name in ("head", "body")
            ),
            connection_ended(of="head"),
            connection_ended(of="body"),
        ],
        faults=("no-drain-limit", "half-body-is-whole-at-the-end"),
    ),
    Check(
        id="shutdown/cut-stream-on-sigterm",
        title="A stream that the end of the process cuts does not look whole",
        source=COMPLETE,
        app=app(ROOT, NEVER_ENDS, drain_s=DRAIN_S),
        foreground=True,
        needs=NEEDS,
        steps=[
            Send(raw("GET /stream")),
            Read(head_only=True),
            Event("wait", "stream"),
            Signal(),
            ReadToEnd(),
            Exit(),
        ],
        expect=[status(200), cut_off(), connection_ended()],
        faults=("ends-cut-streams-well", "no-drain-limit"),
    ),
]
