"""`run_app` in processes of its own: where it listens, what signals do, what it exits with."""

from __future__ import annotations

import errno
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from reference.tests.processes import (
    CHECKOUT,
    LATE_SIGNAL,
    ask,
    is_refused,
    read_all,
    send_request,
    started,
    wait_until,
)

SCRIPT = """
import asyncio, logging, os, signal, socket, sys, time
from reference import *

app = Application()

async def context(app):
    # SIGUSR1 opens the gate that /wait waits at, SIGUSR2 the one that a hook may wait at.
    app.gate, app.hook_gate = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, app.gate.set)
    loop.add_signal_handler(signal.SIGUSR2, app.hook_gate.set)
    print("entered")
    yield
    print("left")

def says(what, waits=False, error=None):
    async def hook(app):
        print(what)
        if waits:
            await app.hook_gate.wait()
        if error is not None:
            raise error
    return hook

@app.get("/")
async def index(request):
    return Response(type(asyncio.get_running_loop()).__module__)

@app.get("/wait")
async def wait(request):
    print("at work")
    try:
        await app.gate.wait()
    except asyncio.CancelledError:
        print("cancelled")
        raise
    return Response("late")

@app.get("/block")
async def block(request):
    print("at work")
    time.sleep(1000)

app.cleanup_ctx.append(context)
app.on_cleanup.append(says("cleanup"))
"""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


# -- The order of an end ---------------------------------------------------------------------------


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_order_of_a_graceful_end(number: signal.Signals, loop: str) -> None:
    run = (
        f"app.on_shutdown.append(says('shutdown', waits=True)); run_app(app, port=0, loop={loop!r})"
    )
    with (
        started(SCRIPT + run) as process,
        send_request(port := process.port, "/wait") as working,
        send_request(port, "/") as idle,
    ):
        assert idle.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
        process.wait_for("at work")
        process.send_signal(number)
        process.wait_for("shutdown")
        # Here the shutdown hook waits: what comes before it has happened, what comes later has not.
        assert is_refused(port)
        assert read_all(idle) == b""
        process.send_signal(signal.SIGUSR1)
        assert read_all(working).endswith(b"\r\nConnection: close\r\n\r\nlate")
        assert "cleanup" not in process.stdout
        process.send_signal(signal.SIGUSR2)
        assert process.wait() == 0
        assert process.stdout[-3:] == ["shutdown", "cleanup", "left"]
        assert process.stderr == ""
    with started(SCRIPT + f"run_app(app, port={port})") as process:  # the port is free again
        process.wait_for("Started")
        assert ask(port)[0] == 200


def test_cleanup_waits_for_the_drain() -> None:
    run = "app.on_shutdown.append(says('shutdown')); run_app(app, port=0)"
    with started(SCRIPT + run) as process, send_request(process.port, "/wait") as working:
        process.wait_for("at work")
        process.send_signal(signal.SIGTERM)
        process.wait_for("shutdown")
        process.send_signal(signal.SIGUSR1)
        assert read_all(working).endswith(b"late")
        assert process.wait() == 0
        assert process.stdout[1:] == [
            process.stdout[1], "at work", "shutdown", "cleanup", "left",
        ]  # fmt: skip


def test_drain_limit_cancels_what_is_left() -> None:
    with (
        started(SCRIPT + "run_app(app, port=0, shutdown_timeout=0.05)") as process,
        send_request(process.port, "/wait") as working,
    ):
        process.wait_for("at work")
        assert process.stop() == 0
        assert read_all(working) == b""
        assert process.stdout[-3:] == ["cancelled", "cleanup", "left"]


@pytest.mark.parametrize("path", ["/wait", "/block"])
@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_second_signal_ends_at_once(path: str, second: signal.Signals) -> None:
    run = "app.on_shutdown.append(says('shutdown')); run_app(app, port=0)"
    with started(SCRIPT + run) as process, send_request(process.port, path):
        process.wait_for("at work")
        process.send_signal(signal.SIGTERM)
        if path == "/wait":
            process.wait_for("shutdown")
        else:  # the event loop is blocked: nothing can be printed, and the first had its effect
            wait_until(lambda: not signal_is_caught(process.pid, signal.SIGTERM))
        assert process.stop(second) == -second
        assert "cleanup" not in process.stdout


def signal_is_caught(pid: int, number: signal.Signals) -> bool:
    """proc(5): SigCgt is the mask of the signals that a process has handlers for."""
    status = Path(f"/proc/{pid}/status").read_text()
    mask = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(mask >> (number - 1) & 1)


