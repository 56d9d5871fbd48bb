"""One connection: what an answer is, and that nothing is read unasked."""

import h11
import pytest

from benchmarks.connection import Answer, Connection
from benchmarks.tests.small import HELLO, small

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def test_an_answer_of_known_length_and_a_chunked_one() -> None:
    chunked = b"HTTP/1.1 404 X\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"
    async with small(HELLO, chunked) as server:
        with await Connection.open(server.host, server.port) as connection:
            assert await connection.exchange(GET) == Answer(200, b"Hello, World!")
            assert connection.persists
            assert await connection.exchange(GET) == Answer(404, b"abcd")


async def test_an_answer_to_head_has_no_body() -> None:
    async with small(HELLO.removesuffix(b"Hello, World!")) as server:
        with await Connection.open(server.host, server.port) as connection:
            head = b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"
            assert await connection.exchange(head) == Answer(200, b"")


async def test_continue_is_no_answer() -> None:
    async with small(b"HTTP/1.1 100 Continue\r\n\r\n" + HELLO) as server:
        with await Connection.open(server.host, server.port) as connection:
            assert (await connection.exchange(GET)).status == 200


async def test_close_says_that_it_does_not_persist() -> None:
    closing = HELLO.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    async with small(closing) as server:
        with await Connection.open(server.host, server.port) as connection:
            await connection.exchange(GET)
            assert not connection.persists


@pytest.mark.parametrize(
    "octets", [b"what?\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"]
)
async def test_what_is_no_answer(octets: bytes) -> None:
    async with small(octets) as server:
        with (
            await Connection.open(server.host, server.port) as connection,
            pytest.raises(h11.RemoteProtocolError),
        ):
            await connection.exchange(GET)


@pytest.mark.parametrize("octets", [b"", HELLO[:-1]])
async def test_an_end_within_an_answer(octets: bytes) -> None:
    async with small(octets) as server:
        with await Connection.open(server.host, server.port) as connection:
            await connection.ask(GET)
            await server.turn.wait()
            server.writers[0].close()
            with pytest.raises(h11.RemoteProtocolError):
                await connection.answer()


async def test_a_server_that_says_nothing_is_given_up() -> None:
    async with small(b"") as server:
        with (
            pytest.raises(TimeoutError),
            await Connection.open(server.host, server.port, patience_s=0.01) as connection,
        ):
            await connection.exchange(GET)


async def test_nobody_listens() -> None:
    async with small() as server:
        port = server.port
    with pytest.raises(ConnectionRefusedError):
        await Connection.open("127.0.0.1", port)


async def test_octets_that_nobody_asked_for_are_no_quiet() -> None:
    async with small(HELLO, HELLO + HELLO) as server:
        with await Connection.open(server.host, server.port) as connection:
            await connection.exchange(GET)
            assert connection.is_quiet()
            await connection.exchange(GET)
            assert not connection.is_quiet()
