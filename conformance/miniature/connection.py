"""One connection: its requests, one behind the other.

Owns what RFC 9112 §9 says of connections: which answer is the last, what becomes of bodies that
nobody read, how the end comes.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable
from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import unquote

from .body import Decoder, body_length
from .framing import Delimited, Framed, frame, wants_close
from .middlewares import Aborted
from .receiver import DRAIN_LIMIT_BYTES, SEGMENT_BYTES, Body, Receiver
from .request import Request
from .response import Response
from .streaming import Stream
from .wire import Head, HeadParser, Refusal

if TYPE_CHECKING:
    from .server import Server

LINGER_S = 1.0
LINGER_LIMIT_BYTES = 1 << 20

_log = logging.getLogger(__name__)

_LEAVES_BODIES = frozenset({"unread-body-is-next-request", "unread-body-of-404-is-next-request"})
"""With these, what is not read must still be on the buffer behind the answer."""


class State(Enum):
    """Where a connection stands: IDLE → READING → ANSWERING → IDLE … → ENDING."""

    IDLE = "nothing of a request has come"
    READING = "a head has begun"
    ANSWERING = "a request is being answered"
    ENDING = "the last answer is out"


class Connection:
    """Serves one client. A request is read when the one before it has been answered."""

    def __init__(
        self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.faults = server.faults
        self.state = State.IDLE
        self._server = server
        self._receiver = Receiver(reader)
        self._heads = HeadParser(self._receiver.buffer, self.faults)
        self._writer = writer
        self._held = b""
        self._head_began_s: float | None = None

    async def serve(self) -> None:
        """Answer requests until either side ends the connection."""
        try:
            if "startup-for-every-connection" in self.faults:
                await self._server.app.lifecycle.start()
            while await self._exchange():
                self.state = State.IDLE
                if "drops-pipelined" in self.faults:
                    self._receiver.buffer.clear()
            self.state = State.ENDING
            await self._end()
        except ConnectionError:
            self._receiver.was_reset = True  # the client is gone
        finally:
            self._writer.close()
        if self._receiver.was_reset:
            self._client_reset()

    def _client_reset(self) -> None:
        """It concerns nobody else."""
        if "reset-ends-the-server" in self.faults:
            os._exit(1)
        if "reset-ends-others" in self.faults:
            self._server.abort_others(self)

    def close_if_idle(self) -> None:
        if self.state is State.IDLE:
            self._writer.close()

    def abort(self) -> None:
        self._writer.transport.abort()

    # -- One request -----------------------------------------------------------------------------

    async def _exchange(self) -> bool:
        """Answer a request; False when the connection ends there."""
        try:
            head = await self._head()
            if head is None:
                return False
            self.state = State.ANSWERING
            length = body_length(head, self.faults)
            body = Body(
                self._receiver,
                Decoder(self._receiver.buffer, length, self.faults),
                self._invitation(head),
                self._server.app.body_s,
            )
            if not _LEAVES_BODIES & self.faults:
                body.take_what_has_come()
        except Refusal as refusal:
            keeps_open = "keeps-open-after-refusal" in self.faults
            response = refusal.response()
            framed = frame(response, "GET", (1, 1), not keeps_open, self.faults)
            await self.send(framed, response)
            return keeps_open
        return await self._answer(head, body)

    async def _head(self) -> Head | None:
        while (head := self._heads.parse()) is None:
            has_begun = self._heads.has_begun
            self.state = State.READING if has_begun else State.IDLE
            if has_begun and "needs-head-in-one-segment" in self.faults:
                raise Refusal(400, "the head is incomplete")
            if not await self._receiver.more(self._left_s(has_begun)):
                if has_begun and "vanished-client-ends-the-server" in self.faults:
                    os._exit(1)
                return None
        self._head_began_s = None
        return head

    def _left_s(self, has_begun: bool) -> float:
        """How long the next segment of a head may take; a head has one time for all of them."""
        now_s = asyncio.get_running_loop().time()
        if not has_begun:
            self._head_began_s = None
            return self._server.app.idle_s
        if self._head_began_s is None or "head-time-begins-anew" in self.faults:
            self._head_began_s = now_s
        return max(0.0, self._head_began_s + self._server.app.head_s - now_s)

    def _invitation(self, head: Head) -> Callable[[], None] | None:
        """RFC 9110 §10.1.1; "A server that receives a 100-continue expectation in an HTTP/1.0
        request MUST ignore that expectation"."""
        expectations = head.members("Expect")
        if head.version < (1, 1) and "continues-http10" not in self.faults:
            return None
        if not expectations:
            return None
        if expectations != ["100-continue"]:
            raise Refusal(417, "an expectation that nobody knows")
        return self._invite

    def _invite(self) -> None:
        if "no-100-continue" not in self.faults:
            self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    async def _answer(self, head: Head, body: Body) -> bool:
        if head.method == "POST" and "dies" in self.faults:
            os._exit(3)
        if head.method == "POST" and "hang" in self.faults:
            await asyncio.Event().wait()
        request = Request(self._server.app, head, body, self.faults)
        response = await self._respond(request, body)
        self._log(request, response)
        keeps_open = self._keeps_open(head, response, body)
        try:
            framed = frame(response, head.method, head.version, not keeps_open, self.faults)
        except ValueError as error:
            response = self._server.app.crash_page(request, error)
            framed = frame(response, head.method, head.version, not keeps_open, self.faults)
        if not await self._server.send(self, framed, response) or not keeps_open:
            return False
        if "closes-silently" in self.faults:
            return False
        if "unread-body-is-next-request" in self.faults:
            return True
        if response.status == 404 and "unread-body-of-404-is-next-request" in self.faults:
            return True
        return await body.drain()

    def _log(self, request: Request, response: Response) -> None:
        if not self._server.app.logs_access:
            return
        target = request.target
        if "log-injection" in self.faults:
            target = unquote(target)
        agent = dict(request.headers).get("User-Agent", "-")
        _log.info("%s %s %d %r", request.method, target, response.status, agent)

    async def _respond(self, request: Request, body: Body) -> Response:
        if "half-close-is-the-end" in self.faults and body.at_end:
            answering = asyncio.ensure_future(self._server.respond(request))
            hearing = asyncio.ensure_future(self._receiver.more(self._server.app.idle_s))
            await asyncio.wait({answering, hearing}, return_when=asyncio.FIRST_COMPLETED)
            if hearing.done() and not hearing.result():
                answering.cancel()
                raise Aborted
            hearing.cancel()
            return await answering
        return await self._server.respond(request)

    def _keeps_open(self, head: Head, response: Response, body: Body) -> bool:
        """RFC 9112 §9.3, and what has been left of the body."""
        if body.is_broken or body.is_uninvited or self._server.is_stopping:
            return False
        if "closes-every-connection" in self.faults or wants_close(response):
            return False
        if body.length is not None and body.length > DRAIN_LIMIT_BYTES and not body.at_end:
            return False
        options = head.members("Connection")
        if "connection-options-have-case" in self.faults:
            options = ["close"] if "close" in head.values("Connection") else []
        if "close" in options and "closes-silently" not in self.faults:
            return "ignores-connection-close" in self.faults
        if head.version < (1, 1) and "keeps-http10-open" not in self.faults:
            return "keep-alive" in options
        return True

    # -- Sending -----------------------------------------------------------------------------------

    async def send(self, framed: Framed, response: Response) -> bool:
        """False when the answer had to be cut off."""
        writer = self._out()
        if framed.delimited in (Delimited.CHUNKED, Delimited.CLOSE):
            assert isinstance(response.body, AsyncIterator)
            is_chunked = framed.delimited is Delimited.CHUNKED
            return await Stream(writer, is_chunked, self.faults).send(framed.head, response.body)
        answer = framed.head + framed.content
        if self._receiver.buffer and not self._held and "pipelined-out-of-order" in self.faults:
            self._held = answer
            return True
        if len(answer) > SEGMENT_BYTES and "sends-once" in self.faults:
            writer.write(answer[:SEGMENT_BYTES])
            return False
        writer.write(answer + self._held)
        self._held = b""
        await writer.drain()
        return True

    def _out(self) -> asyncio.StreamWriter:
        latest = self._server.latest
        if latest is not None and "shares-state-between-connections" in self.faults:
            return latest._writer
        return self._writer

    async def _end(self) -> None:
        """End our side and wait for the other: closing on octets that are still unread resets the
        connection, and takes away from the client what it has not read (RFC 9112 §9.6)."""
        if self._held:
            self._writer.write(self._held)
        if self._writer.is_closing():
            return
        await self._writer.drain()
        self._writer.write_eof()
        self._receiver.buffer.clear()
        while len(self._receiver.buffer) < LINGER_LIMIT_BYTES and not self._server.is_stopping:
            if not await self._receiver.more(LINGER_S):
                return
