"""Several processes that serve one application on one port.

Owns forking, passing signals on, and replacing a worker that crashed. Each worker opens listening
sockets of its own (SO_REUSEPORT), so that the kernel spreads connections over them; a Unix socket
and sockets that the caller bound are shared. POSIX only.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

logger = logging.getLogger("reference")

_NEVER_STARTED = 3
"""Exit status of a worker that failed before it served: its successor would fail as well."""


@dataclass
class Worker:
    """What a worker process knows of itself.

    `parent_pipe` is a descriptor that becomes readable when the parent is gone.
    """

    index: int
    parent_pipe: int
    has_started: bool = False


@contextmanager
def reserve_addresses(listen: dict[str, Any]) -> Iterator[None]:
    """Bind what `listen` (the arguments of `serve`) names, before any worker exists.

    Makes port 0 one port for all of them, and an address in use an error (OSError) of the parent.
    The sockets do not listen: until a worker has started, connections are refused.
    """
    with ExitStack() as stack:
        if listen["host"] is not None or listen["port"] is not None:
            host, port = listen["host"] or "127.0.0.1", listen["port"]
            port = 8080 if port is None else port
            for name in [host] if isinstance(host, str) else host:
                for family, kind, _, _, address in socket.getaddrinfo(
                    name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
                ):
                    sock = stack.enter_context(socket.socket(family, kind))
                    if family == socket.AF_INET6:
                        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                    sock.bind((address[0], port, *address[2:]))
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


def run_workers(count: int, serve: Callable[[Worker], None]) -> None:
    """Fork `count` workers that call `serve`; returns when all have ended after SIGTERM or SIGINT.

    Raises SystemExit(1) when a worker could not start or did not end cleanly.
    """
    _Parent(count, serve).run()


class _Parent:
    def __init__(self, count: int, serve: Callable[[Worker], None]) -> None:
        self._count = count
        self._serve = serve
        self._indexes: dict[int, int] = {}  # by process id
        self._stopping = False
        self._failed = False
        self._pipe = os.pipe()

    def run(self) -> None:
        handlers = {
            number: signal.signal(number, self._on_signal)
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            for index in range(self._count):
                self._fork(index)
            while self._indexes:
                pid, status = os.waitpid(-1, 0)
                if pid in self._indexes:
                    self._on_exit(self._indexes.pop(pid), pid, os.waitstatus_to_exitcode(status))
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            for descriptor in self._pipe:
                os.close(descriptor)
        if self._failed:
            raise SystemExit(1)

    def _fork(self, index: int) -> None:
        # Held back around the fork: a signal that came in between would be lost on the child.
        held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
        pid = os.fork()
        if pid == 0:
            os._exit(self._child(index))
        self._indexes[pid] = index
        signal.pthread_sigmask(signal.SIG_SETMASK, held)

    def _child(self, index: int) -> int:
        """Serve in the new process; returns its exit status."""
        os.setpgid(0, 0)  # Ctrl-C reaches the parent alone, which passes it on once
        os.close(self._pipe[1])
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        worker = Worker(index, self._pipe[0])
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT})
            self._serve(worker)
            return 0
        except BaseException:  # the last frame of this process: report whatever it was
            traceback.print_exc()
            return 1 if worker.has_started else _NEVER_STARTED
        finally:
            sys.stdout.flush()
            sys.stderr.flush()

    def _on_exit(self, index: int, pid: int, status: int) -> None:
        if self._stopping:
            self._failed |= status != 0
        elif status == _NEVER_STARTED:
            self._failed = True
            self._stop(signal.SIGTERM)
        else:
            logger.error("worker %d (pid %d) ended with status %d; replacing it", index, pid, status)
            self._fork(index)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop(number)

    def _stop(self, number: int) -> None:
        self._stopping = True
        for pid in self._indexes:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
