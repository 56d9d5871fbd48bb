"""Middlewares that raise, in front of what is inside them or behind it.

Owns of the category middleware their own errors. Literals only; nothing here
opens a socket.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..check import SHOULD, Check, practice
from ..expect import (
    Expectation,
    either,
    events,
    happened,
    never_happened,
    never_sent,
    not_2xx,
    status,
    well_framed,
)
from ..spec import (
    Crash,
    Middleware,
    RaiseHttp,
)
from ..steps import get
from ._stacks import (
    DOCUMENTED,
    ECHO,
    POSITIONS,
    TELLTALE,
    THREE,
    around,
    marking,
    three_with,
)

LEFT = practice("what a middleware has begun for a request it can end, however that went on")


def _all_left(ids: Sequence[str]) -> list[Expectation]:
    """Each of these had an answer or an exception from inside."""
    return [either(happened(f"leave {id}"), happened(f"raise {id}")) for id in ids]


CHECKS: list[Check] = [
    # -- One of them raises ----------------------------------------------------------------------
    Check(
        id="middleware/raises-instead",
        title="A middleware that raises an HTTP error keeps the request from its handler",
        source=DOCUMENTED,
        app=around(ECHO, Middleware("m1", before=(RaiseHttp(403),))),
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
        app=around(ECHO, Middleware("m1", before=(RaiseHttp(403),))),
        steps=[get("/")],
        expect=[status(403)],
        faults=["errors-of-middlewares-are-500"],
    ),
    Check(
        id="middleware/crash-before-the-handler",
        title="A middleware that crashes is a framed 500 that says nothing of the exception",
        source=DOCUMENTED,
        app=around(ECHO, marking("m1"), Middleware("m2", before=(Crash(TELLTALE),))),
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
        app=around(ECHO, marking("m1"), Middleware("m2", after=(Crash(TELLTALE),))),
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
        app=around(ECHO, Middleware("m1", after=(Crash(TELLTALE),))),
        steps=[get("/")],
        expect=[status(500)],
        faults=["ignores-errors-of-middlewares"],
    ),
    *(
        Check(
            id=f"middleware/raises-as-{name}",
            title=f"When the {name} of three middlewares raises, nothing inside it runs",
            source=LEFT,
            app=three_with(position, ECHO, before=[RaiseHttp(403)]),
            steps=[get("/")],
            expect=[
                not_2xx(),
                well_framed(),
                events(*(f"enter {id}" for id in THREE[: position + 1]), request="1"),
                *_all_left(THREE[:position]),
            ],
            faults=["ignores-errors-of-middlewares"],
        )
        for name, position in POSITIONS
    ),
    *(
        Check(
            id=f"middleware/crashes-as-{name}",
            title=f"When the {name} of three middlewares crashes, that is a 500 and no more",
            source=LEFT,
            app=three_with(position, ECHO, before=[Crash(TELLTALE)]),
            steps=[get("/")],
            expect=[
                status(500),
                well_framed(),
                never_sent(TELLTALE.encode()),
                events(*(f"enter {id}" for id in THREE[: position + 1]), request="1"),
                *_all_left(THREE[:position]),
            ],
            faults=["crash-of-middleware-closes", "traceback-to-everyone"],
        )
        for name, position in POSITIONS
    ),
    *(
        Check(
            id=f"middleware/crashes-behind-the-handler-as-{name}",
            title=f"When the {name} of three middlewares crashes behind the handler, those inside "
            "it have been left",
            source=LEFT,
            app=three_with(position, ECHO, after=[Crash(TELLTALE)]),
            steps=[get("/")],
            expect=[
                well_framed(),
                never_sent(TELLTALE.encode()),
                happened("leave r1", request="1"),
                *(happened(f"leave {id}") for id in THREE[position + 1 :]),
            ],
            faults=["crash-of-middleware-closes", "traceback-to-everyone"],
        )
        for name, position in POSITIONS
    ),
    Check(
        id="middleware/raises-behind-the-handler",
        title="A middleware that raises an HTTP error behind the handler leaves no client waiting",
        source=DOCUMENTED,
        app=around(ECHO, Middleware("m1"), Middleware("m2", after=(RaiseHttp(409),))),
        steps=[get("/"), get("/", name="again")],
        expect=[
            happened("leave r1", request="1"),
            well_framed(),
            well_framed(of="again"),
        ],
        faults=["aborts-for-errors-of-middlewares"],
    ),
    Check(
        id="middleware/error-behind-the-handler-replaces-the-answer",
        title="An HTTP error that a middleware raises behind the handler is the answer",
        level=SHOULD,
        source=practice(
            "most frameworks; where errors are made responses further inside, it is a 500"
        ),
        app=around(ECHO, Middleware("m1", after=(RaiseHttp(409),))),
        steps=[get("/")],
        expect=[status(409, 500)],
        faults=["ignores-errors-of-middlewares"],
    ),
]
