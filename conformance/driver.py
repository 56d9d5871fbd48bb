"""Drives one adapter process: starts it, speaks protocol 1 with it, ends it.

Owns the process and its pipes. Every wait has a deadline; whatever goes wrong with the adapter is
an AdapterError whose message shows what it said on stderr.
"""

from __future__ import annotations

import asyncio
import secrets
import signal
import tempfile
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .guard import Guard, kill_session
from .protocol import MAX_LINE_BYTES, PROTOCOL, AdapterError, Message, Unusable, decode, encode
from .seen import Rejection
from .spec import App

_STDERR_BYTES = 65536
_EVENTS_OF_QUIET = 1000  # of such an app there should be hardly any
_LAST_WORDS_S = 0.5


@dataclass(frozen=True)
class Command:
    """How an adapter is run. `advice` is what to do when it cannot be, for people; `cwd` the folder
    to run it in, None for the current one."""

    argv: Sequence[str]
    label: str
    env: Mapping[str, str] | None = None
    advice: str = ""
    cwd: str | None = None


@dataclass(frozen=True)
class Deadlines:
    """Seconds that each thing may take before it is given up."""

    hello_s: float = 30.0
    start_s: float = 30.0
    operation_s: float = 5.0
    step_s: float = 5.0
    probe_s: float = 2.0
    exit_s: float = 10.0
    crowd_s: float = 30.0


@dataclass(frozen=True)
class Hello:
    """What an adapter says of itself and of its framework."""

    name: str
    version: str = ""
    language: str = ""
    runtime: str = ""
    homepage: str = ""
    capabilities: frozenset[str] = frozenset()
    dialect: Mapping[str, str] = field(default_factory=dict)


class RunningApp:
    """One application that an adapter serves, with its events as they come.

    Of a quiet one the first thousand are kept; `event_count` counts all.
    """

    def __init__(
        self,
        process: AdapterProcess | None,
        id: str,
        host: str,
        port: int,
        *,
        is_quiet: bool = False,
    ) -> None:
        self.process = process
        self.id = id
        self.host = host
        self.port = port
        self.events: list[Message] = []
        self.event_count = 0
        self._is_quiet = is_quiet
        self._changed = asyncio.Event()

    def add_event(self, message: Message) -> None:
        self.event_count += 1
        if not self._is_quiet or len(self.events) < _EVENTS_OF_QUIET:
            self.events.append(message)
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Until an event has made `condition` true."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    async def release(self, gate: str) -> None:
        if self.process is not None:
            await self.process.operate("release", self.id, gate=gate)

    async def sync(self) -> None:
        """Until every event so far has been written."""
        if self.process is not None:
            await self.process.operate("sync", self.id)

    async def stop(self, within_s: float) -> Message:
        """Have it stopped, its shutdown hooks run; returns the reply."""
        if self.process is None:
            return {}
        return await self.process.operate("stop", self.id, within_s=within_s)


