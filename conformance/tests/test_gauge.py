"""Gauges: what is read of a session shows what its processes take."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from conformance.gauge import can_gauge, gauge
from conformance.guard import kill_session
from conformance.seen import Gauged

pytestmark = pytest.mark.skipif(not can_gauge(), reason="there is no /proc that tells")

MIB = 1 << 20


@contextmanager
def session(*steps: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """A process in a session of its own that does a step for each line and then says so."""
    lines = ["import os, socket, sys, threading, time", "kept = []"]
    for step in steps:
        lines += ["print('done', flush=True)", "sys.stdin.readline()", step]
    lines += ["print('done', flush=True)", "sys.stdin.readline()"]
    process = subprocess.Popen(
        [sys.executable, "-c", "\n".join(lines)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    with process:
        told(process)
        yield process.pid, process
        process.communicate("\n" * (len(steps) + 1))


def told(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "done\n"


def go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    told(process)


def around(step: str) -> tuple[Gauged, Gauged]:
    with session(step) as (sid, process):
        before = gauge(sid)
        go_on(process)
        return before, gauge(sid)


def test_memory_that_is_taken_shows() -> None:
    before, after = around("kept.append(b'x' * (32 << 20))")
    assert 31 * MIB < after.memory_bytes - before.memory_bytes < 40 * MIB
    assert before.memory_bytes > MIB


def test_processor_time_shows_and_waiting_does_not() -> None:
    # Its own clock tells it how long, so that a busy machine changes nothing.
    work = "while time.process_time() < 0.2: pass"
    before, after = around(work)
    assert 0.1 < after.cpu_s - before.cpu_s < 0.4
    with session("pass") as (sid, process):
        go_on(process)
        first = gauge(sid)
        assert gauge(sid).cpu_s - first.cpu_s < 0.05


def test_time_of_all_threads_counts() -> None:
    thread = (
        "t = threading.Thread(target=lambda: ["
        "None for _ in iter(lambda: time.thread_time() < 0.2, False)] + [sys.stdin.readline()]);"
        "t.start(); [time.sleep(0.01) for _ in iter(lambda: time.process_time() < 0.2, False)]"
    )
    before, after = around(thread)
    assert after.cpu_s - before.cpu_s > 0.1


def test_descriptors_show() -> None:
    before, after = around("kept += [socket.socket() for _ in range(10)]")
    assert after.descriptors - before.descriptors == 10


def test_children_in_the_session_count() -> None:
    fork = (
        "os.fork() or (kept.append(b'x' * (16 << 20)), print('done', flush=True), time.sleep(60));"
        "sys.stdin.readline()"
    )
    with session(fork) as (sid, process):
        before = gauge(sid)
        go_on(process)
        after = gauge(sid)
        assert after.memory_bytes - before.memory_bytes > 16 * MIB
        assert after.descriptors >= 2 * before.descriptors - 2
        kill_session(sid)


def test_a_session_that_is_not_there_takes_nothing() -> None:
    with session() as (sid, _):
        pass
    assert gauge(sid) == Gauged(0, 0.0, 0)
