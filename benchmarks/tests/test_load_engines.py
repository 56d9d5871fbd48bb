"""Both engines against servers that answer as a test says: what is right counts, and a single
wrong answer refuses the load, whoever gave it and however it came."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.command import Refused
from benchmarks.load import Engine, Job, Load, available, client, drive, engines
from benchmarks.load import turns as turns_module
from benchmarks.load.client import do
from benchmarks.load.closed import Closed
from benchmarks.load.engines import ENGINES
from benchmarks.load.turns import Turns, is_restless, processors_s, take
from reference.tests.processes import needs

from .scripted_server import GET, HELLO, Asked, Script, answer, scripted

GOOD = answer()
CLOSE = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
CLOSING = answer(fields=b"Connection: close\r\n")
CHUNKS = [
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"5\r\nHello\r\n",
    b"8\r\n, World!\r\n",
    b"0\r\n\r\n",
]
MEBIBYTE = bytes(range(256)) * 4096
UPLOAD = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048576\r\n\r\n" + MEBIBYTE
LARGE = 16 * len(MEBIBYTE)
LARGE_UPLOAD = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%b" % (LARGE, bytes(LARGE))

CPU = min(os.sched_getaffinity(0))
# A load that is refused ends there and then: this is how long a busy machine has for it.
LONG_S = 30.0

Answers = Callable[[Asked], list[bytes | None]]


def job_for(script: Script, request: bytes = GET, **fields: object) -> Job:
    job = Job("127.0.0.1", script.port, request, 200, HELLO, connections=2, duration_s=0.05)
    return replace(job, **fields)  # type: ignore[arg-type]


def on(number: int, pieces: list[bytes | None]) -> Answers:
    """Wrong once: in this answer."""
    return lambda asked: pieces if asked.number == number else [GOOD]


def date(asked: Asked) -> list[bytes | None]:
    return [answer(fields=b"Date: %d\r\n" % (asked.number // 100))]


def echo_number(asked: Asked) -> list[bytes | None]:
    return [answer(b"u" + asked.head.split(b" ")[1][-7:])]


def echo_number_and_date(asked: Asked) -> list[bytes | None]:
    fields = b"Date: %d\r\n" % (asked.number // 20)
    return [answer(b"u" + asked.head.split(b" ")[1][-7:], fields=fields)]


def echo(asked: Asked) -> list[bytes | None]:
    return [answer(asked.body)]


def by_octets(asked: Asked) -> list[bytes | None]:
    return [GOOD[i : i + 1] for i in range(len(GOOD))]


NUMBERED = GET.replace(b" / ", b" /{count} ")
RIGHT: dict[str, tuple[Answers, dict[str, object]]] = {
    "plain": (lambda asked: [GOOD], {}),
    "one connection": (lambda asked: [GOOD], {"connections": 1}),
    "a date that changes": (date, {}),
    "octet by octet": (by_octets, {}),
    "chunks": (lambda asked: list(CHUNKS), {}),
    "pipelined": (lambda asked: [GOOD], {"pipeline": 16}),
    "pipelined, a date that changes": (date, {"pipeline": 16}),
    "numbered": (echo_number, {"request": NUMBERED, "body": b"u{count}"}),
    "numbered requests, one answer": (lambda asked: [GOOD], {"request": NUMBERED}),
    "numbered, a date that changes": (
        echo_number_and_date,
        {"request": NUMBERED, "body": b"u{count}"},
    ),
    "numbered, pipelined": (
        echo_number,
        {"request": NUMBERED, "body": b"u{count}", "pipeline": 4},
    ),
    "a mebibyte each way": (echo, {"request": UPLOAD, "body": MEBIBYTE}),
    "more than a socket takes at once": (lambda asked: [GOOD], {"request": LARGE_UPLOAD}),
    "another status": (lambda asked: [answer(status=b"404 X")], {"status": 404}),
    "any body": (lambda asked: [answer(b"%07d" % asked.number)], {"body": None}),
    "a document": (
        lambda asked: [answer(b'{"a": [1, 2]}')],
        {"body": b'{"a":[1,2]}', "accepts": "json"},
    ),
    "a new connection each": (
        lambda asked: [CLOSING, None],
        {"request": CLOSE, "new_connection": True},
    ),
}
WRONG: dict[str, tuple[Answers, dict[str, object], str]] = {
    "status": (
        on(7, [answer(b"oh", b"500 X")]),
        {},
        "answer .*: expected status 200, came 500 with b'oh'",
    ),
    "one octet in the fiftieth": (
        on(50, [GOOD.replace(b"World", b"Wor1d")]),
        {},
        "answer [45].*: a body of 13 octets .* at octet 10: expected b'ld!', came b'1d!'",
    ),
    "short body": (on(7, [answer(HELLO[:-1])]), {}, "12 octets instead of 13 .* at octet 12"),
    "long body": (on(7, [answer(HELLO + b"!")]), {}, "14 octets instead of 13 .* at octet 13"),
    "a number twice": (
        lambda asked: [answer(b"u%07d" % (1 if asked.number > 20 else int(asked.head[5:12])))],
        {"request": NUMBERED, "body": b"u{count}"},
        "a body of 8 octets differs",
    ),
    "pipelined": (
        on(50, [GOOD.replace(b"World", b"Wor1d")]),
        {"pipeline": 4},
        "at octet 10: expected b'ld!', came b'1d!'",
    ),
    "in a mebibyte": (
        lambda asked: [
            answer(asked.body if asked.number != 3 else asked.body[:-2] + b"!" + asked.body[-1:])
        ],
        {"request": UPLOAD, "body": MEBIBYTE},
        "octet 1048574",
    ),
}
# wrk says no more of these than that its sockets had errors, or that there were too many answers.
BROKEN: dict[str, tuple[Answers, str]] = {
    "closed instead of an answer": (on(7, [None]), "closed the connection without an answer"),
    "closed within an answer": (on(7, [GOOD[:-1], None]), "within an answer, after 51 octets"),
    "garbage": (on(7, [b"SSH-2.0-OpenSSH\r\n"]), "expected an answer of HTTP/1, came b'SSH-2.0"),
    "octets behind": (on(7, [GOOD + b"!!"]), r"octets behind the answer: b'!|came b'!"),
    "octets behind the first": (on(1, [GOOD + b"!!"]), "2 octets behind the answer: b'!!'"),
    "two answers each": (lambda asked: [GOOD + GOOD], "behind the answer: b'HTTP"),
}


async def load_on(engine: str, answers: Answers, fields: dict[str, object]) -> tuple[Load, Script]:
    """The built-in client in a thread, which starts sooner than a process."""
    async with scripted(answers) as script:
        job = job_for(script, **fields)  # type: ignore[arg-type]
        load = await (
            asyncio.to_thread(do, job) if engine == "builtin" else drive(job, "wrk", None)
        )
        return load, script


async def refusal_on(engine: str, answers: Answers, fields: dict[str, object]) -> str:
    with pytest.raises(Refused) as refused:
        await load_on(engine, answers, fields)
    return str(refused.value)


@pytest.mark.parametrize("name", RIGHT)
async def test_right_answers_are_counted_by_the_built_in_client(name: str) -> None:
    load, script = await load_on("builtin", *RIGHT[name])
    # It awaits all answers: what the server answered is what it counted.
    assert load.requests == script.requests > 0
    assert load.read_bytes > load.requests * len(b"HTTP/1.1 200 OK\r\n\r\n")
    assert load.duration_s >= 0.05
    assert load.client_cpu_s > 0


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_answer_is_refused_by_the_built_in_client(name: str) -> None:
    answers, fields, message = WRONG[name]
    with pytest.raises(Refused, match=message):
        await load_on("builtin", answers, fields | {"duration_s": LONG_S})


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_answer_is_refused_by_the_built_in_client(name: str) -> None:
    answers, message = BROKEN[name]
    with pytest.raises(Refused, match=message):
        await load_on("builtin", answers, {"duration_s": LONG_S})


@needs("wrk")
async def test_right_answers_are_counted_by_wrk() -> None:
    """All at once, because wrk takes a second at least."""
    loads = await asyncio.gather(*(load_on("wrk", *case) for case in RIGHT.values()))
    for name, (load, script) in zip(RIGHT, loads, strict=True):
        assert 0 < load.requests <= script.requests, name
        assert load.client_cpu_s > 0, name


@needs("wrk")
async def test_wrong_and_broken_answers_are_refused_by_wrk() -> None:
    wrong = {name: (answers, fields) for name, (answers, fields, _) in WRONG.items()}
    broken: dict[str, tuple[Answers, dict[str, object]]] = {
        name: (answers, {}) for name, (answers, _) in BROKEN.items()
    }
    cases = wrong | broken
    said = dict(
        zip(
            cases,
            await asyncio.gather(*(refusal_on("wrk", *c) for c in cases.values())),
            strict=True,
        )
    )
    assert "expected status 200, came 500 with b'oh'" in said["status"]
    assert "at octet 10: expected b'ld!', came b'1d!'" in said["one octet in the fiftieth"]
    assert "12 octets instead of 13" in said["short body"]
    assert "14 octets instead of 13" in said["long body"]
    assert "a body of 8 octets differs" in said["a number twice"]
    assert "octet 1048574" in said["in a mebibyte"]
    for name in BROKEN:
        assert "Socket errors" in said[name] or "answer" in said[name], said[name]


@pytest.mark.parametrize("engine", ["builtin", pytest.param("wrk", marks=needs("wrk"))])
async def test_a_server_that_does_not_answer_is_refused(engine: str) -> None:
    async with scripted(lambda asked: [GOOD]) as script:
        job = job_for(script, answer_timeout_s=0.2)
        script.gate.clear()
        with pytest.raises(Refused, match=r"no answer within 0\.2 s on 2 of 2|timed out"):
            await drive(job, engine, None)


async def test_one_answer_of_many_that_never_comes_is_refused() -> None:
    async with scripted(lambda asked: [] if asked.number == 9 else [GOOD]) as script:
        with pytest.raises(Refused, match=r"no answer within 0\.2 s on 1 of 2 connections"):
            await asyncio.to_thread(do, job_for(script, answer_timeout_s=0.2, duration_s=LONG_S))


async def test_nobody_there() -> None:
    async with scripted(lambda asked: [GOOD]) as script:
        job = job_for(script)
    for engine in ("builtin", *(["wrk"] if available() == "wrk" else [])):
        with pytest.raises(Refused, match="refused"):
            await drive(job, engine, None)


@pytest.mark.parametrize("engine", ["builtin", pytest.param("wrk", marks=needs("wrk"))])
async def test_a_host_without_an_address(engine: str) -> None:
    with pytest.raises(Refused, match="answer 1: "):
        await drive(Job("no host", 80, GET, 200, None), engine, None)


async def test_a_server_that_says_that_it_closes_is_connected_to_anew() -> None:
    """Keep-alive is a wish: an error page may end its connection."""
    load, script = await load_on("builtin", lambda asked: [CLOSING, None], {"duration_s": 0.5})
    assert load.requests == script.requests > 2
    assert script.connections >= script.requests


async def test_an_answer_may_end_with_its_connection() -> None:
    unframed: list[bytes | None] = [b"HTTP/1.1 200 OK\r\n\r\n", HELLO, None]
    fields: dict[str, object] = {"new_connection": True, "duration_s": 0.5}
    load, script = await load_on("builtin", lambda asked: list(unframed), fields)
    assert load.requests == script.requests > 2


async def test_each_request_has_its_own_connection() -> None:
    fields: dict[str, object] = {"request": CLOSE, "new_connection": True, "duration_s": 0.5}
    load, script = await load_on("builtin", lambda asked: [CLOSING, None], fields)
    assert script.connections == script.requests == load.requests > 2


@pytest.mark.parametrize("pipeline", [1, 3])
async def test_numbered_answers_are_foreseen(pipeline: int) -> None:
    """What is quick: the next answers are compared with what they have to be, unparsed."""
    async with scripted(echo_number) as script:
        job = job_for(script, NUMBERED, body=b"u{count}", pipeline=pipeline)
        exchanges = Closed(job)
        await asyncio.to_thread(exchanges.run)
        exchanges.close_all()
    assert exchanges.learned is not None
    expected = [answer(b"u%07d" % number) for number in range(71, 71 + pipeline)]
    assert exchanges.learned(71) == b"".join(expected)


async def test_numbers_count_up_over_all_connections() -> None:
    seen: list[int] = []

    def note(asked: Asked) -> list[bytes | None]:
        seen.append(int(asked.head[5:12]))
        return [GOOD]

    await load_on("builtin", note, {"request": NUMBERED, "connections": 3, "pipeline": 2})
    assert sorted(seen) == list(range(len(seen)))


async def test_a_fixed_rate_sends_what_is_due_and_no_more() -> None:
    load, script = await load_on(
        "builtin", lambda asked: [GOOD], {"rate_per_s": 200.0, "duration_s": 0.5}
    )
    assert load.requests == script.requests == 100
    assert load.latency is not None
    assert load.latency.count == 100
    assert load.duration_s >= 99 / 200


@pytest.mark.parametrize("connections", [1, 4])
async def test_a_stall_is_seen_by_all_requests_that_were_due_in_it(connections: int) -> None:
    """Only lower bounds: a busy machine makes latencies longer, never shorter."""

    def stall_once(asked: Asked) -> list[bytes | None]:
        if asked.number == 50:
            script.gate.clear()
            asyncio.get_running_loop().call_later(0.3, script.gate.set)
        return [GOOD]

    async with scripted(stall_once) as script:
        job = job_for(script, rate_per_s=200.0, duration_s=0.6, connections=connections)
        load = await asyncio.to_thread(do, job)
    assert load.latency is not None
    assert load.latency.count == 120
    # 60 were due in the 300 ms, 40 of them in their first 200: one in three waited 100 ms or more.
    assert load.latency.percentile(69) >= 95_000
    assert load.latency.max >= 290_000


async def test_the_built_in_client_in_its_own_process() -> None:
    async with scripted(lambda asked: [GOOD]) as script:
        load = await drive(job_for(script), "builtin", CPU)
        assert load.requests == script.requests > 0
    async with scripted(on(7, [answer(b"oh", b"500 X")])) as script:
        with pytest.raises(Refused, match=r"^answer .*: expected status 200, came 500 with b'oh'$"):
            await drive(job_for(script, duration_s=LONG_S), "builtin", CPU)


async def test_one_process_does_job_after_job() -> None:
    """Also behind one that was refused: that was the server's fault."""
    async with (
        scripted(on(7, [answer(b"oh", b"500 X")])) as script,
        Engine("builtin", CPU) as engine,
    ):
        with pytest.raises(Refused, match="came 500"):
            await engine.drive(job_for(script, duration_s=LONG_S))
        for _ in range(2):
            load = await engine.drive(job_for(script))
            assert load.requests > 0
            assert load.client_cpu_s < load.duration_s + 1


