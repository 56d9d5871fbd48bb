"""Programs as processes of their own: found, started, asked, signalled, ended.

`started` gives each its own session, reads what it prints, and leaves nothing running.
"""

from __future__ import annotations

import asyncio
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import reference

DEADLINE_S = 20.0
"""For what takes milliseconds on an idle machine."""

CHECKOUT = Path(reference.__file__).parents[1]


def needs(program: str) -> pytest.MarkDecorator:
    """Skip where `program` is missing; in CI run, and fail."""
    missing = shutil.which(program) is None and os.environ.get("CI") != "true"
    return pytest.mark.skipif(missing, reason=f"{program} is not installed")


LATE_SIGNAL = """
import ctypes, itertools, operator, os, select, selectors, signal

def after_a_signal(sleep, *arguments):
    # SIGTERM, then the sleep, and no bytecode in between: its handler has not run when this
    # process begins to sleep. Once in a process.
    calls = [(ctypes.CDLL(None)["raise"], int(signal.SIGTERM)), (sleep, *arguments)]
    del calls[:os.getpid() in told]
    told.add(os.getpid())
    return list(itertools.starmap(operator.call, calls))[-1]

told = set()
"""
"""Source for a script in which a signal comes at the worst moment."""


class Process:
    """A running program. Its output is read as it comes, so that it never blocks on a pipe."""

    def __init__(self, popen: subprocess.Popen[str]) -> None:
        self._popen = popen
        self.pid = popen.pid
        self._arrived = threading.Condition()
        self._lines: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self._readers = [
            threading.Thread(target=self._read, args=(name,), daemon=True) for name in self._lines
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, name: str) -> None:
        stream = getattr(self._popen, name)
        for line in stream:
            with self._arrived:
                self._lines[name].append(line.removesuffix("\n"))
                self._arrived.notify_all()

    @property
    def stdout(self) -> list[str]:
        """The lines so far."""
        with self._arrived:
            return list(self._lines["stdout"])

    @property
    def stderr(self) -> str:
        with self._arrived:
            return "\n".join(self._lines["stderr"])

    def wait_for(self, start: str, count: int = 1, *, stream: str = "stdout") -> list[str]:
        """The first `count` lines that begin with `start`, once there are that many."""
        with self._arrived:
            self._arrived.wait_for(
                lambda: len(self._starting_with(start, stream)) >= count, DEADLINE_S
            )
            lines = self._starting_with(start, stream)[:count]
            assert len(lines) == count, f"no {start!r} in {self._lines}"
            return lines

    def _starting_with(self, start: str, stream: str) -> list[str]:
        return [line for line in self._lines[stream] if line.startswith(start)]

    @property
    def port(self) -> int:
        """The (last) port that the banner names; waits for it."""
        (banner,) = self.wait_for("Started server on http")
        return int(banner.rpartition(":")[2])

    def send_signal(self, number: signal.Signals) -> None:
        self._popen.send_signal(number)

    def wait(self) -> int:
        """Its exit status, and all of its output, once it has ended."""
        status = self._popen.wait(DEADLINE_S)
        for reader in self._readers:
            reader.join(DEADLINE_S)
        return status

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.send_signal(number)
        return self.wait()

    def kill_all(self) -> None:
        """End the process and all that it started."""
        for pid in {self.pid, *session_members(self.pid)}:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.wait()
        for stream in (self._popen.stdout, self._popen.stderr):
            assert stream is not None
            stream.close()


def session_members(leader: int) -> set[int]:
    """The processes of a session, its leader included, that are not zombies."""
    members = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except (FileNotFoundError, ProcessLookupError):  # ended meanwhile
            continue
        # proc(5): pid (comm) state ppid pgrp session …; comm may hold anything
        state, _, _, session = text.rpartition(")")[2].split()[:4]
        if int(session) == leader and state != "Z":
            members.add(int(stat.parent.name))
    return members


def wait_until(condition: Callable[[], object]) -> None:
    """Ask until `condition()` is true."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.005)


async def eventually(condition: Callable[[], object]) -> None:
    """As `wait_until`, for what happens in the running event loop."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - what is asked for tells nobody of its change
            await asyncio.sleep(0)


@contextmanager
def started(source: str, *arguments: str, line_buffered: bool = True) -> Iterator[Process]:
    """The Python text `source` as a process, with the checkout to import from."""
    if line_buffered:  # several processes may write, and each line should stay whole
        source = f"import sys; sys.stdout.reconfigure(line_buffering=True)\n{source}"
    popen = subprocess.Popen(
        [sys.executable, "-c", source, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        start_new_session=True,
    )
    process = Process(popen)
    try:
        yield process
    finally:
        process.kill_all()


def ask(
    port: int, path: str = "/", *, host: str = "127.0.0.1", method: str = "GET"
) -> tuple[int, str]:
    """Status and body of an answer, over a connection of its own."""
    connection = http.client.HTTPConnection(host, port, timeout=DEADLINE_S)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def send_request(port: int, path: str) -> socket.socket:
    """A connection over which a request was sent; `read_all` reads the answer."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S)
    sock.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    return sock


def read_all(sock: socket.socket) -> bytes:
    """What comes until the peer closes."""
    parts = []
    while part := sock.recv(65536):
        parts.append(part)
    return b"".join(parts)


def is_refused(port: int, host: str = "127.0.0.1") -> bool:
    """Nothing listens there."""
    try:
        socket.create_connection((host, port), timeout=DEADLINE_S).close()
    except ConnectionRefusedError:
        return True
    return False
