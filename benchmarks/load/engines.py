"""The one door to load: which engines there are, and running a job on one of them."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self

from benchmarks.command import Refused
from benchmarks.load import wrk
from benchmarks.load.model import Job, Load
from benchmarks.load.turns import Turn, Turns
from benchmarks.pinning import pinned
from conformance.driver import how_it_ended

ENGINES = ("wrk", "builtin")
ROOT = Path(__file__).resolve().parents[2]
# For what is not the load itself: starting, connecting, awaiting the last answers.
_SPARE_S = 20.0
_LINE_BYTES = 16 * 1024 * 1024


def available() -> str:
    """The engine to use where none is asked for: "wrk" where it is installed, else "builtin"."""
    return "builtin" if wrk.program() is None else "wrk"


async def drive(job: Job, engine: str, cpu: int | None) -> Load:
    """Run one job; see `Engine`."""
    async with Engine(engine, cpu) as one:
        return await one.drive(job)


class Engine:
    """Runs jobs, one after the other, in processes pinned to processor `cpu` (None: to none).

    An async context manager: the built-in client is one process for all of its jobs, which begins
    with the first. Raises Refused for an engine that there is not.
    """

    def __init__(self, name: str, cpu: int | None) -> None:
        if name not in ENGINES:
            raise Refused(f"engines are {' and '.join(ENGINES)}, not {name!r}")
        self.name = name
        self._cpu = cpu
        self._client: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._end()

    async def take(self, turns: Turns) -> list[Turn]:
        """Slices on two servers in turns, by the built-in client. Raises Refused as `drive`, the
        side in front."""
        assert self.name == "builtin", "wrk has no turns"
        async with self._within(len(turns.order) * (turns.slice_s + _SPARE_S) + _SPARE_S):
            said = await self._ask_builtin({"turns": turns.to_json()})
        return [Turn.from_json(one) for one in said["turns"]]

    async def drive(self, job: Job) -> Load:
        """Raises Refused where a single answer was wrong, naming the status, the length or the
        first octet that differs, and where the engine could not run."""
        async with self._within(job.duration_s + 2 * job.answer_timeout_s + _SPARE_S):
            if self.name == "wrk":
                return await wrk.drive(job, self._cpu)
            return Load.from_json(await self._ask_builtin(job.to_json()))

    @asynccontextmanager
    async def _within(self, limit_s: float) -> AsyncIterator[None]:
        """Raises Refused for what takes longer. The client is ended then: what it still said would
        be taken for the answer to the next job."""
        try:
            async with asyncio.timeout(limit_s):
                yield
        except TimeoutError as error:
            await self._end()
            raise Refused(f"{self.name} did not end within {limit_s:g} s") from error

    async def _ask_builtin(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What the client answers. Raises Refused with what it says, and when it ends."""
        if self._client is None:
            self._client = await _start_client(self._cpu)
        stdin, stdout = self._client.stdin, self._client.stdout
        assert stdin is not None
        assert stdout is not None
        with suppress(ConnectionError):  # it has ended, as the end of its output tells
            stdin.write(json.dumps(asked).encode() + b"\n")
            await stdin.drain()
        line = await stdout.readline()
        if not line:
            status = await self._client.wait()
            raise Refused(f"the built-in client ended: {how_it_ended(status)}")
        said: dict[str, Any] = json.loads(line)
        if "refused" in said:
            raise Refused(said["refused"])
        return said

    async def _end(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(ProcessLookupError):
                client.kill()
            await client.wait()


async def _start_client(cpu: int | None) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *pinned(cpu),
        # It needs the standard library alone: -S leaves out what site would look for.
        *(sys.executable, "-S", "-m", "benchmarks.load.client"),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        process_group=0,  # Ctrl-C is for the harness, which ends it
        limit=_LINE_BYTES,
    )
