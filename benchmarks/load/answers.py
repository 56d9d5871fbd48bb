"""Answers: taking them out of a stream of octets, and comparing them with what was expected. Pure.

Understands what RFC 9112 §6 and §7 allow in an answer, except for trailers and interim answers,
which nothing asks for here; all else is refused.
"""

import json
import re
from dataclasses import dataclass
from enum import Enum, auto

from benchmarks.command import Refused
from benchmarks.load.model import Job
from benchmarks.load.templates import Template

_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) (\d{3})(?: [^\r\n]*)?\r\n")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")
_HEAD_LIMIT = 65536
_LINE_LIMIT = 4096


class Framing(Enum):
    """What says where a body ends."""

    NONE = auto()
    LENGTH = auto()
    CHUNKED = auto()
    CLOSE = auto()


@dataclass(frozen=True)
class Answer:
    """A whole answer. `octets` is it as it came, the first `head_bytes` of them its head; `closes`
    says that the connection ends with it."""

    status: int
    body: bytes
    octets: bytes
    head_bytes: int
    framing: Framing
    closes: bool


@dataclass(frozen=True)
class _Head:
    status: int
    bytes: int
    framing: Framing
    length: int
    closes: bool


class Reader:
    """Takes answers out of octets that come in any pieces.

    `to_head` says that they answer HEAD: then no body follows. Raises Refused for what is no
    answer as understood here.
    """

    def __init__(self, *, to_head: bool = False) -> None:
        self.buffer = bytearray()
        self._to_head = to_head
        self._start_answer()

    def _start_answer(self) -> None:
        self._head: _Head | None = None
        self._position = 0
        self._pieces: list[bytes] = []

    def feed(self, data: bytes) -> None:
        self.buffer += data

    def next(self) -> Answer | None:
        """The next whole answer; None until all of it has come."""
        if self._head is None:
            self._head = self._read_head()
        head = self._head
        if head is None or head.framing is Framing.CLOSE:
            return None
        if head.framing is Framing.CHUNKED:
            return self._take(head) if self._read_chunks() else None
        if len(self.buffer) < head.bytes + head.length:
            return None
        self._position = head.bytes + head.length
        self._pieces = [bytes(self.buffer[head.bytes : self._position])]
        return self._take(head)

    def end(self) -> Answer:
        """The answer that ends because the connection did; raises Refused where it is cut short."""
        head = self._head
        if head is None or head.framing is not Framing.CLOSE:
            got = bytes(self.buffer)
            came = f"within an answer, after {len(got)} octets of it: {got[:80]!r}"
            raise Refused(
                f"the server closed the connection {came if got else 'without an answer'}"
            )
        self._position = len(self.buffer)
        self._pieces = [bytes(self.buffer[head.bytes :])]
        return self._take(head)

    def _take(self, head: _Head) -> Answer:
        octets = bytes(self.buffer[: self._position])
        body = b"".join(self._pieces)
        del self.buffer[: self._position]
        self._start_answer()
        return Answer(head.status, body, octets, head.bytes, head.framing, head.closes)

    def _read_head(self) -> _Head | None:
        # What was searched before is not searched again, but for the start of a blank line.
        end = self.buffer.find(b"\r\n\r\n", max(0, self._position - 3), _HEAD_LIMIT)
        is_http = b"HTTP/1.".startswith(bytes(self.buffer[:7]))
        if not is_http or (end < 0 and len(self.buffer) >= _HEAD_LIMIT):
            raise Refused(f"expected an answer of HTTP/1, came {bytes(self.buffer[:80])!r}")
        if end < 0:
            self._position = len(self.buffer)
            return None
        self._position = end + 4
        return _parse_head(bytes(self.buffer[: end + 4]), self._to_head)

    def _read_chunks(self) -> bool:
        """Whether the last chunk has come (RFC 9112 §7.1)."""
        buffer = self.buffer
        position = self._position
        while True:
            self._position = position
            line_end = buffer.find(b"\r\n", position, position + _LINE_LIMIT)
            if line_end < 0:
                if len(buffer) - position >= _LINE_LIMIT:
                    raise Refused(f"not a chunk size: {bytes(buffer[position : position + 80])!r}")
                return False
            line = bytes(buffer[position:line_end])
            matched = _CHUNK_SIZE.fullmatch(line)
            if matched is None:
                raise Refused(f"not a chunk size: {line[:80]!r}")
            size = int(matched[1], 16)
            data_end = line_end + 2 + size
            if len(buffer) < data_end + 2:
                return False
            if buffer[data_end : data_end + 2] != b"\r\n":
                came = bytes(buffer[data_end : data_end + 80])
                raise Refused(
                    f"a trailer: {came!r}"
                    if size == 0
                    else f"a chunk of {size} octets goes on behind them: {came!r}"
                )
            position = data_end + 2
            if size == 0:
                self._position = position
                return True
            self._pieces.append(bytes(buffer[line_end + 2 : data_end]))


