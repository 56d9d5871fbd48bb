"""BodyStream: what a handler reads while it arrives."""

from __future__ import annotations

import asyncio

import pytest

from reference.body import EMPTY_BODY, BodyStream
from reference.errors import BodyError, BodyTimeout, ClientGone


class Connection:
    """A Source that writes down what the body asks of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def body_wanted(self) -> None:
        self.asked.append("wanted")

    def body_delivered(self) -> None:
        self.asked.append("delivered")


@pytest.fixture
def connection() -> Connection:
    return Connection()


@pytest.fixture
def body(connection: Connection) -> BodyStream:
    return BodyStream(connection)


async def begin(reading: asyncio.Task[bytes]) -> None:
    """Let `reading` run until it waits: it was scheduled before this is."""
    await asyncio.sleep(0)
    assert not reading.done()


async def test_parts_come_as_they_arrived(body: BodyStream, connection: Connection) -> None:
    body.feed(b"ab")
    body.feed(b"c")
    body.feed_eof()
    assert (body.held_bytes, body.is_complete) == (3, True)
    assert await body.read_part() == b"ab"
    assert body.held_bytes == 1
    assert await body.read_part() == b"c"
    assert await body.read_part() == b""
    assert await body.read_part() == b""
    assert body.held_bytes == 0
    assert connection.asked == ["delivered", "delivered"]


async def test_a_reader_waits_for_what_has_not_arrived(
    body: BodyStream, connection: Connection
) -> None:
    reading = asyncio.create_task(body.read_part())
    await begin(reading)
    assert connection.asked == ["wanted"]
    body.feed(b"ab")
    body.feed(b"c")
    assert await reading == b"ab"
    assert connection.asked == ["wanted", "delivered"]
    assert await body.read_part() == b"c"

    at_end = asyncio.create_task(body.read_part())
    await begin(at_end)
    assert not body.is_complete
    body.feed_eof()
    assert await at_end == b""
    assert body.is_complete


async def test_iteration(body: BodyStream) -> None:
    async def parts() -> list[bytes]:
        return [part async for part in body]

    iterating = asyncio.create_task(parts())
    body.feed(b"ab")
    await asyncio.sleep(0)
    body.feed(b"c")
    body.feed_eof()
    assert await iterating == [b"ab", b"c"]
    assert [part async for part in body] == []


async def test_read_joins_what_is_left(body: BodyStream) -> None:
    for part in (b"a", b"b", b"c"):
        body.feed(part)
    body.feed_eof()
    assert await body.read_part() == b"a"
    assert await body.read() == b"bc"
    assert await body.read() == b""


async def test_read_waits_for_the_end(body: BodyStream, connection: Connection) -> None:
    for limit in (None, 6):
        later = BodyStream(connection)
        later.feed(b"aa")
        reading = asyncio.create_task(later.read(limit))
        await begin(reading)
        later.feed(b"bb")
        await begin(reading)
        later.feed(b"cc")
        await begin(reading)
        later.feed_eof()
        assert await reading == b"aabbcc"


@pytest.mark.parametrize(
    ("limit", "result"),
    [(5, b"aabbcc"), (4, b"aabbcc"), (3, b"aabb"), (2, b"aabb"), (1, b"aa"), (0, b"aa")],
)
async def test_read_stops_after_more_than_the_limit(
    body: BodyStream, limit: int, result: bytes
) -> None:
    """... without waiting for what is still to come."""
    for part in (b"aa", b"bb", b"cc"):
        body.feed(part)
    reading = asyncio.create_task(body.read(limit))
    await asyncio.sleep(0)
    assert reading.done()
    assert reading.result() == result
    assert body.held_bytes == 6 - len(result)


@pytest.mark.parametrize("limit", [None, 4, 3, 1])
async def test_read_gives_a_body_that_is_complete_at_once(
    body: BodyStream, connection: Connection, limit: int | None
) -> None:
    body.feed(b"aa")
    body.feed(b"bb")
    body.feed_eof()
    read = await body.read(limit)
    # Whoever gave a limit can tell that there is more than that.
    assert read == b"aabb" or (limit is not None and len(read) > limit)
    assert body.held_bytes == 4 - len(read)
    assert set(connection.asked) == {"delivered"}


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (BodyError("broken"), 400, "broken"),
        (BodyError("too large", 413), 413, "too large"),
        (BodyTimeout(), 408, "the body did not arrive in time"),
        (ClientGone(), 400, "the client closed the connection inside the body"),
    ],
)
async def test_a_failed_body_gives_what_it_held_and_then_its_error(
    body: BodyStream, error: BodyError, status: int, message: str
) -> None:
    body.feed(b"ab")
    assert body.error is None
    body.fail(error)
    assert body.error is error
    assert not body.is_complete
    assert await body.read_part() == b"ab"
    for _ in range(2):
        with pytest.raises(type(error), match=message) as caught:
            await body.read_part()
        assert caught.value is error
    assert error.status == status


async def test_failing_wakes_who_waits(body: BodyStream) -> None:
    reading = asyncio.create_task(body.read())
    await begin(reading)
    body.fail(ClientGone())
    with pytest.raises(ClientGone):
        await reading


async def test_the_first_error_stays(body: BodyStream) -> None:
    body.fail(BodyTimeout())
    body.fail(ClientGone())
    with pytest.raises(BodyTimeout):
        await body.read()


async def test_a_complete_body_cannot_fail(body: BodyStream) -> None:
    body.feed(b"ab")
    body.feed_eof()
    body.fail(ClientGone())
    assert body.error is None
    assert await body.read() == b"ab"


async def test_discard_forgets_what_is_held_and_what_comes(body: BodyStream) -> None:
    body.feed(b"ab")
    body.discard()
    assert body.held_bytes == 0
    body.feed(b"cd")
    assert body.held_bytes == 0
    assert not body.is_complete
    body.feed_eof()
    assert body.is_complete
    assert await body.read() == b""


async def test_two_readers_at_once_are_told(body: BodyStream) -> None:
    first = asyncio.create_task(body.read_part())
    await begin(first)
    with pytest.raises(RuntimeError, match="another task is reading this body"):
        await body.read_part()
    body.feed(b"ab")
    assert await first == b"ab"


async def test_a_cancelled_reader_makes_room_for_the_next(body: BodyStream) -> None:
    first = asyncio.create_task(body.read_part())
    await begin(first)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    second = asyncio.create_task(body.read_part())
    await begin(second)
    body.feed(b"ab")
    assert await second == b"ab"


async def test_bytes_that_come_while_a_reader_is_cancelled_are_kept(body: BodyStream) -> None:
    first = asyncio.create_task(body.read_part())
    await begin(first)
    first.cancel()
    body.feed(b"ab")
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await body.read_part() == b"ab"


async def test_a_body_without_a_source_is_what_it_was_fed() -> None:
    body = BodyStream(None)
    body.feed(b"ab")
    body.feed(b"c")
    assert body.is_complete
    assert await body.read_part() == b"ab"
    assert await body.read() == b"c"


async def test_the_empty_body() -> None:
    assert EMPTY_BODY.is_complete
    assert EMPTY_BODY.held_bytes == 0
    assert await EMPTY_BODY.read_part() == b""
    assert await EMPTY_BODY.read() == b""
    assert [part async for part in EMPTY_BODY] == []
    EMPTY_BODY.fail(ClientGone())
    assert EMPTY_BODY.error is None
    # What one request does with it, the next must not see.
    EMPTY_BODY.discard()
    assert await EMPTY_BODY.read() == b""
