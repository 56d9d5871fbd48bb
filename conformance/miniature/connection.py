"""One connection: its requests, one behind the other.

Owns what RFC 9112 §9 says of connections: which answer is the last, what becomes of bodies that
nobody read, how the end comes.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote

from . import persistence
from .body import Decoder, body_length
from .framing import Delimited, Framed, frame, wants_close
from .middlewares import Aborted
from .receiver import DRAIN_LIMIT_BYTES, SEGMENT_BYTES, Body, Receiver
from .request import Request
from .response import Response
from .streaming import Stream
from .wire import Fields, Head, HeadParser, Refusal

if TYPE_CHECKING:
    from .server import Server

LINGER_S = 1.0
LINGER_LIMIT_BYTES = 1 << 20

_T = TypeVar("_T")

_log = logging.getLogger(__name__)

_LEAVES_BODIES = frozenset(
    {
        "unread-body-is-next-request",
        "unread-body-of-404-is-next-request",
        "unread-body-of-405-is-next-request",
        "unread-body-of-500-is-next-request",
        "refused-body-is-next-request",
        "expected-body-is-next-request",
        "unread-body-outlives-close",
        "passes-over-malformed-bodies",
        "unread-body-behind-short-circuit",
    }
)
"""With these, what is not read must still be on the buffer behind the answer."""

_FRAMING = frozenset({"content-length", "transfer-encoding"})


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
        self._receiver = Receiver(reader, self.faults)
        self._heads = HeadParser(self._receiver.buffer, self.faults)
        self._writer = writer
        self._held = b""
        self._kept: Fields = ()
        self._head_began_s: float | None = None
        self._idle_since_s = 0.0
        self._count = 0
        self._was_to_stay = False
        self._has_invited = False
        self._before: Request | None = None
        self._is_pipelined = False
        if "large-buffer-for-every-connection" in self.faults:
            self._spare = bytearray(b"x" * (1 << 18))

    async def serve(self) -> None:
        """Answer requests until either side ends the connection."""
        try:
            if "startup-for-every-connection" in self.faults:
                await self._server.app.lifecycle.start()
            while await self._exchange() and not self._ends_with_server():
                self.state = State.IDLE
                self._count += 1
                if "ends-at-the-tenth-request" in self.faults and self._count == 10:
                    break
                self._spoil_what_is_next()
            self.state = State.ENDING
            await self._end()
        except ConnectionError:
            self._receiver.was_reset = True  # the client is gone
        finally:
            self._close()
        if self._receiver.was_reset:
            self._client_reset()

    def _ends_with_server(self) -> bool:
        return self._server.is_stopping and "keeps-open-while-stopping" not in self.faults

    def _close(self) -> None:
        is_broken = self._heads.has_begun
        leaks = "leaks-connections" in self.faults
        if leaks or ("leaks-broken-connections" in self.faults and is_broken):
            self._server.leaked.append(self)
        else:
            self._writer.close()

    def _spoil_what_is_next(self) -> None:
        """What is told to go wrong with requests that came with the one before them."""
        buffer = self._receiver.buffer
        if "drops-pipelined" in self.faults:
            buffer.clear()
        if "drops-part-of-the-next" in self.faults and b"\r\n\r\n" not in buffer:
            buffer.clear()

    def _client_reset(self) -> None:
        """It concerns nobody else."""
        if "reset-ends-the-server" in self.faults:
            os._exit(1)
        if "reset-ends-others" in self.faults:
            self._server.abort_others(self)

    def close_if_idle(self) -> bool:
        if self.state is State.IDLE:
            self._writer.close()
        return self.state is State.IDLE

    def abort(self) -> None:
        self._writer.transport.abort()

    # -- One request -----------------------------------------------------------------------------

    async def _exchange(self) -> bool:
        """Answer a request; False when the connection ends there."""
        try:
            self._is_pipelined = self._count > 0 and bool(self._receiver.buffer)
            head = await self._head()
            if head is None:
                return False
            self.state = State.ANSWERING
            head = persistence.read(head, self.faults)
            length = self._body_length(head)
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

    def _body_length(self, head: Head) -> int | None:
        length = body_length(head, self.faults)
        if "upgrade-has-no-body" in self.faults and head.values("Upgrade"):
            return 0
        if head.values("Expect"):
            if "drops-body-that-did-not-wait" in self.faults:
                self._receiver.buffer.clear()
            if "waits-for-expected-body" in self.faults:
                return length or 1
        return length

    async def _head(self) -> Head | None:
        self._idle_since_s = asyncio.get_running_loop().time()
        while (head := self._heads.parse()) is None:
            has_begun = self._heads.has_begun
            self.state = State.READING if has_begun else State.IDLE
            if has_begun and "needs-head-in-one-segment" in self.faults:
                raise Refusal(400, "the head is incomplete")
            if not await self._receiver.more(self._left_s(has_begun)):
                if has_begun and "vanished-client-ends-the-server" in self.faults:
                    os._exit(1)
                if has_begun and "cut-head-is-whole" in self.faults:
                    self._receiver.buffer += b"\r\n"
                    return self._heads.parse()
                return None
        self._head_began_s = None
        return head

    def _left_s(self, has_begun: bool) -> float:
        """How long the next segment of a head may take; a head has one time for all of them."""
        now_s = asyncio.get_running_loop().time()
        if not has_begun:
            self._head_began_s = None
            if "empty-lines-keep-connections" in self.faults:
                self._idle_since_s = now_s
            return max(0.0, self._idle_since_s + self._server.app.idle_s - now_s)
        if self._count and "head-time-for-the-first" in self.faults:
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
            crashes = "unknown-expectation-crashes" in self.faults
            raise Refusal(500 if crashes else 417, "an expectation that nobody knows")
        if self._withholds_leave(head):
            return None
        if "continues-whatever-is-announced" in self.faults:
            self._invite()
            return None
        return self._invite

    def _withholds_leave(self, head: Head) -> bool:
        """The client is told to wait in vain."""
        if "continues-sized-bodies-only" in self.faults and head.values("Transfer-Encoding"):
            return True
        if "expectations-have-case" in self.faults:
            return "100-continue" not in head.values("Expect")
        return "continues-once" in self.faults and self._has_invited

    def _invite(self) -> None:
        self._has_invited = True
        if "no-100-continue" not in self.faults:
            self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    async def _answer(self, head: Head, body: Body) -> bool:
        if head.method == "POST" and "dies" in self.faults:
            os._exit(3)
        if head.method == "POST" and "hang" in self.faults:
            await asyncio.Event().wait()
        if "headers-are-kept" in self.faults:
            head = replace(head, fields=self._kept + head.fields)
            self._kept = head.fields
        if self._is_pipelined and "pipelined-inherits-fields" in self.faults:
            head = self._with_fields_of_the_last(head)
        request = Request(self._server.app, head, body, self.faults)
        request.before = self._before
        if self._before is not None:
            self._before.before = None  # one is enough
        try:
            response = await self._respond(request, body)
        except asyncio.CancelledError:
            if "answers-cut-requests" in self.faults:
                self._writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            raise
        self._remember(request, response)
        self._log(request, response)
        keeps_open = self._keeps_open(head, response, body)
        says_close = not keeps_open
        if self._server.is_stopping and "silent-about-closing-at-the-end" in self.faults:
            says_close = False
        method = self._method(request)
        try:
            framed = frame(response, method, head.version, says_close, self.faults)
        except ValueError as error:
            response = self._server.app.crash_page(request, error)
            framed = frame(response, method, head.version, says_close, self.faults)
        if framed.delimited is Delimited.CLOSE and "keeps-http10-streams-open" not in self.faults:
            keeps_open = False  # the end of the connection is that of the answer
        if "upgrade-ends-http" in self.faults and "upgrade" in head.members("Connection"):
            await self._server.send(self, framed, response)
            await asyncio.Event().wait()
        sending = self._server.send(self, framed, response)
        if "half-close-cuts-streams" in self.faults:
            sending = self._unless_half_closed(sending)
        if not await sending or not keeps_open:
            return False
        if "closes-silently" in self.faults:
            return False
        options = persistence.options(head, self.faults)
        if response.status >= 400 and "errors-drop-pipelined" in self.faults:
            self._receiver.buffer.clear()
        if "close" in options and "unread-body-outlives-close" in self.faults:
            return True
        if response.status == 500 and "crash-closes-unannounced" in self.faults:
            return False
        if "unread-body-is-next-request" in self.faults:
            return True
        if request.is_cut_short and "unread-body-behind-short-circuit" in self.faults:
            return True
        if self._leaves_body(head, response.status):
            return True
        return await body.drain()

    def _remember(self, request: Request, response: Response) -> None:
        """Keep a request and its answer, as something may be told to stay of them."""
        last = request.before and request.before.answer
        if last and response.status >= 400 and "headers-stay-for-errors" in self.faults:
            response.headers = last.headers + response.headers
        if self.faults:
            request.answer = response
            self._before = request

    def _with_fields_of_the_last(self, head: Head) -> Head:
        assert self._before is not None
        more = [
            (name, value)
            for name, value in self._before.headers
            if not head.values(name) and name.lower() not in _FRAMING
        ]
        return replace(head, fields=(*head.fields, *more))

    def _method(self, request: Request) -> str:
        """The method whose answer is framed."""
        is_behind_post = request.before is not None and request.before.method == "POST"
        if is_behind_post and "head-behind-post-has-content" in self.faults:
            return "GET"
        return request.method

    def _leaves_body(self, head: Head, status: int) -> bool:
        """A body of such a request is told to be left on the buffer."""
        return (
            (status == 404 and "unread-body-of-404-is-next-request" in self.faults)
            or (status == 405 and "unread-body-of-405-is-next-request" in self.faults)
            or (status == 413 and "refused-body-is-next-request" in self.faults)
            or (status == 500 and "unread-body-of-500-is-next-request" in self.faults)
            or ("expected-body-is-next-request" in self.faults and bool(head.values("Expect")))
        )

    def _log(self, request: Request, response: Response) -> None:
        if not self._server.app.logs_access:
            return
        method, target = request.method, request.target
        if "log-injection" in self.faults:
            target = unquote(target)
            method = unquote(method)
        agent = repr(dict(request.headers).get("User-Agent", "-"))
        if "log-injection-by-agent" in self.faults:
            agent = unquote(agent)
        _log.info("%s %s %d %s", method, target, response.status, agent)

    async def _respond(self, request: Request, body: Body) -> Response:
        if "runs-pipelined-at-once" in self.faults and self._receiver.buffer:
            following = HeadParser(bytearray(self._receiver.buffer), self.faults).parse()
            if following is not None:
                early = Request(self._server.app, following, body, self.faults)
                await self._server.respond(early)
        if "idle-time-while-answering" in self.faults:
            try:
                async with asyncio.timeout(self._server.app.idle_s):
                    return await self._server.respond(request)
            except TimeoutError:
                raise Aborted from None
        if "half-close-is-the-end" in self.faults and body.at_end:
            return await self._unless_half_closed(self._server.respond(request))
        return await self._server.respond(request)

    async def _unless_half_closed(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Do the work, and give it up when the client ends its sending side."""
        working = asyncio.ensure_future(work)
        hearing = asyncio.ensure_future(self._receiver.more(self._server.app.idle_s))
        await asyncio.wait({working, hearing}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done() and not hearing.result():
            working.cancel()
            raise Aborted
        hearing.cancel()
        return await working

    def _keeps_open(self, head: Head, response: Response, body: Body) -> bool:
        """RFC 9112 §9.3, and what has been left of the body."""
        if body.is_uninvited and "expected-body-is-next-request" not in self.faults:
            return False
        if body.is_broken or self._ends_with_server():
            return False
        if "closes-every-connection" in self.faults:
            return False
        if "handlers-keep-connections" in self.faults and response.has_header("connection"):
            return True
        if wants_close(response) and "sends-close-and-stays" not in self.faults:
            return False
        if body.length is not None and body.length > DRAIN_LIMIT_BYTES and not body.at_end:
            return False
        options = persistence.options(head, self.faults)
        if response.status >= 400 and "errors-ignore-close" in self.faults:
            options = []
        if "close" in options and "closes-silently" not in self.faults:
            if "close-waits-for-pipelined" in self.faults and self._receiver.buffer:
                return True
            return bool({"ignores-connection-close", "unread-body-outlives-close"} & self.faults)
        if head.version < (1, 1) and "keeps-http10-open" not in self.faults:
            stays = "keep-alive" in options
            stays |= self._was_to_stay and "keep-alive-is-for-ever" in self.faults
            self._was_to_stay = stays
            return stays
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
        if self._server.is_stopping and "half-answers-while-stopping" in self.faults:
            writer.write(answer[:-1])
            return False
        if self._receiver.buffer and not self._held and self._is_overtaken():
            self._held = answer
            return True
        if len(answer) > SEGMENT_BYTES and "sends-once" in self.faults:
            writer.write(answer[:SEGMENT_BYTES])
            return False
        writer.write(answer + self._held)
        self._held = b""
        await writer.drain()
        return True

    def _is_overtaken(self) -> bool:
        """The answer is told to wait for that to what is pipelined behind it."""
        if "pipelined-behind-post-overtakes" in self.faults:
            return self._before is not None and self._before.method == "POST"
        return "pipelined-out-of-order" in self.faults

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
