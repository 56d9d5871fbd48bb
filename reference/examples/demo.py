"""Start the sample application, ask it, stop it; prints what was asked and what came.

    python -m reference.examples.demo

Exit status 0 when it did what the guide says, 1 when it did not.
"""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_ASKED = (("/john_doe", 200, "Welcome, john_doe!"), ("/jane", 404, "No such user with as jane :("))


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def _sample(port: int) -> Iterator[subprocess.Popen[str]]:
    """The sample in a process and session of its own; killed if it is still there at the end."""
    code = f"from reference.examples.app import *; run_app(app, port={port})"
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own text
        [sys.executable, "-u", "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _ask(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def _read_banner(process: subprocess.Popen[str]) -> str:
    """The first line that the sample prints: from then on it listens."""
    assert process.stdout is not None
    banner = process.stdout.readline()
    if not banner.startswith("Started server on "):
        raise SystemExit("the sample application did not start")
    return banner


def main() -> int:
    port = _free_port()
    as_expected = True
    with _sample(port) as process:
        banner = _read_banner(process)
        for path, status, text in _ASKED:
            answer = _ask(port, path)
            as_expected &= answer == (status, text)
            print(f"GET {path:<10} -> {answer[0]} {answer[1]}")
        process.send_signal(signal.SIGTERM)
        log, _ = process.communicate(timeout=10)
        print("its log:\n  " + (banner + log).strip().replace("\n", "\n  "))
        print(f"SIGTERM         -> exit status {process.returncode}")
        as_expected &= process.returncode == 0
        as_expected &= all(f"Received request to {path}" in log for path, _, _ in _ASKED)
    print("as the guide says" if as_expected else "NOT as the guide says")
    return 0 if as_expected else 1


if __name__ == "__main__":
    sys.exit(main())
