"""wrk as an engine: its command line, what it prints, and when that is no measurement.

`replay.lua` validates every answer within wrk. What it cannot see: an answer that one connection
got in place of another one's of the same kind, fewer answers too many than there are connections,
and answers that are still due at the end, for which wrk does not wait. Parsing is pure.
"""

import asyncio
import math
import re
import shutil
import socket
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from benchmarks.command import Refused
from benchmarks.load.answers import (
    Answer,
    Expectation,
    Reader,
    difference_text,
    wrong_status,
)
from benchmarks.load.model import PLACEHOLDER, Job, Load
from benchmarks.load.templates import Template
from benchmarks.pinning import pinned

SCRIPT = Path(__file__).resolve().parent / "replay.lua"
SHORTEST_S = 1

_EXACT = re.compile(
    r"^exact: requests=(\d+) bytes=(\d+) duration_us=(\d+) cpu_us=(\d+)"
    r" sent=(-?\d+) answered=(\d+) wrong=(\d+)$",
    re.MULTILINE,
)
_FIRST_WRONG = re.compile(
    r"^first wrong: number=(\d+) status=(\d+) at=(\d+) came_bytes=(\d+) expected_bytes=(\d+)"
    r" came=([0-9a-f]*) expected=([0-9a-f]*)$",
    re.MULTILINE,
)
_ERRORS = re.compile(r"^\s*(Socket errors:.*)$", re.MULTILINE)
_CONNECTION_CLOSE = re.compile(rb"\r\nconnection:[ \t]*close[ \t]*\r\n", re.IGNORECASE)


def program() -> str | None:
    """The path of wrk, if it is installed."""
    return shutil.which("wrk")


def parse_output(output: str, status: int) -> Load:
    """What wrk printed, as a load.

    Raises Refused where wrk printed no counts, an answer was wrong (`status` was expected), there
    were more answers than requests, or none.
    """
    exact = _EXACT.search(output)
    if exact is None:
        raise Refused(f"wrk printed no counts:\n{output}")
    requests, read_bytes, duration_us, cpu_us, sent, answered, wrong = map(int, exact.groups())
    errors = tuple(_ERRORS.findall(output))
    if wrong:
        raise Refused(_wrong_text(output, status, wrong))
    if answered > sent:
        raise Refused(f"{answered} answers to {sent} requests")
    if requests == 0 or duration_us == 0:
        said = "; ".join(errors) or "nor was there an error"
        raise Refused(f"not one request was answered in {duration_us / 1e6:.1f} s; {said}")
    return Load(requests, read_bytes, duration_us / 1e6, cpu_us / 1e6, errors)


def _wrong_text(output: str, expected_status: int, wrong: int) -> str:
    first = _FIRST_WRONG.search(output)
    if first is None:
        return f"{wrong} answers were wrong:\n{output}"
    number, status, at, came_bytes, expected_bytes = (int(text) for text in first.groups()[:5])
    came, expected = (bytes.fromhex(text) for text in first.groups()[5:])
    if status != expected_status:
        text = wrong_status(expected_status, status, came)
    else:
        text = difference_text(at, (expected_bytes, expected), (came_bytes, came))
    more = "" if wrong == 1 else f" ({wrong} answers were wrong)"
    return f"answer {number}: {text}{more}"


def command(job: Job, folder: Path, cpu: int | None, *, validate: bool = True) -> list[str]:
    """The command line of wrk, one thread, whose request and body are files in `folder`."""
    wrk = program()
    if wrk is None:
        raise Refused("wrk is not installed; the built-in client needs nothing: engine builtin")
    seconds = max(SHORTEST_S, round(job.duration_s))
    return [
        *pinned(cpu),
        *(wrk, "--threads", "1", "--connections", str(job.connections)),
        *("--duration", f"{seconds}s", "--timeout", f"{max(1, math.ceil(job.answer_timeout_s))}s"),
        *("--script", str(SCRIPT), f"http://{job.host}:{job.port}/", "--"),
        *(str(folder), str(job.status), str(job.pipeline), "validate" if validate else "trust"),
    ]


def probe(job: Job) -> Answer:
    """One answer to request 0, validated. Raises Refused for a wrong one."""
    try:
        with socket.create_connection(
            (job.host, job.port), timeout=job.answer_timeout_s
        ) as connection:
            connection.sendall(Template(job.request).render(0))
            answer = _read(connection)
    except OSError as error:
        raise Refused(f"answer 1: {error.strerror or error}") from error
    Expectation(job).judge(answer, 0)
    return answer


def _read(connection: socket.socket) -> Answer:
    reader = Reader()
    while True:
        answer = reader.next()
        if answer is not None and reader.buffer:
            behind = bytes(reader.buffer[:80])
            raise Refused(f"answer 1: {len(reader.buffer)} octets behind the answer: {behind!r}")
        if answer is not None:
            return answer
        data = connection.recv(262144)
        if not data:
            return reader.end()
        reader.feed(data)


def prepared(job: Job) -> Job:
    """The job as wrk can do it: a document in the very octets in which this server writes it.

    Raises Refused for what wrk cannot do, and for a wrong answer.
    """
    if job.rate_per_s is not None:
        raise Refused("wrk keeps no rate; the built-in client does: engine builtin")
    if job.request.startswith(b"HEAD "):
        raise Refused("wrk does not know HEAD; the built-in client does: engine builtin")
    if job.new_connection and not _CONNECTION_CLOSE.search(job.request):
        raise Refused("wrk connects anew where the request says Connection: close alone")
    answer = probe(job)
    if job.new_connection and not answer.closes:
        raise Refused("the server keeps the connection although the request says close")
    if job.accepts == "json" and job.body is not None and PLACEHOLDER not in job.body:
        return replace(job, body=answer.body, accepts="exact")
    if job.accepts == "json":
        raise Refused("wrk compares octets: documents that vary need engine builtin")
    return job


async def drive(job: Job, cpu: int | None, *, validate: bool = True) -> Load:
    """Runs wrk, pinned to `cpu`, for the job's duration in whole seconds, one at least.

    Raises Refused, with the first wrong answer or what wrk printed.
    """
    job = await asyncio.to_thread(prepared, job)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "request").write_bytes(job.request)
        if job.body is not None:
            (folder / "body").write_bytes(job.body)
        process = await asyncio.create_subprocess_exec(
            *command(job, folder, cpu, validate=validate),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            output, _ = await process.communicate()
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    load = parse_output(output.decode("utf-8", "replace"), job.status)
    if load.errors:
        raise Refused("; ".join(load.errors))
    return load
