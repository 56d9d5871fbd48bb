"""The client of the fuzzer: when it ends its side, and what it makes of servers that misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from conformance.steps import End

from ..net.client import IN_FLIGHT, Client, Heard, Octets, Patience
from .misbehaving import Misbehaving, answer, serving

QUICK = Patience(quiet_s=0.2, doubt_s=0.05, end_s=0.3)
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    with serving() as one:
        yield one


def play(server: Misbehaving, *octets: Octets) -> list[Heard]:
    return asyncio.run(Client("127.0.0.1", server.port).play(octets, QUICK))


def test_side_stays_open_until_what_is_owed_has_come(server: Misbehaving) -> None:
    server.behave = lambda one: one.read_heads(2).send(answer(b"1") + answer(b"2")).wait_for_end()
    [heard] = play(server, Octets([GET, GET], ["GET", "GET"], 2, 2))
    assert [one.body for one in heard.answers] == [b"1", b"2"]
    assert (heard.end, heard.is_half_closed, heard.is_quiet) == (End.CLOSED, True, False)
    assert server.saw == [GET * 2]


def test_who_never_answers_is_quiet(server: Misbehaving) -> None:
    server.behave = lambda one: one.wait_for_end()
    [heard] = play(server, Octets([GET], ["GET"], 1, 1))
    assert (heard.answers, heard.end, heard.is_quiet) == ((), End.CLOSED, True)


def test_who_never_closes_is_given_up(server: Misbehaving) -> None:
    server.behave = lambda one: one.read_heads(1).send(answer(b"1")).keep()
    [heard] = play(server, Octets([GET], ["GET"], 1, 1))
    assert (len(heard.answers), heard.end, heard.is_half_closed) == (1, End.OPEN, True)


def test_who_says_close_is_left_to_do_so(server: Misbehaving) -> None:
    server.behave = lambda one: one.read_heads(1).send(answer(b"1", b"Connection: close\r\n"))
    [heard] = play(server, Octets([GET], ["GET"], 1, 1))
    assert (heard.end, heard.is_half_closed) == (End.CLOSED, False)


def test_answers_in_front_of_a_reset_are_kept(server: Misbehaving) -> None:
    server.behave = lambda one: one.read_heads(1).send(answer(b"1")).wait_for_end().reset()
    [heard] = play(server, Octets([GET], ["GET"], 1, 1))
    assert ([one.body for one in heard.answers], heard.end) == ([b"1"], End.RESET)


def test_more_than_is_owed_is_kept(server: Misbehaving) -> None:
    server.behave = lambda one: one.read_heads(1).send(answer(b"1") + answer(b"2")).wait_for_end()
    [heard] = play(server, Octets([GET], ["GET"], 1, 1))
    assert [one.body for one in heard.answers] == [b"1", b"2"]


def test_nobody_listens() -> None:
    with serving() as server:
        pass
    [heard] = play(server, Octets([GET], ["GET"], 1, 1))
    assert heard.end is End.REFUSED


def test_each_of_many_has_its_own(server: Misbehaving) -> None:
    server.behave = lambda one: one.read_heads(1).send(answer(one.head[5:8])).wait_for_end()
    count = 3 * IN_FLIGHT
    asked = [
        Octets([b"GET /%03d HTTP/1.1\r\n" % n, b"Host: a\r\n\r\n"], [], 1, 1) for n in range(count)
    ]
    heard = play(server, *asked)
    assert [one.answers[0].body for one in heard] == [b"%03d" % number for number in range(count)]


def test_what_is_large_is_sent_as_it_is_read(server: Misbehaving) -> None:
    server.behave = lambda one: one.wait_for_end().send(answer(b"1"))
    body = bytes(range(256)) * 20_000
    [heard] = play(server, Octets([GET, body], ["GET"], 0, 0))
    assert len(heard.answers) == 1
    assert server.saw == [GET + body]


def test_server_that_is_gone_is_not_waited_for(server: Misbehaving) -> None:
    server.behave = lambda one: one.keep()
    heard = play(server, *[Octets([GET], ["GET"], 1, 1)] * (20 * IN_FLIGHT))
    assert {one.end for one in heard} == {End.OPEN, End.REFUSED}
    assert sum(one.end is End.OPEN for one in heard) < 3 * IN_FLIGHT
