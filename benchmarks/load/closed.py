"""The closed loop: each connection sends again when its answer has come. Full speed.

Owns the one loop of the client that must be quick. An answer costs it one read, one comparison
with what is awaited, and one write; everything unusual goes to `exchanges`.
"""

import os
import select
import time

from benchmarks.command import Refused
from benchmarks.load.connections import Channel
from benchmarks.load.exchanges import READ_BYTES, Exchanges
from benchmarks.load.model import Job, Load

_TURN_S = 1.0


class Closed(Exchanges):
    """A load as fast as the server answers, for the duration of the job."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.is_over = False

    def finished(self, channel: Channel) -> None:
        if not self.is_over:
            self.send(channel, time.monotonic())

    def run(self) -> Load:
        """Opens all connections and takes one turn, as long as the job."""
        self.open_all()
        return self.turn(self.job.duration_s)

    def turn(self, duration_s: float) -> Load:
        """Sends until the time is over, then awaits the answers that are due: they count too, and
        so does the time they take. Raises Refused for the first answer that is wrong, OSError
        where a connection fails."""
        requests, read_bytes = self.requests, self.read_bytes
        self.is_over = False
        cpu_s, start_s = time.process_time(), time.monotonic()
        for channel in self.channels:
            self.send(channel, start_s)
        self._loop(start_s + duration_s)
        self.is_over = True
        self.drain()
        return Load(
            self.requests - requests,
            self.read_bytes - read_bytes,
            time.monotonic() - start_s,
            time.process_time() - cpu_s,
        )

    def _loop(self, end_s: float) -> None:
        # Local names, because this is what the speed of the client is decided by.
        monotonic, read, write, poll = time.monotonic, os.read, os.write, self.epoll.poll
        readable, most = select.EPOLLIN, len(self.channels)
        awaited, sent_s, by_fd = self.awaited, self.sent_s, self.by_fd
        is_varied, copies = self.job.is_varied, self.job.pipeline
        block, block_bytes = self.block(0), self.block_bytes
        quick = quick_bytes = 0
        now = monotonic()
        check_s = now + _TURN_S
        try:
            while now < end_s:
                events = poll(min(_TURN_S, end_s - now), most)
                now = monotonic()
                read_most = min(self.answer_bytes + 1, READ_BYTES)
                for fd, event in events:
                    if event != readable:
                        self.attend(fd, event)
                        continue
                    data = read(fd, read_most)
                    if data != awaited[fd]:
                        self.receive(fd, data)
                        continue
                    quick += copies
                    quick_bytes += len(data)
                    if is_varied:
                        block, awaited[fd] = self._next(by_fd[fd])
                    sent_s[fd] = now
                    if write(fd, block) != block_bytes:
                        raise Refused("a socket does not take a small request at once")
                if now >= check_s:
                    self.check_waiting(now)
                    check_s = now + _TURN_S
        finally:
            self.requests += quick
            self.read_bytes += quick_bytes

    def _next(self, channel: Channel) -> tuple[bytes, bytes]:
        """The next requests on a channel, and what answers them unless something is unusual."""
        number = channel.number = self.next_number
        self.next_number += self.job.pipeline
        assert self.learned is not None  # or nothing would have been awaited
        return self.block(number), self.learned(number)
