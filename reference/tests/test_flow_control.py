"""Slow readers slow handlers down, slow handlers slow clients down, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator

import pytest

from reference.errors import BodyError
from reference.limits import Limits
from reference.request import Request
from reference.response import Response
from reference.testing import Wire, application, on_fake_clock, settle

from .fakes import BYTES, CHUNKED, CLOSE, SERVER_ERROR_LINE, answer, get, ok, post, refused, request

SMALL_BUFFER = Limits(body_buffer_bytes=10)


async def hello(request: Request) -> Response:
    return Response("hello")


async def size(request: Request) -> Response:
    return Response(str(len(await request.read())))


# -- A slow reader pauses the handler ------------------------------------------------------------


@on_fake_clock
async def test_a_slow_reader_pauses_the_stream() -> None:
    made = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal made
        while made < 100:
            made += 1
            yield b"x" * 10_000

    async def stream(request: Request) -> Response:
        return Response(endless())

    wire = Wire(stream)
    wire.transport.is_stuck = True
    wire.send(get())
    await settle()
    assert made == 7  # 7 × 10,000 > the high-water mark of 65,536
    wire.transport.take(30_000)
    await settle()
    assert made == 7  # still above the low-water mark
    wire.transport.take(30_000)
    await settle()
    assert made == 14  # 7 more, which are held together before they are written
    wire.transport.unstick()
    assert (await wire.answer()).endswith(b"\r\n0\r\n\r\n")
    assert made == 100


@on_fake_clock
async def test_a_slow_reader_delays_the_next_handler() -> None:
    began = []

    async def large(request: Request) -> Response:
        began.append(request.path)
        return Response(b"x" * 100_000)

    wire = Wire(large)
    wire.transport.is_stuck = True
    wire.send(get(b"/1") + get(b"/2", CLOSE))
    await settle()
    assert began == ["/1"]
    wire.transport.unstick()
    await settle()
    assert began == ["/1", "/2"]
    assert wire.ended


@on_fake_clock
async def test_many_small_answers_to_a_slow_reader() -> None:
    began = 0

    async def medium(request: Request) -> Response:
        nonlocal began
        began += 1
        return Response(b"x" * 30_000)

    wire = Wire(medium)
    wire.transport.is_stuck = True
    wire.send(30 * get())
    await settle()
    assert began <= 6
    wire.transport.unstick()
    assert (await wire.answer()).count(b"200 OK") == 30
    assert began == 30


@on_fake_clock
async def test_answers_that_were_held_together_slow_down_the_one_behind() -> None:
    began = []

    async def medium(request: Request) -> Response:
        began.append(request.path)
        return Response(b"x" * 40_000)

    wire = Wire(medium)
    wire.transport.is_stuck = True
    wire.send(get(b"/1"))
    await settle()
    wire.send(get(b"/2"))
    await settle()  # its handler has ended when the write buffer is full
    wire.send(get(b"/3") + get(b"/4"))
    await settle()
    assert began == ["/1", "/2", "/3"]
    wire.transport.unstick()
    await settle()
    assert began == ["/1", "/2", "/3", "/4"]


@on_fake_clock
async def test_a_full_write_buffer_without_anyone_who_waits() -> None:
    async def medium(request: Request) -> Response:
        return Response(b"x" * 40_000)

    wire = Wire(medium)
    wire.transport.is_stuck = True
    for _ in range(2):
        wire.send(get())
        await settle()
    assert wire.connection.output.paused
    wire.transport.unstick()
    assert not wire.connection.output.paused
    wire.send(get())
    await settle()
    assert len(wire.transport.writes) == 3


@on_fake_clock
async def test_the_client_goes_with_a_full_write_buffer(caplog: pytest.LogCaptureFixture) -> None:
    gate = asyncio.Event()

    async def medium(request: Request) -> Response:
        if request.path == "/3":
            await gate.wait()
        return Response(b"x" * 40_000)

    wire = Wire(application(medium, handler_cancellation=False))
    wire.transport.is_stuck = True
    for path in (b"/1", b"/2", b"/3"):
        wire.send(get(path))
        await settle()
    wire.lose()
    await settle()
    gate.set()
    await settle()
    assert wire.server._connections == set()
    assert caplog.records == []


@on_fake_clock
async def test_a_stream_that_never_waits_lets_others_run() -> None:
    order = []

    async def parts() -> AsyncIterator[bytes]:
        for i in range(100):
            order.append(i)
            yield b"x"

    async def stream(request: Request) -> Response:
        return Response(parts())

    wire = Wire(stream)
    wire.send(get())
    asyncio.get_running_loop().call_soon(order.append, -1)
    await settle()
    assert order.index(-1) in (17, 33)  # the second when its task is eager
    assert len(order) == 101


@on_fake_clock
async def test_foreign_cancellation_behind_a_whole_answer_sends_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tasks = []

    async def large(request: Request) -> Response:
        tasks.append(asyncio.current_task())
        return Response(b"x" * 100_000)

    wire = Wire(large)
    wire.transport.is_stuck = True
    wire.send(get())
    await settle()
    assert tasks[0] is not None
    tasks[0].cancel()
    said = await wire.answer()
    assert said.count(b"HTTP/1.1 ") == 1
    assert SERVER_ERROR_LINE not in said
    assert wire.acts == ["abort"]


@pytest.mark.parametrize("then", ["unstick", "lose_now"])
@on_fake_clock
async def test_what_else_happens_in_the_turn_of_a_cancellation(then: str) -> None:
    tasks = []

    async def large(request: Request) -> Response:
        tasks.append(asyncio.current_task())
        return Response(b"x" * 100_000)

    wire = Wire(large)
    wire.transport.is_stuck = True
    wire.send(get())
    await settle()
    assert tasks[0] is not None
    tasks[0].cancel()
    getattr(wire.transport, then)()
    await settle()
    assert wire.closed


# -- A slow handler pauses the client ------------------------------------------------------------


@pytest.mark.parametrize("chunked", [False, True])
@on_fake_clock
async def test_a_slow_handler_pauses_the_socket(chunked: bool) -> None:
    gate = asyncio.Event()

    async def slow(request: Request) -> Response:
        await gate.wait()
        return await size(request)

    wire = Wire(slow, limits=SMALL_BUFFER)
    part = b"8\r\n12345678\r\n" if chunked else b"12345678"
    wire.send(request(b"POST /", CHUNKED if chunked else b"Content-Length: 32"))
    wire.send(part)
    assert wire.acts == []
    wire.send(part)
    assert wire.acts == ["pause"]
    wire.send(part, part, b"0\r\n\r\n" if chunked else b"")
    await settle()
    assert wire.connection._receiving is not None
    assert wire.connection._receiving.held_bytes == 16  # the rest is with the client
    gate.set()
    assert await wire.answer() == ok(b"32")
    assert wire.transport.is_reading()


@pytest.mark.parametrize("count", [11, 40])
@on_fake_clock
async def test_a_body_that_comes_at_once_does_not_leave_the_socket_paused(count: int) -> None:
    wire = Wire(size, limits=SMALL_BUFFER)
    wire.send(post(count * b"x"))
    assert await wire.answer() == ok(b"%d" % count)
    assert wire.acts == ["pause", "resume"]


@on_fake_clock
async def test_a_body_that_nobody_reads_does_not_leave_the_socket_paused() -> None:
    wire = Wire(hello, limits=SMALL_BUFFER)
    wire.send(request(b"POST /", b"Content-Length: 40", body=20 * b"x"))
    assert wire.acts[0] == "pause"
    wire.send(20 * b"x" + get())
    assert await wire.answer() == ok(b"hello") + ok(b"hello")
    assert wire.acts == ["pause", "resume"]


@on_fake_clock
async def test_parts_are_read_while_they_arrive() -> None:
    parts: list[bytes] = []

    async def collect(request: Request) -> Response:
        parts.extend([part async for part in request.content])
        return Response("done")

    wire = Wire(collect)
    wire.send(request(b"POST /", b"Content-Length: 6"))
    for part in (b"12", b"3", b"456"):
        await settle()
        wire.send(part)
    assert await wire.answer() == ok(b"done")
    assert parts == [b"12", b"3", b"456"]


variable = contextvars.ContextVar("variable", default="unset")


@on_fake_clock
async def test_context_does_not_leak_by_way_of_a_resumed_socket() -> None:
    async def leak(request: Request) -> Response:
        before = variable.get()
        variable.set("leaked")
        await request.read()
        return Response(before)

    wire = Wire(leak, limits=SMALL_BUFFER)
    wire.send(request(b"POST /", b"Content-Length: 40", body=20 * b"x"), 20 * b"x", get())
    assert await wire.answer() == 2 * ok(b"unset")


# -- Bodies that are not read --------------------------------------------------------------------


@pytest.mark.parametrize("arrived", [0, 5, 10])
@on_fake_clock
async def test_a_small_rest_is_dropped_and_the_connection_kept(arrived: int) -> None:
    wire = Wire(hello)
    wire.send(request(b"POST /", b"Content-Length: 10", body=arrived * b"x"))
    assert await wire.answer() == ok(b"hello")
    wire.send((10 - arrived) * b"x" + get())
    assert await wire.answer() == ok(b"hello")
    assert wire.acts == []


# limit, sent of a body of 20 bytes, kept
RESTS = [(19, 0, False), (20, 0, True), (10, 9, False), (10, 10, True), (10, 20, True)]


@pytest.mark.parametrize(("limit", "arrived", "kept"), RESTS)
@on_fake_clock
async def test_a_large_rest_ends_the_connection(limit: int, arrived: int, kept: bool) -> None:
    wire = Wire(hello, limits=Limits(unread_body_bytes=limit))
    wire.send(request(b"POST /", b"Content-Length: 20", body=arrived * b"x"))
    assert await wire.answer() == ok(b"hello", *([] if kept else [CLOSE]))
    assert wire.acts == ([] if kept else ["eof"])
    wire.send((20 - arrived) * b"x" + get())
    assert await wire.answer() == (ok(b"hello") if kept else b"")
    wire.send_eof()
    await settle()
    assert wire.closed


@pytest.mark.parametrize(("rest", "kept"), [(b"", False), (b"1\r\nx\r\n0\r\n\r\n", True)])
@on_fake_clock
async def test_an_unfinished_chunked_body_ends_the_connection(rest: bytes, kept: bool) -> None:
    wire = Wire(hello)
    wire.send(request(b"POST /", CHUNKED, body=b"1\r\nx\r\n" + rest))
    assert await wire.answer() == ok(b"hello", *([] if kept else [CLOSE]))
    assert wire.acts == ([] if kept else ["eof"])


@on_fake_clock
async def test_connection_close_with_an_unread_body_lingers() -> None:
    wire = Wire(hello)
    wire.send(request(b"POST /", b"Content-Length: 10", CLOSE))
    assert await wire.answer() == ok(b"hello", CLOSE)
    assert wire.acts == ["eof"]  # closed at once, the body would be met by a reset
    wire.send(10 * b"x")
    wire.send_eof()
    await settle()
    assert wire.acts == ["eof", "close"]


@on_fake_clock
async def test_a_task_left_behind_learns_that_the_body_will_not_come() -> None:
    left: list[asyncio.Task[bytes]] = []

    async def leave(request: Request) -> Response:
        left.append(asyncio.create_task(request.read()))
        await asyncio.sleep(0)
        return Response("hello")

    wire = Wire(leave)
    wire.send(request(b"POST /", CHUNKED))
    assert await wire.answer() == ok(b"hello", CLOSE)
    with pytest.raises(BodyError, match="answered before its body was read"):
        await left[0]


# -- Bodies that break ---------------------------------------------------------------------------


@on_fake_clock
async def test_malformed_chunk_reaches_the_handler_as_body_error() -> None:
    errors = []

    async def careful(request: Request) -> Response:
        try:
            return await size(request)
        except BodyError as exc:
            errors.append(exc)
            raise

    wire = Wire(careful)
    wire.send(request(b"POST /", CHUNKED, body=b"1\r\nx\r\n"))
    await settle()
    wire.send(b"zz\r\n" + get())
    said = await wire.answer()
    assert said.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert said.endswith(CLOSE + b"\r\n\r\nmalformed chunk-size line")
    assert [(error.status, str(error)) for error in errors] == [(400, "malformed chunk-size line")]
    assert wire.acts == ["eof"]


@on_fake_clock
async def test_malformed_chunk_before_the_handler_began() -> None:
    wire = Wire(hello)
    wire.send(request(b"POST /", CHUNKED, body=b"zz\r\n" + get()))
    assert await wire.answer() == refused(b"400 Bad Request", b"malformed chunk-size line")
    assert wire.acts == ["eof"]


@on_fake_clock
async def test_malformed_chunk_that_the_handler_does_not_care_about() -> None:
    gate = asyncio.Event()

    async def careless(request: Request) -> Response:
        await gate.wait()
        return Response("hello")

    wire = Wire(careless)
    wire.send(request(b"POST /", CHUNKED))
    await settle()
    wire.send(b"zz\r\n")
    gate.set()
    assert await wire.answer() == ok(b"hello", CLOSE)
    assert wire.acts == ["eof"]


# -- A stream that reads its request -------------------------------------------------------------


async def stream_back(request: Request) -> Response:
    return Response(request.content)


@pytest.mark.parametrize("fields", [CHUNKED, b"Content-Length: 100000"])
@on_fake_clock
async def test_a_body_is_streamed_back_while_it_arrives(fields: bytes) -> None:
    wire = Wire(stream_back)
    wire.send(request(b"POST /", fields))
    assert await wire.answer() == answer(b"200 OK", BYTES, CHUNKED, CLOSE)
    part = 50_000 * b"x"
    chunk = b"c350\r\n" + part + b"\r\n"
    wire.send(chunk if fields == CHUNKED else part)
    assert await wire.answer() == chunk
    wire.send(chunk + b"0\r\n\r\n" if fields == CHUNKED else part)
    assert await wire.answer() == chunk + b"0\r\n\r\n"
    assert wire.acts == ["eof"]


@on_fake_clock
async def test_a_small_body_is_streamed_back_and_the_connection_kept() -> None:
    wire = Wire(stream_back)
    wire.send(request(b"POST /", b"Content-Length: 4"))
    assert await wire.answer() == answer(b"200 OK", BYTES, CHUNKED)
    wire.send(b"1234" + post(b"5"))
    said = b"4\r\n1234\r\n0\r\n\r\n" + answer(
        b"200 OK", BYTES, CHUNKED, body=b"1\r\n5\r\n0\r\n\r\n"
    )
    assert await wire.answer() == said


@on_fake_clock
async def test_a_stream_closes_and_reads_its_request() -> None:
    async def closing(request: Request) -> Response:
        return Response(request.content, headers={"Connection": "close"})

    wire = Wire(closing)
    wire.send(request(b"POST /", b"Content-Length: 4"))
    assert await wire.answer() == answer(b"200 OK", BYTES, CHUNKED, CLOSE)
    wire.send(b"1234" + get())
    assert await wire.answer() == b"4\r\n1234\r\n0\r\n\r\n"
    assert wire.acts == ["eof"]


@on_fake_clock
async def test_a_body_that_breaks_under_a_stream_cuts_it() -> None:
    wire = Wire(stream_back)
    wire.send(request(b"POST /", CHUNKED))
    await settle()
    wire.send(b"zz\r\n")
    assert await wire.answer() == answer(b"200 OK", BYTES, CHUNKED, CLOSE)
    assert wire.acts == ["abort"]
