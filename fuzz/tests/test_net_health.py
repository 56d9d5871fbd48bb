"""What a subject takes: a process that really takes more and more, and one that logs a lot."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ..net.health import Health
from ..net.server import Logged, Server

LEAKING = """
import os, sys, threading
kept = []
for line in sys.stdin:
    what, count = line.split()
    if what == "descriptors":
        kept += [os.open(os.devnull, os.O_RDONLY) for _ in range(int(count))]
    elif what == "threads":
        for _ in range(int(count)):
            threading.Thread(target=threading.Event().wait, daemon=True).start()
    else:
        kept.append(bytearray(os.urandom(1 << 20)) * int(count))
    print("done", flush=True)
"""


class Subject(Server):
    """A process in a session of its own, and what it is said to have logged."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.sid = process.pid
        self.written = Logged(0, 0)
        self._process = process

    async def start(self) -> None:
        raise NotImplementedError

    def logged(self) -> Logged:
        return self.written

    def leak(self, what: str, count: int) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{what} {count}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"


@contextmanager
def subject() -> Iterator[Subject]:
    with subprocess.Popen(
        [sys.executable, "-c", LEAKING],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        one = Subject(process)
        one.leak("descriptors", 1)  # it is up
        yield one
        assert process.stdin is not None
        process.stdin.close()


def seen(health: Health, inputs: int) -> list[tuple[str, str]]:
    health.played(inputs)
    return [(one.kind, one.left) for one in asyncio.run(health.look())]


@pytest.mark.parametrize(
    ("what", "few", "many"), [("descriptors", 20, 200), ("threads", 5, 100), ("memory", 5, 200)]
)
def test_what_grows_without_end_is_found(what: str, few: int, many: int) -> None:
    with subject() as one:
        health = Health(one)
        assert seen(health, 2000) == []
        one.leak(what, few)
        assert seen(health, 100) == []
        one.leak(what, many)
        assert seen(health, 100) == [("grows", what)]
        assert seen(health, 100) == []  # said once, until it has grown again


@pytest.mark.parametrize(
    ("each", "found"),
    [(Logged(8000, 190), []), (Logged(9000, 1), [("grows", "log")]),
     (Logged(1000, 210), [("grows", "log")])],
)  # fmt: skip
def test_who_logs_more_than_an_input_is_worth_is_found(
    each: Logged, found: list[tuple[str, str]]
) -> None:
    with subject() as one:
        health = Health(one)
        assert seen(health, 1000) == []
        one.written = Logged(each.size_bytes * 2000, each.lines * 2000)
        assert seen(health, 1000) == found
