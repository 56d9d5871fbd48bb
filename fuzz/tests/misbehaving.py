"""A server that does on each connection what it is told, for tests of the client of the fuzzer."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_LINGER_OFF = struct.pack("ii", 1, 0)


def answer(body: bytes, fields: bytes = b"", status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\n\r\n%b" % (status, fields, len(body), body)


class Connection:
    """The server's side of one connection. What is not kept is closed when all is done."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.head = b""
        self.is_kept = False

    def read_heads(self, count: int) -> Connection:
        """Read until so many heads have come, or the end."""
        while self.head.count(b"\r\n\r\n") < count and (data := self.sock.recv(65536)):
            self.head += data
        return self

    def wait_for_end(self) -> Connection:
        """Read until the client has ended its side."""
        while data := self.sock.recv(65536):
            self.head += data
        return self

    def send(self, data: bytes) -> Connection:
        self.sock.sendall(data)
        return self

    def reset(self) -> Connection:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_OFF)
        return self

    def keep(self) -> Connection:
        """Leave it open for as long as the server is there."""
        self.is_kept = True
        return self


class Misbehaving:
    """`behave` is what is done on a connection, in a thread of its own. `saw` is what came on each,
    as far as it was read."""

    def __init__(self) -> None:
        self.behave: Callable[[Connection], object] = Connection.wait_for_end
        self.saw: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port: int = self._listener.getsockname()[1]
        self._kept: list[socket.socket] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # which ends the waiting for a connection
        self._accepting.join()
        self._listener.close()
        for sock in self._kept:
            sock.close()

    def _accept(self) -> None:
        with suppress(OSError):  # it was closed
            while True:
                sock, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        one = Connection(sock)
        with suppress(ConnectionError):  # the client was faster
            self.behave(one)
        self.saw.append(one.head)
        if one.is_kept:
            self._kept.append(sock)
        else:
            sock.close()


@contextmanager
def serving() -> Iterator[Misbehaving]:
    server = Misbehaving()
    try:
        yield server
    finally:
        server.close()
