"""`trueline bench`: from the command line to the report and the exit status.

Owns the course of every action: subjects are found, judged by the checks that the scenarios stand
on, measured, and reported, also when it is interrupted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from conformance.protocol import AdapterError
from conformance.report.style import has_colour

from .absolute import Absolutes
from .command import Refused, machine
from .idle import SPARE_FILES, open_files
from .judging import judge
from .latency import latency
from .load import available
from .measuring import Measuring, Settings
from .memory import at_rest, idle, streaming
from .model import Comparison, Verdict
from .progress import Progress
from .report import action, chart, document, markdown, text
from .report.result import Absolute, Measurement, Report, SubjectInfo
from .scenarios import Scenario, scenarios_of
from .startup import startup
from .statistics.gate import Rule
from .subjects import Subject, subject, subject_at

INTERRUPTED = 130
IDLE_CONNECTIONS = 1_000
STREAMED_MIB = 1_024
_SLICE_S = {"wrk": 1.0, "builtin": 0.03}
_ROUNDS = {"wrk": 2, "builtin": 10}
_RUN_SLICE_S = 1.0


def run(options: argparse.Namespace, command: Sequence[str]) -> int:
    """Do what is asked for; returns the exit status."""
    try:
        if command:
            raise Refused('a command is a subject when it is named so: cmd:"node adapter.mjs"')
        return asyncio.run(_Asked(options).run())
    except (Refused, AdapterError) as exc:
        print(f"trueline bench: {exc}", file=sys.stderr)
        return 2


class _Asked:
    """One command under way, and what there is of its report."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._scenarios = list(scenarios_of(options.scenario))
        self._settings, self._notes = _settings(options)
        self._rule = Rule(margin=options.margin)
        self._subjects: list[Subject] = []
        self._comparisons: list[Comparison] = []
        self._measurements: list[Measurement] = []
        self._running: Measuring | None = None
        self._absolutes: Absolutes | None = None
        self._begin_s = time.monotonic()
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._conditions = machine()

    async def run(self) -> int:
        """Measure and report; returns the exit status."""
        _check_files(self._options)
        task = asyncio.current_task()
        assert task is not None
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
        loop.add_signal_handler(signal.SIGINT, task.cancel)
        interrupted = False
        try:
            self._subjects = await self._find_subjects()
            await self._ACTIONS[self._options.action](self)
        except asyncio.CancelledError:
            task.uncancel()
            interrupted = True
            self._keep_what_there_is()
        if not self._subjects:
            return INTERRUPTED
        report = self._report()
        self._write(report)
        return INTERRUPTED if interrupted else report.exit_status

    def _keep_what_there_is(self) -> None:
        partial = None if self._running is None else self._running.partial
        if partial is not None:
            self._comparisons.append(partial)
        self._notes.append("interrupted: this is what was measured until then")

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

    async def _judge(self, subjects: Sequence[Subject], scenario: Scenario) -> None:
        for one in subjects:
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
        self._comparisons = [_of_itself(each) for each in self._comparisons]

    async def _compare_pairs(self, pairs: Sequence[tuple[Subject, Subject]]) -> None:
        budget_s = self._settings.budget_s
        with Progress(budget_s * len(pairs) * len(self._scenarios), sys.stderr) as progress:
            for scenario in self._scenarios:
                for pair in pairs:
                    await self._judge(pair, scenario)
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
        self._comparisons.append(comparison)
        verdict = comparison.decision.verdict.value
        progress.note(f"{comparison.scenario}: {comparison.b} against {comparison.a}: {verdict}")

    async def _run(self) -> None:
        for scenario in self._scenarios:
            await self._judge(self._subjects, scenario)
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
        for scenario in self._scenarios:
            await self._judge(self._subjects, scenario)
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
        from .instructions import instructions

        for scenario in self._scenarios:
            await self._judge(self._subjects, scenario)
            for one in self._subjects:
                self._measurements.append((await instructions(one, scenario)).measurement)

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
        absolutes: Sequence[Absolute] = () if self._absolutes is None else self._absolutes.results
        return Report(
            kind=self._options.action,
            machine=self._conditions,
            settings=_said(self._options, self._settings),
            subjects=tuple(subject_info(one) for one in self._subjects),
            comparisons=tuple(self._comparisons),
            absolutes=tuple(absolutes),
            measurements=tuple(self._measurements),
            notes=tuple(dict.fromkeys(self._notes)),
            started=self._started,
            duration_s=round(time.monotonic() - self._begin_s, 1),
        )

    def _write(self, report: Report) -> None:
        """The table to standard output, the files to where they were asked for.

        All files are tried: the figures of a long run are not lost with one of them. Raises Refused
        with what could not be written.
        """
        options = self._options
        wanted: list[tuple[str | None, Callable[[str], object]]] = [
            (options.json, lambda name: _write_text(name, document.dumps(report))),
            (options.markdown, lambda name: _append(name, markdown.summary(report))),
            (options.action_json, lambda name: action.write(report, name)),
            *((name, lambda name: chart.write(report, name)) for name in options.chart),
        ]
        if options.json != "-":
            colour = has_colour(sys.stdout, os.environ)
            print(text.report(report, colour=colour), end="")
        failed = []
        for name, write in wanted:
            if name is not None:
                try:
                    write(name)
                except OSError as exc:
                    failed.append(f"cannot write {name}: {exc.strerror}")
                except Refused as exc:
                    failed.append(str(exc))
        if failed:
            raise Refused("; ".join(failed))


