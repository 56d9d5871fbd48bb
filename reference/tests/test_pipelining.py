"""Several requests at once on one connection: the order of answers, their writes, and the bound."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator

import pytest

from reference.limits import Limits
from reference.outbox import Outbox
from reference.request import Request
from reference.response import Response
from reference.testing import Wire, on_fake_clock, settle

from .fakes import CHUNKED, CLOSE, TEXT, answer, get, ok, post, refused, request


class Gates:
    """A handler that answers with its path once the gate of that path is open; what begins with
    "now" has no gate."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self._gates: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def __call__(self, request: Request) -> Response:
        name = request.path[1:]
        self.began.append(name)
        if not name.startswith("now"):
            await self._gates[name].wait()
        return Response(name)

    def open(self, *names: str) -> None:
        for name in names:
            self._gates[name].set()


async def path(request: Request) -> Response:
    return Response(request.path)


def gets(*paths: bytes) -> bytes:
    return b"".join(get(b"/" + one) for one in paths)


# -- Order and writes ----------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 16])
@on_fake_clock
async def test_answers_share_a_write(count: int) -> None:
    wire = Wire(path)
    wire.send(count * get(b"/p"))
    assert await wire.answer() == count * ok(b"/p")
    assert len(wire.transport.writes) == 1


@on_fake_clock
async def test_byte_by_byte() -> None:
    wire = Wire(path)
    both = post(b"12345") + gets(b"now")
    wire.send(*(both[i : i + 1] for i in range(len(both))))
    assert await wire.answer() == ok(b"/") + ok(b"/now")


@on_fake_clock
async def test_slow_first_fast_second() -> None:
    gates = Gates()
    wire = Wire(gates)
    wire.send(gets(b"slow", b"now"))
    assert await wire.answer() == b""
    gates.open("slow")
    assert await wire.answer() == ok(b"slow") + ok(b"now")
    assert len(wire.transport.writes) == 1
    assert gates.began == ["slow", "now"]


@on_fake_clock
async def test_answers_before_a_slow_one_are_not_held_back() -> None:
    gates = Gates()
    wire = Wire(gates)
    wire.send(gets(b"now1", b"now2", b"slow", b"now3"))
    assert await wire.answer() == ok(b"now1") + ok(b"now2")
    gates.open("slow")
    assert await wire.answer() == ok(b"slow") + ok(b"now3")


@on_fake_clock
async def test_handlers_of_one_connection_run_one_after_another() -> None:
    gates = Gates()
    wire = Wire(gates)
    wire.send(gets(b"a", b"b"))
    gates.open("b")
    await settle()
    assert gates.began == ["a"]
    gates.open("a")
    assert await wire.answer() == ok(b"a") + ok(b"b")


@on_fake_clock
async def test_connections_do_not_wait_for_each_other() -> None:
    gates = Gates()
    slow = Wire(gates)
    fast = Wire(gates, server=slow.server)
    slow.send(gets(b"slow"))
    fast.send(gets(b"now"))
    assert await fast.answer() == ok(b"now")
    gates.open("slow")
    assert await slow.answer() == ok(b"slow")


@on_fake_clock
async def test_answers_are_not_held_without_bound() -> None:
    async def medium(request: Request) -> Response:
        return Response("x" * 10_000)

    wire = Wire(medium)
    wire.send(20 * get())
    assert await wire.answer() == 20 * ok(b"x" * 10_000)
    sizes = [len(data) for data in wire.transport.writes]
    assert len(sizes) == 3
    assert max(sizes) < 65536 + 20_000


@on_fake_clock
async def test_large_answers_leave_at_once() -> None:
    async def large(request: Request) -> Response:
        return Response("x" * 70_000)

    wire = Wire(large)
    wire.send(get() + get())
    assert await wire.answer() == 2 * ok(b"x" * 70_000)
    assert len(wire.transport.writes) == 2


