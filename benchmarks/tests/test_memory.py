"""Memory: what is computed from what was read, and when a connection counts as open."""

import os
import socket
from pathlib import Path

import pytest

from benchmarks import procfs
from benchmarks.memory import IdleRun, StreamRun, report_idle, report_stream, still_open
from benchmarks.wire import Connection

MIB = 1024 * 1024


def test_idle_report_takes_medians_over_restarts() -> None:
    runs = [IdleRun("bare", 100, 20 * MIB, 20 * MIB + 100 * cost) for cost in (900, 1000, 3000)]
    line = report_idle(["bare"], runs).splitlines()[-1]
    assert line.split() == ["bare", "100", "20.0", "20.1", "1000", "900–3000"]


def test_stream_report_shows_both_directions() -> None:
    runs = [StreamRun("bare", 1024, up * MIB, 2 * MIB) for up in (1, 1, 4)]
    line = report_stream(["bare"], runs).splitlines()[-1]
    assert line.split() == ["bare", "1.0", "1.0–4.0", "2.0", "2.0–2.0"]


def test_a_connection_the_server_closed_is_not_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with Connection(port) as kept, Connection(port) as closed:
            first, _ = listener.accept()
            second, _ = listener.accept()
            second.close()
            with first:
                assert still_open(kept)
                assert not still_open(closed)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_this_process_has_memory_and_used_cpu() -> None:
    pid = os.getpid()
    assert 0 < procfs.rss_bytes(pid) <= procfs.peak_rss_bytes(pid)
    assert procfs.cpu_s(pid) > 0
