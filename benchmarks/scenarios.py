"""The loads that are measured: what is served, what is sent, what is right. Data, no I/O.

A scenario is an application described as data, which every adapter of the suite can serve; the
octets of a request; what its answer must be; and the checks of the suite that must hold before a
figure about it means anything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from conformance.spec import App, Crash, Json, Middleware, Mirror, Params, Respond, Route, Stream
from conformance.spec import app as make_app

from .command import Refused
from .load.model import PLACEHOLDER

COUNT_0 = b"0000000"
NEW = "+new"
"""Behind the name of a scenario: each request on a connection of its own."""

_BODY_LIMIT = 4 * 1024 * 1024


@dataclass(frozen=True)
class Scenario:
    """One kind of load.

    name            as the command line has it
    title           what it shows, in a few words
    app             what is served
    request         the octets of one request, with PLACEHOLDER where each has another number
    accepts         whether the body of the answer to request number 0 is right; the other answers
                    must have the very same body, with their own number in it
    stands_on       ids of the checks without which its figure would be of something else
    status          of the answer
    pipeline        requests that are sent before their answers are read
    connections     how many work at a time, unless the command line says otherwise
    new_connection  each request has a connection of its own
    idle            connections that are open beside the load and do nothing
    """

    name: str
    title: str
    app: App
    request: bytes
    accepts: Callable[[bytes], bool]
    stands_on: tuple[str, ...]
    status: int = 200
    pipeline: int = 1
    connections: int = 64
    new_connection: bool = False
    idle: int = 0

    @property
    def probe(self) -> bytes:
        """Request number 0."""
        return self.request.replace(PLACEHOLDER, COUNT_0)

    def with_new_connections(self) -> Scenario:
        """The same on a new connection for each request, which says that it is the last."""
        head, _, body = self.request.partition(b"\r\n\r\n")
        return replace(
            self,
            name=self.name + NEW,
            title=f"{self.title}, each on a new connection",
            request=head + b"\r\nConnection: close\r\n\r\n" + body,
            stands_on=(*self.stands_on, "connection/close-ends-it"),
            new_connection=True,
        )


def request(method: str, target: str, body: bytes = b"", content_type: str = "") -> bytes:
    """A complete HTTP/1.1 request.

    Host has no port, because each server listens on another one and all are to get the same octets.
    """
    head = f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if content_type:
        head += f"Content-Type: {content_type}\r\n"
    if body:
        head += f"Content-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


# -- What is served and what is right -------------------------------------------------------------

HELLO = b"Hello, World!"
_ROOT = Route("root", "GET", "/", Respond(200, HELLO.decode(), "text/plain"))

DOCUMENT = {
    "message": "Hello, World!",
    "id": 4711,
    "tags": ["one", "two", "three"],
    "nested": {"ratio": 0.25, "ok": True, "nothing": None},
}
_DOCUMENT_BYTES = json.dumps(DOCUMENT).encode()
_SMALL = _DOCUMENT_BYTES
_MIB = bytes(range(256)) * 4096
_CHUNK = "0123456789abcdef" * 64
_STREAMED_CHUNKS = 16

_PERSISTS = ("connection/persists", "response/length-counts-octets")
_BODIES = (*_PERSISTS, "request/body-binary", "request/body-large", "response/bytes-as-given")


def _exactly(expected: bytes) -> Callable[[bytes], bool]:
    return lambda body: body == expected


def _same_document(body: bytes) -> bool:
    """Serialisers differ in white space: equal is what parses to the same document."""
    try:
        return bool(json.loads(body) == DOCUMENT)
    except ValueError:
        return False


def _anything(body: bytes) -> bool:
    """An error page is the framework's own. It must be the same in every answer."""
    return True


def _quiet(*routes: Route, **options: object) -> App:
    return make_app(*routes, quiet=True, body_limit=_BODY_LIMIT, **options)


def _many_routes(count: int) -> Scenario:
    """Every second route has a param; what is asked for is the last, and another name each time."""
    routes = [
        Route(f"r{number}", "GET", f"/section{number}/items", Respond(200, "items", "text/plain"))
        if number % 2 == 0
        else Route(f"r{number}", "GET", f"/section{number}/items/{{name}}", Params(("name",)))
        for number in range(count)
    ]
    return Scenario(
        f"routes-{count}",
        f"the last one of {count:,} routes, with a param",
        _quiet(*routes),
        request("GET", f"/section{count - 1}/items/x{{count}}"),
        _exactly(b"x" + COUNT_0),
        (*_PERSISTS, "routing/every-route-is-considered", "params/whole-segment"),
    )


