"""`python -m fuzz.servers NAME [--port N]`: prints the URL, serves until it is told to end.

It ends at SIGTERM, SIGINT and at the end of its input, so that it never outlives who started it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import sys
from importlib import import_module
from typing import TextIO

from conformance.adapter import Adapter, Running
from conformance.adapter.channel import Channel
from conformance.adapter.session import wait_until_it_answers

from .application import APPLICATION

SERVERS = {
    "uvicorn-httptools": "fuzz.servers.uvicorn_httptools",
    "uvicorn-h11": "fuzz.servers.uvicorn_h11",
    "hypercorn": "fuzz.servers.hypercorn",
    "granian": "fuzz.servers.granian",
    "tornado": "fuzz.servers.tornado",
    "aiohttp": "conformance.adapters.aiohttp",
    "sanic": "conformance.adapters.sanic",
    "starlette": "conformance.adapters.starlette",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m fuzz.servers", description=__doc__)
    parser.add_argument("name", choices=SERVERS)
    parser.add_argument("--port", type=int, default=0, help="0, which is the default: a free one")
    given = parser.parse_args()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a server prints is no answer
    asyncio.run(_serve(_adapter(given.name), given.port, answers))


def _adapter(name: str) -> Adapter:
    module = import_module(SERVERS[name])
    [kind] = [
        one
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Adapter) and one.__module__ == module.__name__
    ]
    adapter: Adapter = kind()
    return adapter


async def _serve(adapter: Adapter, port: int, answers: TextIO) -> None:
    loop = asyncio.get_running_loop()
    is_over = asyncio.Event()
    nobody = os.open(os.devnull, os.O_WRONLY)  # events are told to nobody
    app = Running(adapter, Channel(0, nobody), "", "a1", APPLICATION)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    host, port = sock.getsockname()
    stop = await adapter.serve(adapter.build(app), app, sock)
    await loop.run_in_executor(None, wait_until_it_answers, host, port)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, is_over.set)
    await loop.connect_read_pipe(lambda: _UntilTheEnd(is_over), sys.stdin)
    answers.write(f"http://{host}:{port}\n")
    answers.flush()
    await is_over.wait()
    await stop()


class _UntilTheEnd(asyncio.Protocol):
    def __init__(self, is_over: asyncio.Event) -> None:
        self._is_over = is_over

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_over.set()


if __name__ == "__main__":
    main()
