"""Several workers on one port: who answers, who ends, who is replaced."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from reference.tests.processes import (
    LATE_SIGNAL,
    Process,
    ask,
    is_refused,
    read_all,
    send_request,
    session_members,
    started,
    wait_until,
)

SCRIPT = """
import asyncio, logging, os, signal, socket, sys
from reference import *

app = Application()

async def context(app):
    print("entered", os.getpid())
    yield
    print("left", os.getpid())

async def on_shutdown(app):
    print("shutdown", os.getpid())

@app.get("/")
async def index(request):
    return Response(str(os.getpid()))

@app.get("/wait")
async def wait(request):
    print("at work", os.getpid())
    await asyncio.Event().wait()

app.cleanup_ctx.append(context)
app.on_shutdown.append(on_shutdown)
"""


def ask_unix(path: Path) -> int:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(path))
        sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return int(read_all(sock).rpartition(b"\r\n\r\n")[2])


def workers_that_answer(at: int | Path, count: int, gone: int | None = None) -> set[int]:
    """The ids of `count` processes other than `gone` that answer, each asked anew."""
    pids: set[int] = set()

    def all_have_answered() -> bool:
        pids.add(int(ask(at)[1]) if isinstance(at, int) else ask_unix(at))
        return len(pids - {gone}) == count

    wait_until(all_have_answered)
    return pids - {gone}


def pids_of(process: Process, event: str, count: int) -> set[int]:
    return {int(line.split()[-1]) for line in process.wait_for(event, count)}


@pytest.mark.parametrize(
    ("count", "number", "loop"),
    [(2, signal.SIGTERM, "asyncio"), (3, signal.SIGINT, "asyncio"), (2, signal.SIGTERM, "uvloop")],
)
def test_all_answer_on_one_port_and_all_end(count: int, number: signal.Signals, loop: str) -> None:
    with started(SCRIPT + f"run_app(app, port=0, workers={count}, loop={loop!r})") as process:
        pids = workers_that_answer(process.port, count)
        assert pids == pids_of(process, "entered", count)
        assert session_members(process.pid) == pids | {process.pid}
        port = process.port
        assert process.stop(number) == 0
        assert session_members(process.pid) == set()
        assert is_refused(port)
        assert pids_of(process, "left", count) == pids
        assert len(process.wait_for("Started")) == 1
        assert process.stderr == ""


def test_killed_worker_is_replaced() -> None:
    with started(SCRIPT + "run_app(app, port=0, workers=2)") as process:
        pids = workers_that_answer(process.port, 2)
        killed = min(pids)
        os.kill(killed, signal.SIGKILL)
        (line,) = process.wait_for("worker", stream="stderr")
        assert line in [f"worker {i} (pid {killed}) ended (-9); replacing it" for i in (0, 1)]
        new = pids_of(process, "entered", 3) - pids
        process.wait_for("Started")
        assert workers_that_answer(process.port, 2, gone=killed) == pids - {killed} | new
        assert process.stop() == 0


def test_worker_that_cannot_start_ends_everything() -> None:
    hook = """
async def fail(app):
    raise RuntimeError("no database")
app.on_startup.append(fail)
run_app(app, port=0, workers=2)
"""
    with started(SCRIPT + hook) as process:
        assert process.wait() == 1
        assert "RuntimeError: no database" in process.stderr
        assert session_members(process.pid) == set()
        assert len(pids_of(process, "left", 1)) == 1
        assert not [line for line in process.stdout if line.startswith("Started")]


def test_replacement_that_cannot_start_ends_everything(tmp_path: Path) -> None:
    hook = f"""
async def fail(app):
    if os.path.exists({str(tmp_path / "broken")!r}):
        raise RuntimeError("no database")
app.on_startup.append(fail)
run_app(app, port=0, workers=2)
"""
    with started(SCRIPT + hook) as process:
        pids = workers_that_answer(process.port, 2)
        (tmp_path / "broken").touch()
        os.kill(min(pids), signal.SIGKILL)
        assert process.wait() == 1
        assert session_members(process.pid) == set()
        assert pids_of(process, "shutdown", 1) == {max(pids)}  # the other one ends gracefully


def test_worker_that_fails_later_is_replaced_and_then_spoils_the_end() -> None:
    hook = """
async def fail(app):
    raise OSError("no disk")