async def test_ctrl_c_is_for_the_harness_alone() -> None:
    async with scripted(lambda asked: [GOOD]) as script, Engine("builtin", None) as engine:
        await engine.drive(job_for(script))
        assert engine._client is not None
        assert os.getpgid(engine._client.pid) != os.getpgrp()


async def test_without_taskset_the_client_is_bound_to_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    async with scripted(lambda asked: [GOOD]) as script:
        assert (await drive(job_for(script), "builtin", CPU)).requests > 0


async def test_no_such_processor() -> None:
    with pytest.raises(Refused, match="there is no processor 4711 for this process"):
        await drive(Job("127.0.0.1", 1, GET, 200, None), "builtin", 4711)


def test_a_line_that_is_no_json_is_refused() -> None:
    assert client.answer(b"{\n")["refused"].startswith("a job is a JSON object: ")


async def test_engines_are_known() -> None:
    assert available() in ENGINES
    with pytest.raises(Refused, match="engines are wrk and builtin, not 'ab'"):
        await drive(Job("127.0.0.1", 1, GET, 200, None), "ab", None)


def test_without_wrk_the_built_in_client_is_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert available() == "builtin"


def test_octets_behind_the_very_last_answer_are_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        job = Job("127.0.0.1", listener.getsockname()[1], GET, 200, HELLO, connections=1)
        exchanges = Closed(job)
        exchanges.open_all()
        accepted, _ = listener.accept()
        with accepted:
            accepted.sendall(b"!!")
            with pytest.raises(Refused, match="octets behind the last answer: b'!!'"):
                exchanges.drain()
        exchanges.close_all()


