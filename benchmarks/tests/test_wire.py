"""The validating client, fed with transcripts over a real socket."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from benchmarks.command import Refused
from benchmarks.wire import Answer, Connection


@contextmanager
def answering(data: bytes) -> Iterator[Connection]:
    """A connection whose server has already sent ``data`` and nothing more."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        Connection(listener.getsockname()[1]) as connection,
    ):
        accepted, _ = listener.accept()
        with accepted:
            accepted.sendall(data)
            accepted.shutdown(socket.SHUT_WR)
            yield connection


def test_content_length_counts_every_byte_of_the_answer() -> None:
    data = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    with answering(data + b"HTTP/1.1 ") as connection:
        assert connection.read_answer() == Answer(
            200, {b"content-length": b"2"}, b"ok", wire_bytes=len(data)
        )


def test_pipelined_answers_are_read_one_by_one() -> None:
    first = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n1\r\n!\r\n0\r\n\r\n"
    )
    second = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    with answering(first + second) as connection:
        answer = connection.read_answer()
        assert (answer.status, answer.body, answer.wire_bytes) == (200, b"ok!", len(first))
        answer = connection.read_answer()
        assert (answer.status, answer.body, answer.wire_bytes) == (404, b"", len(second))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no",
        b"HTTP/1.1 200 OK\r\nContent-Le",
    ],
    ids=["nothing", "half a body", "half a head"],
)
def test_an_answer_cut_short_is_no_answer(data: bytes) -> None:
    with answering(data) as connection, pytest.raises((ConnectionError, Refused)):
        connection.read_answer()


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nuntil the end",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nok\r\n0\r\n\r\n",
    ],
    ids=["another protocol", "unframed", "bad chunk size", "chunk longer than its size"],
)
def test_what_is_not_understood_is_refused(data: bytes) -> None:
    with answering(data) as connection, pytest.raises(Refused):
        connection.read_answer()
