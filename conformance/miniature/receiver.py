"""What comes over a connection, as it is asked for.

Owns the buffer that parsers take from, and the reading of a request body to its end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from .body import Decoder
from .targets import Pairs
from .wire import Refusal

SEGMENT_BYTES = 65536
DRAIN_LIMIT_BYTES = 1 << 20


class Receiver:
    """A buffer, and the way to get more into it."""

    def __init__(self, reader: asyncio.StreamReader, faults: frozenset[str] = frozenset()) -> None:
        self.faults = faults
        self.buffer = bytearray()
        self.was_reset = False
        self._reader = reader

    async def more(self, within_s: float) -> bool:
        """Wait for more; False at the end and when nothing came in time."""
        try:
            async with asyncio.timeout(self._limit_s(within_s)):
                data = await self._reader.read(SEGMENT_BYTES)
                if not data and "hears-no-half-close" in self.faults:
                    await asyncio.Event().wait()
        except ConnectionError:
            self.was_reset = True
            return False
        except TimeoutError:
            return False
        if "segments-lose-leading-space" in self.faults:
            data = data.lstrip(b" ") or data
        self.buffer += data
        if "pipelines-sixteen-at-most" in self.faults:
            heads = self.buffer.split(b"\r\n\r\n")
            if len(heads) > 17:
                self.buffer[:] = b"\r\n\r\n".join([*heads[:16], b""])
        return bool(data)

    def _limit_s(self, within_s: float) -> float | None:
        if "no-time-limits" in self.faults:
            return None
        return within_s / 100 if "limits-of-time-are-too-short" in self.faults else within_s


class Body:
    """The body of the request that is being answered. `invite` is called before the first wait
    for it: a client may be waiting for 100 (Continue)."""

    def __init__(
        self,
        receiver: Receiver,
        decoder: Decoder,
        invite: Callable[[], None] | None,
        within_s: float,
    ) -> None:
        self.is_broken = False
        self._receiver = receiver
        self._decoder = decoder
        self._invite = invite
        self._within_s = within_s

    @property
    def length(self) -> int | None:
        return self._decoder.length

    @property
    def trailers(self) -> Pairs:
        return self._decoder.trailers

    @property
    def at_end(self) -> bool:
        return self._decoder.at_end

    @property
    def is_uninvited(self) -> bool:
        """The client was not told to send it, and has not."""
        has_come = self._decoder.has_begun or self._decoder.at_end
        return self._invite is not None and not has_come

    def take_what_has_come(self) -> None:
        """Raises Refusal."""
        try:
            self._decoder.decode()
        except Refusal:
            self.is_broken = True
            raise

    async def piece(self) -> bytes:
        """What comes next; b"" at the end. Raises Refusal."""
        self.take_what_has_come()
        while not self._decoder.pieces and not self._decoder.at_end:
            if self.is_uninvited and self._invite is not None:
                self._invite()
                self._invite = None
            if not await self._more():
                if self._takes_half():
                    break
                self.is_broken = True
                raise Refusal(400, "the body is incomplete")
            self.take_what_has_come()
        return self._decoder.pieces.popleft() if self._decoder.pieces else b""

    def _takes_half(self) -> bool:
        half = {"incomplete-body-is-whole", "half-body-is-whole-at-the-end"} & self._decoder.faults
        return bool(half) or "limit-of-what-has-come" in self._decoder.faults

    async def _more(self) -> bool:
        try:
            return await self._receiver.more(self._within_s)
        except asyncio.CancelledError:
            if "half-body-is-whole-at-the-end" not in self._decoder.faults:
                raise
            return False

    async def drain(self) -> bool:
        """Read what is left and drop it; False when that cannot be done."""
        size = 0
        try:
            if "drains-only-what-has-come" in self._decoder.faults:
                self.take_what_has_come()
                return True
            while piece := await self.piece():
                size += len(piece)
                if size > 65536 and "drains-64-kib" in self._decoder.faults:
                    return True
                if size > DRAIN_LIMIT_BYTES:
                    return False
        except Refusal:
            return "passes-over-malformed-bodies" in self._decoder.faults
        return True
