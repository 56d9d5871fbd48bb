"""What many requests, and clients that do not read or do not ask, leave in the subject.

Owns the category load: memory and descriptors, each measured against what the same process had
before. Where something has to have had its time, requests on another connection give it: while
they are answered one by one, the subject's event loop goes round as often. Literals only; nothing
here opens a socket.
"""

from __future__ import annotations

from ..check import SHOULD, Check, practice
from ..expect import crowd_served, descriptors_back, grew_at_most
from ..spec import RaiseHttp, ReadBody, Respond, Route, Stream, Wait, app
from ..steps import Close, Crowd, Gauge, Read, Reset, Send, get, raw

ROOT = Route("root", "GET", "/")
DONE = Respond(200, "done")
PATHS = app(Route("item", "GET", "/items/{name}", DONE))
ERRORS = app(ROOT, Route("error", "GET", "/error", RaiseHttp(403)))
LARGE = app(
    ROOT,
    Route("large", "GET", "/large", Respond(200, "x" * 262144)),
    Route("stream", "GET", "/stream", Stream(("x" * 65536,), times=1024)),
)
WAITING = app(
    ROOT,
    Route("slow", "GET", "/slow", Wait("go", DONE)),
    Route("upload", "POST", "/upload", Wait("go", DONE)),
    body_limit=1 << 27,
)
BODIES = app(
    ROOT,
    Route("post", "POST", "/", ReadBody(then=DONE)),
    Route("stream", "GET", "/stream", Stream(("x" * 65536,), times=64)),
)

CLOCK = 150
"""Requests one behind the other that give the subject its time."""
PAD = "x" * 900
LONG = "x" * 7000
VANISHED = range(25)

BOUNDED = practice("what clients do is no reason to take memory without bound (CWE-770)")
GIVEN_BACK = practice("what a request or a connection took is given back behind it (CWE-401)")
SLOW_READERS = practice("a server waits for a client that does not read (backpressure)")


def _others(name: str = "others", count: int = CLOCK) -> Crowd:
    """Requests of another client, each sent when the one before it has been answered."""
    return Crowd(raw("GET /?q=q@N@"), count, own=b'"q@N@"', name=name)


