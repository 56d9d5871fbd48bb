"""The open loop: requests are due at a fixed rate, and latency counts from when they were due."""

import select
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

from benchmarks.command import Refused
from benchmarks.load.connections import Channel
from benchmarks.load.exchanges import Exchanges
from benchmarks.load.histogram import Histogram
from benchmarks.load.model import Job, Load
from benchmarks.load.schedule import Schedule

_TURN_S = 1.0


class Paced(Exchanges):
    """A load at the rate of the job, over its connections in turn."""

    def __init__(self, job: Job) -> None:
        assert job.rate_per_s is not None
        super().__init__(job)
        self.is_quick = False
        self.schedule = Schedule(job.rate_per_s, job.duration_s)
        self.latency = Histogram()
        self.idle = deque(self.channels)
        self.due_s: dict[Channel, float] = {}
        """When the request on a channel was due, by the monotonic clock."""

    def finished(self, channel: Channel) -> None:
        self.latency.record(time.monotonic() - self.due_s.pop(channel))
        self.idle.append(channel)

    def run(self) -> Load:
        """Sends what is due and awaits all answers. Raises Refused for the first answer that is
        wrong, and for a server that falls behind by more than an answer may take; OSError where
        a connection fails."""
        _wake_in_time()
        self.open_all()
        cpu_s, start_s = time.process_time(), time.monotonic()
        check_s = start_s + _TURN_S
        while not self.schedule.is_over:
            now_s = time.monotonic()
            self._send_due(now_s, start_s)
            self._wait(start_s)
            if now_s >= check_s:
                self._check(now_s, start_s)
                check_s = now_s + _TURN_S
        self.drain()
        duration_s = time.monotonic() - start_s
        client_cpu_s = time.process_time() - cpu_s
        return Load(self.requests, self.read_bytes, duration_s, client_cpu_s, latency=self.latency)

    def _send_due(self, now_s: float, start_s: float) -> None:
        while self.idle and (number := self.schedule.take(now_s - start_s)) is not None:
            channel = self.idle.popleft()
            self.due_s[channel] = start_s + self.schedule.due_s(number)
            self.send(channel, now_s)

    def _wait(self, start_s: float) -> None:
        """Until something has come, or a request is due and there is a connection for it."""
        wait_s = self.schedule.until_next_s(time.monotonic() - start_s)
        if not self.idle or wait_s is None:
            wait_s = _TURN_S
        # epoll itself waits in whole milliseconds.
        select.select([self.epoll.fileno()], [], [], min(wait_s, _TURN_S))
        for fd, events in self.epoll.poll(0):
            self.attend(fd, events)

    def _check(self, now_s: float, start_s: float) -> None:
        self.check_waiting(now_s)
        if self.schedule.waiting_s(now_s - start_s) > self.job.answer_timeout_s:
            raise Refused(
                f"the server falls behind {self.job.rate_per_s:g} requests per second: one has"
                f" waited {self.job.answer_timeout_s:g} s for a connection; ask for a lower rate"
            )


def _wake_in_time() -> None:
    """Asks for timers without the kernel's 50 µs of slack, where it lets us."""
    with suppress(OSError):
        Path("/proc/self/timerslack_ns").write_text("1")