app.on_cleanup.append(fail)
run_app(app, port=0, workers=2)
"""
    with started(SCRIPT + hook) as process:
        pids = workers_that_answer(process.port, 2)
        os.kill(min(pids), signal.SIGTERM)  # to it alone
        (line,) = process.wait_for("worker", stream="stderr")
        assert line.endswith(f"(pid {min(pids)}) ended (1); replacing it")
        workers_that_answer(process.port, 2, gone=min(pids))
        assert process.stop() == 1
        assert process.stderr.count("OSError: no disk") == 3


def test_death_of_the_parent_ends_the_workers() -> None:
    with started(SCRIPT + "run_app(app, port=0, workers=2)") as process:
        port = process.port
        pids = workers_that_answer(port, 2)
        assert process.stop(signal.SIGKILL) == -signal.SIGKILL
        wait_until(lambda: not session_members(process.pid))
        assert pids_of(process, "left", 2) == pids
        assert is_refused(port)


def test_second_signal_ends_at_once() -> None:
    with (
        started(SCRIPT + "run_app(app, port=0, workers=2)") as process,
        send_request(process.port, "/wait"),
    ):
        workers_that_answer(process.port, 2)
        (busy,) = pids_of(process, "at work", 1)
        process.send_signal(signal.SIGTERM)
        pids_of(process, "shutdown", 2)
        assert process.stop() == 1
        assert session_members(process.pid) == set()
        assert f"left {busy}" not in process.stdout


def test_signal_during_startup_ends_cleanly() -> None:
    hook = """
async def never(app):
    print("starting", os.getpid())
    await asyncio.Event().wait()
app.on_startup.append(never)
run_app(app, port=0, workers=2)
"""
    with started(SCRIPT + hook) as process:
        pids = pids_of(process, "starting", 2)
        assert process.stop() == 0
        assert pids_of(process, "left", 2) == pids
        assert process.stderr == ""


def test_signal_between_the_forks_ends_cleanly() -> None:
    """The parent gets it while it forks the first worker: that one is told, in its first moments,
    and there is no second."""
    run = """
os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.SIGTERM))
os.register_at_fork(after_in_child=lambda: print("forked"))
run_app(app, port=0, workers=2)
"""
    with started(SCRIPT + run) as process:
        assert process.wait() == 0
        assert process.stdout.count("forked") == 1
        assert process.stderr == ""


def test_signal_just_before_the_parent_sleeps_is_not_lost() -> None:
    run = """
sleep = select.select
select.select = lambda *arguments: after_a_signal(sleep, *arguments)
run_app(app, port=0, workers=2)
"""
    with started(SCRIPT + LATE_SIGNAL + run) as process:
        assert process.wait() == 0
        assert process.stderr == ""


def test_workers_in_a_thread() -> None:
    """Signals are the main thread's there, and the end of a worker is seen all the same."""
    run = """
import threading
arguments = {"port": 0, "workers": 2, "handle_signals": False}
thread = threading.Thread(target=run_app, args=(app,), kwargs=arguments)
thread.start()
thread.join()
"""
    with started(SCRIPT + run) as process:
        pids = workers_that_answer(process.port, 2)
        os.kill(min(pids), signal.SIGKILL)
        process.wait_for("worker", stream="stderr")
        workers_that_answer(process.port, 2, gone=min(pids))


def test_signals_of_workers_are_not_told_to_an_event_loop_of_the_parent() -> None:
    """Which has a descriptor of its own for signals, and the workers inherit that."""
    run = """
async def main():
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, print, "told")
    await asyncio.to_thread(run_app, app, port=0, workers=2, handle_signals=False)

asyncio.run(main())
"""
    with started(SCRIPT + run) as process:
        pids = workers_that_answer(process.port, 2)
        os.kill(min(pids), signal.SIGTERM)
        process.wait_for("worker", stream="stderr")
        workers_that_answer(process.port, 2, gone=min(pids))
        assert "told" not in process.stdout
        process.send_signal(signal.SIGTERM)
        process.wait_for("told")


def test_wrong_use_leaves_no_descriptors() -> None:
    run = """
def descriptors():
    return len(os.listdir("/proc/self/fd"))

async def main():
    before = descriptors()
    try:
        await asyncio.to_thread(run_app, app, port=0, workers=2)
    except ValueError as exc:  # signals are the main thread's
        print("ValueError", descriptors() - before)

asyncio.run(main())
"""
    with started(SCRIPT + run) as process:
        assert process.wait() == 0
        assert process.stdout == ["ValueError 0"]


def test_output_from_before_the_fork_is_written_once() -> None:
    run = "print('once'); run_app(app, port=0, workers=2)"
    with started(SCRIPT + run, line_buffered=False) as process:
        wait_until(lambda: len(session_members(process.pid)) == 3)
        assert process.stop() == 0
        assert process.stdout.count("once") == 1


def test_worker_that_cannot_write_ends_cleanly() -> None:
    """A child that left `_child` with an exception would go on as a second parent."""
    hook = """
async def fill(app):
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
    print("lost")
    print("filled", file=sys.stderr)
app.on_startup.append(fill)
run_app(app, port=0, workers=2)
"""
    with started(SCRIPT + hook, line_buffered=False) as process:
        process.wait_for("filled", 2, stream="stderr")
        assert process.stop() == 0
        assert session_members(process.pid) == set()


