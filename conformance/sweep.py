"""Runs the exchanges of many checks at once and gives what was seen of each.

Owns which checks share an app, how many run at a time, and what happens when the subject dies or
hangs: those that were in flight are repeated one at a time on a fresh process, so that the blame
falls on the right one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from .check import Check
from .crowd import allow_many_files
from .driver import AdapterProcess, Command, Deadlines, Hello, RunningApp, how_it_ended
from .guard import Guard
from .protocol import AdapterError
from .script import Script
from .seen import Rejection, Seen
from .spec import App

AT_ONCE = 32
ALONE_AT_ONCE = 3
SUSPECTS_AT_ONCE = 4  # each has a process of its own, so they cannot be blamed for one another


@dataclass(frozen=True)
class Outcome:
    """What was seen of a check, how long that took, or why the harness could not see."""

    seen: Seen
    duration_s: float = 0.0
    error: str | None = None


Report = Callable[[Check, Outcome], None]


@dataclass
class _Round:
    """One process and what was done with it."""

    process: AdapterProcess
    suspects: list[Check] = field(default_factory=list)
    is_hung: bool = False
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)


class Sweep:
    """The checks of one run against one subject. Raises AdapterError from `open` only."""

    def __init__(
        self, command: Command, deadlines: Deadlines | None = None, *, at_once: int = AT_ONCE
    ) -> None:
        self._command = command
        self._deadlines = deadlines or Deadlines()
        self._at_once = at_once
        self._guard = Guard()
        self._processes: list[AdapterProcess] = []
        self._shared: AdapterProcess | None = None
        self._tokens = 0
        self.hello = Hello(command.label)
        self.notes: list[str] = []

    async def open(self) -> Hello:
        """Start the adapter once, to learn what it is."""
        allow_many_files()  # a subject has the limit of the one that starts it
        process = self._shared = await self._start()
        self.hello = process.hello
        return self.hello

    async def close(self) -> None:
        """End everything that was started."""
        await asyncio.gather(*(process.quit() for process in self._processes))
        self._processes.clear()
        self._guard.close()

    async def run(self, checks: Iterable[Check], report: Report) -> None:
        """Run every check and report each as soon as it is done."""
        shared = [check for check in checks if not check.has_process_alone]
        alone = [check for check in checks if check.has_process_alone]
        await asyncio.gather(self._run_shared(shared, report), self._run_alone(alone, report))

    # -- Checks that share a process -------------------------------------------------------------

    async def _run_shared(self, checks: list[Check], report: Report) -> None:
        left = {check.id: check for check in checks}

        def done(check: Check, outcome: Outcome) -> None:
            del left[check.id]
            report(check, outcome)

        while left:
            try:
                process = await self._fresh()
            except AdapterError as exc:
                for check in list(left.values()):
                    done(check, Outcome(Seen(), error=str(exc)))
                return
            suspects = await self._round(process, list(left.values()), done)
            limit = asyncio.Semaphore(SUSPECTS_AT_ONCE)
            await asyncio.gather(*(self._suspect(check, limit, done) for check in suspects))

    async def _suspect(self, check: Check, limit: asyncio.Semaphore, done: Report) -> None:
        async with limit:
            outcome = await self._alone(check)
        done(check, outcome)

    async def _round(
        self, process: AdapterProcess, checks: list[Check], done: Report
    ) -> list[Check]:
        """Run checks until all are done or the process is useless; returns who was in flight."""
        current = _Round(process)
        limit = asyncio.Semaphore(self._at_once)
        groups: dict[App, list[Check]] = {}
        tasks = []
        for check in checks:
            if check.has_app_alone:
                tasks.append(self._app_alone(current, check, limit, done))
            else:
                groups.setdefault(check.app, []).append(check)
        tasks += [self._group(current, app, group, limit, done) for app, group in groups.items()]
        await asyncio.gather(*tasks)
        if current.suspects:
            how = (
                "stopped answering"
                if current.is_hung
                else f"ended: {how_it_ended(process.exit_status)}"
            )
            self.notes.append(
                f"the subject {how} with {len(current.suspects)} checks in flight; they were "
                "repeated one at a time"
            )
            await self._drop(process)
        return current.suspects

    async def _app_alone(
        self, current: _Round, check: Check, limit: asyncio.Semaphore, done: Report
    ) -> None:
        async with limit:
            if self._is_useless(current):
                return
            outcome = await self._one(current.process, check, current)
        if outcome is not None:
            done(check, outcome)

    async def _group(
        self,
        current: _Round,
        app: App,
        checks: list[Check],
        limit: asyncio.Semaphore,
        done: Report,
    ) -> None:
        """Checks that share an app."""
        async with limit:
            if self._is_useless(current):
                return
            try:
                running = await current.process.start_app(app)
            except AdapterError as exc:
                if await self._became_useless(current, look=True):
                    current.suspects.append(checks[0])
                else:
                    for check in checks:
                        done(check, Outcome(Seen(stderr=current.process.stderr), error=str(exc)))
                return
        if isinstance(running, Rejection):
            for check in checks:
                done(check, Outcome(Seen(rejection=running, stderr=current.process.stderr)))
            return

        async def one(check: Check) -> None:
            async with limit:
                if self._is_useless(current):
                    return
                outcome = await self._one(current.process, check, current, running)
            if outcome is not None:
                done(check, outcome)

        await asyncio.gather(*(one(check) for check in checks))

    async def _one(
        self,
        process: AdapterProcess,
        check: Check,
        current: _Round,
        running: RunningApp | None = None,
    ) -> Outcome | None:
        """Run one check; None when the process became useless meanwhile, and it is a suspect."""
        started_s = time.monotonic()
        try:
            outcome = await self._attempt(process, check, running)
        except AdapterError as exc:
            outcome = Outcome(Seen(stderr=process.stderr), error=str(exc))
        is_late = outcome.error is not None or outcome.seen.missed is not None
        if await self._became_useless(current, look=is_late):
            current.suspects.append(check)
            return None
        return replace(outcome, duration_s=time.monotonic() - started_s)

    async def _became_useless(self, current: _Round, *, look: bool) -> bool:
        """Whether the process has ended or hangs; only `look` when something was late."""
        if look:
            async with current.looking:
                if not self._is_useless(current) and not await self._answers(current.process):
                    current.is_hung = True
        return self._is_useless(current)

    @staticmethod
    def _is_useless(current: _Round) -> bool:
        return current.is_hung or current.process.ended.is_set()

    async def _attempt(
        self, process: AdapterProcess, check: Check, running: RunningApp | Rejection | None
    ) -> Outcome:
        if running is None:
            begun: list[RunningApp] = []
            running = await process.start_app(check.app, begun=begun.append)
            if isinstance(running, Rejection):
                return Outcome(self._script(check, begun[0], process).unserved(running))
        assert isinstance(running, RunningApp)
        script = asyncio.ensure_future(self._script(check, running, process).run())
        end = asyncio.ensure_future(process.ended.wait())
        try:
            await asyncio.wait({script, end}, return_when=asyncio.FIRST_COMPLETED)
            if not script.done():
                raise AdapterError(f"the subject ended: {how_it_ended(process.exit_status)}")
            return Outcome(script.result())
        finally:
            for task in (script, end):
                task.cancel()
            await asyncio.gather(script, end, return_exceptions=True)

    def _script(self, check: Check, running: RunningApp, process: AdapterProcess) -> Script:
        self._tokens += 1
        return Script(check, running, process, f"t{self._tokens:05}", self._deadlines)

    async def _answers(self, process: AdapterProcess) -> bool:
        """Whether the process still serves: it can start another app and answer there."""
        try:
            started = await asyncio.wait_for(process.start_app(App()), self._deadlines.probe_s)
        except (AdapterError, TimeoutError):
            return False
        if isinstance(started, RunningApp):
            # How long its end takes says nothing; frameworks wait there for what they like.
            with suppress(AdapterError):
                await started.stop(self._deadlines.probe_s)
        return True

    async def _alone(self, check: Check) -> Outcome:
        """Run one check on a process of its own, which it may bring down."""
        started_s = time.monotonic()
        try:
            process = await self._start()
        except AdapterError as exc:
            return Outcome(Seen(), error=str(exc))
        try:
            outcome = await self._attempt(process, check, None)
            if outcome.seen.missed is not None and not await self._answers(process):
                missed = f"{outcome.seen.missed}, and the subject answers nobody any more"
                outcome = Outcome(replace(outcome.seen, missed=missed))
        except AdapterError as exc:
            if process.exit_status is not None:
                outcome = Outcome(
                    Seen(died=how_it_ended(process.exit_status), stderr=process.stderr)
                )
            elif await self._answers(process):
                outcome = Outcome(Seen(stderr=process.stderr), error=str(exc))
            else:
                outcome = Outcome(Seen(missed="the subject hangs", stderr=process.stderr))
        finally:
            await self._drop(process)
        return replace(outcome, duration_s=time.monotonic() - started_s)

    # -- Checks with a process of their own ------------------------------------------------------

    async def _run_alone(self, checks: Sequence[Check], report: Report) -> None:
        limit = asyncio.Semaphore(ALONE_AT_ONCE)

        async def one(check: Check) -> None:
            async with limit:
                started_s = time.monotonic()
                outcome = await self._with_its_own(check)
            report(check, replace(outcome, duration_s=time.monotonic() - started_s))

        await asyncio.gather(*(one(check) for check in checks))

    async def _with_its_own(self, check: Check) -> Outcome:
        try:
            process = await self._start()
        except AdapterError as exc:
            return Outcome(Seen(), error=str(exc))
        begun: list[RunningApp] = []
        starting = asyncio.ensure_future(
            process.start_app(check.app, foreground=check.foreground, begun=begun.append)
        )
        try:
            if check.starting:
                await asyncio.sleep(0)  # in which it has begun
                missed = await self._script(check, begun[0], process).while_starting()
                if missed is not None:
                    return Outcome(missed)
            running = await starting
            script = self._script(check, begun[0], process)
            if isinstance(running, Rejection):
                return Outcome(script.unserved(running))
            try:
                seen = await script.run()
            except AdapterError:
                if not process.ended.is_set():
                    raise
                seen = Seen(died=how_it_ended(process.exit_status), stderr=process.stderr)
            return Outcome(seen)
        except AdapterError as exc:
            if not process.ended.is_set():
                return Outcome(Seen(stderr=process.stderr), error=str(exc))
            how = how_it_ended(process.exit_status)
            rejection = Rejection("rejected", f"the process ended before it answered: {how}")
            return Outcome(self._script(check, begun[0], process).unserved(rejection))
        finally:
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            await self._drop(process)

    # -- Processes -------------------------------------------------------------------------------

    async def _start(self) -> AdapterProcess:
        process = await AdapterProcess.start(self._command, self._guard, self._deadlines)
        self._processes.append(process)
        return process

    async def _fresh(self) -> AdapterProcess:
        """A process that serves; the one from `open` when it has not been used up."""
        if self._shared is None or self._shared.ended.is_set():
            self._shared = await self._start()
        return self._shared

    async def _drop(self, process: AdapterProcess) -> None:
        if process in self._processes:  # unless the sweep was closed meanwhile
            self._processes.remove(process)
        await process.kill()


class UrlSweep:
    """The checks that need no adapter, against a server that somebody else runs."""

    def __init__(self, host: str, port: int, deadlines: Deadlines | None = None) -> None:
        self._app = RunningApp(None, "url", host, port)
        self._deadlines = deadlines or Deadlines()
        self.hello = Hello(f"http://{host}:{port}")
        self.notes: list[str] = []

    async def open(self) -> Hello:
        """Raises AdapterError when nothing listens there."""
        try:
            _, writer = await asyncio.open_connection(self._app.host, self._app.port)
        except OSError as exc:
            where = f"{self._app.host}:{self._app.port}"
            raise AdapterError(
                f"nothing answers at {where} ({exc.strerror or exc}); is the server running?"
            ) from exc
        writer.close()
        return self.hello

    async def close(self) -> None:
        """Nothing was started."""

    async def run(self, checks: Iterable[Check], report: Report) -> None:
        limit = asyncio.Semaphore(8)

        async def one(number: int, check: Check) -> None:
            async with limit:
                started_s = time.monotonic()
                script = Script(check, self._app, None, f"t{number:05}", self._deadlines)
                outcome = Outcome(await script.run())
            report(check, replace(outcome, duration_s=time.monotonic() - started_s))

        await asyncio.gather(*(one(number, check) for number, check in enumerate(checks)))
