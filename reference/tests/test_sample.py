"""The guide's sample application, as a process: it answers as the guide says."""

from __future__ import annotations

import signal

import pytest

from reference.tests.processes import ask, read_all, send_request, started

SAMPLE = "from reference.examples.app import *; run_app(app, port=0)"

WITH_A_SLOW_HANDLER = """
import asyncio, signal
from reference.examples.app import *

async def slow(request):
    released = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, released.set)
    print("at work")
    await released.wait()
    return Response("done")

async def on_shutdown(app):
    print("shutting down")

app.on_shutdown.append(on_shutdown)
app.router.add_get("/slow/request", slow)
run_app(app, port=0)
"""


def test_sample_greets_and_logs() -> None:
    with started(SAMPLE) as process:
        port = process.port
        assert ask(port, "/john_doe") == (200, "Welcome, john_doe!")
        assert ask(port, "/jane") == (404, "No such user with as jane :(")
        assert ask(port, "/") == (404, "Could not find /")
        assert ask(port, "/john_doe", method="POST")[0] == 405
        assert process.stop() == 0
        assert process.stdout == [
            f"Started server on http://127.0.0.1:{port}",
            "Received request to /john_doe",
            "Received request to /jane",
            "Received request to /",
            "Received request to /john_doe",
        ]
        assert process.stderr == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_sample_answers_what_is_at_work_when_told_to_end(number: signal.Signals) -> None:
    with (
        started(WITH_A_SLOW_HANDLER) as process,
        send_request(process.port, "/slow/request") as sock,
    ):
        process.wait_for("at work")
        process.send_signal(number)
        process.wait_for("shutting down")
        process.send_signal(signal.SIGUSR1)
        answer = read_all(sock)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nConnection: close\r\n" in answer
        assert answer.endswith(b"\r\n\r\ndone")
        assert process.wait() == 0
        assert process.stderr == ""
