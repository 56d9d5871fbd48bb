"""Several processes that serve one application on one port.

Owns forking, passing signals on, and replacing a worker that crashed. Each worker opens listening
sockets of its own (SO_REUSEPORT), so that the kernel spreads connections over them; a Unix socket
and sockets that the caller bound are shared. POSIX only.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from .wakeup import SignalWakeup

logger = logging.getLogger("reference")

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_NEVER_STARTED = 3
"""Exit status of a worker that failed before it served: its successor would fail as well."""

_LOOK_S = 0.1


@dataclass
class Worker:
    """What a worker process knows of itself.

    `parent_pipe` is a descriptor that becomes readable when the parent is gone.
    """

    index: int
    parent_pipe: int
    has_started: bool = False

    def unblock_signals(self) -> None:
        """Take the signals that were held back since the fork: they are handled from now on."""
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)


@contextmanager
def reserve_addresses(listen: dict[str, Any]) -> Iterator[None]:
    """Bind what `listen` (the arguments of `serve`) names, before any worker exists.

    Makes port 0 one port for all of them, and an address in use an error (OSError) of the parent.
    The sockets do not listen: until a worker has started, connections are refused.
    """
    with ExitStack() as stack:
        if listen["host"] is not None or listen["port"] is not None:
            host = "127.0.0.1" if listen["host"] is None else listen["host"]
            port = 8080 if listen["port"] is None else listen["port"]
            for name in [host] if isinstance(host, str) else host:
                for family, kind, _, _, address in socket.getaddrinfo(
                    name or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
                ):
                    where = (address[0], port, *address[2:])
                    if not listen["reuse_port"]:
                        # Other workers that were started before would share the port with us.
                        _bind(family, kind, where, reuse_port=False).close()
                    sock = stack.enter_context(_bind(family, kind, where, reuse_port=True))
                    port = sock.getsockname()[1]
            listen |= {"host": host, "port": port, "reuse_port": True}
        if listen["path"] is not None:
            path = Path(listen["path"])
            if path.is_socket():
                path.unlink()
            sock = stack.enter_context(socket.socket(socket.AF_UNIX))
            sock.bind(str(path))
            stack.callback(path.unlink, missing_ok=True)
            given = listen["sock"]
            others = [] if given is None else [given] if isinstance(given, socket.socket) else given
            listen |= {"path": None, "sock": [*others, sock]}
        yield


def _bind(family: int, kind: int, address: tuple[Any, ...], *, reuse_port: bool) -> socket.socket:
    sock = socket.socket(family, kind)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, reuse_port)
        sock.bind(address)
    except OSError as exc:
        sock.close()
        raise OSError(exc.errno, f"cannot listen on {address[:2]}: {exc.strerror}") from None
    return sock


def run_workers(count: int, serve: Callable[[Worker], None], handle_signals: bool = True) -> None:
    """Fork `count` workers that call `serve`; returns when all have ended after SIGTERM or SIGINT.

    Raises SystemExit(1) when a worker could not start or did not end cleanly. What is raised
    here (KeyboardInterrupt, without `handle_signals`) ends the workers first.
    """
    _Parent(count, serve).run(handle_signals)


class _Parent:
    def __init__(self, count: int, serve: Callable[[Worker], None]) -> None:
        self._count = count
        self._serve = serve
        self._indexes: dict[int, int] = {}  # by process id
        self._stopping = False
        self._failed = False
        self._pipe = os.pipe()
        self._wakeup = SignalWakeup()
        self._handlers: dict[signal.Signals, Any] = {}  # those that were there before

    def run(self, handle_signals: bool) -> None:
        try:
            if handle_signals:
                for number in STOP_SIGNALS:
                    self._handlers[number] = signal.signal(number, self._on_signal)
            if _has_signals() and not callable(signal.getsignal(signal.SIGCHLD)):
                # What has a handler wakes: the end of a worker too.
                self._handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, _ignore)
            for index in range(self._count):
                self._fork(index)
            self._wait()
        except BaseException:
            self._stop(signal.SIGTERM)
            self._wait()
            raise
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler or signal.SIG_DFL)
            self._wakeup.close()
            for descriptor in self._pipe:
                os.close(descriptor)
        if self._failed:
            raise SystemExit(1)

    def _wait(self) -> None:
        """Until no worker is left."""
        # Not in waitpid, which a signal that comes just before it would not end (see `wakeup`).
        # Where signals are another thread's, or wake somebody else, look now and then.
        timeout_s = None if self._wakeup.is_set else _LOOK_S
        while self._indexes:
            for pid in list(self._indexes):
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended:
                    self._on_exit(self._indexes.pop(pid), pid, os.waitstatus_to_exitcode(status))
            if self._indexes:
                select.select([self._wakeup.reader], [], [], timeout_s)
                self._wakeup.drain()

    def _fork(self, index: int) -> None:
        # Held back around the fork, in the child until it has handlers of its own: a signal that
        # came in between would be lost on the child.
        held = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        try:
            if self._stopping:
                return
            _flush_output()  # or the child would write it once more
            pid = os.fork() or self._end_as_child(index)
            self._indexes[pid] = index
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)

    def _end_as_child(self, index: int) -> NoReturn:
        status = 1
        try:
            status = self._child(index)
        finally:
            os._exit(status)  # never into the frames of the parent

    def _child(self, index: int) -> int:
        """Serve in the new process; returns its exit status."""
        os.setpgid(0, 0)  # Ctrl-C reaches the parent alone, which passes it on once
        os.close(self._pipe[1])
        for number in (*STOP_SIGNALS, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        self._wakeup.close()
        signal.set_wakeup_fd(-1)  # somebody else's would tell the parent of this one's signals
        worker = Worker(index, self._pipe[0])
        try:
            self._serve(worker)
            return 0
        except BaseException:  # noqa: BLE001 - the last frame of this process reports it
            traceback.print_exc()
            return 1 if worker.has_started else _NEVER_STARTED
        finally:
            _flush_output()

    def _on_exit(self, index: int, pid: int, status: int) -> None:
        if self._stopping:
            self._failed |= status != 0
        elif status == _NEVER_STARTED:
            self._failed = True
            self._stop(signal.SIGTERM)
        else:
            logger.error("worker %d (pid %d) ended (%d); replacing it", index, pid, status)
            self._fork(index)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop(number)

    def _stop(self, number: int) -> None:
        self._stopping = True
        for pid in self._indexes:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def _has_signals() -> bool:
    return threading.current_thread() is threading.main_thread()


def _ignore(number: int, frame: FrameType | None) -> None:
    pass


def _flush_output() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError):  # nobody reads it any more
                stream.flush()
