"""The body of a request as a stream that its handler reads while it arrives.

Owns what has arrived and was not read, and who waits for more. When more than the limit is held,
the connection stops reading from its socket, so a slow handler slows its client down.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Protocol

from .errors import BodyError


class Source(Protocol):
    """The connection, as a body sees it."""

    def body_wanted(self) -> None:
        """A handler waits for body bytes that have not arrived."""

    def body_delivered(self) -> None:
        """A handler has taken what was held."""


class BodyStream:
    """An async iterator over the parts of a request body, in the sizes in which they arrived.

    `read()` joins what is left. Raises BodyError from either when the body ends too early.
    """

    # Plain attributes, read-only to others: as properties they would cost a call each time.
    __slots__ = (
        "_discarding", "_parts", "_source", "_waiter", "error", "held_bytes", "is_complete",
    )  # fmt: skip

    def __init__(self, source: Source | None) -> None:
        self.held_bytes = 0
        """Bytes that have arrived and were not read."""
        self.is_complete = source is None
        """All of the body has arrived (it may not have been read)."""
        self.error: BodyError | None = None
        """Why the rest of the body will not arrive."""
        self._source = source
        self._parts: deque[bytes] = deque()
        self._discarding = False
        self._waiter: asyncio.Future[None] | None = None

    def feed(self, data: bytes) -> None:
        if self._discarding:
            return
        self._parts.append(data)
        self.held_bytes += len(data)
        if self._waiter is not None:
            self._wake()

    def feed_eof(self) -> None:
        self.is_complete = True
        if self._waiter is not None:
            self._wake()

    def fail(self, error: BodyError) -> None:
        """No more will arrive; readers get what is held first, and then `error`."""
        if not self.is_complete and self.error is None:
            self.error = error
            self._wake()

    def discard(self) -> None:
        """Forget what is held and what comes: nobody will read it."""
        self._parts.clear()
        self.held_bytes = 0
        self._discarding = True

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def read_part(self) -> bytes:
        """The next part as it arrived, or b"" at the end. Raises BodyError; RuntimeError when two
        tasks read at once."""
        while not self._parts:
            if self.is_complete:
                return b""
            if self.error is not None:
                raise self.error
            if self._waiter is not None:
                raise RuntimeError("another task is reading this body")
            self._waiter = asyncio.get_running_loop().create_future()
            assert self._source is not None
            self._source.body_wanted()
            try:
                await self._waiter
            finally:
                self._waiter = None
        part = self._parts.popleft()
        self.held_bytes -= len(part)
        if self._source is not None:
            self._source.body_delivered()
        return part

    def take(self) -> bytes:
        """All that has arrived and was not read."""
        if not self._parts:
            return b""
        whole = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        self.held_bytes = 0
        if self._source is not None:
            self._source.body_delivered()
        return whole

    async def read(self, limit_bytes: int | None = None) -> bytes:
        """All that is left. Stops after more than `limit_bytes`, so that the caller can refuse."""
        if self.is_complete:
            return self.take()
        parts: list[bytes] = []
        size = 0
        while part := await self.read_part():
            parts.append(part)
            size += len(part)
            if limit_bytes is not None and size > limit_bytes:
                break
        return b"".join(parts)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while part := await self.read_part():
            yield part


EMPTY_BODY = BodyStream(None)
"""The body of every request that has none."""
