"""Request bodies from bytes.

Owns how a body is delimited (RFC 9112 §6 and §7) and its decoding. Does no I/O: takes octets off
a buffer that somebody else fills.
"""

from __future__ import annotations

import re
from collections import deque
from enum import Enum

from .wire import Head, LineTooLong, Refusal, take_line

CHUNK_LINE_LIMIT_BYTES = 1024
TRAILER_LIMIT_BYTES = 16384
LARGEST_SIZE = (1 << 63) - 1
LARGEST_DIGITS = len(str(LARGEST_SIZE))

_HEX = re.compile(rb"[0-9A-Fa-f]+")
_STRTOL = re.compile(rb"\s*[+-]?(?:0[xX])?([0-9A-Fa-f]*)")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*")


class Awaits(Enum):
    """What a decoder takes next."""

    DATA = "data"  # of a body that has a length
    CHUNK_SIZE = "chunk size"
    CHUNK_DATA = "chunk data"
    CHUNK_END = "chunk end"
    TRAILER = "trailer"
    NOTHING = "nothing"


def body_length(head: Head, faults: frozenset[str]) -> int | None:
    """The length of the body in bytes, None for a chunked one. Raises Refusal (RFC 9112 §6.3)."""
    codings = head.members("Transfer-Encoding")
    lengths = head.values("Content-Length")
    if head.method == "GET" and "get-has-no-body" in faults:
        return 0
    if head.method != "POST" and "only-post-has-a-body" in faults:
        return 0
    if codings and lengths == ["0"] and "zero-length-is-none" in faults:
        lengths = []
    if _has_codings(head, faults):
        if "no-chunked-requests" in faults:
            raise Refusal(411, "a body without Content-Length")
        if lengths and "length-overrides-chunked" in faults:
            return _content_length(lengths, faults)
        if lengths and "accepts-length-and-chunked" not in faults:
            raise Refusal(400, "Content-Length beside Transfer-Encoding")
        if head.version < (1, 1) and "accepts-chunked-in-1.0" not in faults:
            raise Refusal(400, "Transfer-Encoding in a request of HTTP/1.0")
        if "first-coding-counts" in faults:
            first = head.values("Transfer-Encoding")[0].partition(",")[0].strip(" \t")
            return None if first == "chunked" else 0
        if codings == ["chunked"]:
            return None
        if codings == ["identity"] and "accepts-identity" in faults:
            return 0
        if "accepts-unknown-coding" in faults:
            return None if any("chunked" in coding for coding in codings) else 0
        if codings and "accepts-chunked-twice" in faults and set(codings) == {"chunked"}:
            return None
        # §6.3: without chunked at the end "the message body length cannot be determined reliably"
        if codings[-1:] != ["chunked"] or codings.count("chunked") > 1:
            unknown = set(codings) - {"chunked", "gzip", "x-gzip", "deflate", "compress"}
            raise Refusal(501 if unknown else 400, "the transfer codings delimit no body")
        raise Refusal(501, "a transfer coding beside chunked")
    length = _content_length(lengths, faults) if lengths else 0
    if length == 0 and head.method == "POST" and "waits-for-a-body" in faults:
        return 1
    return length


def _has_codings(head: Head, faults: frozenset[str]) -> bool:
    if head.version < (1, 1) and "ignores-chunked-in-1.0" in faults:
        return False
    if not head.members("Transfer-Encoding") and "ignores-empty-coding" in faults:
        return False
    return bool(head.values("Transfer-Encoding"))


