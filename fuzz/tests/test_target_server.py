"""Invariants tested: the reference holds the property of the target `server`, and whatever breaks a
part of it is found: faults by inputs, the rest by what a server could have written."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from itertools import islice
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.wire import AnswerReader
from fuzz.choices import Chance
from fuzz.http import HTTP
from fuzz.inprocess.answers import read_written
from fuzz.inprocess.app import Call
from fuzz.inprocess.bench import DEFAULT_LIMITS, SMALL_LIMITS, Served
from fuzz.inprocess.client import Ending, Visit, all_visits, segments, visit_of
from fuzz.inprocess.judge import Paid
from fuzz.inprocess.loop import CallbackLoop
from fuzz.inprocess.owed import Owed
from fuzz.plants import Plant, copied
from fuzz.target import Violation, Wanted
from fuzz.targets.server import ServerTarget, open_target

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = b"POST /%b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
WAITING = b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
SAMPLES = [
    b"",
    b"\r\n",
    b"GET",
    5 * GET,
    GET + b"HEAD /echo HTTP/1.1\r\nHost: a\r\n\r\n" + GET + b"GET /\n",
    b"GET /stream HTTP/1.0\r\n\r\n",
    b"GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + GET,
    b"GET /items/a HTTP/1.0\r\n\r\n",
    b"POST /items/a HTTP/1.0\r\nContent-Length: 5\r\n\r\nhell",
    b"GET /crash HTTP/1.1\r\nHost: a\r\n\r\nOPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n" + GET,
    CHUNKED % b"echo" + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" + GET,
    CHUNKED % b"echo" + b"3\r\nabc\r\n2x",
    CHUNKED % b"stream" + b"3\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n" + GET,
    CHUNKED % b"stream" + b"3\r\nabc\r\n2x\r\n",
    CHUNKED.replace(b"1.1", b"1.0") % b"stream" + b"3\r\nabc\r\n",
    CHUNKED % b"unread" + b"3\r\nabc\r\n",
    CHUNKED % b"items/a" + b"%x\r\n%b\r\n0\r\n\r\n" % (3000, 3000 * b"a") + GET,
    CHUNKED % b"" + b"%x\r\n%b\r\n" % (3000, 3000 * b"a"),
    WAITING,
    WAITING + b"hello" + GET,
    WAITING.replace(b"/ ", b"/unread ") + b"hello",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\nhello",
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + GET,
]


def drawn(seed: int) -> Iterator[bytes]:
    """Inputs of the grammar, every second one a mutation of the one before."""
    choices = Chance(seed)
    while True:
        data = HTTP.draw(choices)
        yield data
        yield HTTP.mutate(data, data, choices)


@pytest.fixture(name="target")
def opened() -> Iterator[ServerTarget]:
    target = open_target(Wanted("server"))
    yield target
    target.close()


# -- The reference holds it ----------------------------------------------------------------------


@pytest.mark.parametrize("data", SAMPLES)
def test_samples_in_every_way(target: ServerTarget, data: bytes) -> None:
    target.check(data, thorough=True)


@pytest.mark.parametrize("seed", [1, 2])
def test_drawn_inputs(target: ServerTarget, seed: int) -> None:
    seen = [target.check(data) for data in islice(drawn(seed), 1000)]
    assert sum(one.accepted for one in seen) > 200
    assert len({one.signature for one in seen}) > 50
    assert sum(one.units for one in seen) > 600
    assert list(target.health()) == []


def test_an_input_is_all_that_counts(target: ServerTarget) -> None:
    seen = [target.check(data) for data in SAMPLES]
    other = open_target(Wanted("server"))
    assert [other.check(data) for data in reversed(SAMPLES)] == seen[::-1]
    other.close()


# -- What breaks it is found ---------------------------------------------------------------------


# Planted faults: test_plants_found.

BROKEN = [
    # module, old text, new text, input, kind of the violation, what it says
    (
        "connection", "            self._parser.feed(data)\n",
        "            assert not data\n", GET,
        "escaped", "AssertionError in connection.py data_received",
    ),
    (
        "connection", "        self._eof = self._last = self._needs_care = True\n",
        "        raise ValueError\n", GET,
        "escaped", "ValueError in connection.py eof_received",
    ),
    (
        "connection", "        self.output.lose()\n", "        self.output.lose(1)\n", GET,
        "escaped", "TypeError in connection.py connection_lost",
    ),
    (
        "connection", "        if self._eof or not linger:\n            self._close_transport()\n",
        "        if self._eof or not linger:\n            self._transport.close()\n"
        "            self._transport.close()\n", CHUNKED % b"" + b"5\r\n",
        "escaped", "AssertionError in testing.py close",
    ),
    (
        "outbox", "            if not sender.send_ready(now_s):\n",
        "            if sender.send_ready(now_s):\n", GET,
        "hang", "the server does not come to rest",
    ),
    (
        "application", "        request.match_info = match.params\n",
        '        logger.error("%s", request.target)\n', GET, "log", "%s",
    ),
    (
        "access_log", "        request.target.replace", '        request.method + "\\n".replace',
        GET, "log", "a line with what a client could forge another with",
    ),
    (
        "access_log", "    logger.info(\n", "    logger.debug(\n", GET,
        "log", "not one line for each request",
    ),
    (
        "connection", "            return False  # nothing is owed\n", "            return True\n",
        GET, "open", "the client closes its side when it has the answers",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("module", "old", "new", "data", "kind", "left"), BROKEN)
def test_what_a_broken_reference_does(
    module: str, old: str, new: str, data: bytes, kind: str, left: str
) -> None:
    target = fault(module, old, new)
    with pytest.raises(Violation) as caught:
        target.check(data, thorough=True)
    assert (caught.value.kind, caught.value.left) == (kind, left)
    assert "the client sends" in caught.value.text
    target.close()


def test_a_task_that_is_left_is_found_by_itself(target: ServerTarget) -> None:
    assert list(target.health()) == []
    forever = asyncio.Future[None](loop=target._bench.loop.as_loop)

    async def waits() -> None:
        await forever

    task = asyncio.Task(waits(), loop=target._bench.loop.as_loop)
    assert [one.left for one in target.health()] == ["a task is left"]
    assert task.cancelled()
    assert list(target.health()) == []


def fault(module: str, old: str, new: str) -> ServerTarget:
    one = Plant(name="server/x", target="server", module=module, old=old, new=new, says="None.")
    return ServerTarget(copied(one))


def test_a_server_that_refuses_everyone_is_found_by_itself() -> None:
    target = fault("connection", "if self._server.take(self):", "if not self._server.take(self):")
    assert {(one.kind, one.left) for one in target.health()} == {("health", "status")}
    target.close()


def test_an_exception_that_nobody_asked_for_is_found_by_itself() -> None:
    target = fault(
        "connection", "    def cut(self) -> None:\n", "    def cut(self) -> None:\n        1 / 0\n"
    )
    head = CHUNKED % b"stream"
    target._bench.serve(head + b"1\r\na\r\n", Visit((len(head),), ending=Ending.RESET_AT_ONCE))
    assert ("escaped", "ZeroDivisionError in connection.py cut") in [
        (one.left, one.right) for one in target.health()
    ]
    target.close()


def test_what_is_held_is_bounded() -> None:
    target = fault(
        "parser",
        "            if self._held:\n                data = self._join_held(data)\n",
        "            if self._held:\n                self._held += data\n                return\n",
    )
    data = GET + 1000 * b"x"
    with pytest.raises(Violation) as caught:
        target._bench.serve(data, Visit(tuple(range(1, len(data))), small=True))
    assert caught.value.left == "what the parser holds"
    target.close()


def test_a_body_that_is_held_is_bounded() -> None:
    target = fault(
        "connection",
        "        if body.held_bytes > self._server.limits.body_buffer_bytes:\n",
        "        if False:\n",
    )
    data = CHUNKED % b"stream" + b"ffff\r\n" + 5000 * b"a"
    visit = Visit(tuple(range(100, len(data), 100)), ending=Ending.STUCK, small=True)
    with pytest.raises(Violation) as caught:
        target._bench.serve(b"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n" + data, visit)
    assert caught.value.left == "the body that no handler has read"
    target.close()


def test_what_a_client_does_not_take_is_bounded() -> None:
    target = fault("sending", "            if output.paused:\n", "            if False:\n")
    data = b"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"
    with pytest.raises(Violation) as caught:
        target._bench.serve(data, Visit(ending=Ending.STUCK))
    assert caught.value.left == "what the client has not taken"
    target.close()


# -- Judging what was written --------------------------------------------------------------------

DATE = b"Date: Sat, 21 Nov 2026 20:00:00 GMT\r\n"


def answer(status: int, body: bytes = b"", *lines: bytes) -> bytes:
    head = b"HTTP/1.1 %d X\r\n" % status + DATE + b"".join(line + b"\r\n" for line in lines)
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


CLOSE = b"Connection: close"
OK = answer(200, b"0 GET / 0 0")
SECOND = answer(200, b"1 GET / 0 0")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
BAD = answer(400, b"", CLOSE)
LAST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
POSTED = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
OLD = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"

GOOD_ANSWERS = [
    (b"", b""),
    (GET, OK),
    (GET + GET, OK + SECOND),
    (GET + b"G\n", OK + BAD),
    (LAST, answer(200, b"0 GET / 0 0", CLOSE)),
    (LAST + GET, answer(200, b"0 GET / 0 0", CLOSE)),
    (GET + b"GET /", OK),
    (OLD, answer(200, b"0 GET / 0 0", b"Connection: keep-alive")),
    (POSTED, answer(200, b"0 POST / 5 907060870")),
    (POSTED[:-1], answer(400, b"", CLOSE)),
    (WAITING, CONTINUE + BAD),
]

BAD_ANSWERS = [
    (GET, b"", "unanswered"),
    (GET + GET, OK, "unanswered"),
    (GET, OK + SECOND, "answers"),
    (GET + b"G\n", OK + BAD + BAD, "close"),
    (GET + b"GET /", OK + answer(408, b"", CLOSE), "answers"),
    (GET, OK[:-1], "cut"),
    (GET, OK + b"x", "malformed"),
    (GET, OK.replace(b"11", b"+11"), "malformed"),
    (GET, OK.replace(b"HTTP/1.1 ", b"HTTP/1.1"), "malformed"),
    (GET, OK.replace(DATE, b""), "malformed"),
    (GET, OK.replace(DATE, DATE + DATE), "malformed"),
    (GET, OK.replace(DATE, DATE + b"Transfer-Encoding: chunked\r\n"), "malformed"),
    (GET + GET, SECOND + OK, "body"),
    (GET + GET, OK + OK, "body"),
    (GET, answer(500), "status"),
    (GET + b"G\n", OK + answer(431, b"", CLOSE), "status"),
    (GET + b"G\n", OK + answer(400), "close"),
    (GET, answer(200, b"0 GET / 0 0", CLOSE), "close"),
    (LAST, OK, "close"),
    (GET + GET, answer(200, b"0 GET / 0 0", CLOSE), "calls"),
    (GET + GET, answer(200, b"0 GET / 0 0", CLOSE) + SECOND, "close"),
    (OLD, OK, "close"),
    (GET, CONTINUE + OK, "100"),
    (WAITING, CONTINUE + CONTINUE + BAD, "100"),
    (WAITING, BAD, "100"),
    (POSTED, answer(200, b"0 POST / 5 1"), "body"),
    (POSTED[:-1], answer(200, b"0 POST / 4 0"), "status"),
]


def judged(data: bytes, written: bytes, *, first: bytes | None = None) -> None:
    """Judge an orderly connection on which every whole request got to its handler."""
    owed = Owed(data, DEFAULT_LIMITS)
    served = Served(Visit(), [])
    for asked in owed.requests:
        request: Any = SimpleNamespace(
            method=asked.method,
            target=asked.target,
            minor=asked.minor,
            host="a" if asked.minor else "",
        )
        call = Call(request)
        call.kind, call.status = "root", 200 if asked.whole else 0
        served.calls.append(call)
    served.written = written
    served.first = written if first is None else first
    Paid(owed, served, DEFAULT_LIMITS).judge()


@pytest.mark.parametrize(("data", "written"), GOOD_ANSWERS)
def test_good_answers(data: bytes, written: bytes) -> None:
    judged(data, written)


@pytest.mark.parametrize(("data", "written", "kind"), BAD_ANSWERS)
def test_bad_answers(data: bytes, written: bytes, kind: str) -> None:
    with pytest.raises(Violation) as caught:
        judged(data, written)
    assert caught.value.kind == kind


HEAD = b"HEAD / HTTP/1.1\r\nHost: a\r\n"


@pytest.mark.parametrize(
    ("data", "last"),
    [
        (GET + HEAD + b"\r\n", ["GET", "HEAD"]),
        (GET + HEAD, ["GET", "HEAD"]),
        (GET + b"\r\n" + HEAD[:7], ["GET", "HEAD"]),
        (GET + b"HEAD ", ["GET", "HEAD"]),
        (GET + b"HEAD\r\n", ["GET"]),
        (GET + b"HEAD  / HTTP/1.1\r\n\r\n", ["GET", "HEAD"]),
        (HEAD + b"x" * 600, ["HEAD"]),  # by the limits, which no rule knows of
        (GET + b"GET /\n\r\n\r\nHEAD ", ["GET", "GET"]),
        (POSTED[:-1], ["POST"]),
    ],
)
def test_what_is_refused_is_a_head_request_by_its_octets(data: bytes, last: list[str]) -> None:
    owed = Owed(data, SMALL_LIMITS)
    owed.for_head = not owed.for_head  # what the parser says of it does not count
    methods = owed.methods
    assert [*methods, "GET"][: len(last)] == last
    assert "HEAD" not in methods[len(last) :]


def test_an_answer_must_not_wait_for_the_end_of_the_client() -> None:
    judged(GET, OK, first=OK)
    with pytest.raises(Violation) as caught:
        judged(GET, OK, first=b"")
    assert (caught.value.kind, caught.value.right) == ("unanswered", "at rest")


# -- The parts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("written", [written for _, written in GOOD_ANSWERS])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_quick_reader_reads_as_the_harness_does(written: bytes, method: str) -> None:
    if method == "HEAD":
        written = re.sub(rb"\d (GET|POST) / \d+ \d+", b"", written)
    reader = AnswerReader()
    reader.expect(method, 9)
    reader.feed(written)
    reader.end(reset=False)
    ours = read_written(written, [method] * 9, ended=True, cut=False)
    assert [(one.head.status, one.body, one.framing) for one in ours.answers] == [
        (one.status, one.body, one.framing) for one in reader.answers
    ]
    assert ours.rest == reader.rest
    assert sum(one.interim for one in ours.answers) + ours.interim == len(reader.interim)


def test_visits_are_derived_from_the_input() -> None:
    inputs = list(islice(drawn(3), 2000))
    visits = [visit_of(data) for data in inputs]
    assert visits == [visit_of(data) for data in inputs]
    assert {visit.ending for visit in visits} == set(Ending)
    assert {(visit.tls, visit.small, visit.rests) for visit in visits} >= {
        (tls, small, rests) for tls in (True, False) for small in (True, False)
        for rests in (True, False)
    }  # fmt: skip
    for data, visit in zip(inputs, visits, strict=True):
        assert list(visit.cuts) == sorted(visit.cuts)
        assert b"".join(segments(data[: visit.stop], visit.cuts)) == data[: visit.stop]


def test_every_way_there_is() -> None:
    data = GET + GET
    visits = list(all_visits(data))
    assert {visit.ending for visit in visits} == set(Ending)
    assert {visit.cuts for visit in visits} >= {
        (), tuple(range(1, len(data))), *((cut,) for cut in range(1, len(data)))
    }  # fmt: skip


def test_the_loop_keeps_the_order_of_asyncio() -> None:
    faults: list[object] = []
    loop = CallbackLoop(faults.append)
    seen: list[object] = []
    later = loop.call_later(2, seen.append, "never")
    loop.call_later(3, lambda: loop.call_soon(seen.append, loop.time()))
    loop.call_later(1, seen.append, "one")
    loop.call_later(1, later.cancel)
    loop.call_soon(loop.call_soon, seen.append, "next turn")
    loop.call_soon(seen.append, "first turn")
    loop.call_soon(seen.append)
    begin_s = loop.time()
    assert loop.run_until_idle(10)
    assert seen == ["first turn", "next turn"]
    assert len(faults) == 1
    assert loop.timer_count == 4
    assert loop.run_for(10, 10)
    assert seen[2:] == ["one", begin_s + 3]
    assert (loop.timer_count, loop.time()) == (0, begin_s + 10)


def test_the_loop_stops_what_never_comes_to_rest() -> None:
    loop = CallbackLoop(print)

    def again() -> None:
        loop.call_soon(again)

    loop.call_soon(again)
    assert not loop.run_until_idle(100)
    assert not loop.run_for(1, 100)


def test_small_limits_are_small() -> None:
    assert SMALL_LIMITS.pipelined_requests < 5
