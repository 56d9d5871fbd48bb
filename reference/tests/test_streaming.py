"""Bodies part by part: framing, what goes wrong on the way, and that every source is closed."""

from __future__ import annotations

import array
import asyncio
import logging
import socket
import struct
from collections.abc import AsyncIterator

import pytest

from reference.request import Request
from reference.response import Response
from reference.testing import Wire, application, on_fake_clock, settle

from .fakes import BYTES, CHUNKED, CLOSE, SERVER_ERROR_LINE, answer, get, request

KEEP_ALIVE = b"Connection: keep-alive"
OLD = b"GET / HTTP/1.0"
RESET = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Source:
    """Streams of the parts it is given, an exception among them raised in its turn, an event waited
    for; notes how each of them ended."""

    def __init__(self, *parts: object, **headers: str) -> None:
        self._parts = parts
        self._headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.ended: list[str] = []

    async def __call__(self, request: Request) -> Response:
        return Response(self._stream(), headers=self._headers or None)

    async def _stream(self) -> AsyncIterator[bytes]:
        end = "closed"
        try:
            for part in self._parts:
                if isinstance(part, BaseException):
                    raise part
                if isinstance(part, asyncio.Event):
                    await part.wait()
                else:
                    yield part  # type: ignore[misc]
            end = "exhausted"
        except GeneratorExit:
            raise
        except BaseException as exc:
            end = type(exc).__name__
            raise
        finally:
            self.ended.append(end)


def stream_head(*fields: bytes) -> bytes:
    return answer(b"200 OK", BYTES, *fields)


# -- Framing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "body"),
    [
        ((), b""),
        ((b"abc",), b"3\r\nabc\r\n"),
        ((b"", b"a", b"", b"b" * 17, b""), b"1\r\na\r\n11\r\n" + b"b" * 17 + b"\r\n"),
        ((bytearray(b"ab"), memoryview(b"cd")), b"2\r\nab\r\n2\r\ncd\r\n"),
        ((memoryview(b"a-b-")[::2],), b"2\r\nab\r\n"),
        ((memoryview(array.array("H", (0x6161, 0x6262))),), b"4\r\naabb\r\n"),
    ],
)
@on_fake_clock
async def test_chunked(parts: tuple[object, ...], body: bytes) -> None:
    source = Source(*parts)
    wire = Wire(source)
    wire.send(get() + get(b"/", CLOSE))
    body += b"0\r\n\r\n"
    assert await wire.answer() == (stream_head(CHUNKED) + body + stream_head(CHUNKED, CLOSE) + body)
    assert source.ended == ["exhausted", "exhausted"]


@on_fake_clock
async def test_a_buffer_that_the_stream_uses_again() -> None:
    async def parts() -> AsyncIterator[bytes]:
        buffer = bytearray(b"12")
        yield buffer  # type: ignore[misc]
        buffer[:] = b"34"
        yield buffer  # type: ignore[misc]

    async def stream(request: Request) -> Response:
        return Response(parts())

    wire = Wire(stream)
    wire.send(get())
    assert await wire.answer() == stream_head(CHUNKED) + b"2\r\n12\r\n2\r\n34\r\n0\r\n\r\n"


@on_fake_clock
async def test_sized() -> None:
    source = Source(b"ab", b"", b"c", Content_Length="3")
    wire = Wire(source)
    wire.send(get() + request(b"GET / HTTP/1.0", KEEP_ALIVE))
    assert await wire.answer() == (
        stream_head(b"Content-Length: 3") + b"abc"
        + stream_head(b"Content-Length: 3", KEEP_ALIVE) + b"abc"
    )  # fmt: skip
    assert wire.acts == []


@pytest.mark.parametrize("fields", [(), (KEEP_ALIVE,)])
@pytest.mark.parametrize(("tls", "act"), [(False, "eof"), (True, "close")])
@on_fake_clock
async def test_until_close_to_http_1_0(fields: tuple[bytes, ...], tls: bool, act: str) -> None:
    source = Source(b"ab", b"c")
    wire = Wire(source, tls=tls)
    wire.send(request(OLD, *fields) + request(OLD, *fields))  # nothing can follow
    assert await wire.answer() == stream_head(CLOSE) + b"abc"
    assert wire.acts == [act]
    assert source.ended == ["exhausted"]


