"""`Session`: the loop that serves an adapter to the harness.

Owns the process: replies, many applications in one event loop, or one in the foreground.
"""

from __future__ import annotations

import asyncio
import errno
import os
import platform
import signal
import socket
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any

from .channel import Channel, Message
from .loops import described
from .needs import Unsupported, expect_support
from .ports import free_port
from .running import READY, Running

if TYPE_CHECKING:
    from .base import Adapter, Stop

PROTOCOL = 1
_READY_WITHIN_S = 10.0
_QUIET_READY_WITHIN_S = 120.0  # one that is measured may have ten thousand routes to sort
_POLL_S = 0.01


class Session:
    """One conversation with the harness."""

    def __init__(self, adapter: Adapter, channel: Channel) -> None:
        self.adapter = adapter
        self.channel = channel
        self.nonce = ""
        self._messages = channel.messages()
        self._apps: dict[str, Running] = {}
        self._stops: dict[str, Stop] = {}

    def run(self) -> None:
        for message in self._messages:
            op = message.get("op")
            if op == "hello":
                self.hello(message)
            elif op == "start" and message.get("run") == "foreground":
                self.run_in_foreground(message)
                return
            elif op == "quit":
                self.channel.send({"re": "quit"})
                return
            else:
                asyncio.run(self._serve(message))
                return

    def hello(self, message: Message) -> None:
        adapter = self.adapter
        self.nonce = message.get("nonce", "")
        self.channel.send(
            {
                "re": "hello",
                "protocol": PROTOCOL,
                "name": adapter.name,
                "version": adapter.version,
                "language": "Python",
                "runtime": "%s %s%s"
                % (
                    platform.python_implementation(),
                    platform.python_version(),
                    described(adapter.loop),
                ),
                "homepage": adapter.homepage,
                "capabilities": self._capabilities(),
                "dialect": adapter.dialect,
            }
        )

    def _capabilities(self) -> list[str]:
        return ["foreground"] if self.adapter.fills_in("run") else []

    # -- Many applications in one event loop -----------------------------------------------------

    async def _serve(self, first: Message) -> None:
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Message | None] = asyncio.Queue()

        def read() -> None:
            for message in self._messages:
                loop.call_soon_threadsafe(queue.put_nowait, message)
            loop.call_soon_threadsafe(queue.put_nowait, None)

        threading.Thread(target=read, daemon=True).start()
        tasks = set()
        message: Message | None = first
        while message is not None and message.get("op") != "quit":
            op = message.get("op")
            if op in ("start", "stop"):
                work = self._start(message) if op == "start" else self._stop(message)
                task = asyncio.ensure_future(work)
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            else:
                self.answer(message)
            message = await queue.get()
        if message is not None:
            self.channel.send({"re": "quit"})
        sys.stderr.flush()
        os._exit(0)  # whatever the framework has left running is not waited for

    def answer(self, message: Message) -> None:
        """The operations that are done at once."""
        op, id = message.get("op"), message.get("id")
        self.channel.send({"re": op, "id": id})  # first: an open gate may be the process's end
        if op == "release" and id in self._apps:
            self._apps[id].open(message["gate"])

    def make(self, message: Message) -> tuple[Running, Any]:
        """The running app and the framework's application. Raises Unsupported."""
        spec = message["app"]
        expect_support(self.adapter, spec)
        app = Running(
            self.adapter, self.channel, self.nonce, message["id"], spec, message.get("folder")
        )
        application = self.adapter.build(app)
        if app.folder is not None:
            self.adapter.serve_folder(application, "/files", app.folder)
        self._apps[app.id] = app
        return app, application

    async def _start(self, message: Message) -> None:
        id = message["id"]
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", 0))
        host, port = sock.getsockname()
        try:
            app, application = self.make(message)
            self._stops[id] = await self.adapter.serve(application, app, sock)
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, wait_until_it_answers, host, port, patience(app))
        except BaseException as exc:  # SystemExit too: that is how one framework refuses
            sock.close()
            self.refuse(message, exc)
        else:
            self.channel.send({"re": "start", "id": id, "host": host, "port": port})

    def refuse(self, message: Message, exc: BaseException) -> None:
        traceback.print_exception(type(exc), exc, exc.__traceback__)
        sys.stderr.flush()
        if isinstance(exc, Unsupported):
            error = {"kind": "unsupported", "what": str(exc)}
        elif isinstance(exc, OSError) and exc.errno in (errno.EADDRINUSE, errno.EADDRNOTAVAIL):
            # The machine's doing, and not the framework's opinion of the application.
            error = {"kind": "failed", "message": str(exc)}
        else:
            error = {"kind": "rejected", "message": "%s: %s" % (type(exc).__name__, exc)}
        self.channel.send({"re": "start", "id": message["id"], "error": error})

    async def _stop(self, message: Message) -> None:
        id = message["id"]
        reply: dict[str, Any] = {"re": "stop", "id": id}
        stop = self._stops.pop(id, None)
        try:
            if stop is not None:
                await stop()
        except (Exception, asyncio.CancelledError) as exc:  # that of a hook: nobody cancels this
            traceback.print_exc()
            reply["error"] = {"kind": "failed", "message": "%s: %s" % (type(exc).__name__, exc)}
        self.channel.send(reply)

    # -- One application in the foreground -------------------------------------------------------

    def run_in_foreground(self, message: Message) -> None:
        """Runs the framework's entry point in this thread; its end is the end of the process."""
        try:
            app, application = self.make(message)
        except BaseException as exc:
            self.refuse(message, exc)
            return
        host, port = "127.0.0.1", free_port()

        def report() -> None:
            reply: Message = {"re": "start", "id": app.id}
            try:
                wait_until_it_answers(host, port, patience(app))
            except TimeoutError as exc:  # it neither serves nor ends, which is an observation, too
                reply["error"] = {"kind": "rejected", "message": str(exc)}
            else:
                reply.update(host=host, port=port)
            self.channel.send(reply)

        for work in (self.listen, report):
            threading.Thread(target=work, daemon=True).start()
        self.adapter.run(application, app, host, port)

    def listen(self) -> None:
        """Does what the harness says while the framework has the main thread; its "quit", or its
        end, is the end of the process."""
        for message in self._messages:
            if message.get("op") == "stop":
                os.kill(os.getpid(), signal.SIGTERM)
            elif message.get("op") == "quit":
                break
            else:
                self.answer(message)
        os._exit(0)


def patience(app: Running) -> float:
    """How many seconds an application may take until it answers."""
    return _QUIET_READY_WITHIN_S if app.quiet else _READY_WITHIN_S


def wait_until_it_answers(host: str, port: int, within_s: float = _READY_WITHIN_S) -> None:
    """Until a request gets some answer: a listening socket is none yet. Raises TimeoutError.

    The request does not ask to close the connection: a framework with one parser for all of them
    would take no other request behind that, and every check would fail for one reason.
    """
    deadline_s = time.monotonic() + within_s
    request = (
        "GET /-/ready HTTP/1.1\r\nHost: %s:%d\r\nX-Request-Id: %s\r\n\r\n" % (host, port, READY)
    ).encode()
    while time.monotonic() < deadline_s:
        try:
            with socket.create_connection((host, port), timeout=within_s) as connection:
                connection.sendall(request)
                if connection.recv(65536):
                    return
        except OSError:
            pass  # it does not listen yet
        time.sleep(_POLL_S)
    raise TimeoutError("no answer on port %d within %d seconds" % (port, within_s))
