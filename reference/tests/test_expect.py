"""`Expect: 100-continue` (RFC 9110 §10.1.1): said when the handler asks, and only then."""

from __future__ import annotations

import asyncio

import pytest

from reference.exceptions import HTTPContentTooLarge
from reference.request import Request
from reference.response import Response
from reference.testing import Wire, advance, on_fake_clock, settle

from .fakes import BYTES, CHUNKED, CLOSE, answer, get, ok, post, refused, request

EXPECT = b"Expect: 100-continue"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


async def echo(request: Request) -> Response:
    return Response(await request.text())


async def hello(request: Request) -> Response:
    return Response("hello")


@pytest.mark.parametrize(
    ("framing", "body"),
    [(b"Content-Length: 4", b"1234"), (CHUNKED, b"4\r\n1234\r\n0\r\n\r\n")],
)
@on_fake_clock
async def test_said_when_the_handler_asks(framing: bytes, body: bytes) -> None:
    gate = asyncio.Event()

    async def later(request: Request) -> Response:
        await gate.wait()
        return await echo(request)

    wire = Wire(later)
    wire.send(request(b"POST /", framing, EXPECT))
    assert await wire.answer() == b""
    gate.set()
    assert await wire.answer() == CONTINUE
    wire.send(body)
    assert await wire.answer() == ok(b"1234")
    wire.send(get())
    assert await wire.answer() == ok(b"")


@on_fake_clock
async def test_not_said_for_the_next_request_when_an_empty_body_came_first() -> None:
    begin = asyncio.Event()

    async def not_at_once(request: Request) -> Response:
        await begin.wait()  # an eager task would ask before the body comes
        return await echo(request)

    wire = Wire(not_at_once)
    wire.send(request(b"POST /", CHUNKED, EXPECT), b"0\r\n\r\n")
    begin.set()
    assert await wire.answer() == ok(b"")
    wire.send(request(b"POST /", b"Content-Length: 4"))
    assert await wire.answer() == b""
    wire.send(b"1234")
    assert await wire.answer() == ok(b"1234")


@on_fake_clock
async def test_said_once() -> None:
    wire = Wire(echo)
    wire.send(request(b"POST /", b"Content-Length: 4", EXPECT))
    assert await wire.answer() == CONTINUE
    for part in (b"1", b"2", b"3"):
        wire.send(part)
        assert await wire.answer() == b""
    wire.send(b"4")
    assert await wire.answer() == ok(b"1234")
    wire.send(request(b"POST /", b"Content-Length: 1", EXPECT))
    assert await wire.answer() == CONTINUE
    wire.send(b"5")
    assert await wire.answer() == ok(b"5")


# what comes with the head, and what comes later: the client has not waited
UNNEEDED = [
    (post(b"1234", EXPECT), b"", ok(b"1234")),
    (request(b"POST /", b"Content-Length: 4", EXPECT, body=b"12"), b"34", ok(b"1234")),
    (request(b"POST /", CHUNKED, EXPECT, body=b"1\r\n1\r\n"), b"0\r\n\r\n", ok(b"1")),
    (request(b"POST /", b"Content-Length: 0", EXPECT), b"", ok(b"")),
    (request(b"GET /", EXPECT), b"", ok(b"")),
    (request(b"POST / HTTP/1.0", b"Content-Length: 1", EXPECT), b"1", ok(b"1", CLOSE)),
]


@pytest.mark.parametrize(("head", "rest", "said"), UNNEEDED)
@on_fake_clock
async def test_not_said_when_nobody_waits_for_it(head: bytes, rest: bytes, said: bytes) -> None:
    wire = Wire(echo)
    wire.send(head)
    assert await wire.answer() == (b"" if rest else said)
    if rest:
        wire.send(rest)
        assert await wire.answer() == said


@on_fake_clock
async def test_not_said_when_the_body_came_before_the_handler_asked() -> None:
    gate = asyncio.Event()

    async def later(request: Request) -> Response:
        await gate.wait()
        return await echo(request)

    wire = Wire(later)
    wire.send(request(b"POST /", b"Content-Length: 4", EXPECT))
    await settle()
    wire.send(b"12")
    gate.set()
    assert await wire.answer() == b""
    wire.send(b"34")
    assert await wire.answer() == ok(b"1234")


@on_fake_clock
async def test_said_once_to_a_handler_that_asks_twice() -> None:
    async def patient(request: Request) -> Response:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await request.read()
        return await echo(request)

    wire = Wire(patient)
    wire.send(request(b"POST /", b"Content-Length: 4", EXPECT))
    await advance(2)
    assert wire.sent_now() == CONTINUE
    wire.send(b"1234")
    assert await wire.answer() == ok(b"1234")


@on_fake_clock
async def test_answers_of_earlier_requests_go_first() -> None:
    wire = Wire(echo)
    wire.send(get() + request(b"POST /", b"Content-Length: 1", EXPECT))
    assert await wire.answer() == ok(b"") + CONTINUE
    wire.send(b"1")
    assert await wire.answer() == ok(b"1")


@on_fake_clock
async def test_final_answer_instead_closes() -> None:
    # Nobody can tell whether what comes next is the body or a request.
    wire = Wire(hello)
    wire.send(request(b"POST /", b"Content-Length: 4", EXPECT))
    assert await wire.answer() == ok(b"hello", CLOSE)
    assert wire.acts == ["eof"]
    wire.send(b"1234" + get())
    assert await wire.answer() == b""


@on_fake_clock
async def test_too_large_is_said_before_the_body_is_sent() -> None:
    wire = Wire(echo)
    wire.send(request(b"POST /", b"Content-Length: 1048577", EXPECT))
    body = HTTPContentTooLarge(1024**2).text.encode()
    said = await wire.answer()
    assert said.startswith(b"HTTP/1.1 413 Content Too Large\r\n")
    assert said.endswith(CLOSE + b"\r\n\r\n" + body)
    assert wire.acts == ["eof"]


@pytest.mark.parametrize("value", [b"tea", b"100-continue, tea", b"200-ok"])
@on_fake_clock
async def test_other_expectations(value: bytes) -> None:
    wire = Wire(hello)
    wire.send(request(b"POST /", b"Expect: " + value, b"Content-Length: 4"))
    reason = b"the only expectation that can be met is 100-continue"
    assert await wire.answer() == refused(b"417 Expectation Failed", reason)


@on_fake_clock
async def test_no_100_inside_a_stream_that_reads_its_request() -> None:
    async def stream(request: Request) -> Response:
        return Response(request.content)

    wire = Wire(stream)
    wire.send(request(b"POST /", b"Content-Length: 4", EXPECT))
    assert await wire.answer() == answer(b"200 OK", BYTES, CHUNKED, CLOSE)
    wire.send(b"1234")
    assert await wire.answer() == b"4\r\n1234\r\n0\r\n\r\n"
