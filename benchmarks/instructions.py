"""Instructions that a server executes for a request, counted by callgrind.

Owns a server under valgrind: how it is started, asked, ended and read. A count knows nothing of
other work on the machine, so it shows a change of a thousandth where time shows one of some per
cent; what it does not show is what an instruction costs.

One server is asked for few requests and for many in turns, each time on a connection of its own,
and has its counts written down (by vgdb) behind each: the difference of the totals belongs to the
requests alone, and nothing of the start is in it. The next request is sent when the server sleeps:
one that comes while it still tidies up behind an answer is read in this turn of its event loop or
in the next, by chance. The median over pairs leaves out what happens by the clock (a Date line for
each second, timers). Python's garbage collector is off: which run a collection falls into is
chance, and moves the result by two thousandths.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import h11

from conformance.guard import session_members

from . import procfs
from .command import Refused
from .connection import Answer
from .load.model import PLACEHOLDER
from .report.result import Measurement
from .scenarios import Scenario
from .serving import Server, serving
from .subjects import Subject

REQUESTS = (200, 2200)
"""Behind the first, the interpreter has specialised its code and caches are full."""

REPEATS = 5
NAME = "instructions per request"

_TOTALS = re.compile(r"^(?:totals|summary): (\d+)$", re.MULTILINE)
_WITHOUT_COLLECTIONS = "import gc\n\ngc.disable()\n"
"""What `sitecustomize` says: the first that an interpreter runs."""

_FIXED_ADDRESSES = ("setarch", "--addr-no-randomize")
_READY_S = 300.0
_DUMP_S = 60.0
_ANSWER_S = 60.0


@dataclass(frozen=True)
class Instructions:
    """What was counted. `requests` are the few and the many; `runs` has the totals of all runs in
    their order: few, many, few, many."""

    subject: str
    scenario: str
    per_request: float
    runs: tuple[int, ...]
    requests: tuple[int, int]

    @property
    def each(self) -> tuple[float, ...]:
        """What each pair of runs says by itself."""
        few, many = self.runs[::2], self.runs[1::2]
        return tuple(difference(*pair, self.requests) for pair in zip(few, many, strict=True))

    @property
    def measurement(self) -> Measurement:
        each = self.each
        spread = (min(each), max(each))
        return Measurement(
            self.subject, self.scenario, NAME, self.per_request, "instructions", spread, each
        )


def difference(few: int, many: int, requests: tuple[int, int]) -> float:
    """Instructions per request, from the totals of a run with few and of one with many."""
    return (many - few) / (requests[1] - requests[0])


def estimate(
    subject: str, scenario: str, runs: tuple[int, ...], requests: tuple[int, int]
) -> Instructions:
    """The median difference of a run with few requests and the one with many behind it.

    Raises Refused when more requests took no more.
    """
    pairs = zip(runs[::2], runs[1::2], strict=True)
    found = statistics.median(difference(*pair, requests) for pair in pairs)
    if found <= 0:
        raise Refused(
            f"{subject} executed no more instructions for {requests[1]} requests than for "
            f"{requests[0]}: what answers is not what is counted"
        )
    return Instructions(subject, scenario, found, runs, requests)


def total(folder: Path) -> int:
    """Instructions of all processes whose counts callgrind wrote into `folder`.

    Raises Refused when there is none, and for a file that has no total.
    """
    sums = []
    for path in _written(folder):
        found = _TOTALS.findall(path.read_text(encoding="utf-8", errors="replace"))
        if not found:
            raise Refused(f"callgrind wrote no total into {path.name}; it may have been killed")
        sums.append(int(found[-1]))
    if not sums:
        raise Refused("callgrind wrote nothing: the server was not run under valgrind")
    return sum(sums)


async def instructions(
    subject: Subject,
    scenario: Scenario,
    *,
    requests: tuple[int, int] = REQUESTS,
    repeats: int = REPEATS,
    progress: Callable[[str], None] = lambda line: None,
) -> Instructions:
    """Count, with one request at a time, all processes and threads of a subject.

    Takes about a minute on an idle machine. For a pipelined scenario the counts are rounded up
    to whole pipelines. Raises Refused when valgrind is not installed, for a wrong answer, and for a
    scenario with idle connections, of which a count says nothing.
    """
    expect_count(scenario)
    few, many = (-(-count // scenario.pipeline) * scenario.pipeline for count in requests)
    if repeats < 1 or not 0 < few < many:
        raise Refused("counts of requests must rise, and be run once at least")
    runs: list[int] = []
    with tempfile.TemporaryDirectory(prefix="trueline-") as name:
        folder = Path(name)
        counted = under_callgrind(subject, folder)
        async with serving(counted, scenario, ready_s=_READY_S) as server:
            await count(server, scenario, few, folder)  # warms up
            for number in range(2 * repeats):
                progress(f"{subject.label}, {scenario.name}: run {number + 1} of {2 * repeats}")
                runs.append(await count(server, scenario, (few, many)[number % 2], folder))
    return estimate(subject.label, scenario.name, tuple(runs), (few, many))


def expect_count(scenario: Scenario) -> None:
    """Raises Refused for a scenario of which there is no count."""
    if scenario.idle:
        raise Refused(f"{scenario.name}: instructions are counted without idle connections")


# -- One run --------------------------------------------------------------------------------------


async def count(server: Server, scenario: Scenario, requests: int, folder: Path) -> int:
    """The instructions since the last count, with so many requests in them."""
    try:
        await drive(server, scenario, requests)
    except (OSError, h11.RemoteProtocolError) as exc:
        raise server.refusal(f"did not answer under valgrind: {exc!r}") from exc
    for pid in sorted(session_members(server.pid)):
        await _dump(pid, server, folder)
    found = total(folder)
    for path in _written(folder):
        path.unlink()
    return found


async def _dump(pid: int, server: Server, folder: Path) -> None:
    """Have a process write down its counts and begin anew. Raises Refused."""
    vgdb = await asyncio.create_subprocess_exec(
        "vgdb", f"--pid={pid}", f"--vgdb-prefix={folder}/vgdb", "dump",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(_DUMP_S):
            said, _ = await vgdb.communicate()
    except TimeoutError as exc:
        raise server.refusal(f"did not write its counts within {_DUMP_S:g} s") from exc
    finally:
        with suppress(ProcessLookupError):
            vgdb.kill()
        await vgdb.wait()
    if vgdb.returncode:
        raise server.refusal(f"did not write its counts: {said.decode(errors='replace').strip()}")


def _written(folder: Path) -> list[Path]:
    return sorted(folder.glob("counts.*.*"))  # of process and dump; without the latter: at its end


def under_callgrind(subject: Subject, folder: Path) -> Subject:
    """The same subject, counted from its start to its end. Raises Refused without valgrind."""
    if shutil.which("valgrind") is None or shutil.which("vgdb") is None:
        raise Refused("instructions are counted with valgrind, which is not installed")
    prefix = [
        "valgrind", "--tool=callgrind", "--quiet", "--trace-children=yes",
        f"--callgrind-out-file={folder}/counts.%p", f"--vgdb-prefix={folder}/vgdb",
    ]  # fmt: skip
    if _addresses_can_be_fixed():
        # Where objects lie decides how sets and dicts of them collide.
        prefix = [*_FIXED_ADDRESSES, *prefix]
    command = subject.command
    env = dict(os.environ if command.env is None else command.env)
    env["PYTHONHASHSEED"] = "0"
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # a run that compiles is not like one that need not
    (folder / "sitecustomize.py").write_text(_WITHOUT_COLLECTIONS)
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(folder), env.get("PYTHONPATH")]))
    return replace(subject, command=replace(command, argv=[*prefix, *command.argv], env=env))


def _addresses_can_be_fixed() -> bool:
    """Containers often forbid it (seccomp): then counts vary with where objects lie."""
    if shutil.which(_FIXED_ADDRESSES[0]) is None:
        return False
    tried = subprocess.run([*_FIXED_ADDRESSES, "true"], capture_output=True, check=False)
    return tried.returncode == 0


async def drive(server: Server, scenario: Scenario, requests: int) -> None:
    """Ask one request (or pipeline) after another; every answer must be right.

    Raises Refused for a wrong one, OSError (TimeoutError with it) where the connection fails, and
    h11.RemoteProtocolError for what is no answer.
    """
    pids = session_members(server.pid)
    for start in range(0, requests, requests if not scenario.new_connection else 1):
        stop = min(start + 1, requests) if scenario.new_connection else requests
        reader, writer = await asyncio.open_connection(server.host, server.port)
        try:
            for asked in range(start, stop, scenario.pipeline):
                numbers = range(asked, asked + scenario.pipeline)
                await _until_asleep(pids)
                await _exchange(reader, writer, scenario, numbers, server.subject.label)
        finally:
            writer.transport.abort()
        await _until_asleep(pids)


async def _until_asleep(pids: Iterable[int]) -> None:
    """Until the server has done all that it had to. Raises TimeoutError for one that never has, and
    OSError for one that ended."""
    async with asyncio.timeout(_ANSWER_S):
        # Nobody tells when a process falls asleep: it has to be asked.
        while not all(procfs.sleeps(pid) for pid in pids):  # noqa: ASYNC110
            await asyncio.sleep(0)


async def _exchange(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    scenario: Scenario,
    numbers: range,
    label: str,
) -> None:
    for number in numbers:
        writer.write(scenario.request.replace(PLACEHOLDER, b"%07d" % number))
    rest = b""
    async with asyncio.timeout(_ANSWER_S):
        for number in numbers:
            answer, rest = await _answer(reader, scenario.request, rest)
            if not is_right(answer, scenario, number):
                said = f"status {answer.status} and {answer.body[:80]!r}"
                raise Refused(f"{label} answered {scenario.name} wrongly, with {said}")


async def _answer(
    reader: asyncio.StreamReader, request: bytes, data: bytes
) -> tuple[Answer, bytes]:
    """The next answer, and what has come behind it."""
    parser = h11.Connection(h11.CLIENT)
    method, target = request.split(b" ", 2)[:2]
    # Only the method matters for the reading of an answer.
    parser.send(h11.Request(method=method, target=target, headers=[("Host", "x")]))
    parser.send(h11.EndOfMessage())
    if data:
        parser.receive_data(data)
    status, body = 0, bytearray()
    while not isinstance(event := parser.next_event(), h11.EndOfMessage):
        if event is h11.NEED_DATA:
            parser.receive_data(await reader.read(65536))
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += event.data
    return Answer(status, bytes(body)), parser.trailing_data[0]


def is_right(answer: Answer, scenario: Scenario, number: int) -> bool:
    """Whether an answer to request `number` is; bodies with its number are judged as number 0."""
    body = answer.body
    if PLACEHOLDER in scenario.request:
        body = body.replace(b"%07d" % number, b"0000000")
    return answer.status == scenario.status and scenario.accepts(body)
