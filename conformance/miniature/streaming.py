"""Streamed responses: content that is sent while its handler still makes it.

Owns the chunked coding of what is sent (RFC 9112 §7.1), and what a client can see of a failure.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator

_log = logging.getLogger(__name__)

LAST_CHUNK = b"0\r\n\r\n"


class Stream:
    """Sends one streamed response; chunked, or until the connection ends."""

    def __init__(
        self, writer: asyncio.StreamWriter, is_chunked: bool, faults: frozenset[str]
    ) -> None:
        self.faults = faults
        self._writer = writer
        self._is_chunked = is_chunked

    async def send(self, head: bytes, pieces: AsyncIterator[bytes]) -> bool:
        """False when the stream failed. The client can tell: the last chunk is missing, or the
        connection is reset (RFC 9112 §8)."""
        if {"buffers-streams", "last-chunk-only"} & self.faults:
            pieces = _at_once([piece async for piece in pieces], self.faults)
        self._writer.write(head)
        try:
            async for piece in pieces:
                self._write(piece)
                await self._writer.drain()
        except ConnectionError:
            raise
        except Exception:  # noqa: BLE001 whatever it is, the head is out: all that is left is to stop
            _log.exception("a stream failed")
            if "error-page-in-stream" in self.faults:
                self._write(traceback.format_exc().encode())
            elif "ends-failed-streams-well" not in self.faults:
                self._cut_off()
                return False
        if self._is_chunked:
            self._writer.write(LAST_CHUNK)
        await self._writer.drain()
        return True

    def _write(self, piece: bytes) -> None:
        # A chunk of size zero would be the last one.
        if not piece and "empty-chunk-ends-stream" not in self.faults:
            return
        size = len(piece)
        if "length-counts-characters" in self.faults:
            size = len(piece.decode("utf-8", "replace"))
        self._writer.write(b"%x\r\n%b\r\n" % (size, piece) if self._is_chunked else piece)

    def _cut_off(self) -> None:
        if not self._is_chunked:
            self._writer.transport.abort()  # a clean end would say that all has come


async def _at_once(pieces: list[bytes], faults: frozenset[str]) -> AsyncIterator[bytes]:
    """All that was streamed, when it has all been."""
    yield pieces[-1] if "last-chunk-only" in faults else b"".join(pieces)
