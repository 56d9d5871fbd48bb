"""Starting peers, knowing when they answer, ending them.

Owns every process the harness starts besides wrk. Each peer gets a session of its own, because one
released framework kills its whole process group when it fails; only its own pid is ever signalled.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from benchmarks import wire
from benchmarks.command import Refused
from benchmarks.scenarios import request

ROOT = Path(__file__).resolve().parent.parent
PROBE = request(b"GET", b"/", b"Connection: close\r\n")

# What is installed for each peer, for the record of versions.
DISTRIBUTIONS: dict[str, tuple[str, ...]] = {
    "bare": ("httptools",),
    "reference": ("httptools",),
    "aiohttp": ("aiohttp",),
    "sanic": ("sanic", "httptools"),
    "starlette": ("starlette", "uvicorn", "httptools"),
    "blacksheep": ("blacksheep", "uvicorn", "httptools"),
    "socketify": ("socketify",),
}

_ASK_VERSIONS = """
import importlib.metadata, json, sys
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        found[name] = None
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Launch:
    """How peers are started: on which CPU, and under which interpreter where not under ours."""

    cpu: int = 0
    pythons: Mapping[str, str] = field(default_factory=dict)
    deadline_s: float = 20.0
    poll_s: float = 0.02


@dataclass(frozen=True)
class Server:
    """A peer that has answered. ``startup_s`` runs from spawning it to the end of that answer."""

    peer: str
    process: subprocess.Popen[bytes]
    port: int
    startup_s: float

    @property
    def pid(self) -> int:
        return self.process.pid


def known_peer(name: str) -> str:
    """``name`` itself; raises Refused for one there is no server file for."""
    if name not in DISTRIBUTIONS:
        raise Refused(f"unknown peer {name!r}; there are {', '.join(DISTRIBUTIONS)}")
    return name


def interpreters(assignments: list[str]) -> dict[str, str]:
    """Reads ``--python`` values of the form ``PEER=INTERPRETER``."""
    pairs = [assignment.partition("=") for assignment in assignments]
    return {known_peer(peer): python for peer, _, python in pairs}


def versions(peer: str, pythons: Mapping[str, str]) -> dict[str, str | None]:
    """Installed versions of what a peer runs on, asked of its own interpreter."""
    python = pythons.get(peer, sys.executable)
    names = (*DISTRIBUTIONS[peer], "uvloop")
    asked = subprocess.run(
        [python, "-c", _ASK_VERSIONS, *names], capture_output=True, check=True, text=True
    )
    found: dict[str, str | None] = json.loads(asked.stdout)
    return found


@contextmanager
def serving(peer: str, loop: str, launch: Launch) -> Iterator[Server]:
    """A running peer that has answered ``GET /`` with 200.

    Raises Refused when it ends or does not answer before the deadline, and when a socket fails
    while it is in use, with what it printed.
    """
    port = _free_port()
    python = launch.pythons.get(peer, sys.executable)
    command = ["taskset", "-c", str(launch.cpu), python, "-m", f"benchmarks.peers.{peer}"]
    command += ["--port", str(port), "--loop", loop]
    with tempfile.TemporaryFile() as log:
        spawned_s = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            startup_s = _await_answer(peer, process, port, spawned_s, launch, log)
            yield Server(peer, process, port, startup_s)
        except OSError as failure:
            raise Refused(f"while {peer} was running: {failure!r}\n{_tail(log)}") from failure
        finally:
            process.kill()
            process.wait()


def _await_answer(
    peer: str,
    process: subprocess.Popen[bytes],
    port: int,
    spawned_s: float,
    launch: Launch,
    log: BinaryIO,
) -> float:
    """Seconds from ``spawned_s`` to the first answer.

    An accepted connection proves nothing: some servers accept before their hooks are done.
    """
    while not _answers(port, launch.deadline_s):
        if time.perf_counter() - spawned_s > launch.deadline_s:
            raise Refused(f"{peer} did not answer in {launch.deadline_s} s\n{_tail(log)}")
        try:
            status = process.wait(timeout=launch.poll_s)
        except subprocess.TimeoutExpired:
            continue
        raise Refused(f"{peer} ended with status {status} before it answered\n{_tail(log)}")
    return time.perf_counter() - spawned_s


def _answers(port: int, timeout_s: float) -> bool:
    try:
        with wire.Connection(port, timeout_s) as connection:
            return connection.exchange(PROBE).status == 200
    except OSError:
        return False


def _tail(log: BinaryIO) -> str:
    # pread leaves the offset alone, which the server shares and writes at.
    size = os.fstat(log.fileno()).st_size
    start = max(0, size - 4000)
    return os.pread(log.fileno(), size - start, start).decode("utf-8", "replace")


def _free_port() -> int:
    """A port nobody listens on; another process could still take it before the peer does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
