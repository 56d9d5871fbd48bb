"""What a lifecycle hook that fails keeps from happening, and what not.

Owns the checks of the category hooks in which a hook raises. Literals only; nothing here opens a
socket.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..check import SHOULD, Check, practice
from ..expect import (
    EventOrder,
    by_dialect,
    connection_ended,
    connection_refused,
    echoes,
    either,
    events,
    failed_exit,
    happened,
    not_started,
)
from ..spec import Crash, Hook, Route, Wait, app
from ..steps import Answered, Connect, Event, Open, Read, ReadToEnd, Send, Stop, Stopped, get, raw

NOTHING_LISTENS = practice("what could not be set up is not served")
NOT_BEHIND = practice(
    "a later startup hook builds on the earlier ones: all eight frameworks stop at the one that "
    "raises"
)
OTHERS_RUN = practice("frameworks differ in whether the other hooks run; each runs once at most")
NOTHING_LEFT = practice("a hook that fails is no reason to leave open what others opened")

HELLO = Route("hello", "GET", "/hello")
SLOW = Route("slow", "GET", "/slow", Wait("go"))
GONE = Crash("gone")

SETTLE = (Open("nobody"),) * 5  # round trips, in which a shutdown that was begun has got on

NAMES = ("1", "2", "3")
POSITIONS = (("first", "1"), ("middle", "2"), ("last", "3"))


def _three(letter: str, failing: str) -> list[Hook]:
    return [Hook(letter + one, GONE if one == failing else None) for one in NAMES]


def _until_it_fails(hooks: Sequence[str], failing: str) -> EventOrder:
    return _ran(hooks[: hooks.index(failing) + 1], failing)


def _ran(hooks: Sequence[str], *failing: str) -> EventOrder:
    """Exactly these events of hooks: each began and ended in turn."""
    return events(
        *(
            f"{kind} {hook}"
            for hook in hooks
            for kind in ("enter", "raise" if hook in failing else "leave")
        ),
        kinds=("enter", "leave", "raise"),
    )


CHECKS: list[Check] = [
    # -- Startup ---------------------------------------------------------------------------------
    *(
        Check(
            id=f"hooks/startup-ends-with-failing-{position}",
            title=f"When the {position} of three startup hooks fails, no later one runs",
            source=NOT_BEHIND,
            app=app(HELLO, startup=_three("s", failing)),
            steps=[],
            expect=[
                not_started(),
                _until_it_fails([f"s{one}" for one in NAMES], f"s{failing}"),
            ],
            faults=faults,
        )
        for (position, failing), faults in zip(
            POSITIONS,
            (
                ("runs-hooks-behind-failed-one", "retries-failed-startup-hook"),
                ("runs-hooks-behind-failed-one", "retries-failed-startup-hook"),
                ("retries-failed-startup-hook", "serves-after-failed-startup"),
            ),
            strict=True,
        )
    ),
    Check(
        id="hooks/failed-startup-unwinds-once",
        title="Behind a startup that failed the other hooks run once each, or not, as declared",
        source=practice("what earlier hooks opened is closed there, or the end of the process is"),
        app=app(
            HELLO,
            startup=[Hook("s1"), Hook("s2", GONE)],
            shutdown=[Hook("d1")],
            cleanup=[Hook("c1")],
        ),
        steps=[],
        expect=[
            not_started(),
            by_dialect(
                "cleanup_behind_failed_startup",
                yes=either(_ran(["s1", "s2", "c1"], "s2"), _ran(["s1", "s2", "d1", "c1"], "s2")),
                no=either(_ran(["s1", "s2"], "s2"), _ran(["s1", "s2", "d1"], "s2")),
            ),
        ],
        faults=("unwinds-twice", "retries-failed-startup-hook"),
    ),
    Check(
        id="hooks/cancelled-startup-serves-nothing",
        title="When a startup hook ends cancelled, the application is not served",
        source=NOTHING_LISTENS,
        app=app(HELLO, startup=[Hook("s1", Crash(kind="cancelled")), Hook("s2")]),
        steps=[],
        expect=[not_started()],
        faults=("serves-after-cancelled-startup",),
    ),
    Check(
        id="hooks/exit-in-startup-ends-the-process",
        title="A startup hook that exits ends the process, with a status that says so",
        source=practice("SystemExit with a message is how a program says that it cannot start"),
        app=app(HELLO, startup=[Hook("s1", Crash("no configuration", kind="base")), Hook("s2")]),
        foreground=True,
        needs=["foreground"],
        steps=[],
        expect=[not_started(), failed_exit(), events("enter s1", "raise s1", kinds=["leave"])],
        faults=("serves-after-failed-startup",),
    ),
    # -- Shutdown --------------------------------------------------------------------------------
    *(
        Check(
            id=f"hooks/shutdown-with-failing-{position}",
            title=f"When the {position} of three shutdown hooks fails, the others run as declared",
            source=OTHERS_RUN,
            app=app(HELLO, shutdown=_three("d", failing)),
            steps=[Stop()],
            expect=[
                by_dialect(
                    "failing_shutdown_hook",
                    others_run=by_dialect(
                        "shutdown_order",
                        fifo=_ran(["d1", "d2", "d3"], f"d{failing}"),
                        lifo=_ran(["d3", "d2", "d1"], f"d{failing}"),
                    ),
                    ends_them=by_dialect(
                        "shutdown_order",
                        fifo=_until_it_fails(["d1", "d2", "d3"], f"d{failing}"),
                        lifo=_until_it_fails(["d3", "d2", "d1"], f"d{failing}"),
                    ),
                ),
            ],
            faults=faults,
        )
        for (position, failing), faults in zip(
            POSITIONS,
            (
                ("failing-hook-ends-hooks", "failing-shutdown-hook-twice"),
                ("failing-hook-ends-hooks", "failing-shutdown-hook-twice"),
                ("failing-shutdown-hook-twice", "no-shutdown-hooks"),
            ),
            strict=True,
        )
    ),
    Check(
        id="hooks/cleanup-with-failing-middle",
        title="When the middle of three cleanup hooks fails, the others run as declared",
        source=OTHERS_RUN,
        app=app(HELLO, cleanup=_three("c", "2")),
        steps=[Stop()],
        expect=[
            by_dialect(
                "failing_shutdown_hook",
                others_run=either(_ran(["c1", "c2", "c3"], "c2"), _ran(["c3", "c2", "c1"], "c2")),
                ends_them=either(_ran(["c1", "c2"], "c2"), _ran(["c3", "c2"], "c2")),
            )
        ],
        faults=("failing-hook-ends-hooks", "no-cleanup-hooks"),
    ),
    Check(
        id="hooks/shutdown-with-cancelled-middle",
        title="When the middle of three shutdown hooks ends cancelled, the others run as declared",
        # It has awaited a task of its own that it had cancelled, as many do.
        source=OTHERS_RUN,
        app=app(
            HELLO, shutdown=[Hook("d1"), Hook("d2", Crash("gone", kind="cancelled")), Hook("d3")]
        ),
        steps=[Stop()],
        expect=[
            by_dialect(
                "failing_shutdown_hook",
                others_run=either(_ran(["d1", "d2", "d3"], "d2"), _ran(["d3", "d2", "d1"], "d2")),
                ends_them=either(_ran(["d1", "d2"], "d2"), _ran(["d3", "d2"], "d2")),
            )
        ],
        faults=("cancelled-hook-ends-hooks",),
    ),
    Check(
        id="hooks/failing-shutdown-closes-connections",
        title="When a shutdown hook fails, open connections are closed all the same",
        level=SHOULD,
        source=NOTHING_LEFT,
        app=app(HELLO, shutdown=[Hook("d1", GONE)]),
        steps=[Send(raw("GET /hello")), Read(), Stop(), ReadToEnd(), Connect(on="after")],
        expect=[
            echoes(route="hello"),
            happened("raise d1"),
            connection_ended(),
            connection_refused(of="after"),
        ],
        faults=("failing-hook-leaves-all-open",),
    ),
    Check(
        id="hooks/failing-shutdown-lets-requests-finish",
        title="When a shutdown hook fails, a request that runs is still answered whole",
        level=SHOULD,
        source=practice("a client is not made to pay for what a hook could not close"),
        app=app(HELLO, SLOW, shutdown=[Hook("d1", GONE)]),
        steps=[
            get("/slow", begin_only=True),
            Event("wait", request="1"),
            Stop(begin_only=True),
            *SETTLE,
            Open("go"),
            Answered("1"),
            Stopped(),
        ],
        expect=[echoes(route="slow"), happened("leave slow"), happened("raise d1")],
        faults=("failing-hook-cancels-requests",),
    ),
]
