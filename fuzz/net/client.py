"""Octets out, answers in: one new connection for each input, many at once.

Owns the sockets, and when our side of one is closed: an input is whole when all of it is sent, but
a server that sees the end of it may drop what it has not answered yet. So the answers are waited
for first, as many as are owed, and only who surprises us is waited for in vain.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from conformance.protocol import AdapterError
from conformance.seen import Answer
from conformance.steps import End
from conformance.wire import AnswerReader

IN_FLIGHT = 32
_READ_BYTES = 65536
_TICK_S = 0.02
_LATENCIES = 3
_MOST_RECEIVED_BYTES = 4 << 20  # more than any app of ours has to say: it does not come to an end


@dataclass(frozen=True)
class Patience:
    """How long a connection may take, in seconds.

    quiet_s   nothing came for so long: what is owed is waited for no longer
    doubt_s   the same where only what may be refused without an answer is owed
    end_s     from the end of our side to the end of theirs
    pause_s   between two segments, so that they are read one by one
    """

    quiet_s: float
    doubt_s: float
    end_s: float
    pause_s: float = 0.0


HASTY = Patience(0.25, 0.05, 2.0)
"""For many at once. What it makes of a busy server is confirmed with the other one."""
ALONE = Patience(1.0, 0.2, 6.0, 0.001)
"""For one alone, so that load accuses nobody."""


@dataclass(frozen=True)
class Octets:
    """What is sent on one connection.

    segments  each sent by itself
    methods   of the requests that are answered, as far as is known
    owed      how many final answers are waited for before our side is closed
    certain   so many of them have to come; the others are in doubt
    """

    segments: Sequence[bytes]
    methods: Sequence[str] = ()
    owed: int = 1
    certain: int = 0


@dataclass(frozen=True)
class Heard:
    """What came back on one connection.

    answers, interim   final and 1xx ones
    rest          what follows the last whole answer
    end           CLOSED and RESET by the server, OPEN when it was given up, REFUSED
    is_half_closed     we had ended our side by then
    is_quiet      we did so since nothing came any more, with answers still owed
    """

    received: bytes
    answers: tuple[Answer, ...]
    interim: tuple[Answer, ...]
    rest: bytes
    end: End
    is_half_closed: bool
    is_quiet: bool


UNPLAYED = Heard(b"", (), (), b"", End.REFUSED, is_half_closed=False, is_quiet=False)
"""What came back of an input that was not played, since nobody answered any more."""


class Client:
    """Plays inputs on the server at an address. One at a time calls it.

    gets_on   is called for each input that is through
    """

    def __init__(self, host: str, port: int, gets_on: Callable[[], None] = lambda: None) -> None:
        self.gets_on = gets_on
        info = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        self.family, self.address = info[0], info[4]
        self.latency_s = 0.0
        """From the last octet to the first of the answer, of late: quiet is what is longer."""

    async def play(self, inputs: Sequence[Octets], patience: Patience) -> list[Heard]:
        """What came back for each. When a server does not answer any more, those that are left are
        not played.

        Raises AdapterError when no connection can be made here.
        """
        playing = _Playing(self, inputs, patience)
        try:
            return await playing.run()
        except OSError as exc:
            raise AdapterError(f"no connection can be made here: {exc.strerror or exc}") from exc
        finally:
            playing.abandon()


class _Playing:
    """The inputs of one call: those that wait, those that run, and what came back."""

    def __init__(self, client: Client, inputs: Sequence[Octets], patience: Patience) -> None:
        self._client = client
        self._inputs = inputs
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._waiting = deque(range(len(inputs)))
        self._running: dict[int, _Exchange] = {}
        self._heard: dict[int, Heard] = {}
        self._silent = 0  # so many were not answered in time, since the last that was
        self._done: asyncio.Future[None] = self._loop.create_future()
        self._ticking = self._loop.call_later(_TICK_S, self._tick)

    async def run(self) -> list[Heard]:
        """Raises OSError when no connection can be made here."""
        self._start()
        await self._done
        return [self._heard.get(number, UNPLAYED) for number in range(len(self._inputs))]

    def abandon(self) -> None:
        """Close what is open."""
        self._ticking.cancel()
        self._waiting.clear()
        for exchange in self._running.values():
            exchange.abandon()

    def _start(self) -> None:
        while self._waiting and len(self._running) < IN_FLIGHT:
            number = self._waiting[0]
            octets, finished = self._inputs[number], partial(self._finish, number)
            exchange = _Exchange(self._client, octets, self._patience, finished)
            try:
                if not exchange.open():
                    break  # no port is free: those of before are held for a while
            except OSError as exc:
                self._waiting.clear()
                if not self._done.done():
                    self._done.set_exception(exc)
                return
            self._running[number] = exchange
            self._waiting.popleft()
        if not self._running and not self._waiting and not self._done.done():
            self._done.set_result(None)

    def _finish(self, number: int) -> None:
        heard = self._heard[number] = self._running.pop(number).heard()
        self._client.gets_on()
        if heard.answers:
            self._silent = 0
        elif heard.is_quiet or heard.end is End.OPEN:
            self._silent += 1
        if self._silent >= IN_FLIGHT:
            self._waiting.clear()
        self._start()

    def _tick(self) -> None:
        now = self._loop.time()
        for exchange in list(self._running.values()):
            exchange.look_at_the_clock(now)
        self._start()
        self._ticking = self._loop.call_later(_TICK_S, self._tick)


class _Exchange:
    """One connection from its beginning to its end; told of what happens by the event loop."""

    def __init__(
        self,
        client: Client,
        octets: Octets,
        patience: Patience,
        finished: Callable[[], None],
    ) -> None:
        self._client = client
        self._loop = loop = asyncio.get_running_loop()
        self._octets = octets
        self._patience = patience
        self._finished = finished
        self._reader = AnswerReader()
        for method in octets.methods:
            self._reader.expect(method)
        self._unsent = deque(one for one in octets.segments if one)
        self._sending: asyncio.Handle | None = None
        self._is_writing = False
        self._is_refused = False
        self._end = End.OPEN
        self._is_half_closed = False
        self._is_quiet = False
        self._changed_at = loop.time()
        self._socket: socket.socket | None = None

    def open(self) -> bool:
        """Begin. False when no local port is free. Raises OSError for any other lack."""
        sock = socket.socket(self._client.family, socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            result = sock.connect_ex(self._client.address)
        except BaseException:
            sock.close()
            raise
        if result in (0, errno.EINPROGRESS):
            self._socket = sock
            # By number: the event loop would make a text of a socket that it does not know yet.
            self._loop.add_reader(sock.fileno(), self._read)
            self._send()
            return True
        sock.close()
        if result == errno.EADDRNOTAVAIL:
            return False
        if result == errno.ECONNREFUSED:
            self._loop.call_soon(self._finish, End.REFUSED)
            return True
        raise OSError(result, errno.errorcode.get(result, "unknown"))

    def heard(self) -> Heard:
        reader = self._reader
        return Heard(
            bytes(reader.received),
            tuple(reader.answers),
            tuple(reader.interim),
            reader.rest,
            self._end,
            self._is_half_closed,
            self._is_quiet,
        )

    def look_at_the_clock(self, now: float) -> None:
        passed_s = now - self._changed_at
        if self._is_half_closed:
            if passed_s > self._patience.end_s:
                self._finish(End.OPEN)
        elif self._unsent:
            if self._is_writing and passed_s > self._patience.end_s:  # it does not read
                self._unsent.clear()
                self._half_close(is_quiet=True)
        elif passed_s > self._quiet_s:
            self._half_close(is_quiet=True)

    @property
    def _quiet_s(self) -> float:
        is_certain = len(self._reader.answers) < self._octets.certain
        limit_s = self._patience.quiet_s if is_certain else self._patience.doubt_s
        return limit_s + _LATENCIES * self._client.latency_s

    def abandon(self) -> None:
        if self._socket is not None:
            self._close()

    # -- Sending ---------------------------------------------------------------------------------

    def _send(self) -> None:
        """Send one segment, and have the next sent when the other side has had its turn."""
        sock = self._socket
        if sock is None:
            return
        while self._unsent:
            segment = self._unsent.popleft()
            try:
                count = sock.send(segment)
            except (BlockingIOError, InterruptedError):
                count = 0
            except OSError as exc:  # it reads no more, and reading tells
                self._is_refused = isinstance(exc, ConnectionRefusedError)  # it is said only once
                self._unsent.clear()
                break
            if count < len(segment):
                self._unsent.appendleft(segment[count:])
                self._watch_for_room(True)
                return
            self._changed_at = self._loop.time()
            if self._unsent:
                self._watch_for_room(False)
                self._sending = self._loop.call_later(self._patience.pause_s, self._send)
                return
        self._watch_for_room(False)
        self._settle()

    def _watch_for_room(self, wanted: bool) -> None:
        assert self._socket is not None
        if wanted and not self._is_writing:
            self._loop.add_writer(self._socket.fileno(), self._send)
        elif self._is_writing and not wanted:
            self._loop.remove_writer(self._socket.fileno())
        self._is_writing = wanted

    # -- Receiving -------------------------------------------------------------------------------

    def _read(self) -> None:
        assert self._socket is not None
        try:
            data = self._socket.recv(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as exc:
            self._reader.end(reset=True)
            self._finish(End.REFUSED if isinstance(exc, ConnectionRefusedError) else End.RESET)
            return
        if not data:
            self._reader.end(reset=False)
            self._finish(End.REFUSED if self._is_refused else End.CLOSED)
            return
        now = self._loop.time()
        if not self._reader.received and not self._unsent:
            self._client.latency_s += (now - self._changed_at - self._client.latency_s) / 8
        self._changed_at = now
        self._reader.feed(data)
        if len(self._reader.received) > _MOST_RECEIVED_BYTES:
            self._finish(End.OPEN)
            return
        self._settle()

    def _settle(self) -> None:
        """End our side once all is sent and all that is owed has come.

        Who says that it closes is left to do so first.
        """
        if self._unsent or self._is_half_closed or self._socket is None:
            return
        answers = self._reader.answers
        if answers and says_close(answers[-1]):
            return
        if len(answers) >= self._octets.owed or self._reader.is_lost:
            self._half_close(is_quiet=False)

    def _half_close(self, *, is_quiet: bool) -> None:
        assert self._socket is not None
        self._is_half_closed = True
        self._is_quiet = is_quiet
        self._changed_at = self._loop.time()
        with suppress(OSError):  # the other side was faster
            self._socket.shutdown(socket.SHUT_WR)

    def _finish(self, end: End) -> None:
        self._end = end
        if self._socket is not None:
            self._close()
        self._finished()

    def _close(self) -> None:
        sock, self._socket = self._socket, None
        assert sock is not None
        if self._sending is not None:
            self._sending.cancel()
        self._loop.remove_reader(sock.fileno())
        if self._is_writing:
            self._loop.remove_writer(sock.fileno())
        sock.close()


def says_close(answer: Answer) -> bool:
    """It is the last of its connection (RFC 9112 §9.6)."""
    return any(
        name.lower() == "connection" and "close" in value.lower() for name, value in answer.headers
    )
