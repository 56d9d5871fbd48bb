"""AppSpec: an application described as data, which every adapter can build with its framework.

Owns the vocabulary of the contract (docs/adapter-protocol.md) and its two forms: the dataclasses
that checks are written in, and JSON. Knows nothing of processes or sockets.

    App(Route("r1", "GET", "/users/{name}", Echo()), middlewares=[Middleware("m1")])

Everything is immutable and hashable: checks with equal apps share a running one.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

Pairs: TypeAlias = tuple[tuple[str, str], ...]
JsonValue: TypeAlias = Any


@dataclass(frozen=True)
class Action:
    """What a handler, middleware or hook does. In JSON an object with one key, the name."""

    name: ClassVar[str]

    def arguments(self) -> dict[str, JsonValue]:
        """The value of that key."""
        return {}

    def to_json(self) -> dict[str, JsonValue]:
        return {self.name: self.arguments()}

    def inner(self) -> Iterator[Action]:
        """This action and those inside it."""
        yield self


# -- What handlers do ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Echo(Action):
    """200 with JSON of what the handler saw; see docs/adapter-protocol.md for its members."""

    name = "echo"


@dataclass(frozen=True)
class Respond(Action):
    """A response with this status, headers and body, made as the framework's users make it.

    `body` is text, or bytes; None for a response without one.
    """

    name = "respond"
    status: int = 200
    body: str | bytes | None = None
    content_type: str | None = None
    headers: Pairs = ()
    reason: str | None = None
    cookies: Pairs = ()

    def arguments(self) -> dict[str, JsonValue]:
        return _given(
            status=self.status,
            text=self.body if isinstance(self.body, str) else None,
            base64=base64.b64encode(self.body).decode() if isinstance(self.body, bytes) else None,
            content_type=self.content_type,
            headers=_lists(self.headers),
            reason=self.reason,
            cookies=_lists(self.cookies),
        )


@dataclass(frozen=True)
class RaiseHttp(Action):
    """Raise the framework's own exception for `status`, with `text` as its message or body."""

    name = "raise_http"
    status: int
    text: str | None = None
    location: str | None = None
    headers: Pairs = ()

    def arguments(self) -> dict[str, JsonValue]:
        return _given(
            status=self.status,
            text=self.text,
            location=self.location,
            headers=_lists(self.headers),
        )


@dataclass(frozen=True)
class Crash(Action):
    """Raise an exception that the framework does not know (RuntimeError in Python).

    `kind` "base" is one that is no ordinary error: SystemExit in Python; "cancelled" and "timeout"
    are those of the runtime, raised by the handler itself; "unprintable" one whose message cannot
    be had, since asking for it raises; "caused" one raised from another that has the message.
    """

    name = "crash"
    message: str = "crashed on purpose"
    kind: str = "error"

    def arguments(self) -> dict[str, JsonValue]:
        return {"message": self.message, "kind": self.kind}


@dataclass(frozen=True)
class ReturnValue(Action):
    """Return a JSON value that is no response: null, a number, a list..."""

    name = "return_value"
    value: str | int | float | bool | None = None

    def arguments(self) -> dict[str, JsonValue]:
        return {"value": self.value}


@dataclass(frozen=True)
class Stream(Action):
    """Stream `chunks`, all of them `times` over; raise behind the first `crash_after` of them; wait
    at `gate` behind the first one."""

    name = "stream"
    chunks: tuple[str, ...]
    content_type: str = "text/plain"
    crash_after: int | None = None
    gate: str | None = None
    times: int | None = None

    def arguments(self) -> dict[str, JsonValue]:
        given = _given(
            content_type=self.content_type,
            crash_after=self.crash_after,
            gate=self.gate,
            times=self.times,
        )
        return {"chunks": list(self.chunks), **given}  # said even when there are none


@dataclass(frozen=True)
class Wait(Action):
    """Say that the gate is reached (event `wait`), wait until it is opened, then act."""

    name = "wait"
    gate: str
    then: Action = field(default_factory=Echo)

    def arguments(self) -> dict[str, JsonValue]:
        return {"gate": self.gate, "then": self.then.to_json()}

    def inner(self) -> Iterator[Action]:
        yield self
        yield from self.then.inner()


@dataclass(frozen=True)
class ReadBody(Action):
    """Read the body `how` ("whole", "pieces", "none", "json", "form"), then act."""

    name = "read_body"
    how: str = "whole"
    then: Action = field(default_factory=Echo)

    def arguments(self) -> dict[str, JsonValue]:
        return {"how": self.how, "then": self.then.to_json()}

    def inner(self) -> Iterator[Action]:
        yield self
        yield from self.then.inner()


