"""One connection: bytes in, requests to the application one after another, answers out in order.

Owns the order of answers, the flow of input, and how a connection ends. Framing is the parser's,
deadlines are `Waiting`'s, the flow of output is `Output`'s, how a body is sent is `sending`'s.

    phase      it is in it while                                         and leaves it for
    OPEN       requests may come; none, one or several are at work       CLOSING
    CLOSING    the last answer was written; input is read and dropped    CLOSED
    CLOSED     the transport is gone                                     -
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import socket
import struct
import sys
from collections import deque
from collections.abc import AsyncIterable, Callable
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from .access_log import log_access
from .application import no_response
from .body import EMPTY_BODY, BodyStream
from .errors import BodyError, BodyTimeout, ClientGone, ProtocolError
from .fields import Fields
from .output import Output
from .parser import RequestParser
from .request import Request
from .response import Response, encode, wants_close
from .sending import send_streamed
from .waits import Wait, Waiting

if TYPE_CHECKING:
    from .server import Server

logger = logging.getLogger("reference")

_RESET = struct.pack("ii", 1, 0)  # struct linger: on, 0 seconds

# From 3.12 on a task can begin at once, without a turn of the event loop.
_EAGER: dict[str, Any] = {"eager_start": True}
_Task: Callable[..., asyncio.Task[None]] = (
    partial(asyncio.Task, **_EAGER) if sys.version_info >= (3, 12) else asyncio.Task
)


class Phase(Enum):
    OPEN = auto()
    CLOSING = auto()
    CLOSED = auto()


# Bound once: before 3.12 each look-up of an enumeration's member runs Python code.
_OPEN, _CLOSING, _CLOSED = Phase


class Connection(asyncio.Protocol):
    """The asyncio protocol of one client; implements the parser's Sink, and Source and Peer for
    its requests."""

    __slots__ = (
        "_access_log", "_app", "_cancelled", "_context", "_continue_due", "_draining", "_eof",
        "_last", "_loop", "_max_queue", "_needs_care", "_parser", "_phase", "_queue",
        "_reading_paused", "_receiving", "_server", "_started_s", "_task", "_task_seen",
        "_transport", "_unread_input", "_waiting", "output",
    )  # fmt: skip

    _transport: asyncio.Transport

    def __init__(self, server: Server, loop: asyncio.AbstractEventLoop) -> None:
        self._server = server
        self._app = server.app
        self._access_log = server.access_log
        self._loop = loop
        self._parser = RequestParser(self, server.limits)
        self._waiting = Waiting(loop, server.limits, self._expired)
        self._phase = _OPEN
        # Requests that wait for their turn; a ProtocolError is answered in its turn too.
        self._queue: deque[Request | ProtocolError] = deque()
        self._task: asyncio.Task[None] | None = None
        self._receiving: BodyStream | None = None  # the body that arrives now
        self.output = Output(self, server.outbox, loop, self._waiting)
        self._task_seen: asyncio.Task[None] | None = None  # when the outbox last asked
        self._started_s = 0.0  # when the present request began, for the access log
        self._last = False  # no request is read after those that have been
        self._draining = False  # the server shuts down: the next answer is the last
        self._eof = False
        # Requests take the longer way: some of them are logged, stalled, or half-closed.
        self._needs_care = server.access_log is not None
        self._max_queue = server.limits.pipelined_requests
        self._cancelled = False
        self._continue_due = False
        self._reading_paused = False
        self._unread_input = False  # the client may have sent what was not read

    # -- Called by the transport -----------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = self.output.transport = cast("asyncio.Transport", transport)
        self._context = contextvars.copy_context()
        if self._server.take(self):
            self._waiting.begin(Wait.HEAD)
        else:
            self._refuse(ProtocolError(503, "too many connections"))
            self._next()

    def data_received(self, data: bytes) -> None:
        if self._phase is not _OPEN:
            return
        try:
            self._parser.feed(data)
        except ProtocolError as exc:
            self._refuse(exc)
        if self._task is None:
            self._next()

    def eof_received(self) -> bool:
        """Whether the transport stays open for what is still to be sent."""
        if self._phase is not _OPEN:
            return False
        self.output.flush()  # answers that are ready; the transport may take no more after this
        self._eof = self._last = self._needs_care = True
        self._parser.stop()
        self._break_body(ClientGone())
        if self._task is None:
            return False  # nothing is owed
        if not self._transport.can_write_eof():
            self.output.is_open = False  # TLS, which has no half-closed state in asyncio
            return False
        if self._app.handler_cancellation and not self.output.begun:
            self._waiting.begin(Wait.HALF_CLOSED)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._phase = _CLOSED
        self._last = self._needs_care = True
        self._waiting.close()
        self._parser.stop()
        self._queue.clear()
        self._break_body(ClientGone())
        self.output.lose()
        if self._task is None:
            self._server.drop(self)
        elif self._app.handler_cancellation:
            self._cancel()

    def pause_writing(self) -> None:
        self.output.paused = True

    def resume_writing(self) -> None:
        self.output.resume()

    # -- Called by the parser --------------------------------------------------------------------

    def on_request(self, method: str, target: str, minor: int, fields: Fields) -> None:
        if fields.length:
            self._receiving = body = BodyStream(self)
        else:
            body = EMPTY_BODY
        request = Request(self._app, self, method, target, minor, fields, body)
        queue = self._queue
        queue.append(request)
        if fields.close or self._draining or not (minor or fields.keep_alive):
            self._last = True
            self._parser.stop_after_request()
        elif len(queue) >= self._max_queue:
            self._needs_care = True
            self._parser.pause()
            self.update_reading()

    def on_body(self, data: bytes) -> None:
        body = self._receiving
        assert body is not None
        self._continue_due = False
        body.feed(data)
        if self._waiting.wait is Wait.BODY:
            self._waiting.wait = None
        if body.held_bytes > self._server.limits.body_buffer_bytes:
            self.update_reading()

    def on_body_end(self) -> None:
        assert self._receiving is not None
        self._receiving.feed_eof()
        self._receiving = None
        self._continue_due = False

    # -- Called by the body of a request, and by the server --------------------------------------

    def body_wanted(self) -> None:
        if self._continue_due and not self.output.begun:
            # RFC 9110 §10.1.1: the client waits for this before it sends its body.
            self._continue_due = False
            self.output.flush()
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._waiting.begin(Wait.BODY)

    def body_delivered(self) -> None:
        if self._reading_paused:
            self.update_reading()

    @property
    def remote(self) -> str | None:
        peername = self._transport.get_extra_info("peername")
        return peername[0] if isinstance(peername, tuple) else None

    @property
    def scheme(self) -> str:
        return "http" if self._transport.get_extra_info("sslcontext") is None else "https"

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The task of the handler that is at work."""
        return self._task

    def shutdown(self) -> None:
        """Close when nothing is at work, else with the answer to what has been read."""
        self._draining = True
        if self._task is None and self._parser.is_between_requests:
            # Not at once: an eager handler that shuts its own server down is no `_task` yet.
            self._loop.call_soon(self._close_idle)
        if self._parser.is_between_requests or self._parser.is_in_body:
            self._last = True
            self._parser.stop_after_request()

    def abort(self) -> None:
        """Cancel what is at work and cut the connection."""
        self.output.flush()
        if self._task is not None:
            self._cancel()
        self.cut()

    # -- One request after another ---------------------------------------------------------------

    def _refuse(self, error: ProtocolError) -> None:
        """Answer `error` in its turn and read nothing more."""
        self._last = True
        self._unread_input = True
        self._parser.stop()
        if self._receiving is None:
            self._queue.append(error)
        else:
            self._break_body(BodyError(error.reason, error.status))

    def _break_body(self, error: BodyError) -> None:
        if self._receiving is not None:
            self._receiving.fail(error)
            self._receiving = None

    def _next(self) -> None:
        """Start the next request in the queue, or wait for one; nothing is at work now."""
        queue = self._queue
        while queue:
            request = queue.popleft()
            if isinstance(request, ProtocolError):
                self.output.hold(encode_refusal(request, 1))
                continue
            self._waiting.wait = None
            if self._needs_care or (request.content is not EMPTY_BODY and request.expects_continue):
                self._prepare(request)
            # A name, because the task would make up one, and that takes a sixth of its making.
            task = _Task(self._serve(request), loop=self._loop, name="request")
            if not task.done():  # an eager one may be
                self._task = task
                return
        if self._phase is _OPEN:
            self._wait_for_client()

    def _prepare(self, request: Request) -> None:
        """What only some requests need before their handler starts."""
        if self._parser.is_paused:
            self._resume_parser()
        content = request.content
        self._continue_due = request.expects_continue and not (
            content.held_bytes or content.is_complete
        )
        if self._eof and self._app.handler_cancellation:
            self._waiting.begin(Wait.HALF_CLOSED)
        if self._access_log is not None:
            self._started_s = self._loop.time()

    def _resume_parser(self) -> None:
        if len(self._queue) <= self._max_queue // 2:
            try:
                self._parser.resume()
            except ProtocolError as exc:
                self._refuse(exc)
            self.update_reading()

    def _wait_for_client(self) -> None:
        parser, waiting = self._parser, self._waiting
        if not self._last and parser.is_between_requests:
            if waiting.wait is not None or not self.output.in_outbox:  # else `send_ready` does it
                waiting.begin_idle(self._loop.time())
        elif parser.is_in_body:
            waiting.begin(Wait.BODY)
        elif self._last:
            self._close()
        elif waiting.wait is not Wait.HEAD:
            waiting.begin(Wait.HEAD)

    async def _serve(self, request: Request) -> None:
        """Answer one request; the coroutine of its task."""
        app, output, content = self._app, self.output, request.content
        try:
            if content is EMPTY_BODY or content.error is None:
                try:
                    response = await app.handler_for(request)(request)
                    if not isinstance(response, Response):
                        raise no_response(response)
                except Exception as exc:  # noqa: BLE001 - whatever is raised becomes a response
                    response = app.response_to(request, exc)
            else:
                response = refusal(content.error.status, str(content.error))
            body = response._body
            if body.__class__ is not bytes and response.prepare is not None:
                response = await response.prepare(request)
                body = response._body
            if response._headers is None and self._receiving is None:
                close = self._last and not self._queue
            else:
                close = self._closes_with(request, response)
            if body.__class__ is bytes:
                output.hold(encode(response, body, request.minor, close, request.method == "HEAD"))
            else:
                close = await send_streamed(output, request, response, close)
            if output.paused:
                output.begun = self._needs_care = True  # it was sent whole: no other may follow
                await output.drained()
        except BaseException as exc:  # noqa: BLE001 - a handler may raise anything; see _failed
            response = self._failed(request, exc)
            close = self._last and not self._queue
        if close or self._needs_care or content is not EMPTY_BODY:
            self._settle(request, response, close)
        if self._task is not None:  # else it is eager, and runs inside `_next`
            self._task = None
            if self._queue or not self._parser.is_between_requests:
                # Not in the context of this task, which the next one would inherit.
                self._context.run(self._next)
            elif not output.in_outbox and self._phase is _OPEN:
                self._waiting.begin_idle(self._loop.time())

    def _failed(self, request: Request, exc: BaseException) -> Response:
        """What is left to do when `_serve` did not come to its end."""
        if isinstance(exc, KeyboardInterrupt):
            self.cut()
            self._server.drop(self)
            raise exc
        if self._cancelled or (not self.output.is_open and isinstance(exc, ConnectionError)):
            response = Response(status=499)  # for the log only, as nginx names it there
        elif isinstance(exc, BodyError):
            response = self._app.response_to(request, exc)  # a stream has read what the client sent
        else:
            response = self._app.internal_error(request, exc)
        if self._cancelled or self.output.begun or self._phase is not _OPEN:
            # RFC 9112 §8: the client must be able to tell that the answer is incomplete.
            self.output.flush()
            self.cut()
            return response
        close = self._closes_with(request, response)
        body = cast("bytes", response.body)
        head_only = request.method == "HEAD"
        self.output.hold(encode(response, body, request.minor, close, head_only))
        return response

    def _closes_with(self, request: Request, response: Response) -> bool:
        """Whether the connection ends with this answer."""
        if wants_close(response):
            self._end_input(request, response)
        elif self._receiving is request.content:
            # RFC 9112 §9.3: "a server MUST read the entire request message body or close the
            # connection after sending its response". A client that still waits for 100 may or may
            # not send its body, so nothing can follow (RFC 9110 §10.1.1).
            left = self._parser.body_bytes_left
            limit = self._server.limits.unread_body_bytes
            if self._last or self._continue_due or left is None or left > limit:
                self._end_input(request, response)
        return self._last and not self._queue

    def _end_input(self, request: Request, response: Response) -> None:
        """Let nothing follow the answer to `request`."""
        self._last = self._unread_input = True
        self._queue.clear()
        streamed = isinstance(response.body, AsyncIterable)
        if streamed and self._receiving is request.content:
            self._parser.stop_after_request()  # the stream may read it
        else:
            self._parser.stop()
            self._break_body(BodyError("the request was answered before its body was read"))

    def _settle(self, request: Request, response: Response, close: bool) -> None:
        """What only some answers leave to do."""
        request.content.discard()
        request.release()
        if self._reading_paused:
            self.update_reading()
        if self._access_log is not None:
            duration_s = self._loop.time() - self._started_s
            log_access(self._access_log, request, response, duration_s)
        self.output.begun = False
        if self._phase is _CLOSED:
            self._server.drop(self)
        elif close:
            self._close()

    def _cancel(self) -> None:
        assert self._task is not None
        if not self._cancelled:  # once, or the handler's own tidying would be cancelled too
            self._cancelled = True
            self._task.add_done_callback(self._cancelled_task_done)
            self._task.cancel()

    def _cancelled_task_done(self, task: asyncio.Task[None]) -> None:
        if self._task is task:
            # It had not had its first turn, so `_serve` did nothing, not even this.
            self._task = None
            self._server.drop(self)

    # -- Output ----------------------------------------------------------------------------------

    def send_ready(self, now_s: float) -> bool:
        output, task = self.output, self._task
        if task is None:
            if self._waiting.wait is None:
                # Only now, and not when the handler ended: for all answers of a turn by one clock.
                self._waiting.begin_idle(now_s)
        elif task is not self._task_seen and output.is_holding and not output.begun:
            # The next handler has not had its first turn: its answer may go with these.
            self._task_seen = task
            return False
        self._task_seen = None
        output.in_outbox = False
        output.flush()
        return True

    def answer_begins(self) -> None:
        """The head of an answer is sent ahead of its body."""
        self._needs_care = True
        if self._waiting.wait is Wait.HALF_CLOSED:
            self._waiting.wait = None  # that was for the handler to begin its answer

    def hold_input(self) -> None:
        """Read nothing while a file is sent; `_settle` goes on. asyncio would do it as well, and
        resume in the context of the handler's task."""
        if not self._reading_paused:
            self._reading_paused = True
            self._transport.pause_reading()

    # -- Input flow ------------------------------------------------------------------------------

    def update_reading(self) -> None:
        """Pause the socket while too much waits for handlers; go on when it does not."""
        body = self._receiving
        pause = self._parser.is_paused or (
            body is not None and body.held_bytes > self._server.limits.body_buffer_bytes
        )
        if pause is not self._reading_paused and self._phase is _OPEN and not self._eof:
            self._reading_paused = pause
            if pause:
                self._transport.pause_reading()
            else:
                # In the context in which it began to read: asyncio calls `data_received` in the
                # one that it resumes in, and that could be a handler's.
                self._context.copy().run(self._transport.resume_reading)

    # -- The end ---------------------------------------------------------------------------------

    def _close(self, *, linger: bool = True) -> None:
        """Close after what was written. RFC 9112 §9.6: while the client may still send, only our
        side is closed first, and input is read for a while; else a reset could destroy the answer
        before the client has read it."""
        if self._phase is not _OPEN:
            return
        self.output.flush()
        self.output.is_open = False
        self._phase = _CLOSING
        self._parser.stop()
        self._queue.clear()
        if self._eof or not linger:
            self._close_transport()
        elif self._transport.can_write_eof():
            self._read_and_drop()
            self._transport.write_eof()
        elif self._unread_input and not self.output.until_close:
            self._read_and_drop()
        else:
            self._close_transport()  # TLS: the client might wait for the end that we delay

    def _close_idle(self) -> None:
        if self._task is None:
            self._close(linger=False)

    def _read_and_drop(self) -> None:
        if self._reading_paused:
            self._transport.resume_reading()
        self._waiting.begin(Wait.LINGER)

    def _close_transport(self) -> None:
        self.output.begin_wait()
        if not self._transport.is_closing():
            # Not twice: the second time, a TLS transport of Python 3.11 forgets its connection.
            self._transport.close()

    def cut(self) -> None:
        """End the connection now, whatever was to be sent."""
        if self._phase is _CLOSED:
            return
        self.output.is_open = False
        self._phase = _CLOSING
        self._parser.stop()
        self._queue.clear()
        self._waiting.wait = None
        sock: socket.socket | None = self._transport.get_extra_info("socket")
        if self.output.begun and self.output.until_close and sock is not None:
            # The end of the connection would look like the end of the body: reset it instead.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()

    def _expired(self, wait: Wait) -> None:
        _ON_EXPIRY[wait](self)

    def _head_expired(self) -> None:
        if self._parser.is_between_requests:
            # Nothing has come. A client that opened a connection ahead of need would take a 408
            # for the answer to the request that it sends just now.
            self._close_idle()
            return
        late = ProtocolError(408, "the request did not arrive in time")
        late.for_head = self._parser.is_in_head_request
        self._refuse(late)
        self._next()

    def _body_expired(self) -> None:
        self._last = self._unread_input = True
        self._parser.stop()
        self._break_body(BodyTimeout())
        if self._task is None:
            self._close()

    def _write_expired(self) -> None:
        if self.output.has_progressed:
            self.output.begin_wait()
        else:
            self.abort()


_ON_EXPIRY: dict[Wait, Callable[[Connection], None]] = {
    Wait.NEXT_REQUEST: Connection._close_idle,
    Wait.HEAD: Connection._head_expired,
    Wait.BODY: Connection._body_expired,
    Wait.WRITE: Connection._write_expired,
    Wait.HALF_CLOSED: Connection.abort,
    Wait.LINGER: Connection._close_transport,
}


def refusal(status: int, reason: str) -> Response:
    """A small response to a request that cannot be taken."""
    return Response(f"{status}: {reason}\n", status)


def encode_refusal(error: ProtocolError, minor: int) -> bytes:
    response = refusal(error.status, error.reason)
    for name, value in error.headers:
        response.add_header(name, value)
    body = cast("bytes", response.body)
    return encode(response, body, minor, close=True, is_head=error.for_head)