@on_fake_clock
async def test_streams_among_others() -> None:
    async def mixed(request: Request) -> Response:
        if request.path == "/stream":
            return Response(_parts(), content_type="text/plain")
        return Response(request.path)

    async def _parts() -> AsyncIterator[bytes]:
        yield b"ab"
        await asyncio.sleep(0)
        yield b"c"

    wire = Wire(mixed)
    wire.send(gets(b"1", b"stream", b"2", b"stream", b"3"))
    stream = answer(b"200 OK", TEXT, CHUNKED, body=b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
    assert await wire.answer() == ok(b"/1") + stream + ok(b"/2") + stream + ok(b"/3")


@on_fake_clock
async def test_bodies_among_others() -> None:
    async def echo(request: Request) -> Response:
        return Response((await request.text()) or request.method)

    wire = Wire(echo)
    chunked = request(b"POST /", CHUNKED, body=b"2\r\nab\r\n0\r\n\r\n")
    wire.send(post(b"1") + get() + chunked + post(b"") + post(b"2"))
    assert await wire.answer() == ok(b"1") + ok(b"GET") + ok(b"ab") + ok(b"POST") + ok(b"2")


@on_fake_clock
async def test_a_body_that_arrives_while_an_earlier_request_is_at_work() -> None:
    gates = Gates()

    async def both(request: Request) -> Response:
        return Response(await request.read()) if request.method == "POST" else await gates(request)

    wire = Wire(both, limits=Limits(body_buffer_bytes=10))
    wire.send(gets(b"slow") + post(20 * b"x")[:-5])
    assert wire.acts == ["pause"]
    wire.send(5 * b"x")
    wire.send(gets(b"now"))
    gates.open("slow")
    said = await wire.answer()
    assert said.startswith(ok(b"slow"))
    assert said.endswith(b"Content-Length: 20\r\n\r\n" + 20 * b"x" + ok(b"now"))
    assert wire.acts == ["pause", "resume"]


@pytest.mark.parametrize("framing", [CHUNKED, b"Content-Length: 100001"])
@on_fake_clock
async def test_a_large_body_that_arrives_later_does_not_end_an_earlier_answer(
    framing: bytes,
) -> None:
    async def size(request: Request) -> Response:
        return Response(str(len(await request.read())))

    wire = Wire(size)
    body = 100_001 * b"x"
    if framing == CHUNKED:
        body = b"186a1\r\n" + body + b"\r\n0\r\n\r\n"
    wire.send(get() + request(b"POST /", framing, body=body[:10]))
    assert await wire.answer() == ok(b"0")
    wire.send(body[10:] + get())
    assert await wire.answer() == ok(b"100001") + ok(b"0")


# -- Errors keep their place ---------------------------------------------------------------------

MALFORMED = [
    (b"nonsense\r\n\r\n", refused(b"400 Bad Request", b"malformed request line")),
    (
        request(b"GET /", b"Expect: tea"),
        refused(b"417 Expectation Failed", b"the only expectation that can be met is 100-continue"),
    ),
    (
        b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
        answer(
            b"405 Method Not Allowed",
            TEXT,
            b"Allow: ",
            b"Content-Length: 32",
            CLOSE,
            body=b"405: this server is not a proxy\n",
        ),
    ),
]


@pytest.mark.parametrize(("malformed", "said"), MALFORMED)
@on_fake_clock
async def test_malformed_behind_a_good_one(malformed: bytes, said: bytes) -> None:
    gates = Gates()
    wire = Wire(gates)
    wire.send(gets(b"now", b"slow") + malformed + gets(b"never"))
    assert await wire.answer() == ok(b"now")
    gates.open("slow")
    assert await wire.answer() == ok(b"slow") + said
    assert gates.began == ["now", "slow"]
    assert wire.acts == ["eof"]


@on_fake_clock
async def test_malformed_chunk_behind_a_good_request() -> None:
    gates = Gates()
    wire = Wire(gates)
    wire.send(gets(b"slow") + request(b"POST /never", CHUNKED, body=b"1\r\na\r\nzz\r\n"))
    gates.open("slow")
    assert await wire.answer() == ok(b"slow") + refused(
        b"400 Bad Request", b"malformed chunk-size line"
    )
    assert gates.began == ["slow"]


@on_fake_clock
async def test_error_behind_an_answer_that_closes() -> None:
    async def bye(request: Request) -> Response:
        return Response("bye", headers={"Connection": "close"})

    wire = Wire(bye)
    wire.send(get() + b"nonsense\r\n\r\n")
    assert await wire.answer() == ok(b"bye", CLOSE)


# -- The bound -----------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 2, 3, 8])
@pytest.mark.parametrize("segments", [1, 20])
@on_fake_clock
async def test_reading_pauses_at_the_limit_and_goes_on(limit: int, segments: int) -> None:
    gates = Gates()
    wire = Wire(gates, limits=Limits(pipelined_requests=limit))
    names = [b"now%d" % i for i in range(1, 20)]
    wire.send(gets(b"slow"))
    await settle()
    if segments == 1:
        wire.send(gets(*names))
    else:
        for name in names:
            wire.send(get(b"/" + name))
    assert await wire.answer() == b""
    assert len(wire.connection._queue) == limit
    assert not wire.transport.is_reading()
    gates.open("slow")
    assert await wire.answer() == ok(b"slow") + b"".join(ok(name) for name in names)
    assert wire.transport.is_reading()
    assert gates.began == ["slow", *(name.decode() for name in names)]


@pytest.mark.parametrize("limit", [1, 2, 5])
@pytest.mark.parametrize("cut", [0, 1, 70, 100])
@on_fake_clock
async def test_bodies_at_the_limit(limit: int, cut: int) -> None:
    async def echo(request: Request) -> Response:
        return Response(await request.text())

    wire = Wire(echo, limits=Limits(pipelined_requests=limit, body_buffer_bytes=3))
    sent = b"".join(post(b"body %d" % i) for i in range(12))
    wire.send(sent[: len(sent) - cut])
    await settle()
    wire.send(sent[len(sent) - cut :])
    assert await wire.answer() == b"".join(ok(b"body %d" % i) for i in range(12))
    assert wire.transport.is_reading()


@on_fake_clock
async def test_error_among_the_bytes_that_waited() -> None:
    gates = Gates()
    wire = Wire(gates, limits=Limits(pipelined_requests=2))
    wire.send(gets(b"slow", b"now1", b"now2", b"now3") + b"nonsense\r\n\r\n" + gets(b"never"))
    gates.open("slow")
    assert await wire.answer() == b"".join(
        (ok(b"slow"), ok(b"now1"), ok(b"now2"), ok(b"now3"),
         refused(b"400 Bad Request", b"malformed request line"))
    )  # fmt: skip
    assert wire.acts == ["pause", "resume", "eof"]


@on_fake_clock
async def test_a_handler_that_closes_while_reading_is_paused() -> None:
    gates = Gates()

    async def bye(request: Request) -> Response:
        response = await gates(request)
        response.headers["Connection"] = "close"
        return response

    wire = Wire(bye, limits=Limits(pipelined_requests=1))
    wire.send(gets(b"slow", b"never"))
    await settle()
    assert wire.acts[-1] == "pause"
    gates.open("slow")
    assert await wire.answer() == ok(b"slow", CLOSE)
    assert wire.acts[-2:] == ["resume", "eof"]  # else the end of the input would never be seen
    wire.send_eof()
    await settle()
    assert wire.closed


# -- The outbox ----------------------------------------------------------------------------------


class Note:
    """A sender that has more to send for `more` turns."""

    def __init__(self, notes: list[str], name: str, more: int) -> None:
        self._notes = notes
        self._name = name
        self._more = more

    def send_ready(self, now_s: float) -> bool:
        assert now_s == asyncio.get_running_loop().time()
        self._more -= 1
        self._notes.append(self._name)
        return self._more < 0


@on_fake_clock
async def test_outbox_asks_each_sender_until_it_has_sent() -> None:
    notes: list[str] = []
    outbox = Outbox(asyncio.get_running_loop())
    outbox.add(Note(notes, "a", 1))
    outbox.add(Note(notes, "b", 0))
    assert notes == []
    await asyncio.sleep(0)
    assert notes == ["a", "b"]
    outbox.add(Note(notes, "c", 0))
    await settle()
    assert notes == ["a", "b", "a", "c"]