class AdapterProcess:
    """A running adapter. Make one with `AdapterProcess.start`."""

    def __init__(
        self, command: Command, process: asyncio.subprocess.Process, guard: Guard, limits: Deadlines
    ) -> None:
        self.command = command
        self.pid = process.pid
        self.hello = Hello(command.label)
        self.nonce = secrets.token_hex(8)
        self.ended = asyncio.Event()
        """The process is gone; `exit_status` tells how."""
        self.exit_status: int | None = None
        self._process = process
        self._guard = guard
        self._limits = limits
        self._apps: dict[str, RunningApp] = {}
        self._replies: dict[tuple[str, str | None], deque[asyncio.Future[Message]]] = {}
        self._early_events: dict[str, list[Message]] = {}
        self._error: AdapterError | None = None
        self._stderr: deque[bytes] = deque()
        self._stderr_bytes = 0
        self.stderr_total_bytes = 0
        self.stderr_total_lines = 0
        self._count = 0
        self._folders: list[tempfile.TemporaryDirectory[str]] = []
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def start(cls, command: Command, guard: Guard, limits: Deadlines) -> AdapterProcess:
        """Run the adapter and have it say hello. Raises AdapterError."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command.argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=None if command.env is None else dict(command.env),
                cwd=command.cwd,
                start_new_session=True,
                limit=MAX_LINE_BYTES,
            )
        except OSError as exc:
            reason = exc.strerror or str(exc)
            raise AdapterError(f"cannot run {command.argv[0]!r}: {reason}") from exc
        guard.watch(process.pid)
        self = cls(command, process, guard, limits)
        self._tasks = [
            asyncio.create_task(self._read_messages()),
            asyncio.create_task(self._read_stderr()),
        ]
        try:
            await self._say_hello()
        except BaseException:
            await self.kill()
            raise
        return self

    async def _say_hello(self) -> None:
        said = await self._ask(
            {"op": "hello", "protocol": PROTOCOL, "nonce": self.nonce}, self._limits.hello_s
        )
        self.hello = Hello(
            said["name"],
            said.get("version", ""),
            said.get("language", ""),
            said.get("runtime", ""),
            said.get("homepage", ""),
            frozenset(said.get("capabilities", ())),
            said.get("dialect", {}),
        )

    # -- Operations ------------------------------------------------------------------------------

    async def start_app(
        self,
        app: App,
        *,
        foreground: bool = False,
        begun: Callable[[RunningApp], None] | None = None,
    ) -> RunningApp | Rejection:
        """Have an application served. Raises AdapterError, and Unusable when none can be.

        `begun` is called with the app before it answers, so that its events can be followed.
        """
        self._count += 1
        id = f"a{self._count}"
        running = self._apps[id] = RunningApp(self, id, "", 0, is_quiet=app.quiet)
        if begun is not None:
            begun(running)
        message: Message = {"op": "start", "id": id, "app": app.to_json()}
        if foreground:
            message["run"] = "foreground"
        if app.files:
            message["folder"] = await asyncio.to_thread(self._make_folder, app)
        reply = await self._ask(message, self._limits.start_s)
        error = reply.get("error")
        if error is not None:
            said = error.get("message") or error.get("what") or ""
            if error["kind"] == "failed":
                raise Unusable(f"the adapter {self.command.label!r} cannot serve: {said}")
            return Rejection(error["kind"], said)
        running.host, running.port = reply["host"], reply["port"]
        return running

    def _make_folder(self, app: App) -> str:
        """The files of an app in a folder; beside it lies one that nobody may get at."""
        outside = tempfile.TemporaryDirectory(prefix="trueline-")
        self._folders.append(outside)
        (Path(outside.name) / "secret.txt").write_text("outside the folder")
        inside = Path(outside.name) / "public"
        for name, text in app.files:
            path = inside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        return str(inside)

    async def operate(
        self, op: str, id: str, *, within_s: float | None = None, **more: Any
    ) -> Message:
        """`release`, `sync` or `stop`. Raises AdapterError, also when no reply comes in time."""
        return await self._ask(
            {"op": op, "id": id, **more},
            self._limits.operation_s if within_s is None else within_s,
        )

    def signal(self, name: str) -> None:
        if self.exit_status is None:
            self._process.send_signal(signal.Signals[name])

    async def quit(self) -> None:
        """End the adapter: ask it, then kill what is left."""
        try:
            if self._error is None and not self.ended.is_set():
                self._write({"op": "quit"})
                async with asyncio.timeout(self._limits.probe_s):
                    await self.ended.wait()
        except (AdapterError, TimeoutError, ConnectionError):
            pass  # it is killed below
        await self.kill()

    async def kill(self) -> None:
        """End it and everything that it started."""
        kill_session(self.pid)
        await self._process.wait()
        kill_session(self.pid)  # what was started while the first round went through
        await self._close_stdin()
        for task in self._tasks:
            await task
        self._guard.forget(self.pid)
        while self._folders:
            self._folders.pop().cleanup()

    async def _close_stdin(self) -> None:
        """Take note of how its end came: asyncio logs a broken pipe that nobody has heard of."""
        stdin = self._process.stdin
        assert stdin is not None
        if not stdin.is_closing():
            stdin.transport.abort()
        with suppress(ConnectionError):
            await stdin.wait_closed()

    @property
    def stderr(self) -> str:
        """The last of what it wrote there."""
        return self.stderr_since(0)

    def stderr_since(self, mark: int) -> str:
        """What it wrote there since `stderr_total_bytes` was `mark`, as far as it is kept."""
        kept = b"".join(self._stderr)
        new = min(self.stderr_total_bytes - mark, len(kept))
        return kept[len(kept) - new :].decode("utf-8", "backslashreplace")

    def error(self, text: str) -> AdapterError:
        """`text` with what the adapter said on stderr, and advice."""
        said = [line for line in self.stderr.splitlines() if line.strip()]
        if said:
            text += f"\n  it said on stderr: {said[-1].strip()}"
        if self.command.advice:
            text += f"\n  {self.command.advice}"
        return AdapterError(text)

    # -- Messages --------------------------------------------------------------------------------

    async def _ask(self, message: Message, within_s: float) -> Message:
        key = (message["op"], message.get("id"))
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._replies.setdefault(key, deque()).append(future)
        try:
            self._write(message)
            async with asyncio.timeout(within_s):
                return await future
        except TimeoutError:
            said = f"the adapter {self.command.label!r} did not answer {key[0]!r}"
            raise self.error(f"{said} within {within_s:g} seconds") from None
        except ConnectionError:
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self.ended.wait()
                raise self._gone() from None
            raise self.error(f"the adapter {self.command.label!r} reads no more") from None

    def _write(self, message: Message) -> None:
        if self._error is not None:
            raise self._error
        assert self._process.stdin is not None
        if self._process.stdin.is_closing():
            raise ConnectionResetError("the adapter reads no more")
        self._process.stdin.write(encode(message))

    async def _read_messages(self) -> None:
        assert self._process.stdout is not None
        try:
            while line := await self._process.stdout.readline():
                self._take(decode(line))
        except ValueError:
            self._error = self.error(f"the adapter wrote a line of over {MAX_LINE_BYTES} bytes")
        except AdapterError as exc:
            self._error = self.error(str(exc))
        if self._error is not None:
            kill_session(self.pid)
        await self._wait_for_its_end()
        self.ended.set()
        self._error = self._error or self._gone()
        for futures in self._replies.values():
            for future in futures:
                if not future.done():
                    future.set_exception(self._error)
                    future.exception()  # it may have no reader left

    async def _wait_for_its_end(self) -> None:
        """Its output has ended. A process that it started may hold the other pipes open, which
        asyncio takes for life: that one is ended too."""
        for _ in range(2):
            end = asyncio.gather(self._process.wait(), *self._tasks[1:])
            done, _ = await asyncio.wait([end], timeout=_LAST_WORDS_S)
            if done:
                break
            kill_session(self.pid)
        self.exit_status = self._process.returncode

    def _take(self, message: Message) -> None:
        if "event" in message:
            running = self._apps.get(message["app"])
            if running is None:
                raise AdapterError(f"the adapter told an event of an app that is none: {message}")
            running.add_event(message)
            return
        futures = self._replies.get((message["re"], message.get("id")))
        if not futures:
            if message["re"] == "quit":
                return
            raise AdapterError(f"the adapter answered what was not asked: {message}")
        future = futures.popleft()
        if not future.done():
            future.set_result(message)

    async def _read_stderr(self) -> None:
        assert self._process.stderr is not None
        while data := await self._process.stderr.read(65536):
            self._stderr.append(data)
            self._stderr_bytes += len(data)
            self.stderr_total_bytes += len(data)
            self.stderr_total_lines += data.count(b"\n")
            while self._stderr_bytes - len(self._stderr[0]) > _STDERR_BYTES:
                self._stderr_bytes -= len(self._stderr.popleft())

    def _gone(self) -> AdapterError:
        return self.error(
            f"the adapter {self.command.label!r} ended: {how_it_ended(self.exit_status)}"
        )


def how_it_ended(status: int | None) -> str:
    """An exit status in words."""
    if status is None:
        return "it was not started"
    if status < 0:
        try:
            return f"killed by {signal.Signals(-status).name}"
        except ValueError:
            return f"killed by signal {-status}"
    return f"exit status {status}"