def test_a_failing_hook_does_not_keep_the_rest_from_running() -> None:
    run = "app.on_shutdown.append(says('shutdown', error=OSError('no disk'))); run_app(app, port=0)"
    with started(SCRIPT + run) as process:
        process.wait_for("Started")
        assert process.stop() == 1
        assert process.stdout[-3:] == ["shutdown", "cleanup", "left"]
        assert process.stderr.endswith("OSError: no disk")


# -- Startup ---------------------------------------------------------------------------------------


def test_failing_startup_opens_no_socket_and_exits_1() -> None:
    port = free_port()
    hook = "app.on_startup.append(says('starting', waits=True, error=RuntimeError('no database')))"
    with started(SCRIPT + f"{hook}; run_app(app, port={port})") as process:
        process.wait_for("starting")
        assert is_refused(port)
        process.send_signal(signal.SIGUSR2)
        assert process.wait() == 1
        assert process.stdout == ["entered", "starting", "cleanup", "left"]
        assert process.stderr.startswith("Traceback (most recent call last):\n")
        assert process.stderr.endswith("RuntimeError: no database")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_during_startup_ends_cleanly(number: signal.Signals) -> None:
    hook = "app.on_startup.append(says('starting', waits=True))"
    with started(SCRIPT + f"{hook}; run_app(app, port=0)") as process:
        process.wait_for("starting")
        assert process.stop(number) == 0
        assert process.stdout == ["entered", "starting", "cleanup", "left"]
        assert process.stderr == ""


def test_cancellation_that_nobody_asked_for_is_an_error() -> None:
    hook = "app.on_startup.append(says('starting', error=asyncio.CancelledError()))"
    with started(SCRIPT + f"{hook}; run_app(app, port=0)") as process:
        assert process.wait() == 1
        assert process.stdout == ["entered", "starting", "cleanup", "left"]
        assert "CancelledError" in process.stderr


def test_port_in_use_is_an_error_and_what_was_entered_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with started(SCRIPT + f"run_app(app, port={port})") as process:
            assert process.wait() == 1
            assert process.stdout == ["entered", "cleanup", "left"]
            last = process.stderr.rpartition("\n")[2]
            assert last.startswith(f"OSError: [Errno {errno.EADDRINUSE}]")
            assert f"('127.0.0.1', {port})" in last
            assert "address already in use" in last


# -- Where it listens ------------------------------------------------------------------------------


def test_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))  # a file that nobody listens at any more
    with started(SCRIPT + f"run_app(app, path={str(path)!r})") as process:
        assert process.wait_for("Started") == [f"Started server on unix:{path}"]
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(path))
            sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert read_all(sock).startswith(b"HTTP/1.1 200 OK\r\n")
        assert process.stop() == 0
        assert not path.exists()


def test_several_hosts() -> None:
    port = free_port()
    with started(SCRIPT + f"run_app(app, ['127.0.0.1', '::1', '127.0.0.2'], {port})") as process:
        (banner,) = process.wait_for("Started")
        where = set(banner.removeprefix("Started server on ").split(", "))
        assert where == {f"http://{host}:{port}" for host in ("127.0.0.1", "[::1]", "127.0.0.2")}
        for host in ("127.0.0.1", "::1", "127.0.0.2"):
            assert ask(port, host=host)[0] == 200
        assert process.stop() == 0
        assert is_refused(port, "::1")


def test_several_sockets(tmp_path: Path) -> None:
    run = f"""
path = {str(tmp_path / "socket")!r}
one, two = socket.socket(), socket.socket(socket.AF_UNIX)
one.bind(("127.0.0.1", 0))
two.bind(path)
run_app(app, sock=[one, two])
"""
    with started(SCRIPT + run) as process:
        (banner,) = process.wait_for("Started")
        http, unix = banner.removeprefix("Started server on ").split(", ")
        assert ask(int(http.rpartition(":")[2]))[0] == 200
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(unix.removeprefix("unix:"))
            sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert read_all(sock).startswith(b"HTTP/1.1 200 OK\r\n")
        assert process.stop() == 0
        assert (tmp_path / "socket").exists()  # who bound it keeps it


def test_reuse_port_lets_two_share() -> None:
    run = SCRIPT + "run_app(app, port={}, reuse_port=True)"
    with started(run.format(0)) as one, started(run.format(one.port)) as two:
        assert two.port == one.port
        assert one.stop() == 0
        assert ask(two.port)[0] == 200


def test_default_address() -> None:
    """Nothing is bound: the audit hook sees the address, and refuses."""
    hook = """
def refuse(event, arguments):
    if event == "socket.bind":
        print(arguments[1])
        raise PermissionError("seen enough")
sys.addaudithook(refuse)
run_app(app)
"""
    with started(SCRIPT + hook) as process:
        assert process.wait() == 1
        assert "('127.0.0.1', 8080)" in process.stdout
        assert process.stdout[-2:] == ["cleanup", "left"]


