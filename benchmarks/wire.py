"""A small blocking HTTP/1.1 client that knows exactly how many bytes an answer took.

Owns the harness's only view of the wire. It understands what the peers send (Content-Length and
chunked coding, RFC 9112 §6 and §7) and refuses everything else.
"""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from benchmarks.command import Refused

READ_BYTES = 256 * 1024


@dataclass(frozen=True)
class Head:
    """Status line and header fields; names in lower case, ``wire_bytes`` with the blank line."""

    status: int
    fields: dict[bytes, bytes]
    wire_bytes: int


@dataclass(frozen=True)
class Answer:
    """A whole response; ``wire_bytes`` counts head, framing and body as sent."""

    status: int
    fields: dict[bytes, bytes]
    body: bytes
    wire_bytes: int


class Connection:
    """One connection to a server on 127.0.0.1; a context manager that closes it.

    Raises OSError where the socket fails (TimeoutError after ``timeout_s`` without a byte), and
    Refused for an answer that is not HTTP as understood here.
    """

    def __init__(self, port: int, timeout_s: float = 10.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout_s)
        self.reader = self.socket.makefile("rb", buffering=READ_BYTES)
        self._framing_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self.reader.close()
        self.socket.close()

    def send(self, data: bytes | memoryview) -> None:
        self.socket.sendall(data)

    def exchange(self, request: bytes) -> Answer:
        """Sends one request and reads its answer."""
        self.send(request)
        return self.read_answer()

    def read_answer(self) -> Answer:
        head = self.read_head()
        body = b"".join(self.read_body(head))
        wire_bytes = head.wire_bytes + self._framing_bytes + len(body)
        return Answer(head.status, head.fields, body, wire_bytes)

    def read_head(self) -> Head:
        line = self._line()
        words = line.split(None, 2)
        if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
            raise Refused(f"not a status line: {line!r}")
        wire_bytes = len(line)
        fields: dict[bytes, bytes] = {}
        while True:
            line = self._line()
            wire_bytes += len(line)
            if line == b"\r\n":
                return Head(int(words[1]), fields, wire_bytes)
            name, _, value = line.partition(b":")
            fields[name.lower()] = value.strip()

    def read_body(self, head: Head) -> Iterator[bytes]:
        """The body in pieces, as they come, without its framing."""
        self._framing_bytes = 0
        if head.fields.get(b"transfer-encoding", b"").lower() == b"chunked":
            yield from self._chunks()
        elif head.fields.get(b"content-length", b"").isdigit():
            yield from self._exactly(int(head.fields[b"content-length"]))
        else:
            raise Refused("an answer with neither Content-Length nor chunked coding")

    def _chunks(self) -> Iterator[bytes]:
        while True:
            line = self._line()
            try:
                size = int(line.split(b";")[0], 16)
            except ValueError as error:
                raise Refused(f"not a chunk size: {line[:80]!r}") from error
            self._framing_bytes += len(line) + 2
            yield from self._exactly(size)
            if self._line() != b"\r\n":
                raise Refused("a chunk that does not end where its size says, or a trailer")
            if size == 0:
                return

    def _exactly(self, length: int) -> Iterator[bytes]:
        while length > 0:
            piece = self.reader.read(min(length, READ_BYTES))
            if not piece:
                raise ConnectionError("the server closed the connection within a body")
            length -= len(piece)
            yield piece

    def _line(self) -> bytes:
        line = self.reader.readline(65536)
        if not line:
            raise ConnectionError("the server closed the connection instead of answering")
        if not line.endswith(b"\r\n"):
            raise Refused(f"a line without CRLF: {line[:80]!r}")
        return line
