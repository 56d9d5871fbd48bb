"""From bytes to requests: the receiving half of HTTP/1.1 (RFC 9112), without any I/O.

Owns the request line, where a head ends, and which bytes belong to which message. Two rules:

1. What comes out depends on the bytes alone, never on how they were cut into segments. So every
   judgement is made on a complete request line or a complete field block, and the few that are
   made early (too long, bare LF) are the ones that the complete text would get as well.
2. After an error nothing more is read: the framing of what follows cannot be trusted.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NoReturn, Protocol

from .chunked import BARE_LF, ChunkedDecoder
from .errors import ProtocolError
from .fields import CHUNKED, Fields, is_host, parse_fields
from .limits import Limits

METHOD_BYTES = 64
"""A method longer than this is 501: no registered one has a third of it."""

_METHODS = {
    name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
}
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VERSION = re.compile(rb"HTTP/([0-9])\.([0-9])")
_ORIGIN_FORM = re.compile(rb"/[!-\"$-~]*")
_ABSOLUTE_FORM = re.compile(rb"(?i:https?)://([^/?#]+)((?:[/?][!-\"$-~]*)?)")
_FIRST_OCTET = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]|\r\n?\Z")


class Sink(Protocol):
    """Takes what a RequestParser finds.

    `on_request` and `on_body_end` may pause or stop the parser that calls them.
    """

    def on_request(self, method: str, target: str, minor: int, fields: Fields) -> None:
        """A head is complete; `minor` is 0 for HTTP/1.0 and 1 for HTTP/1.1."""

    def on_body(self, data: bytes) -> None:
        """Body bytes of the last request, decoded; never empty."""

    def on_body_end(self) -> None:
        """The body of the last request is complete; called only for a request that has one."""


def parse_request_line(line: bytes) -> tuple[str, str, int]:
    """Method, target and minor version of a request line without its CRLF.

    Raises ProtocolError 400, 405 (CONNECT), 501 (method too long) or 505 (version).
    """
    if b"\n" in line:
        # Before all else: whoever has read as far as this LF has refused the line for it already.
        raise ProtocolError(400, "request line ends in a bare LF")
    parts = line.split(b" ")
    method = _METHODS.get(parts[0])
    if method is None:
        if _TOKEN.fullmatch(parts[0]) is None:
            raise ProtocolError(400, "malformed request line")
        if len(parts[0]) > METHOD_BYTES:
            raise ProtocolError(501, "unknown method")
        method = parts[0].decode()
    if len(parts) != 3:
        # Two spaces, a missing version (HTTP/0.9), whitespace inside the target: RFC 9112 §3.
        raise ProtocolError(400, "malformed request line")
    target = parts[1]
    minor = 1 if parts[2] == b"HTTP/1.1" else _minor_version(parts[2])
    if method == "CONNECT" or _ORIGIN_FORM.fullmatch(target) is None:
        _check_other_form(method, target)
    return method, target.decode(), minor


_KNOWN_LINES: dict[bytes, tuple[str, str, int]] = {}
"""Request lines that were parsed lately: most applications are asked for few different ones."""


def _remember_line(line: bytes) -> tuple[str, str, int]:
    parsed = parse_request_line(line)
    if len(line) <= 128:
        if len(_KNOWN_LINES) >= 1024:
            _KNOWN_LINES.clear()
        _KNOWN_LINES[line] = parsed
    return parsed


def _minor_version(version: bytes) -> int:
    match = _VERSION.fullmatch(version)
    if match is None:
        raise ProtocolError(400, "malformed HTTP version")
    if match[1] != b"1":
        raise ProtocolError(505, "only HTTP/1.0 and HTTP/1.1 are spoken here")
    # RFC 9110 §2.5: a higher minor version is processed as the highest one that is implemented.
    return 0 if match[2] == b"0" else 1


def _check_other_form(method: str, target: bytes) -> None:
    """Let absolute-form and asterisk-form pass (RFC 9112 §3.2), refuse everything else."""
    if method == "CONNECT":
        if not is_host(target):
            raise ProtocolError(400, "CONNECT takes host:port")
        raise ProtocolError(405, "this server is not a proxy", (("Allow", ""),))
    if target == b"*" and method == "OPTIONS":
        return
    match = _ABSOLUTE_FORM.fullmatch(target)
    if match is None or not is_host(match[1]):
        raise ProtocolError(400, "malformed request target")


class _State(Enum):
    HEAD = auto()
    SIZED_BODY = auto()
    CHUNKED_BODY = auto()
    STOPPED = auto()


# Bound once: before 3.12 each look-up of an enumeration's member runs Python code.
_HEAD, _SIZED_BODY, _CHUNKED_BODY, _STOPPED = _State

_NO_FIELDS = Fields(())


class RequestParser:
    """Cuts a connection's bytes into requests and hands them to a sink.

    A client that repeats its header block byte for byte, as most do on a kept-alive connection, has
    it parsed once, and where a request ends with it, not even searched for its end again.
    """

    __slots__ = (
        "_blank_line", "_chunked", "_held", "_last_block", "_last_fields", "_limits", "_line_end",
        "_max_line_bytes", "_paused", "_remaining", "_repeated_block", "_scanned", "_sink",
        "_state", "_stop_after_request", "is_between_requests",
    )  # fmt: skip

    def __init__(self, sink: Sink, limits: Limits) -> None:
        self.is_between_requests = True
        """No byte of a next request has arrived, and one may."""
        self._sink = sink
        self._limits = limits
        self._state = _HEAD
        self._held = bytearray()  # an incomplete head, or all that came while paused
        self._scanned = 0  # how much of `_held` has been searched for the end of the head
        self._line_end = 0  # where the request line in `_held` ends, once it is found in order
        self._blank_line = False  # an empty line before this request line was skipped
        self._paused = False
        self._stop_after_request = False
        self._remaining = 0  # bytes of a sized body that have not arrived
        self._chunked: ChunkedDecoder | None = None
        self._last_block = b""
        self._last_fields = _NO_FIELDS
        self._repeated_block: bytes | None = None  # `_last_block` with the empty line behind it
        self._max_line_bytes = limits.request_line_bytes

    @property
    def is_paused(self) -> bool:
        return self._paused

    @property
    def is_in_body(self) -> bool:
        """A request has begun whose body has not ended."""
        return self._state is _SIZED_BODY or self._state is _CHUNKED_BODY

    @property
    def is_in_head_request(self) -> bool:
        """The request whose head is incomplete has the method HEAD."""
        return self._state is _HEAD and self._held.startswith(b"HEAD ")

    @property
    def body_bytes_left(self) -> int | None:
        """How much of the present body has not arrived; None when only its end will tell."""
        return None if self._state is _CHUNKED_BODY else self._remaining

    def stop(self) -> None:
        """Read nothing more, whatever arrives."""
        self._state = _STOPPED
        self.is_between_requests = False
        self._held.clear()

    def stop_after_request(self) -> None:
        """The request that has begun is the last one: read its body and then nothing more."""
        if self.is_in_body:
            self._stop_after_request = True
        else:
            self.stop()

    def pause(self) -> None:
        """Hold the bytes that follow, until `resume`."""
        self._paused = True

    def resume(self) -> None:
        """Go on with the bytes that were held. Raises ProtocolError as `feed` does."""
        self._paused = False
        if self._held:
            self._scanned = self._line_end = 0
            self.feed(b"")

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the connection.

        Raises ProtocolError for what cannot be accepted; the parser is stopped then.
        """
        pos = 0
        try:
            if self._held:
                data = self._join_held(data)
            elif self._state is _HEAD and not self._paused:
                # The usual segment: one request without a body, with the header block of the last.
                line, _, rest = data.partition(b"\r\n")
                if rest == self._repeated_block and len(line) <= self._max_line_bytes:
                    method, target, minor = _KNOWN_LINES.get(line) or _remember_line(line)
                    if minor:
                        self._blank_line = False
                        self._sink.on_request(method, target, minor, self._last_fields)
                        return
            size = len(data)
            while pos < size:
                state = self._state
                if self._paused and state is not _STOPPED:
                    self._held += data[pos:]
                    self.is_between_requests = False
                    return
                if state is _HEAD:
                    pos = self._head(data, pos)
                elif state is _SIZED_BODY:
                    pos = self._sized_body(data, pos)
                elif state is _CHUNKED_BODY:
                    pos = self._chunked_body(data, pos)
                else:
                    return
        except ProtocolError as exc:
            exc.for_head = self._state is _HEAD and (
                self._held.startswith(b"HEAD ") if self._held else data.startswith(b"HEAD ", pos)
            )
            self.stop()
            raise

    def _join_held(self, data: bytes) -> bytes:
        """What can be read now that `data` has come behind what was held; b"" for nothing yet."""
        self._held += data
        if self._paused or (self._state is _HEAD and not self._head_has_ended()):
            return b""
        data = bytes(self._held)
        self._held.clear()
        return data

    def _head(self, data: bytes, pos: int) -> int:
        end = data.find(b"\r\n\r\n", pos)
        line_end = data.find(b"\r\n", pos)
        if line_end == pos and not self._blank_line:
            # RFC 9112 §2.2: "a server that is expecting to receive and parse a request-line SHOULD
            # ignore at least one empty line (CRLF) received prior to the request-line." One it is.
            self._blank_line = True
            self.is_between_requests = True
            return pos + 2
        if end < 0:
            self._held += data[pos:]
            self.is_between_requests = False
            self._scanned = self._line_end = 0
            self._judge_incomplete_head()
            return len(data)
        if line_end - pos > self._max_line_bytes:
            self._refuse_long_line(data, pos)
        line = data[pos:line_end]
        method, target, minor = _KNOWN_LINES.get(line) or _remember_line(line)
        block = data[line_end + 2 : end + 2]
        if block != self._last_block:
            self._last_fields = self._fields(block)
            self._last_block = block
            self._repeated_block = None
        fields = self._last_fields
        if minor == 1:
            if fields.host is None:
                raise ProtocolError(400, "HTTP/1.1 requires a Host field")
        elif fields.length == CHUNKED:
            # RFC 9112 §6.1: a 1.0 message with Transfer-Encoding has faulty framing.
            raise ProtocolError(400, "HTTP/1.0 has no transfer codings")
        elif method == "POST" and not fields.length and not fields.has_length:
            # RFC 1945 §8.3: "A valid Content-Length is required on all HTTP/1.0 POST requests."
            # Without it, a body would be read as the next request.
            raise ProtocolError(411, "an HTTP/1.0 POST requires a Content-Length")
        self._blank_line = False
        self.is_between_requests = not fields.length
        if fields.length:
            self._begin_body(fields.length)
        elif minor:
            self._repeated_block = block + b"\r\n"
        self._sink.on_request(method, target, minor, fields)
        return end + 4

    def _refuse_long_line(self, data: bytes | bytearray, pos: int) -> NoReturn:
        limit = self._limits.request_line_bytes
        if _FIRST_OCTET.match(data, pos) is None or data.find(b"\n", pos, pos + limit + 2) >= 0:
            raise ProtocolError(400, "malformed request line")
        raise ProtocolError(414, f"a request line of more than {limit} bytes")

    def _fields(self, block: bytes) -> Fields:
        limit = self._limits.fields_bytes
        if len(block) > limit:
            self._refuse_large_block(block, 0, 0)
        return parse_fields(block, self._limits)

    def _refuse_large_block(self, data: bytes | bytearray, start: int, searched: int) -> NoReturn:
        limit = self._limits.fields_bytes
        if BARE_LF.search(data, max(start, searched), start + limit + 3) is not None:
            raise ProtocolError(400, "bare LF in the header section")
        raise ProtocolError(431, f"more than {limit} bytes of header fields")

    def _head_has_ended(self) -> bool:
        """Whether `_held`, which has grown, may hold a whole head now."""
        if self._held.startswith(b"\r\n") and not self._blank_line:
            return True
        if self._held.find(b"\r\n\r\n", max(self._scanned - 3, 0)) >= 0:
            return True
        self._judge_incomplete_head()
        return False

    def _judge_incomplete_head(self) -> None:
        """Refuse what no further byte can mend, so that the client need not wait for a timeout."""
        held, limits = self._held, self._limits
        if not self._line_end:
            self._judge_request_line()
        if self._line_end:
            start = self._line_end
            if len(held) - start > limits.fields_bytes + 2:
                self._refuse_large_block(held, start, self._scanned)
            if BARE_LF.search(held, max(start, self._scanned)) is not None:
                raise ProtocolError(400, "bare LF in the header section")
        self._scanned = len(held)

    def _judge_request_line(self) -> None:
        held, limit = self._held, self._limits.request_line_bytes
        lf = held.find(b"\n", self._scanned)
        if lf < 0:
            if _FIRST_OCTET.match(held) is None:
                raise ProtocolError(400, "malformed request line")
            if len(held) > limit + 1:
                self._refuse_long_line(held, 0)
            return
        if lf - 1 > limit:
            self._refuse_long_line(held, 0)
        if held[lf - 1] != 0x0D:
            raise ProtocolError(400, "request line ends in a bare LF")
        parse_request_line(bytes(held[: lf - 1]))
        self._line_end = lf + 1

    def _begin_body(self, length: int) -> None:
        if length == CHUNKED:
            self._chunked = ChunkedDecoder(self._sink.on_body, self._limits)
            self._state = _CHUNKED_BODY
        else:
            self._remaining = length
            self._state = _SIZED_BODY

    def _sized_body(self, data: bytes, pos: int) -> int:
        part = data[pos : pos + self._remaining]
        self._remaining -= len(part)
        self._sink.on_body(part)
        if not self._remaining:
            self._end_body()
        return pos + len(part)

    def _chunked_body(self, data: bytes, pos: int) -> int:
        assert self._chunked is not None
        pos = self._chunked.feed(data, pos)
        if self._chunked.done:
            self._chunked = None
            self._end_body()
        return pos

    def _end_body(self) -> None:
        self._state = _STOPPED if self._stop_after_request else _HEAD
        self.is_between_requests = not self._stop_after_request
        self._sink.on_body_end()
