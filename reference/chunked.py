"""The chunked transfer coding (RFC 9112 §7.1), receiving side.

Owns chunk-size lines, extensions and the trailer section. llhttp could decode these bytes, but it
neither bounds extensions nor says where a message ended, which a pipelining server must know.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum, auto

from .errors import ProtocolError
from .fields import split_fields
from .limits import Limits

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = rb'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"'
# chunk-size [ *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] ) ]
# of which 16 digits are 64 bits.
_SIZE_LINE = re.compile(
    rb"([0-9A-Fa-f]{1,16})(?:[ \t]*;[ \t]*%b(?:[ \t]*=[ \t]*(?:%b|%b))?)*"
    % (_TOKEN, _TOKEN, _QUOTED)
)
BARE_LF = re.compile(rb"(?<!\r)\n")


class _At(Enum):
    SIZE_LINE = auto()
    DATA = auto()
    DATA_END = auto()
    TRAILERS = auto()
    END = auto()


class ChunkedDecoder:
    """Decodes one body, from any segmentation of its bytes. `done` once the body has ended."""

    __slots__ = ("_at", "_held", "_limits", "_remaining", "_sink")

    def __init__(self, sink: Callable[[bytes], None], limits: Limits) -> None:
        self._sink = sink
        self._limits = limits
        self._at = _At.SIZE_LINE
        self._held = bytearray()  # the part that has arrived of a line or of the trailer section
        self._remaining = 0  # bytes of the present chunk that have not arrived

    @property
    def done(self) -> bool:
        return self._at is _At.END

    def feed(self, data: bytes, pos: int) -> int:
        """Take body bytes from `pos` on; returns where the body ended, or len(data).

        Raises ProtocolError 400 (malformed) or 431 (trailers too large).
        """
        while pos < len(data) and self._at is not _At.END:
            pos = _STEPS[self._at](self, data, pos)
        return pos

    def _size_line(self, data: bytes, pos: int) -> int:
        end = data.find(b"\n", pos)
        stop = end + 1 if end >= 0 else len(data)
        self._held += data[pos:stop]
        # The limit comes first and alone: which segment brought the line feed must not matter.
        if len(self._held) > 16 + self._limits.chunk_extension_bytes + 2:
            raise ProtocolError(400, "chunk-size line too long")
        if end < 0:
            return stop
        match = _SIZE_LINE.fullmatch(self._held, 0, len(self._held) - 2)
        if match is None or not self._held.endswith(b"\r\n"):
            raise ProtocolError(400, "malformed chunk-size line")
        if len(self._held) - match.end(1) > self._limits.chunk_extension_bytes + 2:
            raise ProtocolError(400, "chunk extension too long")
        self._remaining = int(match[1], 16)
        self._held.clear()
        if self._remaining:
            self._at = _At.DATA
        else:
            self._held += b"\r\n"
            self._at = _At.TRAILERS
        return stop

    def _data(self, data: bytes, pos: int) -> int:
        chunk = data[pos : pos + self._remaining]
        self._remaining -= len(chunk)
        if not self._remaining:
            self._at = _At.DATA_END
        self._sink(chunk)
        return pos + len(chunk)

    def _data_end(self, data: bytes, pos: int) -> int:
        expected = b"\n" if self._held else b"\r"
        if data[pos : pos + 1] != expected:
            raise ProtocolError(400, "chunk data is not followed by CRLF")
        if self._held:
            self._held.clear()
            self._at = _At.SIZE_LINE
        else:
            self._held += expected
        return pos + 1

    def _trailers(self, data: bytes, pos: int) -> int:
        # `held` begins with the CRLF of the last chunk's line, so that a section without any field
        # ends like every other one: at the first empty line.
        held, limit = self._held, self._limits.trailer_bytes
        before = len(held)
        held += data[pos : pos + 2 + limit + 3 - before]
        end = held.find(b"\r\n\r\n", max(before - 3, 0))
        if BARE_LF.search(held, before, end if end >= 0 else len(held)) is not None:
            raise ProtocolError(400, "bare LF in the trailer section")
        if end > limit or (end < 0 and len(held) > 2 + limit + 2):
            raise ProtocolError(431, f"more than {limit} bytes of trailers")
        if end < 0:
            return pos + len(held) - before
        # RFC 9110 §6.5.1: trailer fields are never merged into the header section. Nothing here
        # wants them, so they are checked and dropped.
        split_fields(bytes(held[2 : end + 2]))
        self._at = _At.END
        return pos + end + 4 - before


_STEPS: dict[_At, Callable[[ChunkedDecoder, bytes, int], int]] = {
    _At.SIZE_LINE: ChunkedDecoder._size_line,
    _At.DATA: ChunkedDecoder._data,
    _At.DATA_END: ChunkedDecoder._data_end,
    _At.TRAILERS: ChunkedDecoder._trailers,
}
