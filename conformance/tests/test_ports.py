"""Ports of servers that can only be told a number."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

import pytest

from conformance.adapter import ports
from conformance.adapter.ports import free_port

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


@pytest.mark.skipif(not RANGE.exists(), reason="not Linux")
def test_no_port_is_one_that_the_system_gives_to_whoever_asks_for_any() -> None:
    lowest, highest = map(int, RANGE.read_text().split())
    if lowest < 32_768:
        pytest.skip("this system gives away other ports than most do")
    assert not any(lowest <= free_port() <= highest for _ in range(100))


def test_a_port_that_somebody_has_is_left_to_him(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        taken = other.getsockname()[1]
        free = free_port()
        monkeypatch.setattr(ports, "_choices", Choices(taken, taken, free))
        assert free_port() == free


def test_where_none_can_be_had_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def bind(self: socket.socket, address: object) -> None:
        raise OSError(errno.EADDRNOTAVAIL, "no loopback here")

    monkeypatch.setattr(socket, "socket", type("Socket", (socket.socket,), {"bind": bind}))
    with pytest.raises(OSError, match="no loopback here"):
        free_port()


class Choices:
    """Gives these, one after the other."""

    def __init__(self, *given: int) -> None:
        self._given = iter(given)

    def choice(self, among: object) -> int:
        return next(self._given)