@pytest.mark.parametrize("line", [b"HEAD /", b"HEAD / HTTP/1.0"])
@on_fake_clock
async def test_head_of_a_stream(line: bytes) -> None:
    source = Source(b"never")
    wire = Wire(source)
    wire.send(request(line, KEEP_ALIVE) + request(line, KEEP_ALIVE))
    said = stream_head(CHUNKED) if line == b"HEAD /" else stream_head(KEEP_ALIVE)
    assert await wire.answer() == said + said
    assert wire.acts == []
    assert source.ended == []  # closed before it began


@pytest.mark.parametrize("status", [204, 304])
@on_fake_clock
async def test_stream_with_a_status_without_content(status: int) -> None:
    source = Source(b"never")

    async def empty(request: Request) -> Response:
        response = await source(request)
        return Response(response.body, status=status)  # type: ignore[arg-type]

    wire = Wire(empty)
    wire.send(get() + get())
    said = await wire.answer()
    assert said.count(b"HTTP/1.1 %d " % status) == 2
    assert said.endswith(b"\r\n\r\n")
    assert b"never" not in said


# -- Failing -------------------------------------------------------------------------------------

# what the stream does, its Content-Length, what was sent of it to HTTP/1.1, how it ended
FAILURES = [
    ((b"ab", ValueError("x")), None, b"2\r\nab\r\n", "ValueError"),
    ((ValueError("x"),), None, b"", "ValueError"),
    ((b"ab", ValueError("x")), "3", b"ab", "ValueError"),
    ((b"ab", SystemExit()), None, b"2\r\nab\r\n", "SystemExit"),
    ((b"ab", asyncio.CancelledError()), None, b"2\r\nab\r\n", "CancelledError"),
    ((b"ab", b"c"), "2", b"ab", "closed"),
    ((b"ab",), "3", b"ab", "exhausted"),
    ((b"ab", "c", b"never"), None, b"2\r\nab\r\n", "closed"),
    ((b"ab", None), "3", b"ab", "closed"),
    ((1,), None, b"", "closed"),
]


