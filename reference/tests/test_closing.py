"""How a connection ends, by its client or by an error, and what is still answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from reference.application import Application
from reference.errors import ClientGone
from reference.request import Request
from reference.response import Response
from reference.testing import FakeTransport, Wire, advance, application, on_fake_clock, settle
from reference.types import Handler

from .fakes import CHUNKED, CLOSE, TEXT, Waiter, answer, get, ok, refused, request

MALFORMED = refused(b"400 Bad Request", b"malformed request line")


async def hello(request: Request) -> Response:
    return Response("hello")


# -- The client closes its sending side ----------------------------------------------------------


@on_fake_clock
async def test_eof_when_nothing_is_owed() -> None:
    wire = Wire(hello)
    wire.send(get())
    assert await wire.answer() == ok(b"hello")
    wire.send_eof()
    assert await wire.answer() == b""
    assert wire.acts == ["close"]


@on_fake_clock
async def test_eof_inside_a_head() -> None:
    wire = Wire(hello)
    wire.send(get()[:-2])
    wire.send_eof()
    assert await wire.answer() == b""
    assert wire.acts == ["close"]


@pytest.mark.parametrize("is_later", [False, True])
@on_fake_clock
async def test_eof_before_a_ready_answer_has_left(is_later: bool) -> None:
    wire = Wire(hello)
    wire.send(get())
    if is_later:
        # As in asyncio: the handler's turn comes, then that of the socket, before the outbox's.
        asyncio.get_running_loop().call_soon(wire.send_eof)
    else:
        wire.send_eof()  # an eager handler has ended
    assert await wire.answer() in (ok(b"hello"), ok(b"hello", CLOSE))
    assert wire.closed


@pytest.mark.parametrize("count", [1, 2, 5])
@on_fake_clock
async def test_half_closed_client_gets_its_answers(count: int) -> None:
    async def waits(request: Request) -> Response:
        await asyncio.sleep(0)
        return Response("hello")

    wire = Wire(waits)
    wire.send(count * get())
    wire.send_eof()
    assert await wire.answer() == (count - 1) * ok(b"hello") + ok(b"hello", CLOSE)
    assert wire.acts == ["close"]


@on_fake_clock
async def test_half_closed_client_gets_its_answer_in_time() -> None:
    handler = Waiter()
    wire = Wire(handler)
    wire.send(get())
    await settle()
    wire.send_eof()
    await advance(0.999)
    assert wire.acts == []
    handler.gate.set()
    assert await wire.answer() == ok(b"hello", CLOSE)
    assert wire.acts == ["close"]


@on_fake_clock
async def test_half_closed_client_waits_too_long() -> None:
    handler = Waiter()
    wire = Wire(handler)
    wire.send(get())
    await settle()
    wire.send_eof()
    await advance(0.999)
    assert handler.ended == ""
    await advance(0.001)
    assert handler.ended == "cancelled"
    assert wire.acts == ["abort"]
    assert wire.sent_now() == b""


@on_fake_clock
async def test_each_pipelined_request_of_a_half_closed_client_has_its_time() -> None:
    async def slow(request: Request) -> Response:
        await asyncio.sleep(0.75)
        return Response("hello")

    wire = Wire(slow)
    wire.send(3 * get())
    wire.send_eof()
    await advance(5)
    assert wire.sent_now() == 2 * ok(b"hello") + ok(b"hello", CLOSE)
    assert wire.acts == ["close"]


@on_fake_clock
async def test_a_pipelined_request_of_a_half_closed_client_takes_too_long() -> None:
    handler = Waiter()

    async def second(request: Request) -> Response:
        await asyncio.sleep(0.5)
        return await hello(request) if request.path == "/1" else await handler(request)

    wire = Wire(second)
    wire.send(get(b"/1") + get(b"/2"))
    wire.send_eof()
    await advance(1.499)
    assert wire.sent_now() == ok(b"hello")
    assert handler.ended == ""
    await advance(0.001)
    assert handler.ended == "cancelled"
    assert wire.acts == ["abort"]


@pytest.mark.parametrize("when", ["before", "behind"])
@on_fake_clock
async def test_a_stream_that_has_begun_is_not_cancelled_by_eof(when: str) -> None:
    begin, end = asyncio.Event(), asyncio.Event()

    async def parts() -> AsyncIterator[bytes]:
        await end.wait()
        yield b"x"

    async def stream(request: Request) -> Response:
        await begin.wait()
        return Response(parts(), content_type="text/plain")

    wire = Wire(stream)
    wire.send(get())
    if when == "behind":
        begin.set()
    await settle()
    wire.send_eof()
    begin.set()
    await advance(10)
    end.set()
    fields = (TEXT, CHUNKED) if when == "behind" else (TEXT, CHUNKED, CLOSE)
    assert await wire.answer() == answer(b"200 OK", *fields, body=b"1\r\nx\r\n0\r\n\r\n")
    assert wire.acts == ["close"]


@on_fake_clock
async def test_a_whole_answer_on_its_way_is_not_cut_by_eof() -> None:
    async def large(request: Request) -> Response:
        return Response("x" * 100_000)

    wire = Wire(large)
    wire.transport.is_stuck = True
    wire.send(get())
    await settle()
    wire.send_eof()
    await advance(10)
    assert wire.acts == []
    wire.transport.unstick()
    await settle()
    assert wire.acts == ["close"]


@on_fake_clock
async def test_half_closed_without_cancellation() -> None:
    async def slow(request: Request) -> Response:
        await asyncio.sleep(100)
        return Response("hello")

    wire = Wire(application(slow, handler_cancellation=False))
    wire.send(get() + get())
    await settle()
    wire.send_eof()
    await advance(200)
    assert wire.sent_now() == ok(b"hello") + ok(b"hello", CLOSE)
    assert wire.acts == ["close"]


@on_fake_clock
async def test_eof_inside_a_body() -> None:
    errors = []

    async def read(request: Request) -> Response:
        try:
            await request.read()
        except ClientGone as exc:
            errors.append(exc)
            raise
        raise AssertionError

    wire = Wire(read)
    wire.send(request(b"POST /", b"Content-Length: 4", body=b"123"))
    await settle()
    wire.send_eof()
    said = await wire.answer()
    assert said.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert said.endswith(CLOSE + b"\r\n\r\nthe client closed the connection inside the body")
    assert len(errors) == 1
    assert wire.acts == ["close"]


@on_fake_clock
async def test_tls_has_no_half_closed_state() -> None:
    handler = Waiter()
    wire = Wire(handler, tls=True)
    wire.send(get())
    await settle()
    wire.send_eof()
    await settle()
    assert handler.ended == "cancelled"
    assert wire.acts == ["close"]


@pytest.mark.parametrize("path", [b"/", b"/streamed", b"/missing"])
@on_fake_clock
async def test_nothing_is_written_behind_the_end_of_a_tls_client(
    path: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"never"

    begin = asyncio.Event()

    async def not_at_once(request: Request, handler: Handler) -> Response:
        await begin.wait()  # an eager task would have answered before the end came
        return await handler(request)

    app = Application(middlewares=[not_at_once])
    app.router.add_get("/", hello)

    @app.get("/streamed")
    async def streamed(request: Request) -> Response:
        return Response(parts())

    wire = Wire(app, tls=True)
    wire.send(get(path) + b"GET\r\n")
    begin.set()
    wire.send_eof()  # asyncio has begun to close: what is written now is dropped, with a warning
    assert await wire.answer() == b""
    assert wire.closed
    assert caplog.records == []


# -- The client is gone --------------------------------------------------------------------------


@on_fake_clock
async def test_reset_cancels_the_handler(caplog: pytest.LogCaptureFixture) -> None:
    handler = Waiter()
    wire = Wire(handler)
    wire.send(get() + get())
    await settle()
    wire.lose()
    await settle()
    assert handler.ended == "cancelled"
    assert caplog.records == []


@on_fake_clock
async def test_reset_before_the_first_turn_of_the_handler() -> None:
    wire = Wire(hello)
    wire.lose()
    wire.connection.data_received(get())  # the task of its handler is behind the news of the loss
    await settle()
    assert wire.closed
    assert wire.server._connections == set()


@on_fake_clock
async def test_reset_without_cancellation(caplog: pytest.LogCaptureFixture) -> None:
    handler = Waiter()
    wire = Wire(application(handler, handler_cancellation=False))
    wire.send(get() + get())
    await settle()
    wire.lose()
    await settle()
    assert handler.ended == ""
    assert wire.server._connections == {wire.connection}  # so that a graceful end waits for it
    handler.gate.set()
    await settle()
    assert handler.ended == "returned"
    assert wire.server._connections == set()
    assert wire.sent_now() == b""
    assert caplog.records == []


@pytest.mark.parametrize("cancellation", [True, False])
@on_fake_clock
async def test_reset_inside_a_body(cancellation: bool, caplog: pytest.LogCaptureFixture) -> None:
    ended = []

    async def read(request: Request) -> Response:
        try:
            return Response(await request.read())
        except BaseException as exc:
            ended.append(type(exc))
            raise

    wire = Wire(application(read, handler_cancellation=cancellation))
    wire.send(request(b"POST /", b"Content-Length: 4", body=b"123"))
    await settle()
    wire.lose()
    await settle()
    assert ended == [asyncio.CancelledError if cancellation else ClientGone]
    assert wire.server._connections == set()
    assert caplog.records == []


@on_fake_clock
async def test_reset_when_idle_or_closing() -> None:
    idle = Wire(hello)
    closing = Wire(hello, server=idle.server)
    closing.send(b"nonsense\r\n\r\n")
    await settle()
    idle.lose()
    closing.lose()
    await settle()
    assert idle.server._connections == set()


@on_fake_clock
async def test_a_handler_that_will_not_be_cancelled() -> None:
    gate = asyncio.Event()

    async def stubborn(request: Request) -> Response:
        try:
            await gate.wait()
        except asyncio.CancelledError:
            await gate.wait()
        return Response("hello")

    wire = Wire(stubborn)
    wire.send(get())
    await settle()
    wire.lose()
    await settle()
    assert wire.server._connections == {wire.connection}
    gate.set()
    assert await wire.answer() == b""
    assert wire.server._connections == set()


# -- Errors close so that the client can read the answer (RFC 9112 §9.6) -------------------------


@on_fake_clock
async def test_error_half_closes_and_reads_on() -> None:
    wire = Wire(hello)
    wire.send(b"nonsense\r\n\r\n")
    assert await wire.answer() == MALFORMED
    assert wire.acts == ["eof"]
    wire.send(1000 * b"more nonsense")
    assert await wire.answer() == b""
    assert wire.transport.is_reading()
    wire.send_eof()
    await settle()
    assert wire.acts == ["eof", "close"]


@pytest.mark.parametrize("tls", [False, True])
@on_fake_clock
async def test_error_lingers_for_its_time(tls: bool) -> None:
    wire = Wire(hello, tls=tls)
    wire.send(b"nonsense\r\n\r\n")
    assert await wire.answer() == MALFORMED
    before = [] if tls else ["eof"]
    assert wire.acts == before
    await advance(1)
    wire.send(b"more nonsense")  # does not make it longer
    await advance(0.999)
    assert wire.acts == before
    await advance(0.001)
    assert wire.acts == [*before, "close"]
    assert wire.closed


@on_fake_clock
async def test_error_behind_eof_closes_at_once() -> None:
    handler = Waiter()
    wire = Wire(handler)
    wire.send(get() + b"nonsense\r\n\r\n")
    wire.send_eof()
    handler.gate.set()
    assert await wire.answer() == ok(b"hello") + MALFORMED
    assert wire.acts == ["close"]


@on_fake_clock
async def test_error_to_a_client_that_reads_nothing() -> None:
    wire = Wire(hello)
    wire.transport.is_stuck = True
    wire.send(b"nonsense\r\n\r\n")
    await advance(2)
    assert wire.acts == ["eof", "close"]
    assert not wire.closed
    await advance(60)
    assert wire.acts == ["eof", "close", "abort"]


@on_fake_clock
async def test_eof_from_a_client_that_reads_nothing() -> None:
    wire = Wire(hello)
    wire.transport.is_stuck = True
    wire.send(b"nonsense\r\n\r\n")
    await settle()
    wire.send_eof()
    assert wire.acts == ["eof", "close"]  # by the transport itself
    await advance(2 + 60)
    assert wire.acts == ["eof", "close", "abort"]


def test_the_fake_transport_tells_of_lost_answers() -> None:
    transport = FakeTransport(asyncio.Protocol(), {}, tls=False)
    transport._closing = True
    with pytest.raises(AssertionError, match="lost: b'late'"):
        transport.write(b"late")