@dataclass(frozen=True)
class ReadCookies(Action):
    """Have the framework parse the cookies of the request, then act; an echo tells them."""

    name = "read_cookies"
    then: Action = field(default_factory=Echo)

    def arguments(self) -> dict[str, JsonValue]:
        return {"then": self.then.to_json()}

    def inner(self) -> Iterator[Action]:
        yield self
        yield from self.then.inner()


@dataclass(frozen=True)
class State(Action):
    """200 with the text that a startup hook stored under `key`; "" when there is none."""

    name = "state"
    key: str

    def arguments(self) -> dict[str, JsonValue]:
        return {"key": self.key}


@dataclass(frozen=True)
class Params(Action):
    """200 with the values of these params of the path as text/plain, a slash between them."""

    name = "params"
    names: tuple[str, ...]

    def arguments(self) -> dict[str, JsonValue]:
        return {"names": list(self.names)}


@dataclass(frozen=True)
class Mirror(Action):
    """200 with the body of the request, read whole, as application/octet-stream."""

    name = "mirror"


@dataclass(frozen=True)
class Json(Action):
    """200 with the document that the body is, parsed and written by the framework's own means."""

    name = "json"


# -- What middlewares do beside -------------------------------------------------------------------


@dataclass(frozen=True)
class SetHeader(Action):
    """Set a header of the response that comes back from inside."""

    name = "set_header"
    header: str
    value: str

    def arguments(self) -> dict[str, JsonValue]:
        return {"name": self.header, "value": self.value}


@dataclass(frozen=True)
class ShortCircuit(Action):
    """Answer instead of what is inside."""

    name = "short_circuit"
    respond: Respond

    def arguments(self) -> dict[str, JsonValue]:
        return self.respond.arguments()


@dataclass(frozen=True)
class ReplaceResponse(Action):
    """Answer with another response than the one that came back."""

    name = "replace_response"
    respond: Respond

    def arguments(self) -> dict[str, JsonValue]:
        return self.respond.arguments()


@dataclass(frozen=True)
class Catch(Action):
    """Turn an exception from inside into this response."""

    name = "catch"
    respond: Respond

    def arguments(self) -> dict[str, JsonValue]:
        return self.respond.arguments()


# -- What hooks do --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Store(Action):
    """Store text in the application's state."""

    name = "store"
    key: str
    value: str

    def arguments(self) -> dict[str, JsonValue]:
        return {"key": self.key, "value": self.value}


# -- The application ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Route:
    """One route. `path` is in the notation `/literal/{param}`; an adapter translates it."""

    id: str
    method: str
    path: str
    do: Action = field(default_factory=Echo)

    def to_json(self) -> dict[str, JsonValue]:
        return {"id": self.id, "method": self.method, "path": self.path, "do": self.do.to_json()}


@dataclass(frozen=True)
class Middleware:
    """Does `before`, calls what is inside, does `after`; the first of an app is the outermost.

    Events: `enter`, then `leave`, or `raise` when an exception came from inside.
    """

    id: str
    before: tuple[Action, ...] = ()
    after: tuple[Action, ...] = ()

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "id": self.id,
            "before": [one.to_json() for one in self.before],
            "after": [one.to_json() for one in self.after],
        }


@dataclass(frozen=True)
class Hook:
    """A lifecycle hook: event `enter`, its action if any, event `leave` (`raise` when it fails)."""

    id: str
    do: Action | None = None

    def to_json(self) -> dict[str, JsonValue]:
        return {"id": self.id} if self.do is None else {"id": self.id, "do": self.do.to_json()}


@dataclass(frozen=True)
class App:
    """An application. None stands for the framework's default.

    body_limit   the most bytes that reading a body gives
    drain_s      how long a graceful shutdown waits for running requests
    head_s       how long a client may take for the head of a request
    body_s       how long a client may pause within a body that is read
    idle_s       how long a connection is kept open without a request
    files        names and texts of files that are served under /files, by the framework's own
                 means for serving a folder; beside the folder lies `secret.txt`
    access_log   the framework logs requests to stderr, in its own form
    quiet        handlers and middlewares tell no events, and do what they are told to at the least
                 cost: for measurements
    """

    routes: tuple[Route, ...] = ()
    middlewares: tuple[Middleware, ...] = ()
    startup: tuple[Hook, ...] = ()
    shutdown: tuple[Hook, ...] = ()
    cleanup: tuple[Hook, ...] = ()
    debug: bool = False
    body_limit: int | None = None
    drain_s: float | None = None
    head_s: float | None = None
    body_s: float | None = None
    idle_s: float | None = None
    files: Pairs = ()
    access_log: bool = False
    quiet: bool = False

    def to_json(self) -> dict[str, JsonValue]:
        limits = _given(
            body=self.body_limit,
            drain_s=self.drain_s,
            head_s=self.head_s,
            body_s=self.body_s,
            idle_s=self.idle_s,
        )
        more = _given(
            files=_lists(self.files),
            access_log=self.access_log or None,
            quiet=self.quiet or None,
        )
        return {
            "routes": [one.to_json() for one in self.routes],
            "middlewares": [one.to_json() for one in self.middlewares],
            "hooks": {
                "startup": [one.to_json() for one in self.startup],
                "shutdown": [one.to_json() for one in self.shutdown],
                "cleanup": [one.to_json() for one in self.cleanup],
            },
            "debug": self.debug,
            "limits": limits,
            **more,
        }

    def actions(self) -> Iterator[Action]:
        """Every action in it."""
        for route in self.routes:
            yield from route.do.inner()
        for middleware in self.middlewares:
            for action in (*middleware.before, *middleware.after):
                yield from action.inner()
        for hook in (*self.startup, *self.shutdown, *self.cleanup):
            if hook.do is not None:
                yield from hook.do.inner()

    @property
    def has_gates(self) -> bool:
        """Somebody waits in it, so two checks cannot share a running one."""
        return any(
            isinstance(one, Wait) or (isinstance(one, Stream) and one.gate is not None)
            for one in self.actions()
        )