@pytest.mark.parametrize(("parts", "length", "body", "ended"), FAILURES)
@pytest.mark.parametrize("behind", [b"", get()])
@on_fake_clock
async def test_failure_on_the_way_cuts(
    parts: tuple[object, ...], length: str | None, body: bytes, ended: str, behind: bytes,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    source = Source(*parts) if length is None else Source(*parts, Content_Length=length)
    wire = Wire(source)
    wire.send(get() + behind)
    framing = CHUNKED if length is None else b"Content-Length: " + length.encode()
    assert await wire.answer() == stream_head(framing) + body
    assert wire.acts == ["abort"]
    assert wire.socket.options == []
    assert source.ended == [ended]
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@on_fake_clock
async def test_failure_of_a_body_that_ends_with_the_connection_resets() -> None:
    source = Source(b"ab", ValueError("x"))
    wire = Wire(source)
    wire.send(request(OLD))
    assert await wire.answer() == stream_head(CLOSE) + b"ab"
    assert wire.acts == ["abort"]
    assert wire.socket.options == [RESET]


@pytest.mark.parametrize(
    "headers", [{"Content-Length": "-1"}, {"Content-Length": "1e3"}, {"X": "a\r\nSet-Cookie: b"}]
)
@on_fake_clock
async def test_failure_before_the_head_is_500(headers: dict[str, str]) -> None:
    source = Source(b"never")

    async def broken(request: Request) -> Response:
        response = await source(request)
        response.headers.update(headers)
        return response

    wire = Wire(broken)
    wire.send(get() + get(b"/", CLOSE))
    said = await wire.answer()
    assert said.startswith(SERVER_ERROR_LINE)
    assert said.count(SERVER_ERROR_LINE) == 2
    assert said.count(CLOSE) == 1
    assert b"Set-Cookie" not in said
    assert b"never" not in said
    assert wire.acts == ["eof"]


@on_fake_clock
async def test_failure_behind_a_stream_is_a_500() -> None:
    source = Source(b"ab")

    async def second(request: Request) -> Response:
        if request.path == "/crash":
            raise SystemExit
        return await source(request)

    wire = Wire(second)
    wire.send(get())
    assert await wire.answer() == stream_head(CHUNKED) + b"2\r\nab\r\n0\r\n\r\n"
    assert wire.server._connections == {wire.connection}
    wire.send(get(b"/crash"))
    assert (await wire.answer()).startswith(SERVER_ERROR_LINE)
    assert wire.acts == []


@on_fake_clock
async def test_the_end_of_a_body_does_not_wait_for_the_one_of_the_request() -> None:
    wire = Wire(Source(b"ab"))
    wire.send(request(b"POST / HTTP/1.0", b"Content-Length: 10", body=b"x"))
    assert await wire.answer() == stream_head(CLOSE) + b"ab"
    assert wire.acts == ["eof"]


@pytest.mark.parametrize(
    ("rest", "status"), [(b"x\r\n", 400), (b"0\r\nA: " + b"b" * 8192 + b"\r\n\r\n", 431)]
)
@on_fake_clock
async def test_a_body_that_breaks_while_it_is_streamed_back_is_no_failure_of_ours(
    rest: bytes, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def back(request: Request) -> Response:
        return Response(aiter(request.content))

    log = logging.getLogger("access of a test")
    caplog.set_level(logging.INFO, log.name)
    wire = Wire(back, access_log=log)
    wire.send(request(b"POST /", CHUNKED), b"2\r\nab\r\n")
    assert await wire.answer() == stream_head(CHUNKED, CLOSE) + b"2\r\nab\r\n"
    wire.send(rest)
    assert await wire.answer() == b""
    assert wire.acts == ["abort"]
    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert f'" {status} ' in caplog.text


# -- The client goes away ------------------------------------------------------------------------


@pytest.mark.parametrize("waits", ["for its source", "for the client"])
@pytest.mark.parametrize("cancellation", [True, False])
@on_fake_clock
async def test_the_source_is_closed_when_the_client_goes(
    waits: str, cancellation: bool, caplog: pytest.LogCaptureFixture
) -> None:
    gate = asyncio.Event()
    source = Source(b"x" * 100_000, gate, b"y", b"z")
    wire = Wire(application(source, handler_cancellation=cancellation))
    wire.transport.is_stuck = waits == "for the client"
    wire.send(get())
    await settle()
    assert source.ended == []
    wire.lose()
    await settle()
    if waits == "for the client":
        assert source.ended == ["closed"]
    elif cancellation:
        assert source.ended == ["CancelledError"]
    else:
        assert source.ended == []
        gate.set()
        await settle()
        assert source.ended == ["closed"]
    assert wire.server._connections == set()
    assert caplog.records == []


@on_fake_clock
async def test_a_failure_that_is_not_the_clients_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gate = asyncio.Event()
    wire = Wire(application(Source(b"a", gate, ValueError("x")), handler_cancellation=False))
    wire.send(get())
    await settle()
    wire.lose()
    gate.set()
    await settle()
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@on_fake_clock
async def test_the_source_is_closed_when_the_client_went_before_the_head() -> None:
    gate = asyncio.Event()
    source = Source(b"never")

    async def late(request: Request) -> Response:
        await gate.wait()
        return await source(request)

    wire = Wire(application(late, handler_cancellation=False))
    wire.send(get())
    await settle()
    wire.lose()
    gate.set()
    assert await wire.answer() == b""
    assert wire.server._connections == set()


# -- Sources that are no generators --------------------------------------------------------------


class Iterable:
    """Makes a generator when it is iterated, as most hand-written sources do."""

    def __init__(self) -> None:
        self.ended = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            yield b"ab"
            yield b"cd"
        finally:
            self.ended = True


class Iterator:
    """Has nothing to close."""

    def __init__(self) -> None:
        self._left = [b"cd", b"ab"]

    def __aiter__(self) -> Iterator:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()


@pytest.mark.parametrize(("length", "body"), [("4", b"abcd"), ("3", b"ab")])
@on_fake_clock
async def test_the_generator_of_an_iterable_is_closed(length: str, body: bytes) -> None:
    iterable = Iterable()

    async def stream(request: Request) -> Response:
        return Response(iterable, headers={"Content-Length": length})

    wire = Wire(stream)
    wire.send(get())
    await wire.until(lambda: bool(wire.transport.writes))
    assert iterable.ended  # at once, not when the garbage is collected
    assert (await wire.answer()).endswith(b"\r\n\r\n" + body)


@on_fake_clock
async def test_an_iterator() -> None:
    async def stream(request: Request) -> Response:
        return Response(Iterator())

    wire = Wire(stream)
    wire.send(get())
    assert await wire.answer() == stream_head(CHUNKED) + b"2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"


# -- Writes --------------------------------------------------------------------------------------


@on_fake_clock
async def test_small_parts_of_one_turn_are_one_write() -> None:
    wire = Wire(Source(b"ab", b"cd"))
    wire.send(get())
    assert await wire.answer() == stream_head(CHUNKED) + b"2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"
    assert len(wire.transport.writes) == 1


@on_fake_clock
async def test_sixteen_parts_and_the_end_are_one_write() -> None:
    wire = Wire(Source(*[b"x"] * 16))
    wire.send(get())
    assert (await wire.answer()).endswith(b"0\r\n\r\n")
    assert len(wire.transport.writes) == 1


@on_fake_clock
async def test_nothing_is_held_while_the_stream_waits() -> None:
    event = asyncio.Event()
    wire = Wire(Source(event, b"ab", event, b"cd"))
    wire.send(get())
    await settle()
    assert wire.sent_now() == stream_head(CHUNKED)
    event.set()
    event.clear()
    await settle()
    assert wire.sent_now() == b"2\r\nab\r\n"
    event.set()
    assert await wire.answer() == b"2\r\ncd\r\n0\r\n\r\n"


@on_fake_clock
async def test_a_large_part_is_a_write_of_its_own() -> None:
    large = b"x" * 20_000
    wire = Wire(Source(b"ab", large, b"cd", Content_Length="20004"))
    wire.send(get())
    await wire.answer()
    assert wire.transport.writes[1:] == [large, b"cd"]
    assert wire.transport.writes[0].endswith(b"\r\n\r\nab")


@on_fake_clock
async def test_small_parts_are_held_up_to_a_bound() -> None:
    wire = Wire(Source(*[b"x" * 16_000] * 8, Content_Length="128000"))
    wire.send(get())
    await wire.answer()
    assert [len(data) > 64_000 for data in wire.transport.writes] == [True, False]


# -- Responses that are prepared -----------------------------------------------------------------


async def nothing() -> AsyncIterator[bytes]:
    raise AssertionError("the body of what prepare returns is sent, not this one")
    yield b""


class Prepared(Response):
    """Becomes what the request asks for."""

    def __init__(self) -> None:
        super().__init__(nothing())

    async def prepare(self, request: Request) -> Response:
        if request.path == "/crash":
            raise OSError("no such disk")
        return Response(request.path)


@on_fake_clock
async def test_a_response_that_is_prepared() -> None:
    async def prepared(request: Request) -> Response:
        return Prepared()

    wire = Wire(prepared)
    wire.send(get(b"/1") + get(b"/crash") + get(b"/2", CLOSE))
    said = await wire.answer()
    assert said.count(b"HTTP/1.1 200 OK") == 2
    assert said.count(SERVER_ERROR_LINE) == 1
    assert said.endswith(b"/2")
    assert wire.ended
