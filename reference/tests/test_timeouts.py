"""Every time of `Limits`, on a clock that the test moves: each fires at its second, not before."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator

import pytest

from reference.errors import BodyTimeout
from reference.limits import Limits
from reference.request import Request
from reference.response import Response
from reference.testing import Answer, Wire, advance, fake_clock, on_fake_clock, settle
from reference.waits import Wait, Waiting

from .fakes import CHUNKED, CLOSE, get, ok, post, refused, request

TICK = 0.001
LATE_HEAD = refused(b"408 Request Timeout", b"the request did not arrive in time")


async def hello(request: Request) -> Response:
    return Response("hello")


async def echo(request: Request) -> Response:
    return Response(await request.text())


# -- Heads ---------------------------------------------------------------------------------------


@on_fake_clock
async def test_a_client_that_says_nothing_is_closed_in_silence() -> None:
    wire = Wire(hello)
    await advance(10 - TICK)
    assert wire.acts == []
    await advance(TICK)
    assert wire.acts == ["close"]
    assert wire.sent_now() == b""


@pytest.mark.parametrize("first", [b"G", b"GET / HTTP/1.1\r\n", get()[:-1]])
@on_fake_clock
async def test_a_slow_head_is_408(first: bytes) -> None:
    wire = Wire(hello)
    wire.send(first)
    await advance(10 - TICK)
    assert wire.sent_now() == b""
    await advance(TICK)
    assert wire.sent_now() == LATE_HEAD
    assert wire.acts == ["eof"]


@on_fake_clock
async def test_408_to_a_head_request_has_no_content() -> None:
    wire = Wire(hello)
    wire.send(request(b"HEAD /")[:-1])
    await advance(10)
    assert LATE_HEAD.startswith(sent := wire.sent_now())
    assert sent.endswith(b"\r\n\r\n")


@on_fake_clock
async def test_dripping_does_not_help() -> None:
    wire = Wire(hello)
    for byte in get()[:20]:
        wire.send(bytes((byte,)))
        await advance(0.5)
    assert wire.sent_now() == LATE_HEAD


@on_fake_clock
async def test_a_head_in_time() -> None:
    wire = Wire(hello)
    wire.send(get()[:9])
    await advance(10 - TICK)
    wire.send(get()[9:])
    assert await wire.answer() == ok(b"hello")
    await advance(10)
    assert wire.acts == []


@on_fake_clock
async def test_a_second_head_has_its_time_from_its_first_byte() -> None:
    wire = Wire(hello)
    wire.send(get())
    await advance(60)
    wire.send(get()[:9])
    await advance(10 - TICK)
    assert wire.sent_now() == ok(b"hello")
    await advance(TICK)
    assert wire.sent_now() == LATE_HEAD


@on_fake_clock
async def test_a_second_head_that_began_while_the_first_was_at_work() -> None:
    async def slow(request: Request) -> Response:
        await asyncio.sleep(100)
        return Response("hello")

    wire = Wire(slow)
    wire.send(get() + get()[:9])
    await advance(100)
    assert wire.sent_now() == ok(b"hello")
    await advance(10 - TICK)
    assert wire.sent_now() == b""
    await advance(TICK)
    assert wire.sent_now() == LATE_HEAD


@on_fake_clock
async def test_handlers_may_take_their_time() -> None:
    async def slow(request: Request) -> Response:
        await asyncio.sleep(10_000)
        return Response("hello")

    wire = Wire(slow)
    wire.send(get() + get())
    await advance(20_000)
    assert wire.sent_now() == 2 * ok(b"hello")


# -- Between requests ----------------------------------------------------------------------------


@on_fake_clock
async def test_keep_alive() -> None:
    wire = Wire(hello)
    for _ in range(3):
        wire.send(get())
        await advance(75 - TICK)
        assert wire.sent_now() == ok(b"hello")
        assert wire.acts == []
    await advance(TICK)
    assert wire.acts == ["close"]
    assert wire.sent_now() == b""


@on_fake_clock
async def test_keep_alive_begins_behind_the_answer() -> None:
    async def slow(request: Request) -> Response:
        await asyncio.sleep(74)
        return Response("hello")

    wire = Wire(slow)
    wire.send(get())
    await advance(74 + 75 - TICK)
    assert wire.sent_now() == ok(b"hello")
    assert wire.acts == []
    await advance(TICK)
    assert wire.acts == ["close"]


@on_fake_clock
async def test_keep_alive_begins_behind_the_last_answer() -> None:
    async def slow(request: Request) -> Response:
        if request.path == "/slow":
            await asyncio.sleep(50)
        return Response("hello")

    wire = Wire(slow)
    wire.send(get(b"/") + get(b"/slow"))
    await advance(50 + 75 - TICK)
    assert wire.sent_now() == ok(b"hello") * 2
    assert wire.acts == []
    await advance(TICK)
    assert wire.acts == ["close"]


@on_fake_clock
async def test_keep_alive_behind_a_stream() -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"hello"

    async def stream(request: Request) -> Response:
        return Response(parts())

    wire = Wire(stream)
    wire.send(get())
    await advance(75 - TICK)
    assert wire.acts == []
    await advance(TICK)
    assert wire.acts == ["close"]


@on_fake_clock
async def test_keep_alive_behind_an_unread_body() -> None:
    wire = Wire(hello)
    wire.send(request(b"POST /", b"Content-Length: 4"))
    await advance(20)
    wire.send(b"1234")
    await advance(75 - TICK)
    assert wire.acts == []
    await advance(TICK)
    assert wire.acts == ["close"]


@on_fake_clock
async def test_one_timer_a_connection() -> None:
    wire = Wire(hello)
    for _ in range(20):
        wire.send(get() + post(b"1234"))
        await advance(1)
        assert len(fake_clock().timers()) == 1
    wire.send(get(b"/", CLOSE))
    wire.send_eof()
    await settle()
    assert fake_clock().timers() == []


# -- Bodies --------------------------------------------------------------------------------------


@on_fake_clock
async def test_body_without_progress() -> None:
    errors = []

    async def read(request: Request) -> Response:
        try:
            return await echo(request)
        except BodyTimeout as exc:
            errors.append(exc)
            raise

    wire = Wire(read)
    wire.send(request(b"POST /", b"Content-Length: 4"))
    for byte in (b"1", b"2", b"3"):
        await advance(30 - TICK)
        wire.send(byte)  # each is a new beginning
    await advance(30 - TICK)
    assert wire.sent_now() == b""
    await advance(TICK)
    said = wire.sent_now()
    assert said.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert said.endswith(CLOSE + b"\r\n\r\nthe body did not arrive in time")
    assert len(errors) == 1
    assert wire.acts == ["eof"]


@on_fake_clock
async def test_framing_of_a_chunk_is_no_progress() -> None:
    wire = Wire(echo)
    wire.send(request(b"POST /", CHUNKED))
    for byte in (b"0", b"0", b"1"):
        await advance(10 - TICK)
        wire.send(byte)
    await advance(4 * TICK)
    assert wire.sent_now().startswith(b"HTTP/1.1 408 Request Timeout\r\n")


@on_fake_clock
async def test_body_time_runs_only_while_the_handler_waits_for_it() -> None:
    async def slow(request: Request) -> Response:
        await asyncio.sleep(1000)
        return await echo(request)

    wire = Wire(slow)
    wire.send(request(b"POST /", b"Content-Length: 4"))
    await advance(1000 + 30 - TICK)
    assert wire.acts == []
    wire.send(b"1234")
    assert await wire.answer() == ok(b"1234")


@on_fake_clock
async def test_a_handler_that_thinks_between_two_parts() -> None:
    async def thoughtful(request: Request) -> Response:
        parts = []
        async for part in request.content:
            parts.append(part)
            await asyncio.sleep(100)
        return Response(b"".join(parts).decode())

    wire = Wire(thoughtful)
    wire.send(request(b"POST /", b"Content-Length: 4"))
    await advance(1)
    wire.send(b"12")
    await advance(110)
    wire.send(b"34")
    await advance(100)
    assert wire.sent_now() == ok(b"1234")


@on_fake_clock
async def test_a_handler_that_gave_up_on_the_body() -> None:
    async def impatient(request: Request) -> Response:
        try:
            async with asyncio.timeout(1):
                await request.read()
        except TimeoutError:
            await asyncio.sleep(100)
        return Response("hello")

    wire = Wire(impatient)
    wire.send(request(b"POST /", b"Content-Length: 4"))
    await advance(101)
    assert wire.sent_now() == ok(b"hello", CLOSE)
    assert wire.acts == ["eof"]


@pytest.mark.parametrize("sent", [b"", b"12"])
@on_fake_clock
async def test_a_body_that_is_dropped_must_arrive_too(sent: bytes) -> None:
    wire = Wire(hello)
    wire.send(request(b"POST /", b"Content-Length: 4"))
    assert await wire.answer() == ok(b"hello")
    await advance(10)
    if sent:
        wire.send(sent)
    await advance(30 - TICK if sent else 20 - TICK)
    assert wire.acts == []
    await advance(TICK)
    assert wire.acts == ["eof"]
    assert wire.sent_now() == b""


# -- Writing -------------------------------------------------------------------------------------


async def large(request: Request) -> Response:
    return Response(b"x" * 100_000)


async def _endless() -> AsyncIterator[bytes]:
    while True:
        yield b"x" * 10_000


async def endless(request: Request) -> Response:
    return Response(_endless())


@pytest.mark.parametrize("handler", [large, endless])
@on_fake_clock
async def test_write_without_progress(handler: Answer) -> None:
    wire = Wire(handler)
    wire.transport.is_stuck = True
    wire.send(get())
    for _ in range(5):
        await advance(60 - TICK)
        wire.transport.take(100)  # however little: it is progress
    await advance(60)
    assert wire.acts == []
    await advance(6 * TICK)
    assert wire.acts == ["abort"]
    assert wire.closed


@on_fake_clock
async def test_a_body_that_arrives_is_no_progress_in_writing() -> None:
    wire = Wire(endless)
    wire.transport.is_stuck = True
    wire.send(request(b"POST /", b"Content-Length: 10"))
    await advance(59)
    wire.send(b"12345")
    await advance(1)
    assert wire.acts == ["abort"]


@on_fake_clock
async def test_answers_behind_it_are_not_taken_for_a_stuck_client() -> None:
    async def medium(request: Request) -> Response:
        return Response(b"x" * 40_000)

    wire = Wire(medium)
    wire.transport.is_stuck = True
    for _ in range(3):
        wire.send(get())
        await settle()
    await advance(30)
    wire.transport.take(10_000)
    await advance(60)
    assert wire.acts == []
    await advance(60)
    assert wire.acts == ["abort"]


@on_fake_clock
async def test_a_stream_may_take_its_time_when_the_client_has_taken_all() -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield 100_000 * b"x"
        await asyncio.sleep(1000)
        yield b"y"

    async def slow(request: Request) -> Response:
        return Response(parts())

    wire = Wire(slow)
    wire.transport.is_stuck = True
    wire.send(get())
    await advance(10)
    wire.transport.unstick()
    await advance(1000)
    assert wire.sent_now().endswith(b"\r\n1\r\ny\r\n0\r\n\r\n")


@on_fake_clock
async def test_the_last_answer_must_be_taken_too() -> None:
    wire = Wire(hello)
    wire.transport.is_stuck = True
    wire.send(get(b"/", CLOSE))
    await advance(2)
    assert wire.acts == ["eof", "close"]
    await advance(60 - TICK)
    wire.transport.take(10)
    await advance(60)
    assert wire.acts == ["eof", "close"]
    await advance(TICK)
    assert wire.acts == ["eof", "close", "abort"]
    assert wire.closed


# -- The timer itself ----------------------------------------------------------------------------


class Expired:
    def __init__(self) -> None:
        self.waits: list[Wait] = []

    def __call__(self, wait: Wait) -> None:
        self.waits.append(wait)


@pytest.mark.parametrize("wait", Wait)
@on_fake_clock
async def test_each_wait_has_its_limit(wait: Wait) -> None:
    limits = Limits()
    expired = Expired()
    waiting = Waiting(asyncio.get_running_loop(), limits, expired)
    waiting.begin(wait)
    await advance(getattr(limits, wait.value) - TICK)
    assert expired.waits == []
    await advance(TICK)
    assert expired.waits == [wait]
    await advance(1000)
    assert expired.waits == [wait]


@pytest.mark.parametrize(
    ("first", "second", "fires_s"),
    [
        (Wait.BODY, Wait.LINGER, 2),  # shorter: the timer is set anew
        (Wait.LINGER, Wait.BODY, 30),  # longer: the timer finds out when it fires
    ],
)
@on_fake_clock
async def test_a_wait_replaces_another(first: Wait, second: Wait, fires_s: float) -> None:
    expired = Expired()
    waiting = Waiting(asyncio.get_running_loop(), Limits(), expired)
    waiting.begin(first)
    waiting.begin(second)
    assert len(fake_clock().timers()) == 1
    await advance(fires_s - TICK)
    assert expired.waits == []
    await advance(TICK)
    assert expired.waits == [second]


@on_fake_clock
async def test_no_wait_while_the_server_is_at_work() -> None:
    expired = Expired()
    waiting = Waiting(asyncio.get_running_loop(), Limits(), expired)
    waiting.begin_idle(asyncio.get_running_loop().time())
    waiting.wait = None
    await advance(math.nextafter(75, 100))
    assert expired.waits == []
    assert fake_clock().timers() == []


@on_fake_clock
async def test_a_closed_one_takes_no_timer() -> None:
    expired = Expired()
    waiting = Waiting(asyncio.get_running_loop(), Limits(), expired)
    waiting.begin(Wait.WRITE)
    waiting.close()
    waiting.close()
    waiting.begin(Wait.LINGER)
    waiting.begin_idle(asyncio.get_running_loop().time())
    assert fake_clock().timers() == []