# -- What the options mean -------------------------------------------------------------------------


def _settings(options: argparse.Namespace) -> tuple[Settings, list[str]]:
    """The settings, and what is to be said of them beside the figures. Raises Refused."""
    notes = []
    engine = options.load
    if engine == "auto":
        # wrk takes whole seconds. What a comparison wants is many restarts, not long slices.
        engine = available() if options.action == "run" else "builtin"
    if engine == "wrk" and shutil.which("wrk") is None:
        raise Refused("wrk is not installed: leave --load out, or take --load builtin")
    slice_s = options.slice or (_RUN_SLICE_S if options.action == "run" else _SLICE_S[engine])
    if engine == "wrk" and slice_s != int(slice_s):
        raise Refused(f"wrk takes whole seconds, not --slice {slice_s:g}; or take --load builtin")
    cpus = sorted(os.sched_getaffinity(0))
    server_cpu, client_cpu = (cpus[0], cpus[1]) if len(cpus) > 1 else (None, None)
    if client_cpu is None:
        notes.append("one processor for server and client: trust the processor time alone")
    settings = Settings(
        engine=engine,
        slice_s=slice_s,
        rounds=_ROUNDS[engine],
        budget_s=options.seconds,
        restarts=options.restarts,
        connections=options.connections,
        server_cpu=server_cpu,
        client_cpu=client_cpu,
    )
    return settings, notes


def _said(options: argparse.Namespace, settings: Settings) -> dict[str, object]:
    said: dict[str, object] = {"load": settings.engine, "slice_s": settings.slice_s}
    if options.action in ("compare", "aa"):
        said |= {"margin": options.margin, "seconds": options.seconds, "rounds": settings.rounds}
    for name in ("restarts", "connections", "rate", "base", "head"):
        if getattr(options, name) is not None:
            said[name] = getattr(options, name)
    return said


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


def _check_files(options: argparse.Namespace) -> None:
    """Before minutes are spent. Raises Refused."""
    for name in options.chart:
        chart.checked(name, options.action)
    for name in filter(None, (options.json, options.markdown, options.action_json, *options.chart)):
        folder = Path(name).absolute().parent
        if name != "-" and not folder.is_dir():
            raise Refused(f"cannot write {name}: there is no folder {folder}")


def _write_text(name: str, text: str) -> None:
    if name == "-":
        print(text, end="")
    else:
        Path(name).write_text(text, encoding="utf-8")


def _append(name: str, text: str) -> None:
    with Path(name).open("a", encoding="utf-8") as file:
        file.write(text)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
