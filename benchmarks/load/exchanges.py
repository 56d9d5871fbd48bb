"""Requests and answers on many connections, one thread: what both ways of driving share.

Owns every edge of receiving: pieces, closing, connecting anew, answers that are not the octets of
the one before. The usual case, an answer that is, has its own short loop in `closed`; an answer
comes here from there when it is anything else.

A connection is *matching* while what comes is the start of the last validated answer, and
*reading* from the first octet that differs: then the answer is parsed and judged, and becomes what
the next ones are matched with.
"""

import os
import select
import time

from benchmarks.command import Refused
from benchmarks.load.answers import Answer, Expectation, Framing, Reader
from benchmarks.load.connections import Channel, Connections
from benchmarks.load.model import COUNTS, PLACEHOLDER, Job
from benchmarks.load.templates import Template, in_row

READ_BYTES = 256 * 1024


class Exchanges(Connections):
    """The exchanges of a job. Subclasses say when a request is sent, and what follows an answer
    (`finished`)."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.expectation = Expectation(job)
        self.answer_bytes = READ_BYTES
        self.requests = 0
        self.read_bytes = 0

    def finished(self, channel: Channel) -> None:
        """All answers that `channel` awaited have come."""
        raise NotImplementedError

    def attend(self, fd: int, events: int) -> None:
        """Does what the events of a connection ask for, outside of the quick loop."""
        channel = self.by_fd[fd]
        if events & select.EPOLLOUT:
            if channel.rest is None:
                self.connected(channel)
            else:
                self.send_rest(channel)
        if events & ~select.EPOLLOUT:
            try:
                data = os.read(fd, min(self.answer_bytes + 1, READ_BYTES))
            except BlockingIOError:
                return
            self.receive(fd, data)

    def receive(self, fd: int, data: bytes) -> None:
        """Takes what has come on a connection; nothing means that it was closed."""
        channel = self.by_fd[fd]
        quick = self.awaited[fd]
        if quick is not None:
            channel.expected, channel.offset = quick, 0
            self.awaited[fd] = None
        if not data:
            self._closed(channel)
        elif not channel.due:
            raise Refused(f"octets that no request asked for: {data[:80]!r}")
        elif channel.reader is not None or not self._match(channel, data):
            self._read(channel, data)

    def _match(self, channel: Channel, data: bytes) -> bool:
        """Whether `data` goes on as the last validated answers did."""
        expected = channel.expected
        if expected is None:
            return False
        if not expected.startswith(data, channel.offset):
            # Another connection may have seen the next second's Date before.
            if channel.offset or self.learned is None:
                return False
            expected = channel.expected = self.learned(channel.number)
            if not expected.startswith(data):
                return False
        channel.offset += len(data)
        if channel.offset == len(expected):
            self.requests += channel.due
            self.read_bytes += len(expected)
            self._finish(channel, closes=False)
        return True

    def _read(self, channel: Channel, data: bytes) -> None:
        """Parses and judges each answer that is whole."""
        if channel.reader is None:
            channel.reader = Reader(to_head=self.job.request.startswith(b"HEAD "))
            if channel.expected is not None:
                channel.reader.feed(channel.expected[: channel.offset])
        channel.reader.feed(data)
        while channel.due and (answer := channel.reader.next()) is not None:
            self._judge(channel, answer)
        if not channel.due:
            self._end_reading(channel)

    def _closed(self, channel: Channel) -> None:
        """The server closed: the end of an answer that is framed so, an idle connection that it
        does not keep, or else a failure."""
        if not channel.due:
            self.close(channel)
            return
        reader = channel.reader
        if reader is None:
            reader = Reader()
            if channel.expected is not None:
                reader.feed(channel.expected[: channel.offset])
                reader.next()
        self._judge(channel, reader.end())
        self._end_reading(channel)

    def _judge(self, channel: Channel, answer: Answer) -> None:
        self.expectation.judge(answer, channel.number + self.job.pipeline - channel.due)
        channel.taken.append(answer)
        channel.due -= 1
        self.requests += 1
        self.read_bytes += len(answer.octets)
        if answer.closes and channel.due:
            raise Refused(f"the server closes the connection with {channel.due} answers due")

    def _end_reading(self, channel: Channel) -> None:
        taken, channel.taken = channel.taken, []
        last = taken[-1]
        behind = channel.reader.buffer if channel.reader is not None else b""
        if behind:
            raise Refused(f"{len(behind)} octets behind the answer: {bytes(behind[:80])!r}")
        channel.reader = None
        # An answer that ends with its connection is parsed each time: it is not what is quick.
        if last.framing is not Framing.CLOSE and (not last.closes or self.job.new_connection):
            self._learn(channel.number, taken)
        self._finish(channel, closes=last.closes)

    def _learn(self, number: int, taken: list[Answer]) -> None:
        """Makes these answers what the next ones are matched with."""
        octets = b"".join(answer.octets for answer in taken)
        self.answer_bytes = len(octets)
        body = self.job.body
        if body is None or PLACEHOLDER not in body:
            self.learned = lambda number: octets
            return
        last = taken[-1]
        digits = b"%07d" % ((number + self.job.pipeline - 1) % COUNTS)
        head, framed = last.octets[: last.head_bytes], last.octets[last.head_bytes :]
        if PLACEHOLDER in last.octets or framed.count(digits) != body.count(PLACEHOLDER):
            return  # a chunk ends within the number: such answers are all parsed
        pattern = Template(head + framed.replace(digits, PLACEHOLDER))
        self.learned = in_row(pattern, self.job.pipeline)

    def _finish(self, channel: Channel, *, closes: bool) -> None:
        if channel.rest is not None:
            raise Refused("an answer before the whole request was sent")
        channel.due = 0
        if closes or self.job.new_connection:
            self.close(channel)
        self.finished(channel)

    def check_waiting(self, now_s: float) -> None:
        """Raises Refused where an answer takes longer than any may."""
        late = sum(
            1
            for channel in self.channels
            if channel.due and now_s - self.sent_s[channel.fd] > self.job.answer_timeout_s
        )
        if late:
            raise Refused(
                f"no answer within {self.job.answer_timeout_s:g} s on {late} of"
                f" {len(self.channels)} connections"
            )

    def drain(self) -> None:
        """Awaits the answers that are due, and makes sure that nothing follows them."""
        while any(channel.due for channel in self.channels):
            for fd, events in self.epoll.poll(0.25):
                if fd in self.by_fd:
                    self.attend(fd, events)
            self.check_waiting(time.monotonic())
        for fd in self.by_fd:
            try:
                behind = os.read(fd, 80)
            except BlockingIOError:
                continue
            if behind:
                raise Refused(f"octets behind the last answer: {behind!r}")
