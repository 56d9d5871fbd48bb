"""The connections of a load: opening them, sending on them, closing them.

Owns the sockets and the epoll. What answers mean is the matter of `exchanges`.
"""

import errno
import os
import select
import socket
import time
from collections.abc import Callable

from benchmarks.command import Refused
from benchmarks.load.answers import Answer, Reader
from benchmarks.load.model import Job
from benchmarks.load.templates import Template, in_row

# Requests up to here fit into the empty buffer of any socket, so that one write takes them whole.
SMALL_BYTES = 4096


class Channel:
    """One connection and what is on its way there; `fd` is -1 where none is open."""

    __slots__ = (
        "connection",
        "due",
        "events",
        "expected",
        "fd",
        "number",
        "offset",
        "reader",
        "rest",
        "taken",
    )

    def __init__(self) -> None:
        self.connection: socket.socket | None = None
        self.fd = -1
        self.events = 0
        """What the epoll watches for."""
        self.number = 0
        """Of the first request that has no answer yet, or of the next one."""
        self.due = 0
        """Answers that are yet to come."""
        self.rest: memoryview | None = None
        """What of the requests is yet to be sent."""
        self.expected: bytes | None = None
        self.offset = 0
        """How much of `expected` has come: matching."""
        self.reader: Reader | None = None
        """Reading, or None while matching."""
        self.taken: list[Answer] = []
        """What was read of the answers that are due."""


class Connections:
    """The channels of a job, by themselves and by the descriptor of their connection."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.epoll = select.epoll()
        self.channels = [Channel() for _ in range(job.connections)]
        self.by_fd: dict[int, Channel] = {}
        # What comes next on a connection of which nothing is unusual; None where something is.
        self.awaited: dict[int, bytes | None] = {}
        self.sent_s: dict[int, float] = {}
        self.block: Callable[[int], bytes] = in_row(Template(job.request), job.pipeline)
        self.block_bytes = len(self.block(0))
        # Renders the octets of the last validated answers for other numbers.
        self.learned: Callable[[int], bytes] | None = None
        self.next_number = 0
        self.is_quick = self.block_bytes <= SMALL_BYTES and not job.new_connection

    def open_all(self) -> None:
        """Opens all connections, unless each request opens its own."""
        if self.job.new_connection:
            return
        for channel in self.channels:
            self.connect(channel)
        waiting = {channel.fd for channel in self.channels}
        until_s = time.monotonic() + self.job.answer_timeout_s
        while waiting:
            events = self.epoll.poll(max(0.0, until_s - time.monotonic()))
            if not events:
                raise Refused(f"{len(waiting)} connections were not accepted")
            for fd, _ in events:
                self.connected(self.by_fd[fd])
                waiting.discard(fd)

    def connect(self, channel: Channel) -> None:
        """Begins to connect; the connection can be written to when there is one."""
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        channel.connection, channel.fd = connection, connection.fileno()
        self.by_fd[channel.fd] = channel
        self.awaited[channel.fd] = None
        self.sent_s[channel.fd] = 0.0
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        status = connection.connect_ex((self.job.host, self.job.port))
        if status not in (0, errno.EINPROGRESS):
            raise Refused(f"no connection to {self._address()}: {os.strerror(status)}")
        channel.events = select.EPOLLOUT
        self.epoll.register(channel.fd, channel.events)

    def connected(self, channel: Channel) -> None:
        assert channel.connection is not None
        status = channel.connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if status:
            raise Refused(f"no connection to {self._address()}: {os.strerror(status)}")
        self._watch(channel, select.EPOLLIN)

    def _watch(self, channel: Channel, events: int) -> None:
        if channel.events != events:
            channel.events = events
            self.epoll.modify(channel.fd, events)

    def _address(self) -> str:
        return f"{self.job.host}:{self.job.port}"

    def send(self, channel: Channel, now_s: float) -> None:
        """Sends the next requests on a channel that awaits nothing, connecting where it has to."""
        if channel.connection is None:
            self.connect(channel)
        channel.number = self.next_number
        self.next_number += self.job.pipeline
        channel.due = self.job.pipeline
        self.sent_s[channel.fd] = now_s
        channel.offset = 0
        channel.expected = None if self.learned is None else self.learned(channel.number)
        channel.rest = memoryview(self.block(channel.number))
        self.send_rest(channel)
        if self.is_quick and channel.rest is None:
            self.awaited[channel.fd] = channel.expected

    def send_rest(self, channel: Channel) -> None:
        rest = channel.rest
        assert rest is not None
        try:
            # A connection over the loopback is there as soon as it was asked for.
            sent = os.write(channel.fd, rest)
        except BlockingIOError:
            sent = 0
        if sent == len(rest):
            channel.rest = None
            self._watch(channel, select.EPOLLIN)
        else:
            channel.rest = rest[sent:]
            self._watch(channel, select.EPOLLIN | select.EPOLLOUT)

    def close(self, channel: Channel) -> None:
        assert channel.connection is not None
        del self.by_fd[channel.fd], self.awaited[channel.fd], self.sent_s[channel.fd]
        channel.connection.close()  # which takes it out of the epoll as well
        channel.connection, channel.fd = None, -1

    def close_all(self) -> None:
        for channel in self.channels:
            if channel.connection is not None:
                self.close(channel)
        self.epoll.close()