def test_worker_without_output_ends_cleanly() -> None:
    run = (
        "port = int(sys.argv[1]); sys.stdout = None; run_app(app, port=port, workers=2, print=None)"
    )
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    with started(SCRIPT + run, str(port)) as process:
        wait_until(lambda: not is_refused(port))
        workers_that_answer(port, 2)
        assert process.stop() == 0
        assert process.stderr == ""


def test_children_of_others_are_none_of_our_business() -> None:
    run = """
other = os.fork()
if other == 0:
    os._exit(5)
run_app(app, port=0, workers=2)
assert os.waitpid(other, 0) == (other, 5 << 8)
"""
    with started(SCRIPT + run) as process:
        workers_that_answer(process.port, 2)
        assert process.stop() == 0
        assert len(pids_of(process, "entered", 2)) == 2
        assert process.stderr == ""


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_without_signal_handling_an_interrupt_is_the_callers(loop: str) -> None:
    run = f"""
try:
    run_app(app, port=0, workers=2, handle_signals=False, loop={loop!r})
except KeyboardInterrupt:
    print("interrupted")
"""
    with started(SCRIPT + run) as process:
        pids = workers_that_answer(process.port, 2)
        assert process.stop(signal.SIGINT) == 0
        assert pids_of(process, "left", 2) == pids
        assert process.stdout[-1] == "interrupted"


# -- Where they listen -----------------------------------------------------------------------------


def test_port_that_others_have_is_an_error_of_the_parent() -> None:
    with (
        started(SCRIPT + "run_app(app, port=0, workers=2)") as first,
        started(SCRIPT + f"run_app(app, port={first.port}, workers=2)") as second,
    ):
        assert second.wait() == 1
        assert second.stdout == []  # no worker was started
        last = second.stderr.rpartition("\n")[2]
        assert last.endswith(
            f"cannot listen on ('127.0.0.1', {first.port}): Address already in use"
        )
        with started(
            SCRIPT + f"run_app(app, port={first.port}, workers=2, reuse_port=True)"
        ) as third:
            workers_that_answer(third.port, 4)
            assert third.stop() == 0


def test_several_hosts_have_one_port() -> None:
    with started(SCRIPT + "run_app(app, ['127.0.0.1', '::1'], 0, workers=2)") as process:
        (banner,) = process.wait_for("Started")
        port = process.port
        assert set(banner.removeprefix("Started server on ").split(", ")) == {
            f"http://127.0.0.1:{port}", f"http://[::1]:{port}",
        }  # fmt: skip
        for host in ("127.0.0.1", "::1"):
            assert ask(port, host=host)[0] == 200
        assert process.stop() == 0


def test_empty_host_is_every_address() -> None:
    with started(SCRIPT + "run_app(app, '', 0, workers=2)") as process:
        for host in ("127.0.0.1", "127.0.0.2", "::1"):
            assert ask(process.port, host=host)[0] == 200
        assert process.stop() == 0


def test_default_address() -> None:
    """Nothing is bound: the audit hook sees the address, and refuses."""
    hook = """
def refuse(event, arguments):
    if event == "socket.bind":
        print(arguments[1])
        raise PermissionError("seen enough")
sys.addaudithook(refuse)
run_app(app, workers=2, {})
"""
    for arguments, address in [
        ("", ("127.0.0.1", 8080)),
        ("host='127.0.0.2'", ("127.0.0.2", 8080)),
        ("port=1", ("127.0.0.1", 1)),
    ]:
        with started(SCRIPT + hook.format(arguments)) as process:
            assert process.wait() == 1
            assert process.stdout == [str(address)]


@pytest.mark.parametrize(
    ("bind", "given"),
    [
        ("", "path=path"),
        ("sock.bind(path)", "sock=sock"),
        ("sock.bind(path + '2')", "path=path, sock=sock"),
        ("sock.bind(path + '2')", "path=path, sock=[sock]"),
    ],
)
def test_unix_socket_is_shared(bind: str, given: str, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    if given == "path=path":
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(str(path))
    sock = f"path = {str(path)!r}; sock = socket.socket(socket.AF_UNIX); {bind}"
    with started(SCRIPT + f"{sock}\nrun_app(app, {given}, workers=2)") as process:
        pids = pids_of(process, "entered", 2)
        (banner,) = process.wait_for("Started")
        for where in banner.removeprefix("Started server on ").split(", "):
            assert workers_that_answer(Path(where.removeprefix("unix:")), 1) <= pids
        # A worker that ends leaves the path to those that go on.
        os.kill(min(pids), signal.SIGTERM)
        process.wait_for("worker", stream="stderr")
        assert ask_unix(path) != min(pids)
        assert process.stop() == 0
        assert path.exists() is ("path=" not in given)