CHECKS = [
    Check(
        id="load/thousand-connections",
        title="A thousand connections are all served, take little memory, and leave nothing",
        source=GIVEN_BACK,
        alone=True,
        steps=[
            _others("warm", 20),
            Gauge("before"),
            Crowd(raw("GET /?q=q@N@"), 1000, 1000, own=b'"q@N@"'),
            Gauge("open"),
            Close("crowd"),
            _others(),
            Gauge("after"),
        ],
        expect=[
            crowd_served(),
            grew_at_most(96, "before", "open"),
            crowd_served("others"),
            descriptors_back(slack=8),
        ],
        faults=("large-buffer-for-every-connection", "leaks-connections", "few-connections"),
    ),
    Check(
        id="load/vanished-clients",
        title="Clients that vanish within a head, a body or an answer leave no descriptors",
        source=GIVEN_BACK,
        app=BODIES,
        alone=True,
        steps=[
            _others("warm", 20),
            Gauge("before"),
            *(
                Send(b"GET / HTTP/1.1\r\nHost: @HOST@\r\nX-", on=f"head {number}")
                for number in VANISHED
            ),
            *(
                Send(raw("POST /", "Content-Length: 10", body=b"half"), on=f"body {number}")
                for number in VANISHED
            ),
            *(Send(raw("GET /stream"), on=f"answer {number}") for number in VANISHED),
            _others("meanwhile", 20),
            *(Close(f"head {number}") for number in VANISHED),
            *(Close(f"body {number}") for number in VANISHED),
            *(Reset(f"answer {number}") for number in VANISHED),
            _others(),
            Gauge("after"),
        ],
        expect=[crowd_served("meanwhile"), crowd_served("others"), descriptors_back(slack=12)],
        faults=("leaks-connections", "leaks-broken-connections"),
    ),
    Check(
        id="load/distinct-paths",
        title="Ten thousand different paths, with a route and without, leave nothing in memory",
        source=BOUNDED,
        app=PATHS,
        alone=True,
        steps=[
            Crowd(raw(f"GET /items/w@N@{PAD}"), 300, 1, 20, own=b"", name="warm"),
            Crowd(raw(f"GET /warm/@N@{PAD}"), 300, 1, 20, own=b"", name="warm too"),
            Gauge("before"),
            Crowd(raw(f"GET /items/@N@{PAD}"), 2500, 4, 40, own=b"", name="with a route"),
            Crowd(raw(f"GET /none/@N@{PAD}"), 7500, 4, 40, own=b"", name="without a route"),
            Gauge("after"),
        ],
        expect=[
            crowd_served("with a route"),
            crowd_served("without a route", 404),
            grew_at_most(5),
        ],
        faults=("caches-every-path", "caches-every-unknown-path"),
    ),
    Check(
        id="load/errors",
        title="Thousands of errors that handlers raise leave nothing in memory",
        source=GIVEN_BACK,
        app=ERRORS,
        alone=True,
        # An exception and its frames hold one another, until a collector comes by: hundreds of
        # them may be there at any time, with what they hold.
        steps=[
            Crowd(raw("GET /error", f"X-Pad: {LONG}"), 300, 4, 5, own=b"", name="warm"),
            Gauge("before"),
            Crowd(raw("GET /error", f"X-Pad: {LONG}"), 2500, 4, 5, own=b""),
            Gauge("after"),
        ],
        expect=[crowd_served("crowd", 403), grew_at_most(18)],
        faults=("keeps-exceptions",),
    ),
    Check(
        id="load/slow-reader-of-a-stream",
        title="A stream waits for a client that does not read it, in little memory",
        source=SLOW_READERS,
        app=LARGE,
        alone=True,
        steps=[
            _others("warm", 20),
            Gauge("before"),
            Send(raw("GET /stream"), on="slow"),
            Read(on="slow", head_only=True),
            _others(),
            Gauge("after"),
        ],
        expect=[crowd_served("others"), grew_at_most(24)],
        faults=("never-waits-for-clients", "buffers-streams"),
    ),
    Check(
        id="load/answers-nobody-reads",
        title="A client that pipelines requests for much and reads nothing is made to wait",
        source=SLOW_READERS,
        app=LARGE,
        alone=True,
        # 64 MiB of answers; the buffers of both sides hold some of them.
        steps=[
            get("/large", name="warm"),
            _others("warm too", 20),
            Gauge("before"),
            Send(raw("GET /large") * 256, on="slow"),
            Read(on="slow", head_only=True),
            _others(),
            Gauge("after"),
        ],
        expect=[crowd_served("others"), grew_at_most(24)],
        faults=("never-waits-for-clients",),
    ),
    Check(
        id="load/upload-nobody-reads",
        title="A large body is not read into memory while its handler does not ask for it",
        level=SHOULD,
        source=BOUNDED,
        app=WAITING,
        alone=True,
        # 64 MiB of it, of which the buffers of both sides hold some.
        steps=[
            _others("warm", 20),
            Gauge("before"),
            Send(raw("POST /upload", f"Content-Length: {1 << 26}"), on="upload"),
            Send(b"x" * 65536, on="upload", times=1024, begin_only=True),
            _others(count=300),
            Gauge("after"),
        ],
        expect=[crowd_served("others"), grew_at_most(24)],
        faults=("reads-without-bound",),
    ),
    Check(
        id="load/requests-nobody-answers",
        title="Requests behind one that waits are not read into memory without bound",
        level=SHOULD,
        source=BOUNDED,
        app=WAITING,
        alone=True,
        # 34 MiB of them.
        steps=[
            _others("warm", 20),
            Gauge("before"),
            Send(raw("GET /slow"), on="pipeline"),
            Send(raw("GET /", f"X-Pad: {LONG}"), on="pipeline", times=5000, begin_only=True),
            _others(count=300),
            Gauge("after"),
        ],
        expect=[crowd_served("others"), grew_at_most(16)],
        faults=("reads-without-bound",),
    ),
]
