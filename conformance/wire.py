"""Bytes of answers to what they say: a response reader of the harness's own.

Judge and judged share no parser, so this one is written from RFC 9112 and takes what it gets: it
never refuses, it says what is wrong and keeps the bytes.
"""

from __future__ import annotations

import re
from dataclasses import replace

from .seen import Answer

_STATUS_LINE = re.compile(rb"(HTTP/\d\.\d) (\d{3})(?: (.*))?", re.DOTALL)
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*", re.DOTALL)
_LINE_BREAK = re.compile(rb"[\x00\r\n]")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]+)[ \t]*(;.*)?", re.DOTALL)
_LENGTH = re.compile(r"[0-9]{1,18}")
_NO_BODY = (204, 304)


class AnswerReader:
    """Cuts what is received on one connection into answers."""

    def __init__(self) -> None:
        self.received = bytearray()
        self.answers: list[Answer] = []
        self.interim: list[Answer] = []
        self._methods: list[str] = []
        self._next = 0  # where the next answer begins
        self._is_garbage = False
        self._ended = False

    def expect(self, method: str, count: int = 1) -> None:
        """The next `count` final answers are to requests with this method."""
        self._methods.extend([method] * count)
        self._read()  # they may be there already, taken for answers with a body

    def feed(self, data: bytes) -> None:
        self.received += data
        self._read()

    def end(self, *, reset: bool) -> None:
        """No more will come. What a clean end completes is complete, the rest is cut."""
        self._ended = not reset
        self._read()
        rest = bytes(self.received[self._next :])
        if rest.startswith(b"HTTP/") and not self._is_garbage:
            cut = _cut(rest, self._next)
            if cut is not None:
                self._add(cut)
                self._next = len(self.received)

    @property
    def has_head(self) -> bool:
        """The head of the answer that is being received is there."""
        return b"\r\n\r\n" in self.received[self._next :]

    @property
    def is_lost(self) -> bool:
        """What came cannot be cut into answers any further, whatever follows."""
        return self._is_garbage

    @property
    def rest(self) -> bytes:
        """What follows the last whole answer."""
        return bytes(self.received[self._next :])

    def _read(self) -> None:
        while self._next < len(self.received) and not self._is_garbage:
            number = len(self.answers)
            method = self._methods[number] if number < len(self._methods) else "GET"
            data = bytes(self.received[self._next :])
            if not b"HTTP/".startswith(data[:5]):
                self._is_garbage = True
                return
            answer = read_answer(data, method, ended=self._ended)
            if answer is None:
                return
            size = answer.end
            self._add(replace(answer, start=self._next, end=self._next + size))
            self._next += size
            # Behind one whose end is unknown, nothing can be told to be the next.
            self._is_garbage = answer.status == 0 or not answer.is_complete

    def _add(self, answer: Answer) -> None:
        (self.interim if 100 <= answer.status < 200 else self.answers).append(answer)


def read_answer(data: bytes, method: str, *, ended: bool) -> Answer | None:
    """The first answer in `data`; None while it is incomplete. Offsets count from 0.

    `ended` tells that the connection was closed behind `data`. An answer whose framing is invalid
    is "cut" where that shows, however much of it there is.
    """
    head, separator, _ = data.partition(b"\r\n\r\n")
    if not separator:
        return None
    answer = read_head(head + b"\r\n")
    body_start = len(head) + 4
    status = answer.status
    if (
        method == "HEAD"
        or status < 200
        or status in _NO_BODY
        or (method == "CONNECT" and 200 <= status < 300)
    ):
        return replace(answer, framing="none", end=body_start)
    codings = [
        one.strip().lower() for one in ",".join(answer.values("Transfer-Encoding")).split(",")
    ]
    lengths = set(answer.values("Content-Length"))
    if codings != [""]:
        return _chunked(answer, data, body_start, codings, lengths, ended=ended)
    if lengths:
        return _sized(answer, data, body_start, lengths)
    if not ended:
        return None
    return replace(answer, body=data[body_start:], framing="close", end=len(data))


def read_head(head: bytes) -> Answer:
    """Status line and fields of a head with its line ends; what is wrong is in `problem`."""
    problem = None
    first, *lines = head.split(b"\r\n")[:-1]
    matched = _STATUS_LINE.fullmatch(first)
    if matched is None:
        return Answer(0, "", "", (), b"", problem=f"malformed status line {first!r}")
    version, code, reason = matched.groups()
    if reason is None:
        problem = "the status line lacks the space behind the status (RFC 9112 §4)"
    elif _LINE_BREAK.search(reason):
        problem = "CR, LF or NUL in the reason phrase"
    pairs = []
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            problem = problem or f"malformed field line {line!r}"
            continue
        name, value = field.groups()
        if _LINE_BREAK.search(value):
            problem = problem or f"CR, LF or NUL in the value of {name.decode()}"
        pairs.append((name.decode("ascii"), value.decode("latin-1")))
    return Answer(
        int(code), (reason or b"").decode("latin-1"), version.decode(), tuple(pairs), b"",
        problem=problem,
    )  # fmt: skip


def _sized(answer: Answer, data: bytes, start: int, lengths: set[str]) -> Answer | None:
    shown = ", ".join(sorted(lengths))
    if not _LENGTH.fullmatch(shown):
        wrong = answer.problem or f"invalid Content-Length {shown}"
        return replace(answer, framing="cut", end=start, problem=wrong)
    size = int(shown)
    if len(data) < start + size:
        return None
    body = data[start : start + size]
    return replace(answer, body=body, framing="length", end=start + size)


def _chunked(
    answer: Answer, data: bytes, start: int, codings: list[str], lengths: set[str], *, ended: bool
) -> Answer | None:
    problem = answer.problem
    if lengths:
        problem = problem or "Content-Length beside Transfer-Encoding (RFC 9112 §6.2)"
    if codings[-1] != "chunked":
        if not ended:
            return None
        return replace(answer, body=data[start:], framing="close", end=len(data), problem=problem)
    body, position = b"", start
    while True:
        line_end = data.find(b"\r\n", position)
        if line_end < 0:
            return None
        size = _CHUNK_SIZE.fullmatch(data[position:line_end])
        if size is None:
            wrong = f"malformed chunk size {data[position:line_end][:40]!r}"
            return replace(
                answer, body=body, framing="cut", end=line_end + 2, problem=problem or wrong
            )
        count = int(size[1], 16)
        position = line_end + 2
        if count == 0:
            break
        if len(data) < position + count + 2:
            return None
        body += data[position : position + count]
        position += count
        if data[position : position + 2] != b"\r\n":
            wrong = "a chunk does not end in CRLF"
            return replace(
                answer, body=body, framing="cut", end=position + 2, problem=problem or wrong
            )
        position += 2
    while True:  # trailers
        line_end = data.find(b"\r\n", position)
        if line_end < 0:
            return None
        if line_end == position:
            return replace(answer, body=body, framing="chunked", end=position + 2, problem=problem)
        position = line_end + 2


def _cut(data: bytes, start: int) -> Answer | None:
    """What can be said of an answer whose end never came; None when not even of its status."""
    head, separator, body = data.partition(b"\r\n\r\n")
    answer = read_head(head + b"\r\n")
    if answer.status == 0:
        return None
    return replace(
        answer, body=body, framing="cut", start=start, end=start + len(data),
        problem=answer.problem if separator else None,  # the last line is not whole
    )  # fmt: skip