def _middlewares(count: int) -> Scenario:
    passing = "middleware that passes" if count == 1 else "middlewares that pass"
    return Scenario(
        f"middlewares-{count}",
        f"plain text behind {count} {passing} it on",
        _quiet(_ROOT, middlewares=[Middleware(f"m{number}") for number in range(count)]),
        request("GET", "/"),
        _exactly(HELLO),
        (*_PERSISTS, "middleware/runs", "middleware/passes-the-request-on"),
    )


def _echo(name: str, title: str, body: bytes, connections: int) -> Scenario:
    return Scenario(
        name,
        title,
        _quiet(Route("echo", "POST", "/echo", Mirror())),
        request("POST", "/echo", body, "application/octet-stream"),
        _exactly(body),
        (*_BODIES, "response/large-body-whole"),
        connections=connections,
    )


_PLAINTEXT = Scenario(
    "plaintext",
    "Hello, World!",
    _quiet(_ROOT),
    request("GET", "/"),
    _exactly(HELLO),
    _PERSISTS,
)
_FIVE = "/a/{p1}/b/{p2}/c/{p3}/d/{p4}/e/{p5}"

SCENARIOS = {
    one.name: one
    for one in (
        _PLAINTEXT,
        Scenario(
            "json",
            "a JSON document of 129 octets, parsed and answered",
            _quiet(Route("json", "POST", "/json", Json())),
            request("POST", "/json", _DOCUMENT_BYTES, "application/json"),
            _same_document,
            (*_BODIES, "json/any-value"),
        ),
        Scenario(
            "param",
            "one route param, another value each time",
            _quiet(_ROOT, Route("user", "GET", "/users/{name}", Params(("name",)))),
            request("GET", "/users/u{count}"),
            _exactly(b"u" + COUNT_0),
            (*_PERSISTS, "params/whole-segment"),
        ),
        Scenario(
            "params-5",
            "five route params",
            _quiet(_ROOT, Route("five", "GET", _FIVE, Params(("p1", "p2", "p3", "p4", "p5")))),
            request("GET", "/a/one/b/two/c/three/d/four/e/x{count}"),
            _exactly(b"one/two/three/four/x" + COUNT_0),
            (*_PERSISTS, "params/several"),
        ),
        _many_routes(10),
        _many_routes(1_000),
        _many_routes(10_000),
        _middlewares(1),
        _middlewares(10),
        _echo("echo", "a body of 129 octets, sent back", _SMALL, 64),
        _echo("echo-1mib", "a body of 1 MiB, sent back", _MIB, 8),
        Scenario(
            "stream",
            "a stream of 16 pieces of 1 KiB",
            _quiet(Route("stream", "GET", "/stream", Stream((_CHUNK,), times=_STREAMED_CHUNKS))),
            request("GET", "/stream"),
            _exactly(_CHUNK.encode() * _STREAMED_CHUNKS),
            (*_PERSISTS, "response/stream-whole", "response/stream-of-many-parts"),
        ),
        Scenario(
            "pipelined",
            "plain text, 16 requests before the answers are read",
            _quiet(_ROOT),
            request("GET", "/"),
            _exactly(HELLO),
            (*_PERSISTS, "connection/pipelined-in-order", "pipelining/fifty-in-a-row"),
            pipeline=16,
        ),
        Scenario(
            "not-found",
            "no such path",
            _quiet(_ROOT),
            request("GET", "/nowhere"),
            _anything,
            ("connection/persists", "routing/unknown-path-is-404"),
            status=404,
        ),
        Scenario(
            "exception",
            "a handler that raises what nobody catches",
            _quiet(Route("crash", "GET", "/crash", Crash())),
            request("GET", "/crash"),
            _anything,
            ("connection/persists", "error-page/500", "crash/many-on-one-connection"),
            status=500,
        ),
        replace(
            _PLAINTEXT,
            name="plaintext-idle",
            title="plain text beside 2,000 idle connections",
            app=_quiet(_ROOT, idle_s=3600.0),
            idle=2_000,
        ),
    )
}


def scenarios_of(text: str) -> Iterator[Scenario]:
    """`all`, or names with commas, each with NEW behind it or not. Raises Refused for others, and
    for one that is named twice."""
    words = list(SCENARIOS) if text == "all" else [word.strip() for word in text.split(",")]
    if len(set(words)) < len(words):
        raise Refused(f"a scenario is named twice in {text!r}")
    for word in words:
        name = word.removesuffix(NEW)
        if name not in SCENARIOS:
            raise Refused(f"there is no scenario {name!r}; there are {', '.join(SCENARIOS)}")
        scenario = SCENARIOS[name]
        if word.endswith(NEW) and scenario.pipeline > 1:
            raise Refused(f"{word}: what is pipelined takes a connection that stays open")
        yield scenario.with_new_connections() if word.endswith(NEW) else scenario
