"""`trueline bench`: from the command line to the report and the exit status.

Owns the course of every action: subjects are found, judged by the checks that the scenarios stand
on, measured, and reported, also when it is interrupted. What options mean is in `choices`, where
reports go in `outputs`.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from conformance.protocol import AdapterError

from . import outputs, procfs
from .absolute import Absolutes
from .choices import check_meaning, said_of, settings_of
from .command import Refused, machine
from .idle import SPARE_FILES, open_files
from .instructions import expect_count, instructions
from .judging import judge
from .latency import expect_latency, latency
from .measuring import Measuring
from .memory import at_rest, idle, streaming
from .model import Comparison, Verdict
from .progress import Progress
from .report.result import Absolute, Measurement, Report, SubjectInfo
from .scenarios import Scenario, scenarios_of
from .startup import startup
from .statistics.gate import Rule
from .subjects import Subject, subject, subject_at

INTERRUPTED = 130
IDLE_CONNECTIONS = 1_000
STREAMED_MIB = 1_024
_STOLEN = 0.02
"""The share of processor time above which it is said. Who never shares a host has none."""


def run(options: argparse.Namespace, command: Sequence[str]) -> int:
    """Do what is asked for; returns the exit status."""
    try:
        if command:
            raise Refused('a command is a subject when it is named so: cmd:"node adapter.mjs"')
        if not procfs.is_there():
            raise Refused("what servers use is read from the /proc of Linux: here is none")
        return asyncio.run(_Asked(options).run())
    except KeyboardInterrupt:  # while an environment was made, before anything was measured
        return INTERRUPTED
    except (Refused, AdapterError) as exc:
        print(f"trueline bench: {exc}", file=sys.stderr)
        return 2


class _Asked:
    """One command under way, and what there is of its report."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._scenarios = list(scenarios_of(options.scenario))
        self._settings, self._notes = settings_of(options)
        self._rule = Rule(margin=options.margin)
        self._subjects: list[Subject] = []
        self._comparisons: list[Comparison] = []
        self._measurements: list[Measurement] = []
        self._running: Measuring | None = None
        self._absolutes: Absolutes | None = None
        self._begin_s = time.monotonic()
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._conditions = machine()
        self._processors = procfs.Processors.now()

    async def run(self) -> int:
        """Measure and report; returns the exit status."""
        check_meaning(self._options)
        outputs.check(self._options)
        self._check_scenarios()
        task = asyncio.current_task()
        assert task is not None
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
        loop.add_signal_handler(signal.SIGINT, task.cancel)
        ended_early: int | None = None
        try:
            self._subjects = await self._find_subjects()
            await self._ACTIONS[self._options.action](self)
        except asyncio.CancelledError:
            task.uncancel()
            ended_early = INTERRUPTED
            self._keep_what_there_is()
        except (Refused, AdapterError) as exc:
            if not self._has_figures:
                raise
            ended_early = 2
            self._notes.append(f"ended early: {exc}")
            _say(f"trueline bench: {exc}")
        if not self._subjects:
            return INTERRUPTED
        report = self._report()
        try:
            outputs.write(report, self._options)
        except Refused as exc:
            if ended_early is None:
                raise
            _say(f"trueline bench: {exc}")  # perhaps there is nothing to draw yet
        return report.exit_status if ended_early is None else ended_early

    def _keep_what_there_is(self) -> None:
        partial = None if self._running is None else self._running.partial
        if partial is not None:
            self._comparisons.append(partial)
        self._notes.append("interrupted: this is what was measured until then")

    @property
    def _has_figures(self) -> bool:
        """Something was measured to its end, before what is wrong was seen."""
        absolutes = None if self._absolutes is None else self._absolutes.results
        return bool(self._comparisons or self._measurements or absolutes)

    # -- Subjects ----------------------------------------------------------------------------------

    async def _find_subjects(self) -> list[Subject]:
        options = self._options
        words, action = options.words, options.action
        revisions = [one for one in (options.base, options.head) if one is not None]
        if revisions:
            if action != "compare" or len(revisions) < 2 or len(words) != 1:
                raise Refused(
                    "two revisions of one subject are compared: "
                    "trueline bench compare --base main --head . SUBJECT"
                )
            return [
                await subject_at(
                    words[0], one, repository=Path(options.repository), loop=options.loop,
                    python=options.python,
                )
                for one in revisions
            ]  # fmt: skip
        wanted = {"compare": "two subjects or more", "aa": "one subject"}.get(action, "a subject")
        if (
            not words
            or (action == "compare" and len(words) < 2)
            or (action == "aa" and len(words) != 1)
        ):
            raise Refused(f"name {wanted}: `trueline bench --help` has examples")
        if len(set(words)) < len(words):
            raise Refused("a subject is named twice; `trueline bench aa` compares one with itself")
        return [await subject(one, loop=options.loop, python=options.python) for one in words]

    def _check_scenarios(self) -> None:
        """Those of which there is no such figure are refused before the others are measured."""
        for one in self._scenarios:
            if self._options.action == "latency":
                expect_latency(one)
            elif self._options.action == "instr":
                expect_count(one)

    async def _judge(self) -> None:
        """All of them under all scenarios, before minutes are spent on the first."""
        for scenario in self._scenarios:
            for one in self._subjects:
                await judge(one, scenario.stands_on, scenario.name)

    # -- Actions -----------------------------------------------------------------------------------

    async def _compare(self) -> None:
        a, *others = self._subjects
        await self._compare_pairs([(a, b) for b in others])

    async def _aa(self) -> None:
        """All restarts of the plan, however early they agree: what they show is the machine."""
        [one] = self._subjects
        self._rule = replace(self._rule, looks=())
        await self._compare_pairs([(one, one)])

    async def _compare_pairs(self, pairs: Sequence[tuple[Subject, Subject]]) -> None:
        await self._judge()
        budget_s = self._settings.budget_s
        with Progress(budget_s * len(pairs) * len(self._scenarios), sys.stderr) as progress:
            for scenario in self._scenarios:
                for pair in pairs:
                    await self._compare_pair(pair, scenario, progress)

    async def _compare_pair(
        self, pair: tuple[Subject, Subject], scenario: Scenario, progress: Progress
    ) -> None:
        took_s = 0.0

        def seen(line: str, seconds: float) -> None:
            nonlocal took_s
            took_s += seconds
            progress.finished(seconds)
            progress.at(line)

        self._running = Measuring(*pair, scenario, self._settings, self._rule)
        comparison = await self._running.run(seen)
        self._running = None
        progress.plan(took_s - self._settings.budget_s)
        if pair[0] is pair[1]:
            comparison = _of_itself(comparison)
        self._comparisons.append(comparison)
        verdict = comparison.decision.verdict.value
        progress.note(f"{comparison.scenario}: {comparison.b} against {comparison.a}: {verdict}")

    async def _run(self) -> None:
        await self._judge()
        self._absolutes = Absolutes(
            self._subjects, self._scenarios, self._settings, self._options.rate
        )
        each_s = 2 * self._settings.slice_s + 4.0
        count = len(self._subjects) * len(self._scenarios) * self._absolutes.restarts
        with Progress(each_s * count, sys.stderr) as progress:

            def seen(line: str, seconds: float) -> None:
                progress.finished(each_s)
                progress.at(line)

            await self._absolutes.run(seen)

    async def _latency(self) -> None:
        await self._judge()
        for scenario in self._scenarios:
            found = await latency(
                self._subjects,
                scenario,
                rate_per_s=self._options.rate,
                restarts=self._options.restarts or 5,
                connections=self._options.connections,
                server_cpu=self._settings.server_cpu,
                client_cpu=self._settings.client_cpu,
                progress=_say,
            )
            self._measurements += found.rows
            self._notes += (*found.notes, *(str(ratio) for ratio in found.ratios))

    async def _memory(self) -> None:
        restarts, cpu = self._options.restarts or 3, self._settings.server_cpu
        count = self._options.connections or IDLE_CONNECTIONS
        with open_files(count + SPARE_FILES):
            pass  # refused now, rather than behind what takes longer
        for one in self._subjects:
            self._measurements += await at_rest(one, restarts=restarts, cpu=cpu, progress=_say)
            self._measurements += await idle(one, count, restarts=restarts, cpu=cpu, progress=_say)
            if one.kind == "peer":
                self._notes.append(f"{one.label}: a peer serves no streams of {STREAMED_MIB} MiB")
                continue
            self._measurements += await streaming(
                one, STREAMED_MIB, restarts=restarts, cpu=cpu, progress=_say
            )

    async def _startup(self) -> None:
        found = await startup(
            self._subjects,
            restarts=self._options.restarts or 10,
            cpu=self._settings.server_cpu,
            progress=_say,
        )
        self._measurements += found.rows
        self._notes += (*found.notes, *(str(ratio) for ratio in found.ratios))

    async def _instr(self) -> None:
        await self._judge()
        for scenario in self._scenarios:
            for one in self._subjects:
                found = await instructions(one, scenario, progress=_say)
                self._measurements.append(found.measurement)

    _ACTIONS: ClassVar[dict[str, Any]] = {
        "run": _run,
        "compare": _compare,
        "aa": _aa,
        "latency": _latency,
        "memory": _memory,
        "startup": _startup,
        "instr": _instr,
    }

    # -- The report --------------------------------------------------------------------------------

    def _report(self) -> Report:
        absolutes: Sequence[Absolute] = ()
        if self._absolutes is not None:
            absolutes = self._absolutes.results
            self._notes += self._absolutes.notes
        stolen = procfs.Processors.now().stolen_since(self._processors)
        if stolen > _STOLEN:
            self._notes.append(
                f"the host of this machine gave {stolen:.0%} of its processor time to others "
                "(steal): a quieter hour has narrower intervals"
            )
        return Report(
            kind=self._options.action,
            machine=self._conditions,
            settings=said_of(self._options, self._settings),
            subjects=tuple(subject_info(one) for one in self._subjects),
            comparisons=tuple(self._comparisons),
            absolutes=tuple(absolutes),
            measurements=tuple(self._measurements),
            notes=tuple(dict.fromkeys(self._notes)),
            started=self._started,
            duration_s=round(time.monotonic() - self._begin_s, 1),
        )


def _of_itself(one: Comparison) -> Comparison:
    """Nothing is slower than itself: where it seems so, the machine cannot tell."""
    if one.decision.verdict is not Verdict.SLOWER:
        return one
    reason = f"a false alarm, this machine tells a thing from itself: {one.decision.reason}"
    return replace(one, decision=replace(one.decision, verdict=Verdict.INCONCLUSIVE, reason=reason))


def subject_info(one: Subject) -> SubjectInfo:
    versions = dict(one.versions)
    loop = versions.pop("loop", "")
    name, version = next(iter(versions.items()), (one.label, ""))
    others = ", ".join(f"{key} {value}" for key, value in list(versions.items())[1:])
    return SubjectInfo(one.label, name, version, others, loop, one.kind)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