def _parse_head(head: bytes, to_head: bool) -> _Head:
    line = _STATUS_LINE.match(head)
    if line is None:
        raise Refused(f"not a status line: {head[:80]!r}")
    fields: dict[bytes, list[bytes]] = {}
    for field in head[line.end() : -4].split(b"\r\n"):
        name, _, value = field.partition(b":")
        fields.setdefault(name.lower(), []).append(value.strip())
    status = int(line[2])
    connection = b",".join(fields.get(b"connection", [])).lower()
    closes = b"close" in connection or (line[1] == b"0" and b"keep-alive" not in connection)
    framing, length = _framing(status, fields, to_head)
    return _Head(status, len(head), framing, length, closes or framing is Framing.CLOSE)


def _framing(status: int, fields: dict[bytes, list[bytes]], to_head: bool) -> tuple[Framing, int]:
    """RFC 9112 §6.3, as far as it is about answers; the length is 0 unless it is what frames."""
    lengths, codings = fields.get(b"content-length", []), fields.get(b"transfer-encoding", [])
    if lengths and codings:
        raise Refused("an answer with both Content-Length and Transfer-Encoding")
    if codings and (len(codings) > 1 or codings[0].lower() != b"chunked"):
        raise Refused(f"a transfer coding other than chunked: {codings!r}")
    if lengths and (len(lengths) > 1 or not lengths[0].isdigit()):
        raise Refused(f"not a length: Content-Length {lengths!r}")
    if to_head or status < 200 or status in (204, 304):
        return Framing.NONE, 0
    if codings:
        return Framing.CHUNKED, 0
    if lengths:
        return Framing.LENGTH, int(lengths[0])
    return Framing.CLOSE, 0


class Expectation:
    """What each answer of a job must be."""

    def __init__(self, job: Job) -> None:
        self.status = job.status
        self.body = None if job.body is None else Template(job.body)
        self.is_json = job.accepts == "json"

    def judge(self, answer: Answer, number: int) -> None:
        """Raises Refused unless this is the answer to request `number`."""
        if answer.status != self.status:
            raise Refused(wrong_status(self.status, answer.status, answer.body))
        if self.body is None:
            return
        expected = self.body.render(number)
        if answer.body != expected and not (self.is_json and _same(expected, answer.body)):
            raise Refused(wrong_body(expected, answer.body))


def wrong_status(expected: int, came: int, body: bytes) -> str:
    return f"expected status {expected}, came {came} with {body[:80]!r}"


def wrong_body(expected: bytes, came: bytes) -> str:
    """Names the lengths where they differ, and the first octet that does."""
    at = first_difference(expected, came)
    return difference_text(at, (len(expected), expected[at:]), (len(came), came[at:]))


def difference_text(at: int, expected: tuple[int, bytes], came: tuple[int, bytes]) -> str:
    """`at` is the first octet that differs; each side has its length and its octets from there."""
    length = f"{came[0]} octets"
    if came[0] != expected[0]:
        length = f"{came[0]} octets instead of {expected[0]}"
    excerpts = [repr(octets[:40]) if octets else "its end" for _, octets in (expected, came)]
    return (
        f"a body of {length} differs from the expected one at octet {at}:"
        f" expected {excerpts[0]}, came {excerpts[1]}"
    )


def first_difference(a: bytes, b: bytes) -> int:
    """The index of the first octet that differs, or the length of the shorter one."""
    low, high = 0, min(len(a), len(b))
    while low < high:  # the longest common start, by halves: bodies may be large
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _same(expected: bytes, came: bytes) -> bool:
    """Serialisers differ in white space: equal is what parses to the same document."""
    try:
        return bool(json.loads(expected) == json.loads(came))
    except ValueError:
        return False