@contextmanager
def running(code: str) -> Iterator[int]:
    """Another process, from its first line of output on. Tests of turns count one as the server's,
    and never their own: who seems restless is stopped."""
    with subprocess.Popen(
        [sys.executable, "-S", "-c", f"import sys; print(flush=True)\n{code}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process.pid
        finally:
            process.kill()


@pytest.fixture
def at_rest() -> Iterator[int]:
    with running("sys.stdin.read()") as pid:
        yield pid


@pytest.fixture
def spinning() -> Iterator[int]:
    with running("while True: pass") as pid:
        yield pid


def state_of(pid: int) -> str:
    """A letter: T is stopped (proc_pid_stat(5))."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def turns_on(*scripts: Script, pid: int, order: str = "ABBA") -> Turns:
    jobs = {side: job_for(script) for side, script in zip("AB", scripts, strict=True)}
    return Turns(jobs, dict.fromkeys("AB", (pid,)), order, slice_s=0.02)


async def test_turns_are_taken_in_their_order_on_connections_that_stay(at_rest: int) -> None:
    async with scripted(lambda asked: [GOOD]) as a, scripted(lambda asked: [GOOD]) as b:
        taken = await asyncio.to_thread(take, turns_on(a, b, pid=at_rest, order="ABBAB"))
        assert [one.side for one in taken] == list("ABBAB")
        for side, script in (("A", a), ("B", b)):
            loads = [one.load for one in taken if one.side == side]
            assert sum(load.requests for load in loads) < script.requests, "the first is not told"
            assert all(load.read_bytes == load.requests * len(GOOD) for load in loads)
            assert all(load.requests > 0 for load in loads)
        assert all(one.load.duration_s >= 0.02 for one in taken)


async def test_a_wrong_answer_in_turns_names_its_side(at_rest: int) -> None:
    async with (
        scripted(lambda asked: [GOOD]) as a,
        scripted(on(7, [answer(b"oh", b"500 X")])) as b,
        Engine("builtin", CPU) as engine,
    ):
        with pytest.raises(Refused, match=r"^B: answer .*: expected status 200, came 500"):
            await engine.take(turns_on(a, b, pid=at_rest))
        assert a.requests > 0


async def test_turns_that_do_not_end_are_given_up(
    at_rest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "_SPARE_S", 0.05)
    async with (
        scripted(lambda asked: [GOOD]) as a,
        scripted(lambda asked: [GOOD]) as b,
        Engine("builtin", None) as engine,
    ):
        a.gate.clear()
        with pytest.raises(Refused, match="builtin did not end within"):
            await engine.take(turns_on(a, b, pid=at_rest))


async def test_a_process_that_has_ended_refuses_its_turns() -> None:
    ended = await asyncio.create_subprocess_exec("true")
    await ended.wait()
    async with scripted(lambda asked: [GOOD]) as a, scripted(lambda asked: [GOOD]) as b:
        with pytest.raises(Refused, match=rf"^A: answer [0-9]+: process {ended.pid} has ended$"):
            await asyncio.to_thread(take, turns_on(a, b, pid=ended.pid))


async def test_who_is_restless_is_stopped_in_the_turns_of_the_other(
    spinning: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that spins is server B's own."""
    monkeypatch.setattr(turns_module, "is_restless", lambda pids: pids == (spinning,))
    seen: dict[str, list[str]] = {"A": [], "B": []}

    def noting(side: str) -> Answers:
        def answers(asked: Asked) -> list[bytes | None]:
            seen[side].append(state_of(spinning))
            return [GOOD]

        return answers

    async with scripted(noting("A")) as a, scripted(noting("B")) as b:
        turns = turns_on(a, b, pid=spinning, order="ABBA" * 4)
        taken = await asyncio.to_thread(take, replace(turns, pids={"A": (), "B": (spinning,)}))
        assert state_of(spinning) != "T", "it was left stopped"
    assert sum(one.server_cpu_s for one in taken if one.side == "B") > 0
    assert sum(one.server_cpu_s for one in taken if one.side == "A") == 0
    assert "T" not in seen["B"]
    # Not in the first turn, which does not count; in the others as soon as the signal is there.
    assert seen["A"][0] != "T"
    assert seen["A"].count("T") > len(seen["A"]) / 2


@pytest.mark.parametrize(("used_s", "is_so"), [(0.0, False), (0.001, False), (0.05, True)])
def test_restless_is_who_uses_its_processor_unasked(
    used_s: float, is_so: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long a busy machine makes the look: here half a second."""
    moments = iter([0.0, 0.5])
    late = SimpleNamespace(monotonic=lambda: next(moments), sleep=lambda wanted_s: None)
    used = iter([1.0, 1.0 + used_s])
    monkeypatch.setattr(turns_module, "time", late)
    monkeypatch.setattr(turns_module, "processors_s", lambda pids: next(used))
    assert is_restless((1,)) is is_so


def test_who_waits_is_not_restless(at_rest: int) -> None:
    assert not is_restless((at_rest,))


def test_processor_time_is_that_of_the_process() -> None:
    before_s = time.process_time()
    assert before_s <= processors_s((os.getpid(),)) <= time.process_time()
    assert processors_s(()) == 0


def test_turns_travel_as_json() -> None:
    job = Job("127.0.0.1", 1, GET, 200, HELLO)
    turns = Turns({"A": job, "B": job}, {"A": (1,), "B": (2, 3)}, "ABBA", 0.02)
    assert Turns.from_json(json.loads(json.dumps(turns.to_json()))) == turns
