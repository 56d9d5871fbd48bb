"""Crowds: what is sent, and the tally of what becomes of it."""

from __future__ import annotations

import asyncio
import re
import resource
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from conformance.crowd import CrowdRun, allow_many_files
from conformance.protocol import AdapterError
from conformance.seen import CrowdSeen
from conformance.steps import Crowd, End

REQUEST = b"GET /@N@ HTTP/1.1\r\nX: x@N@\r\n\r\n"

Answering = Callable[[bytes], bytes]


def answer(body: bytes, status: int = 200) -> bytes:
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)


def echo(head: bytes) -> bytes:
    return answer(head)


class Peer:
    """A server that answers each head with what a function makes of it; b"" ends the connection."""

    def __init__(self, answering: Answering) -> None:
        self.most_open = 0
        self.segments: list[bytes] = []
        self.tasks: list[asyncio.Task[None]] = []
        self._answering = answering
        self._open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.append(task)
        self._open += 1
        self.most_open = max(self.most_open, self._open)
        rest = b""
        while data := await reader.read(65536):
            self.segments.append(data)
            *heads, rest = (rest + data).split(b"\r\n\r\n")
            made = [self._answering(head) for head in heads]
            writer.write(b"".join(made))
            if b"" in made:
                break
        writer.close()
        self._open -= 1


@asynccontextmanager
async def served(answering: Answering) -> AsyncIterator[tuple[Peer, int]]:
    peer = Peer(answering)
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    try:
        yield peer, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*peer.tasks)


async def run(step: Crowd, answering: Answering) -> tuple[CrowdRun, Peer]:
    async with served(answering) as (peer, port):
        crowd = CrowdRun(step, step.request, "127.0.0.1", port)
        try:
            await crowd.run()
        finally:
            await crowd.close()
    return crowd, peer


@pytest.mark.parametrize(("connections", "pipelined"), [(1, 1), (1, 5), (4, 1), (3, 4), (20, 1)])
async def test_every_request_is_sent_once_and_gets_its_own_answer(
    connections: int, pipelined: int
) -> None:
    crowd, peer = await run(Crowd(REQUEST, 20, connections, pipelined), echo)
    assert crowd.seen() == CrowdSeen(20, {200: 20})
    assert crowd.conversation() is None
    sent = re.findall(rb"GET /(\d+) .*?X: x(\d+)", b"".join(peer.segments), re.DOTALL)
    assert sorted(sent) == [(b"%06d" % n, b"%06d" % n) for n in range(20)]


async def test_all_connections_are_open_at_once() -> None:
    _, peer = await run(Crowd(REQUEST, 300, 300), echo)
    assert peer.most_open == 300


async def test_pipelined_requests_are_sent_together() -> None:
    _, peer = await run(Crowd(REQUEST, 8, 1, 4), echo)
    assert [segment.count(b"GET") for segment in peer.segments] == [4, 4]


async def test_an_answer_to_another_request_is_foreign() -> None:
    def swapped(head: bytes) -> bytes:
        return answer(head.replace(b"x000003", b"x000004").replace(b"/000003", b"/000004"))

    crowd, _ = await run(Crowd(REQUEST, 10, 2), swapped)
    assert crowd.seen() == CrowdSeen(10, {200: 10}, foreign=1)
    conversation = crowd.conversation()
    assert conversation is not None
    assert b"GET /000003" in conversation.sent


async def test_each_of_several_marks_must_be_there() -> None:
    both = (b"/@N@", b"x@N@")
    right, _ = await run(Crowd(REQUEST, 6, 2, own=both), echo)
    assert right.seen().foreign == 0
    wrong, _ = await run(
        Crowd(REQUEST, 6, 2, own=both), lambda head: answer(head.replace(b"x0", b"y0"))
    )
    assert wrong.seen().foreign == 6


async def test_statuses_are_counted() -> None:
    def odd_ones_are_missing(head: bytes) -> bytes:
        return answer(head, 404 if head.split()[1][-1:] in b"13579" else 200)

    crowd, _ = await run(Crowd(REQUEST, 10, 5), odd_ones_are_missing)
    assert crowd.seen() == CrowdSeen(10, {200: 5, 404: 5})


async def test_what_gets_no_answer_is_unanswered_with_all_behind_it() -> None:
    def ends_at_the_third(head: bytes) -> bytes:
        return b"" if b"/000002" in head else answer(head)

    crowd, _ = await run(Crowd(REQUEST, 6, 1), ends_at_the_third)
    assert crowd.seen() == CrowdSeen(6, {200: 2}, unanswered=4)
    conversation = crowd.conversation()
    assert conversation is not None
    assert conversation.end is End.CLOSED


async def test_a_cut_answer_is_none() -> None:
    def cut(head: bytes) -> bytes:
        return answer(head)[:-1] if b"/000001" in head else answer(head)

    async with served(cut) as (_, port):
        crowd = CrowdRun(Crowd(REQUEST, 2, 2), REQUEST, "127.0.0.1", port)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(crowd.run(), 0.2)
        await crowd.close()
    assert crowd.seen() == CrowdSeen(2, {200: 1}, unanswered=1)


async def test_nobody_listens() -> None:
    async with served(echo) as (_, port):
        pass
    crowd = CrowdRun(Crowd(REQUEST, 3, 3), REQUEST, "127.0.0.1", port)
    await crowd.run()
    assert crowd.seen() == CrowdSeen(3, unanswered=3)


async def test_too_many_open_files_are_not_the_subjects_fault() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.create_server(("127.0.0.1", 0), backlog=512) as nobody_accepts:
        port = nobody_accepts.getsockname()[1]
        crowd = CrowdRun(Crowd(REQUEST, 400, 400), REQUEST, "127.0.0.1", port)
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
        try:
            with pytest.raises(AdapterError, match="400 connections cannot be opened here"):
                await crowd.run()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            await crowd.close()


@pytest.mark.parametrize(("soft", "after"), [(256, 8192), (9000, 9000)])
def test_the_limit_of_open_files_is_raised_and_never_lowered(soft: int, after: int) -> None:
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 9000:
        pytest.skip("the hard limit here is too low")
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        allow_many_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (after, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))
