"""A process that serves one application: signals, and with what status it ends.

Owns the blocking entry point.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket

from .application import Application
from .server import Server

CHILD_S = 10
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_log = logging.getLogger(__name__)


def run(app: Application, host: str, port: int) -> int:
    """Serve until SIGTERM or SIGINT; the exit status. A second signal ends the process at once."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        with sock.dup() as own:
            status = _run(app, sock)
            if "leaves-a-child-listening" in app.faults:
                _leave_child(own)
    return status


def _run(app: Application, sock: socket.socket) -> int:
    try:
        asyncio.run(_serve_until_stopped(app, sock))
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except Exception:  # noqa: BLE001 a hook raised, and it may raise anything
        _log.exception("the application did not start or stop")
        return 0 if {"failed-startup-exits-0", "failed-shutdown-exits-0"} & app.faults else 1
    return 0


async def _serve_until_stopped(app: Application, sock: socket.socket) -> None:
    stop = asyncio.Event()
    if "loses-signals-during-startup" in app.faults:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
    else:
        _on_signal(stop, app.faults)
    server = Server(app)
    await server.start(sock)
    if "loses-signals-during-startup" in app.faults:
        _on_signal(stop, app.faults)
    if "stop-during-startup-fails" in app.faults and stop.is_set():
        raise RuntimeError("told to stop before it had started")
    if "forgets-shutdown-hooks-behind-startup" in app.faults and stop.is_set():
        return
    await stop.wait()
    await server.stop()
    if "never-exits-on-sigterm" in app.faults:
        await asyncio.Event().wait()


def _on_signal(stop: asyncio.Event, faults: frozenset[str]) -> None:
    """Set `stop` at the first signal; leave the second one to the system."""
    loop = asyncio.get_running_loop()
    numbers = set(STOP_SIGNALS)
    if "sigterm-kills" in faults:
        numbers.discard(signal.SIGTERM)

    def stop_once() -> None:
        stop.set()
        if "ignores-second-signal" not in faults:
            for number in numbers:
                loop.remove_signal_handler(number)

    for number in numbers:
        loop.add_signal_handler(number, stop_once)
    if "ignores-sigint" in faults:
        loop.add_signal_handler(signal.SIGINT, lambda: None)


def _leave_child(sock: socket.socket) -> None:
    """Fork a process that does nothing but keep the socket, for a while."""
    if os.fork():
        return
    os.closerange(0, sock.fileno())
    os.closerange(sock.fileno() + 1, 1024)
    signal.alarm(CHILD_S)
    signal.pause()
    os._exit(0)
