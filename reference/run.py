"""`run_app`: an application as a process of its own.

Owns signals, the choice of the event loop and the exit status.
"""

from __future__ import annotations

import asyncio
import builtins
import logging
import os
import signal
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

from .application import Application
from .limits import Limits
from .server import Server, serve
from .wakeup import SignalWakeup
from .workers import STOP_SIGNALS, Worker, reserve_addresses, run_workers


@dataclass(frozen=True, kw_only=True)
class _Options:
    """What one process needs to know to serve; see `run_app`."""

    listen: dict[str, Any]
    handle_signals: bool
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None
    banner: Callable[[Server], None]


def run_app(
    app: Application,
    host: str | Sequence[str] | None = None,
    port: int | None = None,
    *,
    path: str | os.PathLike[str] | None = None,
    sock: socket.socket | Sequence[socket.socket] | None = None,
    shutdown_timeout: float = 60.0,
    ssl_context: ssl.SSLContext | None = None,
    backlog: int = 128,
    access_log: logging.Logger | None = None,
    handle_signals: bool = True,
    reuse_port: bool | None = None,
    workers: int = 1,
    loop: str | None = None,
    limits: Limits | None = None,
    print: Callable[[str], object] | None = builtins.print,
) -> None:
    """Serve `app` until SIGTERM or SIGINT; on 127.0.0.1, port 8080, unless told otherwise.

    host, port, path, sock  where to listen: names, a Unix socket's path, sockets that are bound
    shutdown_timeout        seconds that running requests get to end; a second signal ends at once
    access_log              a logger for one line per request; None logs none and costs nothing
    handle_signals          False leaves SIGTERM and SIGINT to the caller (KeyboardInterrupt ends
                            the server as gracefully, and is raised again)
    workers                 processes that share the port; one that crashes is replaced
    loop                    "asyncio" (default), "uvloop", or "auto": uvloop where it is installed
    limits                  bounds on what a client may cost
    print                   takes the line that says where the server listens; None for silence

    Returns after a clean end, so that the process exits 0. Raises what a startup hook raised
    (nothing was listening then) or OSError for an address that cannot be used: exit status 1.
    """
    listen = {
        "host": host, "port": port, "path": path, "sock": sock, "ssl_context": ssl_context,
        "backlog": backlog, "reuse_port": reuse_port, "shutdown_timeout": shutdown_timeout,
        "access_log": access_log, "limits": limits,
    }  # fmt: skip
    if host is None and port is None and path is None and sock is None:
        listen |= {"host": "127.0.0.1", "port": 8080}

    def banner(server: Server) -> None:
        if print is not None:
            print(f"Started server on {describe(server, ssl_context is not None)}")

    options = _Options(
        listen=listen,
        handle_signals=handle_signals,
        loop_factory=_loop_factory(loop),
        banner=banner,
    )
    if workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}")
    if workers == 1:
        _run(app, options)
    else:
        with reserve_addresses(listen):
            run_workers(workers, lambda worker: _run(app, options, worker), handle_signals)


def describe(server: Server, tls: bool) -> str:
    """Where `server` listens, as addresses that a client can use."""
    names = []
    for sock in server.sockets:
        address = sock.getsockname()
        if sock.family == socket.AF_UNIX:
            names.append(f"unix:{address}")
        else:
            host = f"[{address[0]}]" if ":" in address[0] else address[0]
            names.append(f"{'https' if tls else 'http'}://{host}:{address[1]}")
    return ", ".join(names)


def _loop_factory(loop: str | None) -> Callable[[], asyncio.AbstractEventLoop] | None:
    if loop not in (None, "asyncio", "uvloop", "auto"):
        raise ValueError(f"loop is 'asyncio', 'uvloop' or 'auto', not {loop!r}")
    if loop in ("uvloop", "auto"):
        try:
            import uvloop
        except ImportError:
            if loop == "uvloop":
                message = "uvloop is not installed: pip install 'trueline[speed]'"
                raise RuntimeError(message) from None
        else:
            return uvloop.new_event_loop
    return None


def _run(app: Application, options: _Options, worker: Worker | None = None) -> None:
    with asyncio.Runner(loop_factory=options.loop_factory) as runner:
        runner.run(_main(app, options, worker))


async def _main(app: Application, options: _Options, worker: Worker | None) -> None:
    """Serve until told to stop. Told during startup, unwind it and end as cleanly."""
    stop = _Stop(options.handle_signals, worker)
    try:
        async with serve(app, **options.listen) as server:
            stop.is_starting = False
            if worker is not None:
                worker.has_started = True
            if worker is None or worker.index == 0:
                options.banner(server)
            await stop.wait()
    except asyncio.CancelledError:
        if not stop.is_set:
            raise
    finally:
        stop.close()


class _Stop:
    """The wish to end: a first signal asks for it, a second one ends the process at once."""

    def __init__(self, handle_signals: bool, worker: Worker | None) -> None:
        self.is_starting = True
        self._event = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._handlers: dict[signal.Signals, Any] = {}  # those that were there before
        if handle_signals or worker is not None:
            for number in STOP_SIGNALS:
                self._handlers[number] = signal.signal(number, self._on_signal)
        self._wakeup = SignalWakeup()
        self._loop.add_reader(self._wakeup.reader, self._wakeup.drain)
        if worker is not None:
            worker.unblock_signals()
            self._loop.add_reader(worker.parent_pipe, self._on_parent_gone, worker.parent_pipe)

    def close(self) -> None:
        """Give the signals back."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler or signal.SIG_DFL)
        self._loop.remove_reader(self._wakeup.reader)
        self._wakeup.close()

    @property
    def is_set(self) -> bool:
        return self._event.is_set()

    async def wait(self) -> None:
        await self._event.wait()

    def _set(self) -> None:
        self._event.set()
        if self.is_starting and self._task is not None:
            self._task.cancel()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        # Not a signal handler of the event loop's: the second one has its usual effect even when
        # something blocks the loop, and the exit status tells of it.
        for each in STOP_SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        self._loop.call_soon_threadsafe(self._set)

    def _on_parent_gone(self, parent_pipe: int) -> None:
        self._loop.remove_reader(parent_pipe)
        self._set()