# -- Arguments -------------------------------------------------------------------------------------


def test_print_none_is_silent() -> None:
    port = free_port()
    with started(SCRIPT + f"run_app(app, port={port}, print=None)") as process:
        process.wait_for("entered")
        wait_until(lambda: not is_refused(port))
        assert ask(port)[0] == 200
        assert process.stop() == 0
        assert process.stdout == ["entered", "cleanup", "left"]


@pytest.mark.parametrize("workers", [1, 2])
def test_signal_just_before_the_loop_sleeps_is_not_lost(workers: int) -> None:
    run = """
class Epoll:
    def __init__(self):
        self._epoll = select.epoll()

    def __getattr__(self, name):
        return getattr(self._epoll, name)

    def poll(self, timeout, count):
        if timeout == -1 and serving:
            return after_a_signal(self._epoll.poll, timeout, count)
        return self._epoll.poll(timeout, count)

selectors.EpollSelector._selector_cls = Epoll
serving = []
app = Application()  # asyncio's own handlers (`add_signal_handler`) would wake the loop
run_app(app, port=0, workers=int(sys.argv[1]), print=serving.append)
"""
    with started(SCRIPT + LATE_SIGNAL + run, str(workers)) as process:
        if workers == 1:
            assert process.wait() == 0
        else:
            process.wait_for("worker 0", 2, stream="stderr")  # it ends, and so does the next


def test_access_log_has_a_line_per_request() -> None:
    run = "logging.basicConfig(level=20, format='%(name)s %(message)s');"
    run += "run_app(app, port=0, access_log=logging.getLogger('hits'))"
    with started(SCRIPT + run) as process:
        ask(process.port, "/?a=b")
        ask(process.port, "/nowhere")
        assert process.stop() == 0
        first, second = process.stderr.splitlines()
        assert first.startswith('hits 127.0.0.1 "GET /?a=b HTTP/1.1" 200 ')
        assert second.startswith('hits 127.0.0.1 "GET /nowhere HTTP/1.1" 404 ')


@pytest.mark.parametrize(
    ("before", "loop", "module"),
    [
        ("", None, "asyncio.unix_events"),
        ("", "asyncio", "asyncio.unix_events"),
        ("", "uvloop", "uvloop"),
        ("", "auto", "uvloop"),
        ("sys.modules['uvloop'] = None;", "auto", "asyncio.unix_events"),
    ],
)
def test_choice_of_the_event_loop(before: str, loop: str | None, module: str) -> None:
    with started(SCRIPT + f"{before}run_app(app, port=0, loop={loop!r})") as process:
        assert ask(process.port) == (200, module)
        assert process.stop() == 0


@pytest.mark.parametrize(
    ("run", "last_line"),
    [
        (
            "sys.modules['uvloop'] = None; run_app(app, loop='uvloop')",
            "RuntimeError: uvloop is not installed: pip install 'trueline[speed]'",
        ),
        (
            "run_app(app, loop='trio')",
            "ValueError: loop is 'asyncio', 'uvloop' or 'auto', not 'trio'",
        ),
        ("run_app(app, workers=0)", "ValueError: workers must be at least 1, not 0"),
    ],
)
def test_arguments_that_cannot_be(run: str, last_line: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT + run],
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.splitlines()[-1] == last_line


INTERRUPTED = """
try:
    run_app(app, port=0, handle_signals=False)
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_without_signal_handling_an_interrupt_is_the_callers(loop: str) -> None:
    run = INTERRUPTED.replace("port=0", f"port=0, loop={loop!r}")
    with started(SCRIPT + run) as process:
        process.wait_for("Started")
        assert process.stop(signal.SIGINT) == 0
        assert process.stdout[-3:] == ["cleanup", "left", "interrupted"]


def test_without_signal_handling_sigterm_has_its_usual_effect() -> None:
    reset = "signal.signal(signal.SIGTERM, signal.SIG_DFL)"
    with started(SCRIPT + reset + INTERRUPTED) as process:
        process.wait_for("Started")
        assert process.stop() == -signal.SIGTERM
        assert "cleanup" not in process.stdout


def test_signal_handlers_are_given_back() -> None:
    run = """
def mine(number, frame): print("mine", number)
signal.signal(signal.SIGTERM, mine)
run_app(app, port=0)
signal.raise_signal(signal.SIGTERM)
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""
    with started(SCRIPT + run) as process:
        process.wait_for("Started")
        assert process.stop() == 0
        assert process.stdout[-2:] == [f"mine {int(signal.SIGTERM)}", "True"]
