"""Idle connections: all are answered once, and one that is lost is noticed."""

import resource
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from benchmarks.command import Refused
from benchmarks.connection import Connection
from benchmarks.idle import idle_connections, open_files
from benchmarks.tests.small import HELLO, small

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def test_each_has_had_one_answer_and_is_open() -> None:
    async with small() as server, idle_connections(server, 120) as idle:
        assert (server.answered, len(server.writers)) == (120, 120)
        assert idle.lost() == 0


async def test_one_that_the_server_closes_meanwhile() -> None:
    async with small() as server, AsyncExitStack() as stack:
        idle = await stack.enter_async_context(idle_connections(server, 3))
        server.writers[1].close()
        await server.writers[1].wait_closed()
        assert idle.lost() == 1
        with pytest.raises(Refused, match="closed 1 of 3 idle connections"):
            await stack.aclose()


async def test_one_on_which_the_server_speaks() -> None:
    async with small() as server, AsyncExitStack() as stack:
        await stack.enter_async_context(idle_connections(server, 3))
        server.writers[2].write(b"HTTP/1.1 408 Too late\r\n\r\n")
        await server.writers[2].drain()
        with pytest.raises(Refused, match="closed 1 of 3 idle connections"):
            await stack.aclose()


async def test_connections_that_are_not_kept() -> None:
    closing = HELLO.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    async with small(HELLO, closing) as server:
        with pytest.raises(Refused, match="does not keep connections open"):
            async with idle_connections(server, 3):
                pytest.fail("one is not kept")


async def test_a_wrong_answer() -> None:
    async with small(HELLO, HELLO.replace(b"200", b"503")) as server:
        with pytest.raises(Refused, match="answered 503, not 200: b'Hello, World!'"):
            async with idle_connections(server, 3):
                pytest.fail("one is refused")


async def test_what_is_no_answer() -> None:
    async with small(HELLO, b"what?\r\n\r\n") as server:
        with pytest.raises(
            Refused, match=r"idle connections, .* of which are open: RemoteProtocolError"
        ):
            async with idle_connections(server, 3):
                pytest.fail("one is no HTTP")


async def test_they_are_closed_behind_it() -> None:
    async with small() as server:
        async with idle_connections(server, 2):
            pass
        for writer in server.writers:
            await writer.wait_closed()  # the server has read the end
        with await Connection.open(server.host, server.port) as connection:
            assert (await connection.exchange(GET)).status == 200


@pytest.fixture
def files() -> Iterator[tuple[int, int]]:
    """The limits of this process, put back behind the test."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_soft_limit_is_raised_and_put_back(files: tuple[int, int]) -> None:
    _, hard = files
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    with open_files(300):
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, hard)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (256, hard)


def test_a_soft_limit_that_does_is_left(files: tuple[int, int]) -> None:
    with open_files(10):
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == files


def test_the_hard_limit_is_said(files: tuple[int, int]) -> None:
    _, hard = files
    if hard == resource.RLIM_INFINITY:
        pytest.skip("there is no hard limit here")
    said = r"are allowed: take fewer connections \(up to [\d,]+\)"
    with pytest.raises(Refused, match=said), open_files(hard + 1):
        pytest.fail("there is no room")
