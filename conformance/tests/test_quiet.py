"""Quiet applications do what they are told, tell nothing of it, and are started like any other.

So is what actions do when nothing is told: a handler is the same in both, and cheaper in one.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.adapter import Adapter, Running, quiet
from conformance.adapter.actions import answering, handling
from conformance.adapter.channel import Channel
from conformance.driver import AdapterProcess, Command, Deadlines, RunningApp
from conformance.guard import Guard
from conformance.seen import Rejection
from conformance.spec import (
    Action,
    App,
    Catch,
    Crash,
    Echo,
    Hook,
    Json,
    Middleware,
    Mirror,
    Params,
    RaiseHttp,
    ReadBody,
    ReadCookies,
    ReplaceResponse,
    Respond,
    Route,
    SetHeader,
    ShortCircuit,
    State,
    Store,
    Stream,
    Wait,
    app,
)

SUBJECTS = Path(__file__).parent / "subjects"
SKETCH = str(SUBJECTS / "sketch")
DOCUMENT = {"name": "Jürgen", "numbers": [1, 2.5, None], "ok": True}

ACTIONS: list[tuple[Action, int, bytes | None]] = [
    (Respond(200, "Hello, World!"), 200, b"Hello, World!"),
    (Respond(201, b"\x00\xff", "image/png"), 201, b"\x00\xff"),
    (Respond(200, "naïve", headers=(("X-A", "1"), ("X-A", "2"))), 200, "naïve".encode()),
    (Params(("one", "two")), 200, b"a/b"),
    (Params(("two",)), 200, b"b"),
    (Mirror(), 200, json.dumps(DOCUMENT).encode()),
    (Json(), 200, None),
    (Stream(("ab", "c"), times=2), 200, b"abcabc"),
    (State("k"), 200, b"v"),
    (RaiseHttp(404), 404, None),
    (Crash(), 500, None),
    (ReadBody("whole", Respond(200, "read")), 200, b"read"),
    (ReadBody("pieces", Respond(200, "read")), 200, b"read"),
    (ReadBody("json", Params(("one",))), 200, b"a"),
    (ReadBody("none", Mirror()), 200, json.dumps(DOCUMENT).encode()),
    (ReadCookies(Respond(200, "read")), 200, b"read"),
]
"""What a handler does, and the answer to a POST of DOCUMENT to `/NUMBER/a/b`."""

ALL = app(
    *(
        Route(f"r{number}", "POST", f"/{number}/{{one}}/{{two}}", action)
        for number, (action, _, _) in enumerate(ACTIONS)
    ),
    middlewares=[Middleware("m1", after=(SetHeader("X-M", "1"),)), Middleware("m2")],
    startup=[Hook("s1", Store("k", "v"))],
    quiet=True,
)
ADAPTERS = ["reference", "miniature", "aiohttp", "sanic", "starlette"]


def command(name: str, *arguments: str) -> Command:
    if name not in ("reference", "miniature"):
        pytest.importorskip(name)
    argv = [sys.executable, "-m", f"conformance.adapters.{name}", *arguments]
    return Command(argv, name)


@asynccontextmanager
async def serving(
    command: Command, app: App, *, foreground: bool = False
) -> AsyncIterator[RunningApp]:
    with closing(Guard()) as guard:
        process = await AdapterProcess.start(command, guard, Deadlines())
        try:
            running = await process.start_app(app, foreground=foreground)
            assert isinstance(running, RunningApp), running
            yield running
        finally:
            await process.quit()


async def ask(running: RunningApp, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    """Status and content of the answer, which is the last on its connection."""
    reader, writer = await asyncio.open_connection(running.host, running.port)
    writer.write(
        f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: a=1\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    try:
        async with asyncio.timeout(10):
            head, _, content = (await reader.read()).partition(b"\r\n\r\n")
    finally:
        writer.close()
    if b"chunked" in head.lower():
        content = unchunked(content)
    return int(head.split()[1]), content


def unchunked(content: bytes) -> bytes:
    pieces = b""
    while content:
        size, _, content = content.partition(b"\r\n")
        pieces += content[: int(size, 16)]
        content = content[int(size, 16) + 2 :]
    return pieces


def events(running: RunningApp) -> list[tuple[str, str]]:
    return [(one["event"], one["who"]) for one in running.events]


@pytest.mark.parametrize("name", ADAPTERS)
async def test_every_action_is_done_and_nothing_is_told(name: str) -> None:
    async with serving(command(name), ALL) as running:
        for number, (action, status, body) in enumerate(ACTIONS):
            got = await ask(running, "POST", f"/{number}/a/b", json.dumps(DOCUMENT).encode())
            assert got[0] == status, (action, got)
            if body is not None:
                assert got[1] == body, (action, got)
            if isinstance(action, Json):
                assert json.loads(got[1]) == DOCUMENT
        await running.sync()
        assert events(running) == [("enter", "s1"), ("leave", "s1")]


async def test_the_same_is_answered_when_it_is_told() -> None:
    """The new actions are those of any application."""
    async with serving(command("reference"), replace(ALL, quiet=False)) as running:
        for number, (action, status, body) in enumerate(ACTIONS):
            got = await ask(running, "POST", f"/{number}/a/b", json.dumps(DOCUMENT).encode())
            assert got[0] == status, (action, got)
            if body is not None:
                assert got[1] == body, (action, got)
        await running.sync()
        told = events(running)
        assert told.count(("enter", "m1")) == told.count(("enter", "m2")) == len(ACTIONS)
        assert {("enter", f"r{number}") for number in range(len(ACTIONS))} <= set(told)


RESPONSES = [
    (status, body, content_type)
    for status in (200, 201)
    for body in ("text", b"\x00\xff", None)
    for content_type in (None, "text/plain", "text/html; charset=utf-8", "image/png")
]


@pytest.mark.parametrize("name", ADAPTERS)
async def test_a_response_that_needs_little_is_what_it_is_in_full(name: str) -> None:
    """`responder` is a shorter way to what `respond` makes."""
    routes = [
        Route(f"{way}{number}", "GET", f"/{way}/{number}", Respond(*given, headers=headers))
        for number, given in enumerate(RESPONSES)
        for way, headers in (("little", ()), ("full", (("X-More", "1"),)))
    ]
    async with serving(command(name), app(*routes, quiet=True)) as running:
        for number, given in enumerate(RESPONSES):
            little = await head_of(running, f"/little/{number}")
            assert little | {"x-more: 1"} == await head_of(running, f"/full/{number}"), given


async def head_of(running: RunningApp, path: str) -> set[str]:
    """The lines of the head of an answer, with their names in lower case, without the time and
    without parameters: which text is said to be UTF-8 is a framework's own affair."""
    reader, writer = await asyncio.open_connection(running.host, running.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    try:
        async with asyncio.timeout(10):
            head, _, _ = (await reader.read()).partition(b"\r\n\r\n")
    finally:
        writer.close()
    lines = (line.partition(":") for line in head.decode().split("\r\n"))
    return {
        name.lower() + colon + value.partition(";")[0]
        for name, colon, value in lines
        if name.lower() != "date"
    }


@pytest.mark.parametrize("name", ADAPTERS)
async def test_the_frameworks_own_entry_point_serves_a_quiet_application(name: str) -> None:
    hello = app(Route("r1", "GET", "/", Respond(200, "Hello, World!")), quiet=True)
    async with serving(command(name), hello, foreground=True) as running:
        assert await ask(running, "GET", "/") == (200, b"Hello, World!")
        await running.sync()
        assert running.events == []


@pytest.mark.parametrize("foreground", [False, True])
async def test_the_guide_serves_a_quiet_application(foreground: bool) -> None:
    """A process for each application; its answers have no framing but their end."""
    argv = [sys.executable, "-m", "conformance.adapters.guide", SKETCH]
    # The sketch is without middlewares and reads bodies as text.
    hello = app(
        Route("r1", "GET", "/hello", Respond(200, "here")),
        Route("r2", "GET", "/of/{name}", Params(("name",))),
        quiet=True,
    )
    async with serving(Command(argv, "sketch"), hello, foreground=foreground) as running:
        assert await ask(running, "GET", "/hello") == (200, b"here")
        await running.sync()
        assert running.events == []


@pytest.mark.skipif(shutil.which("node") is None, reason="no node")
async def test_an_adapter_in_another_language_is_told_so_too() -> None:
    argv = ["node", str(SUBJECTS / "adapter.mjs")]
    one = app(
        Route("r1", "GET", "/of/{a}/{b}", Params(("b", "a"))),
        Route("r2", "POST", "/mirror", Mirror()),
        Route("r3", "POST", "/json", Json()),
        quiet=True,
    )
    async with serving(Command(argv, "node"), one) as running:
        assert await ask(running, "GET", "/of/x/y") == (200, b"y/x")
        assert await ask(running, "POST", "/mirror", b"\x00\xff") == (200, b"\x00\xff")
        status, body = await ask(running, "POST", "/json", json.dumps(DOCUMENT).encode())
        assert (status, json.loads(body)) == (200, DOCUMENT)
        await running.sync()
        assert running.events == []


async def test_an_echo_is_quiet_and_says_who_answers() -> None:
    echoing = app(Route("r1", "POST", "/{name}", ReadBody("whole", Echo())), quiet=True)
    async with serving(command("reference"), echoing) as running:
        _, body = await ask(running, "POST", "/x", b"abc")
        said = json.loads(body)
        assert running.process is not None
        assert said["nonce"] == running.process.nonce
        assert said["params"] == {"name": "x"}
        assert said["body"]["length"] == 3
        await running.sync()
        assert running.events == []


async def test_who_waits_at_a_gate_still_says_so() -> None:
    waiting = app(
        Route("r1", "GET", "/", Wait("g", Respond(200, "on"))),
        middlewares=[Middleware("m1", after=(SetHeader("X", "1"),))],
        quiet=True,
    )
    async with serving(command("reference"), waiting) as running:
        asking = asyncio.ensure_future(ask(running, "GET", "/"))
        async with asyncio.timeout(10):
            await running.until(lambda: ("wait", "r1") in events(running))
        await running.release("g")
        assert await asking == (200, b"on")
        await running.sync()
        assert events(running) == [("enter", "r1"), ("wait", "r1"), ("leave", "r1")]


@pytest.mark.parametrize(
    ("argv", "action", "what"),
    [
        ([str(SUBJECTS / "forks.py"), "returns"], Json(), "read_body as json"),
        ([str(SUBJECTS / "forks.py"), "returns"], Mirror(), "read_body"),
        (["-m", "conformance.adapters.guide", SKETCH], Mirror(), "a body of bytes"),
    ],
)  # fmt: skip
async def test_what_a_framework_cannot_read_is_unsupported(
    argv: list[str], action: Action, what: str
) -> None:
    command = Command([sys.executable, *argv], "poor")
    with closing(Guard()) as guard:
        process = await AdapterProcess.start(command, guard, Deadlines())
        try:
            refused = await process.start_app(app(Route("r1", "POST", "/", action)))
            assert refused == Rejection("unsupported", what)
        finally:
            await process.quit()


# -- What handlers and middlewares are made of ----------------------------------------------------


class Writing(Adapter):
    """An adapter of nothing, whose responses are the arguments they were made with."""

    def respond(self, request: Any, *arguments: Any) -> Any:
        return list(arguments)

    def http_error(self, *arguments: Any) -> BaseException:
        return LookupError(*arguments)

    def set_header(self, response: Any, name: str, value: str) -> Any:
        return [*response, (name, value)]


def middleware(before: tuple[Action, ...] = (), after: tuple[Action, ...] = ()) -> SimpleNamespace:
    return SimpleNamespace(**Middleware("m", before, after).to_json())


async def fine(request: Any) -> Any:
    return ["fine"]


async def failing(request: Any) -> Any:
    raise RuntimeError("inside")


def plain(status: int) -> list[Any]:
    return [status, [], None, None, None, []]


MIDDLEWARES: list[tuple[SimpleNamespace, Any]] = [
    (middleware(), ["fine"]),
    (middleware(after=(SetHeader("A", "1"),)), ["fine", ("A", "1")]),
    (
        middleware(after=(SetHeader("A", "1"), SetHeader("B", "2"))),
        ["fine", ("A", "1"), ("B", "2")],
    ),
    (middleware(after=(ReplaceResponse(Respond(202)),)), plain(202)),
    (middleware(before=(ShortCircuit(Respond(403)),), after=(SetHeader("A", "1"),)), plain(403)),
]


@pytest.mark.parametrize(("given", "response"), MIDDLEWARES)
async def test_a_middleware_that_wraps(given: SimpleNamespace, response: Any) -> None:
    assert await quiet.wrapping(Writing(), given)(object(), fine) == response


async def test_a_middleware_that_catches_what_comes_from_inside() -> None:
    catching = middleware(after=(Catch(Respond(503)), SetHeader("A", "1")))
    run = quiet.wrapping(Writing(), catching)
    assert await run(object(), failing) == plain(503)
    assert await run(object(), fine) == ["fine", ("A", "1")]
    with pytest.raises(RuntimeError, match="inside"):
        await quiet.wrapping(Writing(), middleware())(object(), failing)


@pytest.mark.parametrize(
    ("given", "has_before", "has_after"),
    [
        (middleware(), True, False),
        (middleware(after=(SetHeader("A", "1"),)), False, True),
        (middleware(before=(ShortCircuit(Respond(403)),)), True, False),
        (
            middleware(before=(ShortCircuit(Respond(403)),), after=(SetHeader("A", "1"),)),
            True,
            True,
        ),
    ],
)
async def test_a_middleware_of_two_parts_has_those_that_do_something(
    given: SimpleNamespace, has_before: bool, has_after: bool
) -> None:
    before, after = quiet.parts(Writing(), given)
    assert ((before is not None), (after is not None)) == (has_before, has_after)
    if before is not None:
        assert await before(object()) == (plain(403) if given.before else None)
    if after is not None:
        assert await after(object(), ["fine"]) == ["fine", ("A", "1")]


async def test_no_request_is_looked_at_and_no_event_told() -> None:
    """Writing has no `saw`: an application that is not quiet could not answer with it."""
    described = app(
        Route("r1", "GET", "/", Respond(200)),
        middlewares=[Middleware("m1", after=(SetHeader("A", "1"),))],
    )

    def running(is_quiet: bool) -> Running:
        closed = Channel(-1, -1)  # an event would be an OSError
        spec = replace(described, quiet=is_quiet).to_json()
        return Running(Writing(), closed, "nonce", "a1", spec)

    one = running(is_quiet=True)
    handler, [given] = one.handler(one.routes[0]), one.middlewares
    assert await one.middleware(given)(object(), handler) == [*plain(200), ("A", "1")]
    assert await one.around(given, object(), lambda: handler(object())) == [*plain(200), ("A", "1")]
    assert await one.before(given, object()) is None
    assert await one.after(given, object(), ["fine"]) == ["fine", ("A", "1")]
    telling = running(is_quiet=False)
    with pytest.raises(NotImplementedError):
        await telling.handler(telling.routes[0])(object())


async def test_each_response_has_lists_of_its_own() -> None:
    handler = handling(Writing(), Respond(200, "x", headers=(("A", "1"),)).to_json())
    first, second = await handler(object()), await handler(object())
    first[1].append(("B", "2"))
    assert second[1] == [("A", "1")]


def test_each_exception_is_a_new_one() -> None:
    do = answering(Writing(), RaiseHttp(404, "no").to_json())
    raised = []
    for _ in range(2):
        with pytest.raises(LookupError) as caught:
            do(object())
        raised.append(caught.value)
    assert raised[0] is not raised[1]
    assert raised[0].args == raised[1].args == (404, "no", None, [])


def test_what_is_no_action_of_a_handler_is_refused_when_it_is_made() -> None:
    with pytest.raises(ValueError, match="no such action here: set_header"):
        handling(Writing(), SetHeader("A", "1").to_json())


@pytest.mark.parametrize("crash_after", [0, 1, 2, 3])
async def test_a_stream_raises_where_it_is_told_to(crash_after: int) -> None:
    class Streaming(Writing):
        async def stream(self, request: Any, pieces: AsyncIterator[bytes], kind: str) -> Any:
            got = b""
            try:
                async for piece in pieces:
                    got += piece
            except RuntimeError:
                got += b"!"
            return got

    handler = handling(Streaming(), Stream(("a", "b"), crash_after=crash_after).to_json())
    assert await handler(object()) == b"ab"[:crash_after] + (b"!" if crash_after <= 2 else b"")
