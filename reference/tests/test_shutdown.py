"""How the server ends its connections: gracefully, and at once."""

from __future__ import annotations

import asyncio
import logging

import pytest

from reference.limits import Limits
from reference.request import Request
from reference.response import Response
from reference.testing import Wire, advance, application, on_fake_clock, settle

from .fakes import CLOSE, Waiter, get, ok, request


async def hello(request: Request) -> Response:
    return Response("hello")


@on_fake_clock
async def test_shutdown_of_an_idle_connection() -> None:
    new = Wire(hello)
    used = Wire(hello, server=new.server)
    used.send(get())
    assert await used.answer() == ok(b"hello")
    for wire in (new, used):
        wire.connection.shutdown()
        assert await wire.answer() == b""
        assert wire.acts == ["close"]


@on_fake_clock
async def test_shutdown_before_a_ready_answer_has_left() -> None:
    wire = Wire(hello)
    wire.send(get())
    asyncio.get_running_loop().call_soon(wire.connection.shutdown)
    assert (await wire.answer()).endswith(b"hello")
    assert wire.acts == ["close"]


@on_fake_clock
async def test_shutdown_inside_a_head() -> None:
    wire = Wire(hello)
    wire.send(get()[:9])
    wire.connection.shutdown()
    await settle()
    assert wire.acts == []
    wire.send(get()[9:] + get())
    assert await wire.answer() == ok(b"hello", CLOSE)
    assert wire.acts == ["eof"]


@on_fake_clock
async def test_shutdown_while_a_handler_is_at_work() -> None:
    handler = Waiter()
    wire = Wire(handler)
    wire.send(get())
    await settle()
    wire.connection.shutdown()
    wire.send(get())
    handler.gate.set()
    assert await wire.answer() == ok(b"hello", CLOSE)
    assert wire.acts == ["eof"]


@on_fake_clock
async def test_shutdown_answers_what_has_been_read() -> None:
    handler = Waiter()
    wire = Wire(handler)
    wire.send(get() + get() + get()[:9])
    await settle()
    wire.connection.shutdown()
    handler.gate.set()
    assert await wire.answer() == ok(b"hello") + ok(b"hello")
    wire.send(get()[9:] + get())
    assert await wire.answer() == ok(b"hello", CLOSE)


@on_fake_clock
async def test_shutdown_inside_a_body() -> None:
    async def echo(request: Request) -> Response:
        return Response(await request.text())

    wire = Wire(echo)
    wire.send(request(b"POST /", b"Content-Length: 4", body=b"12"))
    await settle()
    wire.connection.shutdown()
    wire.send(b"34" + get())
    assert await wire.answer() == ok(b"1234", CLOSE)
    assert wire.acts == ["eof"]


@on_fake_clock
async def test_shutdown_while_an_unread_body_is_dropped() -> None:
    wire = Wire(hello)
    wire.send(request(b"POST /", b"Content-Length: 4", body=b"12"))
    assert await wire.answer() == ok(b"hello")
    wire.connection.shutdown()
    await settle()
    assert wire.acts == []
    wire.send(b"34" + get())
    assert await wire.answer() == b""
    assert wire.acts == ["eof"]


@on_fake_clock
async def test_shutdown_while_reading_is_paused() -> None:
    handler = Waiter()
    wire = Wire(handler, limits=Limits(pipelined_requests=2))
    wire.send(10 * get())
    await settle()
    wire.connection.shutdown()
    handler.gate.set()
    said = await wire.answer()
    assert said.endswith(ok(b"hello", CLOSE))
    assert said.count(CLOSE) == 1
    assert wire.acts[-1] == "eof"
    assert wire.transport.is_reading()


@on_fake_clock
async def test_a_handler_that_shuts_its_own_server_down() -> None:
    wire: Wire

    async def stop(request: Request) -> Response:
        wire.connection.shutdown()
        if request.path == "/wait":
            await asyncio.sleep(1)
        return Response("bye")

    for path in (b"/", b"/wait"):
        wire = Wire(stop)
        wire.send(get(path) + get(b"/2"))
        await advance(4)
        assert wire.sent_now() == ok(b"bye") + ok(b"bye", CLOSE)
        assert wire.acts[-1] == "close"


@on_fake_clock
async def test_abort() -> None:
    handler = Waiter()
    busy = Wire(handler)
    idle = Wire(hello, server=busy.server)
    busy.send(get())
    await settle()
    for wire in (busy, idle):
        wire.connection.abort()
        wire.connection.abort()
        assert await wire.answer() == b""
        assert wire.closed
    assert handler.ended == "cancelled"
    assert busy.server._connections == set()
    idle.connection.abort()
    assert idle.acts == ["abort"]


@on_fake_clock
async def test_abort_cancels_whatever_the_application_says_of_clients() -> None:
    handler = Waiter()
    wire = Wire(application(handler, handler_cancellation=False))
    wire.send(get())
    await settle()
    wire.connection.abort()
    await settle()
    assert handler.ended == "cancelled"
    assert wire.server._connections == set()


@on_fake_clock
async def test_a_handler_is_cancelled_once() -> None:
    gate = asyncio.Event()
    ended = []

    async def tidy(request: Request) -> Response:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await gate.wait()
            ended.append("tidied")
        return Response("too late")

    wire = Wire(tidy)
    wire.send(get())
    await settle()
    wire.connection.abort()
    await settle()
    assert wire.closed
    assert wire.server._connections == {wire.connection}
    wire.connection.abort()
    gate.set()
    await settle()
    assert ended == ["tidied"]


@on_fake_clock
async def test_abort_does_not_lose_an_answer_that_is_ready() -> None:
    handler = Waiter()

    async def first_only(request: Request) -> Response:
        return await hello(request) if request.path == "/1" else await handler(request)

    wire = Wire(first_only)
    wire.send(get(b"/1") + get(b"/2"))
    asyncio.get_running_loop().call_soon(wire.connection.abort)
    assert await wire.answer() == ok(b"hello")


@on_fake_clock
async def test_task_of_the_handler() -> None:
    tasks = []

    async def waiting(request: Request) -> Response:
        tasks.append(asyncio.current_task())
        await asyncio.sleep(1)
        return Response("hello")

    wire = Wire(waiting)
    assert wire.connection.task is None
    wire.send(get())
    await settle()
    assert wire.connection.task is tasks[0]
    await advance(1)
    assert wire.connection.task is None


@pytest.mark.parametrize("timeout_s", [0, 10])
@on_fake_clock
async def test_closing_the_server(timeout_s: float, caplog: pytest.LogCaptureFixture) -> None:
    handler = Waiter()
    caplog.set_level(logging.ERROR)
    busy = Wire(handler)
    idle = Wire(hello, server=busy.server)
    busy.send(get())
    await settle()
    closing = asyncio.create_task(busy.server.close(timeout_s))
    await advance(9)
    assert idle.closed
    assert busy.closed is (timeout_s == 0)
    await advance(1)
    await closing
    assert busy.closed
    assert handler.ended == "cancelled"
    assert caplog.records == []
