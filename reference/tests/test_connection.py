"""One request at a time: what is kept alive, what is answered without a body, and real tasks."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator

import pytest

from reference.exceptions import HTTPNotFound
from reference.limits import Limits
from reference.request import Request
from reference.response import Response
from reference.testing import FakeClockLoop, Wire, advance, application, on_fake_clock, settle

from .fakes import BYTES, CLOSE, SERVER_ERROR_LINE, TEXT, answer, get, ok, post, refused, request

KEEP_ALIVE = b"Connection: keep-alive"


async def hello(request: Request) -> Response:
    return Response("hello")


# -- Whether another request may follow (RFC 9112 §9.3) ------------------------------------------

# request line, fields, what the answer says, whether the connection ends
PERSISTENCE = [
    (b"GET / HTTP/1.1", [], [], False),
    (b"GET / HTTP/1.1", [KEEP_ALIVE], [], False),
    (b"GET / HTTP/1.1", [CLOSE], [CLOSE], True),
    (b"GET / HTTP/1.1", [b"Connection: Keep-Alive, CLOSE"], [CLOSE], True),
    (b"GET / HTTP/1.1", [KEEP_ALIVE, CLOSE], [CLOSE], True),
    (b"GET / HTTP/1.2", [], [], False),
    (b"GET / HTTP/1.0", [], [CLOSE], True),
    (b"GET / HTTP/1.0", [KEEP_ALIVE], [KEEP_ALIVE], False),
    (b"GET / HTTP/1.0", [b"Connection: keep-alive, close"], [CLOSE], True),
    (b"HEAD / HTTP/1.1", [CLOSE], [CLOSE], True),
]


@pytest.mark.parametrize(("line", "fields", "said", "ends"), PERSISTENCE)
@on_fake_clock
async def test_persistence(line: bytes, fields: list[bytes], said: list[bytes], ends: bool) -> None:
    wire = Wire(hello)
    wire.send(request(line, *fields))
    body = b"" if line.startswith(b"HEAD") else b"hello"
    assert await wire.answer() == answer(b"200 OK", TEXT, b"Content-Length: 5", *said, body=body)
    assert wire.acts == (["eof"] if ends else [])
    if not ends:
        wire.send(get())
        assert await wire.answer() == ok(b"hello")


REFUSED_HEADS = [
    (request(b"HEAD http://a,b/"), 0),  # its target
    (request(b"HEAD /", b"Expect: tea"), 0),  # its fields
    (request(b"HEAD /")[:-2] + b"X : y\r\n\r\n", 0),
    (b"HEAD / HTTP/1.1\r\nHost: a\n", 0),  # before it is complete
    (b"\r\n" + request(b"HEAD / HTTP/3.0"), 0),
    (b"HEAD /" + b"a" * 9000, 0),
    (get() + request(b"HEAD /", b"Expect: tea"), 1),
    (get() + request(b"HEAD / HTTP/3.0"), 1),
]


@pytest.mark.parametrize("segment_bytes", [1, 7, 100_000])
@pytest.mark.parametrize(("sent", "before"), REFUSED_HEADS)
@on_fake_clock
async def test_a_head_request_that_is_refused_gets_no_content(
    sent: bytes, before: int, segment_bytes: int
) -> None:
    # RFC 9110 §9.3.2: "the server MUST NOT send content in the response".
    wire = Wire(hello)
    for start in range(0, len(sent), segment_bytes):
        wire.send(sent[start : start + segment_bytes])
    answer = await wire.answer()
    assert answer.count(b"HTTP/1.1 ") == before + 1
    assert answer.startswith(ok(b"hello") * before)
    assert answer.endswith(b"\r\n\r\n")
    assert b"Content-Length: 0" not in answer


@pytest.mark.parametrize("sent", [b"GET /HEAD HTTP/3.0\r\n", b"HEADS / HTTP/3.0\r\n"])
@on_fake_clock
async def test_others_that_are_refused_get_content(sent: bytes) -> None:
    wire = Wire(hello)
    for cut in (sent[:4], sent[4:]):
        wire.send(cut)
    assert (await wire.answer()).endswith(b"spoken here\n")


@on_fake_clock
async def test_a_segment_that_begins_with_head_makes_no_head_request() -> None:
    wire = Wire(hello)
    wire.send(b"GET /")
    wire.send(b"HEAD / HTTP/3.0\r\n")
    assert (await wire.answer()).endswith(b"malformed request line\n")


@on_fake_clock
async def test_nothing_is_read_behind_connection_close() -> None:
    seen = []

    async def note(request: Request) -> Response:
        seen.append(request.path)
        return Response("hello")

    wire = Wire(note)
    wire.send(get(b"/1", CLOSE) + get(b"/2"), get(b"/3"))
    assert await wire.answer() == ok(b"hello", CLOSE)
    assert seen == ["/1"]
    assert wire.ended


@pytest.mark.parametrize("value", ["close", "Close", "keep-alive, close"])
@on_fake_clock
async def test_handler_closes(value: str) -> None:
    async def bye(request: Request) -> Response:
        return Response("bye", headers={"Connection": value})

    wire = Wire(bye)
    wire.send(get() + get())  # the second one is not answered
    assert await wire.answer() == ok(b"bye", CLOSE)
    assert wire.acts == ["eof"]  # the client may still send
    wire.send(get())
    wire.send_eof()
    assert await wire.answer() == b""
    assert wire.acts == ["eof", "close"]


@on_fake_clock
async def test_handler_cannot_claim_keep_alive() -> None:
    async def claim(request: Request) -> Response:
        return Response("hello", headers={"Connection": "keep-alive"})

    wire = Wire(claim)
    wire.send(get(b"/", CLOSE))
    assert await wire.answer() == ok(b"hello", CLOSE)
    assert wire.ended


# -- Answers without a body ----------------------------------------------------------------------


@on_fake_clock
async def test_head_has_the_fields_of_get_and_no_body() -> None:
    async def many(request: Request) -> Response:
        match request.path:
            case "/":
                return Response("hello")
            case "/bytes":
                return Response(b"12345678")
            case "/declared":
                return Response(headers={"Content-Length": "1234"})
            case "/404":
                raise HTTPNotFound
            case _:
                raise ValueError("no such thing")

    wire = Wire(many)
    for path, line, fields in [
        (b"/", b"200 OK", (TEXT, b"Content-Length: 5")),
        (b"/bytes", b"200 OK", (BYTES, b"Content-Length: 8")),
        (b"/declared", b"200 OK", (b"Content-Length: 1234",)),
        (b"/404", b"404 Not Found", (TEXT, b"Content-Length: 14")),
    ]:
        wire.send(request(b"HEAD " + path))
        assert await wire.answer() == answer(line, *fields)
    wire.send(request(b"HEAD /500"))
    said = await wire.answer()
    assert said.startswith(SERVER_ERROR_LINE)
    assert said.endswith(b"\r\n\r\n")
    assert said.count(b"\r\n\r\n") == 1
    wire.send(get())
    assert await wire.answer() == ok(b"hello")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (204, answer(b"204 No Content")),
        (304, answer(b"304 Not Modified")),
        (205, answer(b"205 Reset Content", b"Content-Length: 0")),
    ],
)
@on_fake_clock
async def test_statuses_without_content(status: int, said: bytes) -> None:
    async def empty(request: Request) -> Response:
        return Response("dropped", status=status)

    wire = Wire(empty)
    wire.send(get() + get())
    assert await wire.answer() == said + said


# -- What goes wrong in a handler ----------------------------------------------------------------


async def crash(request: Request) -> Response:
    """/ is served; every other path does what it says."""
    match request.path:
        case "/":
            return Response("hello")
        case "/exception":
            raise ValueError("secret")
        case "/exit":
            raise SystemExit("secret")
        case "/cancelled":
            raise asyncio.CancelledError("secret")
        case "/name":
            response = Response("secret")
            response.headers["A: b\r\nSet-Cookie"] = "secret"
            return response
        case "/value":
            response = Response("secret")
            response.headers["A"] = "b\r\nSet-Cookie: secret"
            return response
        case "/type":
            return Response(b"secret", content_type="a/b\r\nSet-Cookie: secret")
        case "/length":
            return Response(_secret(), headers={"Content-Length": "-1"})
        case "/text":
            return "secret"  # type: ignore[return-value]
        case _:
            return None  # type: ignore[return-value]


async def _secret() -> AsyncIterator[bytes]:
    yield b"secret"


CRASHES = [
    b"/exception", b"/exit", b"/cancelled", b"/name", b"/value", b"/type", b"/length", b"/text",
    b"/none",
]  # fmt: skip


@pytest.mark.parametrize("path", CRASHES)
@pytest.mark.parametrize("others_wait", [False, True])
@on_fake_clock
async def test_crash_is_one_500_and_the_next_is_served(
    path: bytes, others_wait: bool, caplog: pytest.LogCaptureFixture
) -> None:
    wire = Wire(crash)
    wire.send(get(path) + (get() if others_wait else b""))
    said = await wire.answer()
    assert said.startswith(SERVER_ERROR_LINE)
    assert b"secret" not in said
    assert said.endswith(ok(b"hello")) is others_wait
    assert said.count(b"HTTP/1.1 ") == 1 + others_wait
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert f"GET {path.decode()}" in caplog.text
    wire.send(get())
    assert await wire.answer() == ok(b"hello")


@pytest.mark.parametrize("path", CRASHES)
@on_fake_clock
async def test_crash_before_the_last_request(path: bytes) -> None:
    wire = Wire(crash)
    wire.send(get(path) + get(b"/", CLOSE))
    said = await wire.answer()
    assert said.startswith(SERVER_ERROR_LINE)
    assert said.count(CLOSE) == 1
    assert said.endswith(ok(b"hello", CLOSE))
    assert wire.ended


@pytest.mark.parametrize("path", CRASHES)
@on_fake_clock
async def test_crash_at_the_last_request(path: bytes) -> None:
    wire = Wire(crash)
    wire.send(get(path, CLOSE))
    said = await wire.answer()
    assert said.startswith(SERVER_ERROR_LINE)
    assert said.count(CLOSE) == 1
    assert wire.ended


@pytest.mark.parametrize("cancellation", [True, False])
def test_keyboard_interrupt_goes_on(cancellation: bool) -> None:
    async def interrupt(request: Request) -> Response:
        raise KeyboardInterrupt

    loop = FakeClockLoop()
    wires = []

    def start() -> None:
        wires.append(Wire(application(interrupt, handler_cancellation=cancellation)))
        wires[0].send(get())

    loop.call_soon(start)
    with pytest.raises(KeyboardInterrupt):
        loop.run_forever()
    loop.run_until_complete(settle())
    assert wires[0].closed
    assert wires[0].server._connections == set()
    loop.close()


# -- A real task for each request ----------------------------------------------------------------


@on_fake_clock
async def test_handlers_run_in_tasks_of_their_own() -> None:
    tasks = []

    async def structured(request: Request) -> Response:
        tasks.append(asyncio.current_task())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await asyncio.Event().wait()
        async with asyncio.TaskGroup() as group:
            child = group.create_task(asyncio.sleep(1, "hello"))
        return Response(child.result())

    wire = Wire(structured)
    wire.send(get() + get())
    await advance(4)
    assert wire.sent_now() == ok(b"hello") + ok(b"hello")
    first, second = tasks
    assert first is not None
    assert first is not second


variable = contextvars.ContextVar("variable", default="unset")


@pytest.mark.parametrize("pipelined", [False, True])
@pytest.mark.parametrize("waits", [False, True])
@on_fake_clock
async def test_context_is_not_shared_between_requests(pipelined: bool, waits: bool) -> None:
    async def leak(request: Request) -> Response:
        before = variable.get()
        variable.set(request.path)
        if waits:
            await asyncio.sleep(0)
        return Response(before)

    wire = Wire(leak)
    if pipelined:
        wire.send(get(b"/1") + get(b"/2") + get(b"/3"))
    else:
        for path in (b"/1", b"/2", b"/3"):
            wire.send(get(path))
            await settle()
    assert await wire.answer() == 3 * ok(b"unset")


@on_fake_clock
async def test_context_of_the_server_is_seen() -> None:
    async def tell(request: Request) -> Response:
        return Response(variable.get())

    variable.set("of the server")
    wire = Wire(tell)
    wire.send(get() + get())
    assert await wire.answer() == 2 * ok(b"of the server")


@on_fake_clock
async def test_a_handler_that_cancels_itself() -> None:
    async def suicide(request: Request) -> Response:
        if request.path == "/":
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(0)
        return Response("hello")

    wire = Wire(suicide)
    wire.send(get() + get(b"/2"))
    said = await wire.answer()
    assert said.startswith(SERVER_ERROR_LINE)
    assert said.endswith(ok(b"hello"))


@on_fake_clock
async def test_cancelled_by_another_before_its_first_turn() -> None:
    wire = Wire(hello)
    wire.send(get())
    wire.connection.abort()
    assert await wire.answer() in (b"", ok(b"hello"))  # an eager task has had its turn
    assert wire.acts == ["abort"]


# -- What a request knows of its connection ------------------------------------------------------


@pytest.mark.parametrize(("tls", "said"), [(False, b"http 192.0.2.1"), (True, b"https 192.0.2.1")])
@on_fake_clock
async def test_scheme_and_remote(tls: bool, said: bytes) -> None:
    async def peer(request: Request) -> Response:
        return Response(f"{request.scheme} {request.remote}")

    wire = Wire(peer, tls=tls)
    wire.send(get())
    assert await wire.answer() == ok(said)


@on_fake_clock
async def test_unix_peers_have_no_address(caplog: pytest.LogCaptureFixture) -> None:
    async def peer(request: Request) -> Response:
        return Response(f"{request.remote}")

    caplog.set_level(logging.INFO, "access")
    wire = Wire(peer, access_log=logging.getLogger("access"), peername="")
    wire.send(get())
    assert await wire.answer() == ok(b"None")
    assert caplog.messages == ['- "GET / HTTP/1.1" 200 4 0.0']


# -- The access log ------------------------------------------------------------------------------


@on_fake_clock
async def test_access_log(caplog: pytest.LogCaptureFixture) -> None:
    async def slow(request: Request) -> Response:
        await asyncio.sleep(0.25)
        if request.path == "/stream":
            return Response(_secret())
        return Response("hello", status=201)

    caplog.set_level(logging.INFO, "access")
    wire = Wire(slow, access_log=logging.getLogger("access"))
    wire.send(get(b"/a?b=c") + request(b"HEAD /stream HTTP/1.0", KEEP_ALIVE))
    await advance(1)
    wire.send(post(b"12345678"))
    await advance(1)
    wire.send(b"nonsense\r\n\r\n")  # no request, no line
    await settle()
    assert caplog.messages == [
        '192.0.2.1 "GET /a?b=c HTTP/1.1" 201 5 250.0',
        '192.0.2.1 "HEAD /stream HTTP/1.0" 200 0 250.0',
        '192.0.2.1 "POST / HTTP/1.1" 201 5 250.0',
    ]


@on_fake_clock
async def test_access_log_of_a_client_that_went_away(caplog: pytest.LogCaptureFixture) -> None:
    async def never(request: Request) -> Response:
        await asyncio.Event().wait()
        raise AssertionError

    caplog.set_level(logging.INFO)
    wire = Wire(never, access_log=logging.getLogger("access"))
    wire.send(get())
    await advance(0.5)
    wire.lose()
    await settle()
    assert caplog.messages == ['192.0.2.1 "GET / HTTP/1.1" 499 0 500.0']


# -- How many connections ------------------------------------------------------------------------


@on_fake_clock
async def test_one_connection_too_many() -> None:
    first = Wire(hello, limits=Limits(connections=1))
    second = Wire(hello, server=first.server)
    assert await second.answer() == refused(b"503 Service Unavailable", b"too many connections")
    assert second.acts == ["eof"]
    second.send(get())
    second.send_eof()
    assert await second.answer() == b""
    assert second.closed
    first.send(get(b"/", CLOSE))
    assert await first.answer() == ok(b"hello", CLOSE)
    first.send_eof()
    await settle()
    third = Wire(hello, server=first.server)
    third.send(get())
    assert await third.answer() == ok(b"hello")
