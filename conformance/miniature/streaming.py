"""Streamed responses: content that is sent while its handler still makes it.

Owns the chunked coding of what is sent (RFC 9112 §7.1), and what a client can see of a failure.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import struct
import traceback
from collections.abc import AsyncIterator

_log = logging.getLogger(__name__)

_RESET = struct.pack("ii", 1, 0)  # struct linger: on, 0 seconds

LAST_CHUNK = b"0\r\n\r\n"

_CHUNK = re.compile(rb"[0-9a-f]+\r\n.*\r\n", re.DOTALL)


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
        count = 0
        try:
            async for piece in pieces:
                if "streams-share-a-buffer" in self.faults:
                    piece = await _shared(piece)
                self._write(piece)
                await self._writer.drain()
                count += 1
                if count == 1000 and "streams-at-most-1000-parts" in self.faults:
                    break
        except ConnectionError:
            if "streams-to-nobody" in self.faults:
                await asyncio.Event().wait()
            raise
        except asyncio.CancelledError:
            if "ends-cut-streams-well" in self.faults and self._is_chunked:
                self._writer.write(LAST_CHUNK)
            raise
        except Exception:  # noqa: BLE001 whatever it is, the head is out: all that is left is to stop
            _log.exception("a stream failed")
            if "error-page-in-stream" in self.faults:
                self._write(traceback.format_exc().encode())
            elif "answers-within-stream" in self.faults:
                self._writer.write(
                    b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
                )
                return False
            elif "goes-on-behind-failed-streams" in self.faults:
                return True
            elif "ends-failed-streams-well" not in self.faults:
                self._cut_off()
                return False
        if not count and "never-ends-empty-streams" in self.faults:
            return True
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
        if "chunk-sizes-have-16-bits" in self.faults:
            size &= 0xFFFF
        if "takes-data-for-chunks" in self.faults and _CHUNK.fullmatch(piece):
            self._writer.write(piece)
            return
        self._writer.write(b"%x\r\n%b\r\n" % (size, piece) if self._is_chunked else piece)

    def _cut_off(self) -> None:
        if not self._is_chunked:  # a clean end would say that all has come
            sock = self._writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._writer.transport.abort()


_buffer: list[bytes] = []


async def _shared(piece: bytes) -> bytes:
    """The piece, or what has been put where it was meanwhile."""
    _buffer[:] = [piece]
    await asyncio.sleep(0)
    return _buffer[0]


async def _at_once(pieces: list[bytes], faults: frozenset[str]) -> AsyncIterator[bytes]:
    """All that was streamed, when it has all been."""
    yield pieces[-1] if "last-chunk-only" in faults else b"".join(pieces)