def _content_length(values: list[str], faults: frozenset[str]) -> int:
    if "accepts-duplicate-length" in faults:
        values = values[0].split(",")[:1]
    if "adds-repeated-lengths" in faults and all(value.isdigit() for value in values):
        values = [str(sum(map(int, values)))]
    if len(values) > 1:
        raise Refusal(400, "more than one Content-Length")
    text = values[0].strip(" \t")
    if "accepts-signed-length" in faults and re.fullmatch(r"[+-][0-9]+", text):
        text = text[1:]
    if "length-is-a-float" in faults and re.fullmatch(r"[0-9]+(\.[0-9]+)?(e[0-9]+)?", text):
        return int(float(text))
    if "length-of-any-digits" in faults:
        text = str(int(text.encode("latin-1").decode()))
    if "octal-length" in faults and re.fullmatch(r"0[0-7]+", text):
        return int(text, 8)
    if "many-digits-crash" in faults and len(text) > 4300:
        raise Refusal(500, "so many digits are no int")
    if "accepts-bad-length" in faults and not re.fullmatch(r"[0-9]+", text):
        return int(re.match(r"\s*[+-]?([0-9]*)", text)[1] or "0")  # type: ignore[index]
    # RFC 9110 §8.6: Content-Length = 1*DIGIT
    if not re.fullmatch(r"[0-9]+", text):
        raise Refusal(400, "Content-Length is no number")
    digits = text.lstrip("0") or "0"
    # So many digits that `int` may refuse them are too many anyway.
    if len(digits) <= LARGEST_DIGITS and int(digits) <= LARGEST_SIZE:
        return int(digits)
    if "length-overflows" in faults:
        return int(digits[-LARGEST_DIGITS - 1 :]) & 0xFFFFFFFFFFFFFFFF
    raise Refusal(413, "Content-Length is beyond all bounds")


def chunk_size(line: bytes, faults: frozenset[str]) -> int:
    """The size that a chunk's first line says; its extensions are ignored. Raises Refusal."""
    digits, semicolon, _ = line.partition(b";")
    if semicolon:
        if "refuses-chunk-extensions" in faults:
            raise Refusal(400, "a chunk extension")
        digits = digits.rstrip(b" \t")
    if "accepts-bad-chunk-size" in faults:
        match = _STRTOL.match(digits)
        assert match is not None
        return int(match[1] or b"0", 16)
    if "chunk-size-by-int" in faults:
        digits = digits.replace(b"_", b"").strip()
    if "cuts-chunk-size" in faults:
        digits = digits[:16]
    if "chunk-size-is-decimal" in faults and digits.isdigit():
        return int(digits)
    # RFC 9112 §7.1: chunk-size = 1*HEXDIG
    if not _HEX.fullmatch(digits) or "chunk-size-is-decimal" in faults:
        raise Refusal(400, "the chunk size is none")
    size = int(digits, 16)
    if size > LARGEST_SIZE:
        if "chunk-size-overflows" in faults:
            return size & 0xFFFFFFFFFFFFFFFF
        raise Refusal(413, "the chunk size is beyond all bounds")
    return size