def app(*routes: Route, **options: Any) -> App:
    """`app(Route(...), middlewares=[...])`: an App whose arguments may be lists."""
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in options.items()
    }
    return App(routes, **given)


def _given(**arguments: JsonValue) -> dict[str, JsonValue]:
    """The arguments that say something."""
    return {name: value for name, value in arguments.items() if value is not None and value != []}


def _lists(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    return [[name, value] for name, value in pairs]


# -- From JSON ------------------------------------------------------------------------------------

_ACTIONS: dict[str, type[Action]] = {
    one.name: one
    for one in (
        Echo, Respond, RaiseHttp, Crash, ReturnValue, Stream, Wait, ReadBody, ReadCookies, State,
        Params, Mirror, Json, SetHeader, ShortCircuit, ReplaceResponse, Catch, Store,
    )
}  # fmt: skip
_WITH_RESPONSE = (ShortCircuit, ReplaceResponse, Catch)


def action_from_json(data: Mapping[str, JsonValue]) -> Action:
    """The inverse of `Action.to_json`, for data that the schema accepts."""
    [(name, given)] = data.items()
    kind = _ACTIONS[name]
    if kind is Respond:
        return _respond(given)
    if kind in _WITH_RESPONSE:
        return kind(_respond(given))
    arguments = dict(given)
    if "then" in arguments:
        arguments["then"] = action_from_json(arguments["then"])
    for several in ("chunks", "names"):
        if several in arguments:
            arguments[several] = tuple(arguments[several])
    if "headers" in arguments:
        arguments["headers"] = _pairs(arguments["headers"])
    if kind is SetHeader:
        arguments["header"] = arguments.pop("name")
    return kind(**arguments)


def app_from_json(data: Mapping[str, JsonValue]) -> App:
    """The inverse of `App.to_json`, for data that the schema accepts."""
    hooks = data.get("hooks", {})
    limits = data.get("limits", {})
    return App(
        routes=tuple(
            Route(one["id"], one["method"], one["path"], action_from_json(one["do"]))
            for one in data.get("routes", ())
        ),
        middlewares=tuple(
            Middleware(
                one["id"],
                tuple(action_from_json(each) for each in one.get("before", ())),
                tuple(action_from_json(each) for each in one.get("after", ())),
            )
            for one in data.get("middlewares", ())
        ),
        startup=_hooks(hooks.get("startup", ())),
        shutdown=_hooks(hooks.get("shutdown", ())),
        cleanup=_hooks(hooks.get("cleanup", ())),
        debug=data.get("debug", False),
        body_limit=limits.get("body"),
        drain_s=limits.get("drain_s"),
        head_s=limits.get("head_s"),
        body_s=limits.get("body_s"),
        idle_s=limits.get("idle_s"),
        files=_pairs(data.get("files", ())),
        access_log=data.get("access_log", False),
        quiet=data.get("quiet", False),
    )


def _hooks(data: Iterable[Mapping[str, JsonValue]]) -> tuple[Hook, ...]:
    return tuple(
        Hook(one["id"], action_from_json(one["do"]) if "do" in one else None) for one in data
    )


def _respond(given: Mapping[str, JsonValue]) -> Respond:
    body: str | bytes | None = given.get("text")
    if "base64" in given:
        body = base64.b64decode(given["base64"])
    return Respond(
        status=given.get("status", 200),
        body=body,
        content_type=given.get("content_type"),
        headers=_pairs(given.get("headers", ())),
        reason=given.get("reason"),
        cookies=_pairs(given.get("cookies", ())),
    )


def _pairs(lists: Iterable[Iterable[str]]) -> Pairs:
    return tuple((name, value) for name, value in lists)
