"""For frameworks whose only way to serve is a blocking entry point: a process for each app.

Owns the parent's loop. It has one thread, so that forking is safe; a child is a session in the
foreground that gets its messages from its parent instead of from the harness.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
import time
import traceback
from collections import deque

from .base import Adapter
from .channel import Channel, Message
from .ports import free_port
from .running import Running
from .session import Session, patience, wait_until_it_answers

_STOP_WITHIN_S = 2.5  # behind the last that the harness wanted of it

_ANSWERED, _REFUSED = b"+", b"-"


class ForkingAdapter(Adapter):
    """Fill in as `Adapter`, with `run` and without `serve`."""

    def session(self, channel: Channel) -> Session:
        return _Parent(self, channel)


class _Child:
    """What the parent knows of one process."""

    def __init__(self, pid: int, port: int, messages_fd: int, replies_fd: int) -> None:
        self.pid = pid
        self.port = port
        self.messages_fd = messages_fd  # what the parent writes
        self.replies_fd = replies_fd  # a byte for each reply of the child, the end when it is gone
        self.owed: deque[Message] = deque()  # what it has not replied to yet
        self.was_refused = False
        self.is_stopping = False
        self.was_killed = False
        self.kill_at_s: float | None = None


class _Parent(Session):
    def __init__(self, adapter: Adapter, channel: Channel) -> None:
        super().__init__(adapter, channel)
        self._children: dict[str, _Child] = {}

    def run(self) -> None:
        while True:
            by_fd = {child.replies_fd: id for id, child in self._children.items()}
            readable, _, _ = select.select([self.channel.read_fd, *by_fd], [], [], self._patience())
            for fd in readable:
                if fd in by_fd:
                    self._hear(by_fd[fd])
            self._kill_the_late()
            if self.channel.read_fd in readable:
                messages = self.channel.receive()
                if messages is None:
                    self._kill_all()
                    return
                for message in messages:
                    op = message.get("op")
                    if op == "quit":
                        self._kill_all()
                        self.channel.send({"re": "quit"})
                        return
                    if op == "start" and message.get("run") == "foreground":
                        self._run_here(message)
                        return
                    self._take(message)

    def _take(self, message: Message) -> None:
        op, id = message.get("op"), message.get("id", "")
        child = self._children.get(id)
        if op == "hello":
            self.hello(message)
        elif op == "start":
            self._fork(message)
        elif child is None:
            self.channel.send({"re": op, "id": id})
        elif op == "stop":
            child.is_stopping = True
            child.kill_at_s = time.monotonic() + _STOP_WITHIN_S
            os.kill(child.pid, signal.SIGTERM)
        else:
            child.owed.append(message)
            if child.kill_at_s is not None:  # a gate is opened, or looked at: it is not forgotten
                child.kill_at_s = time.monotonic() + _STOP_WITHIN_S
            try:
                os.write(child.messages_fd, (json.dumps(message) + "\n").encode())
            except BrokenPipeError:
                pass  # it has just ended; that will be heard of

    # -- Children --------------------------------------------------------------------------------

    def _run_here(self, message: Message) -> None:
        """The app of the foreground, in this process: its end is the end of the adapter."""
        session = _InForeground(self.adapter, self.channel, free_port())
        session.nonce = self.nonce
        try:
            app, application = session.make(message)
        except BaseException as exc:
            session.refuse(message, exc)
        else:
            session.serve(message, app)
            self.adapter.run(application, app, session.host, session.port)

    def _fork(self, message: Message) -> None:
        messages_r, messages_w = os.pipe()
        replies_r, replies_w = os.pipe()
        port = self._port()
        pid = os.fork()
        if pid == 0:
            try:
                for sibling in self._children.values():
                    os.close(sibling.messages_fd)  # or it would not notice that the parent is gone
                    os.close(sibling.replies_fd)
                os.close(messages_w)
                os.close(replies_r)
                channel = _ChildChannel(self.channel.with_input(messages_r), replies_w)
                session = _InForeground(self.adapter, channel, port)
                session.nonce = self.nonce
                _run_child(session, channel, message)
            finally:
                os._exit(1)  # whatever happens, a child never goes on as its parent
        os.close(messages_r)
        os.close(replies_w)
        child = self._children[message["id"]] = _Child(pid, port, messages_w, replies_r)
        child.owed.append(message)

    def _port(self) -> int:
        """A port that no child was given: between its choice and listening it is free to all."""
        given = {child.port for child in self._children.values()}
        while True:
            port = free_port()
            if port not in given:
                return port

    def _hear(self, id: str) -> None:
        child = self._children[id]
        heard = os.read(child.replies_fd, 1)
        if heard:
            child.owed.popleft()
            child.was_refused = heard == _REFUSED
            return
        _, status = os.waitpid(child.pid, 0)
        os.close(child.replies_fd)
        os.close(child.messages_fd)
        del self._children[id]
        if child.owed and child.owed[0]["op"] == "start":
            text = "the process ended before it answered a request: " + _how(status)
            error = {"kind": "rejected", "message": text}
            self.channel.send({"re": "start", "id": id, "error": error})
        elif not child.is_stopping and not child.was_refused:
            self._end_as(status)  # the subject is gone, as it is for every other adapter
        for message in child.owed:
            if message["op"] != "start":
                self.channel.send({"re": message["op"], "id": id})
        if child.is_stopping:
            self._reply_to_stop(id, child)

    def _reply_to_stop(self, id: str, child: _Child) -> None:
        reply: Message = {"re": "stop", "id": id}
        if child.was_killed:
            message = "it did not end within %g seconds of SIGTERM" % _STOP_WITHIN_S
            reply["error"] = {"kind": "failed", "message": message}
        self.channel.send(reply)

    # -- Ends ------------------------------------------------------------------------------------

    def _patience(self) -> float | None:
        times = [one.kill_at_s for one in self._children.values() if one.kill_at_s is not None]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _kill_the_late(self) -> None:
        for child in self._children.values():
            if child.kill_at_s is not None and time.monotonic() >= child.kill_at_s:
                child.kill_at_s = None
                child.was_killed = True
                os.kill(child.pid, signal.SIGKILL)

    def _kill_all(self) -> None:
        for child in self._children.values():
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)

    def _end_as(self, status: int) -> None:
        """End as a child has ended that nobody had asked to."""
        self._kill_all()
        sys.stderr.flush()
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            if number in (signal.SIGINT, signal.SIGPIPE):  # Python has handlers for these
                signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        os._exit(os.WEXITSTATUS(status))


class _ChildChannel(Channel):
    """Tells the parent of each reply that is out."""

    def __init__(self, channel: Channel, replies_fd: int) -> None:
        super().__init__(channel.read_fd, channel._write_fd)
        self._replies_fd = replies_fd
        self.replying = threading.Lock()
        self.has_replied = False

    def send(self, message: Message) -> None:
        with self.replying:
            super().send(message)
            if "re" in message:
                self.has_replied = True
                os.write(self._replies_fd, _REFUSED if "error" in message else _ANSWERED)


class _InForeground(Session):
    """A session for one app, whose framework has the main thread."""

    host = "127.0.0.1"

    def __init__(self, adapter: Adapter, channel: Channel, port: int) -> None:
        super().__init__(adapter, channel)
        self.port = port

    def serve(self, start: Message, app: Running) -> None:
        """Answer the harness from now on, `start` as soon as the framework answers requests."""

        def report() -> None:
            try:
                wait_until_it_answers(self.host, self.port, patience(app))
            except TimeoutError as exc:
                self.refuse(start, exc)
            else:
                reply = {"re": "start", "id": app.id, "host": self.host, "port": self.port}
                self.channel.send(reply)

        for work in (self.listen, report):
            threading.Thread(target=work, daemon=True).start()


def _run_child(session: _InForeground, channel: _ChildChannel, message: Message) -> None:
    """The life of a child. Does not return."""
    status = 0
    try:
        app, application = session.make(message)
        session.serve(message, app)
        session.adapter.run(application, app, session.host, session.port)
    except BaseException as exc:  # SystemExit too: that is how one framework refuses
        status = _exit_status(exc)
        if not channel.has_replied:
            session.refuse(message, exc)
        elif not isinstance(exc, SystemExit):
            traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    with channel.replying:  # a reply that is half told would be told again by the parent
        os._exit(status)


def _exit_status(exc: BaseException) -> int:
    """With which status Python ends when nobody catches it."""
    if not isinstance(exc, SystemExit):
        return 1
    if exc.code is None:
        return 0
    return exc.code if isinstance(exc.code, int) else 1


def _how(status: int) -> str:
    if os.WIFSIGNALED(status):
        return "killed by signal %d" % os.WTERMSIG(status)
    return "exit status %d" % os.WEXITSTATUS(status)