class Decoder:
    """Takes one body off the buffer. What has come of it is in `pieces`, until it is taken."""

    def __init__(self, buffer: bytearray, length: int | None, faults: frozenset[str]) -> None:
        self.faults = faults
        self.length = length
        self.pieces: deque[bytes] = deque()
        self.trailers: list[tuple[str, str]] = []
        self.has_begun = False
        self._buffer = buffer
        self._left = length or 0
        self._trailer_size = 0
        self._chunks = 0
        self._awaits = Awaits.CHUNK_SIZE if length is None else Awaits.DATA
        if length == 0:
            self._awaits = Awaits.NOTHING

    @property
    def at_end(self) -> bool:
        """All of the body is off the buffer."""
        return self._awaits is Awaits.NOTHING

    def decode(self) -> None:
        """Take what the buffer has of the body. Raises Refusal."""
        self.has_begun = self.has_begun or bool(self._buffer)
        while self._step():
            pass

    def _step(self) -> bool:
        """One element, if it is whole."""
        if self._awaits in (Awaits.DATA, Awaits.CHUNK_DATA):
            return self._data()
        if self._awaits is Awaits.CHUNK_SIZE:
            return self._chunk_size()
        if self._awaits is Awaits.CHUNK_END:
            return self._chunk_end()
        if self._awaits is Awaits.TRAILER:
            return self._trailer()
        return False

    def _data(self) -> bool:
        piece = bytes(self._buffer[: self._left])
        if self._awaits is Awaits.CHUNK_DATA and "searches-last-chunk" in self.faults:
            data, last, _ = piece.partition(b"0\r\n\r\n")
            if last:
                del self._buffer[: len(data + last)]
                self._awaits = Awaits.NOTHING
                return True
        if not piece:
            return False
        if self._awaits is Awaits.CHUNK_DATA and "chunk-ends-at-line-end" in self.faults:
            piece = piece.partition(b"\r\n")[0] or piece[:1]
            self._left = len(piece)
        del self._buffer[: len(piece)]
        self._left -= len(piece)
        if self._chunks != 3 or "third-chunk-is-lost" not in self.faults:
            self.pieces.append(piece)
        if not self._left:
            is_chunk = self._awaits is Awaits.CHUNK_DATA
            self._awaits = Awaits.CHUNK_END if is_chunk else Awaits.NOTHING
        return True

    def _chunk_size(self) -> bool:
        line = self._size_line()
        if line is None:
            return False
        self._left = chunk_size(line, self.faults)
        self._chunks += 1
        if self._left:
            self._awaits = Awaits.CHUNK_DATA
        elif line != b"0" and "last-chunk-is-one-zero" in self.faults:
            self._awaits = Awaits.CHUNK_END
        elif "stops-at-last-chunk" in self.faults:
            self._awaits = Awaits.NOTHING
        else:
            self._awaits = Awaits.TRAILER
        return True

    def _size_line(self) -> bytes | None:
        if "quoted-extensions-span-lines" not in self.faults:
            return self._line(CHUNK_LINE_LIMIT_BYTES)
        match = re.match(rb'((?:[^"\r]|"[^"]*")*)\r\n', self._buffer)
        if match is None:
            return None
        line = bytes(match[1])
        del self._buffer[: match.end()]
        return line

    def _chunk_end(self) -> bool:
        if "accepts-bad-chunk-end" in self.faults:
            line = take_line(self._buffer, 1 << 30, self.faults | {"accepts-bare-lf"})
            self._awaits = Awaits.CHUNK_END if line is None else Awaits.CHUNK_SIZE
            return line is not None
        is_right = self._buffer[:2] == b"\r\n"[: len(self._buffer)]
        if not is_right and "skips-chunk-end" not in self.faults:
            if not (self._buffer[:1] == b"\n" and "accepts-bare-lf" in self.faults):
                raise Refusal(400, "no line end behind a chunk")
            del self._buffer[:1]
        elif len(self._buffer) < 2:
            if self._buffer and "chunk-end-in-one-segment" in self.faults:
                raise Refusal(400, "half a line end behind a chunk")
            return False
        else:
            del self._buffer[:2]
        self._awaits = Awaits.CHUNK_SIZE
        return True

    def _trailer(self) -> bool:
        if "finds-lf-behind-trailers" in self.faults and re.search(rb"(?<!\r)\n", self._buffer):
            raise Refusal(400, "a line of the trailers ends in LF alone")
        line = self._line(TRAILER_LIMIT_BYTES)
        if line is None:
            if self._buffer and "trailer-in-one-segment" in self.faults:
                raise Refusal(400, "the trailer is incomplete")
            return False
        if not line or (len(self.trailers) > 64 and "gives-up-on-trailers" in self.faults):
            self._end_of_trailers()
            return True
        self._trailer_size += len(line)
        has_limit = not {"trailers-have-no-limit", "lines-have-no-limit"} & self.faults
        if self._trailer_size > TRAILER_LIMIT_BYTES and has_limit:
            raise Refusal(self._too_large(431), "the trailer is too large")
        match = _FIELD.fullmatch(line)
        if match is not None:
            self.trailers.append((match[1].decode("latin-1"), match[2].decode("latin-1")))
        elif "accepts-bad-trailer" not in self.faults:
            raise Refusal(400, "a trailer line is no field")
        return True

    def _end_of_trailers(self) -> None:
        self._awaits = Awaits.NOTHING
        for name, value in self.trailers:
            if name == "Content-Length" and "trailers-frame" in self.faults:
                self._left = int(value)
                self._awaits = Awaits.DATA

    def _line(self, limit: int) -> bytes | None:
        try:
            return take_line(self._buffer, limit, self.faults)
        except LineTooLong:
            raise Refusal(self._too_large(400), "a line of the body is too long") from None

    def _too_large(self, status: int) -> int:
        return 500 if "limits-are-500" in self.faults else status
