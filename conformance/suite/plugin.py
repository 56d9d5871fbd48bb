"""The pytest plugin: one item for each check, one sweep for all of them, reports.

Owns how a run looks to pytest. The exchanges of all selected checks are made together when the
first item is about to run; each item then only judges what was seen. Under pytest-xdist every
worker sweeps the categories that it is given.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import Any

import pytest
from yarl import URL

from .. import baseline as baselines
from ..catalogue import all_checks
from ..check import Check
from ..driver import Deadlines, Hello
from ..gauge import can_gauge
from ..judge import Outcome, Rules, Verdict, judge, not_applicable
from ..protocol import AdapterError, Unusable
from ..report import detail, document, html, markdown, style, terminal
from ..report.progress import Progress
from ..results import Result, Run, SubjectInfo
from ..seen import Rejection, Seen
from ..steps import Gauge
from ..subject import command_for, command_of
from ..sweep import Outcome as SweepOutcome
from ..sweep import Sweep, UrlSweep

RUN: pytest.StashKey[Recorder] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    recorder = Recorder(config)
    config.stash[RUN] = recorder
    config.pluginmanager.register(recorder, "trueline-recorder")


# -- Items ----------------------------------------------------------------------------------------


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path == Path(__file__).with_name("checks.py"):
        return SuiteFile.from_parent(parent, path=file_path)
    return None


class SuiteFile(pytest.File):
    """The catalogue."""

    def collect(self) -> Iterator[pytest.Collector]:
        for category in dict.fromkeys(check.category for check in all_checks()):
            yield Category.from_parent(self, name=category)


class Category(pytest.Collector):
    """The checks of a category."""

    def collect(self) -> Iterator[pytest.Item]:
        for check in all_checks():
            if check.category == self.name:
                yield CheckItem.from_parent(self, name=check.id.partition("/")[2], check=check)


class CheckFailed(Exception):
    """Carries the report of a check that did not hold."""


class CheckItem(pytest.Item):
    """One check. Running it judges what the sweep has seen."""

    def __init__(self, *, check: Check, **more: Any) -> None:
        super().__init__(**more)
        self.check = check
        self.extra_keyword_matches.add(check.id)
        self.add_marker(pytest.mark.xdist_group(check.category))

    def runtest(self) -> None:
        result = self.config.stash[RUN].result(self)
        outcome, reason = result.outcome, result.verdict.reason
        if outcome is Outcome.NOT_APPLICABLE:
            pytest.skip(reason)
        if outcome is Outcome.KNOWN:
            pytest.xfail(reason)
        if outcome.fails_the_run:
            raise CheckFailed(reason)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, CheckFailed):
            return self.config.stash[RUN].text_of(self)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, self.check.id


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if isinstance(item, CheckItem) and call.when == "call":
        result = item.config.stash[RUN].results.get(item.check.id)
        if result is not None:
            # As JSON, so that xdist carries it from the worker to the controller.
            vars(report)["trueline"] = document.result_to_json(result)
    return report


def pytest_report_teststatus(
    report: pytest.TestReport | pytest.CollectReport,
) -> tuple[str, str, str] | None:
    said = getattr(report, "trueline", None)
    if said is not None and said["verdict"]["outcome"] == Outcome.WARN.value:
        return "warned", "w", "WARN"
    return None


# -- The run --------------------------------------------------------------------------------------


class Recorder:
    """What was seen and judged in this process, and in the controller all of it."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._is_worker = hasattr(config, "workerinput")
        self._started = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
        self._started_s = time.monotonic()
        self._outcomes: dict[str, SweepOutcome] = {}
        self._rules = Rules()
        self._was_interrupted = False
        self.hello: Hello | None = None
        self.notes: list[str] = []
        self.results: dict[str, Result] = {}
        self._label, self._authority = _label(config)
        self._subject_of_worker: SubjectInfo | None = None

    # -- Sweeping --------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Before the first item: the sweep. A fault of the adapter ends the run with a sentence."""
        if session.testsfailed or session.config.option.collectonly or not session.items:
            return
        self._rules = self._read_rules()
        if not self._is_worker:
            self._sweep([item for item in session.items if isinstance(item, CheckItem)])
            if self._was_interrupted:
                session.items[:] = [
                    item
                    for item in session.items
                    if not isinstance(item, CheckItem) or item.check.id in self._outcomes
                ]

    def result(self, item: CheckItem) -> Result:
        """The verdict on a check."""
        check = item.check
        if check.id not in self._outcomes:
            group = [
                one
                for one in item.session.items
                if isinstance(one, CheckItem) and one.check.category == check.category
            ]
            self._sweep(group)
        outcome = self._outcomes[check.id]
        if outcome.error is not None:
            verdict = Verdict(Outcome.ERROR, outcome.error.splitlines()[0])
        else:
            verdict = judge(check, outcome.seen, self._rules)
        result = Result.of(check, outcome.seen, verdict, outcome.duration_s, self._authority)
        self.results[check.id] = result
        return result

    def text_of(self, item: CheckItem) -> str:
        colour = style.has_colour(sys.stdout, os.environ)
        return detail.detail(self.results[item.check.id], self.subject(), colour=colour)

    def _sweep(self, items: Sequence[CheckItem]) -> None:
        checks = [item.check for item in items]
        with tempfile.TemporaryDirectory(prefix="trueline-") as folder:
            try:
                asyncio.run(self._sweep_all(checks, Path(folder) / "kit"))
            except (AdapterError, Unusable) as exc:
                raise pytest.UsageError(str(exc)) from None
            except KeyboardInterrupt:
                if self._is_worker:
                    raise
                self._was_interrupted = True
                self.notes.append(
                    f"interrupted: {len(self._outcomes)} of {len(checks)} checks were made"
                )

    async def _sweep_all(self, checks: Sequence[Check], kit: Path) -> None:
        sweep = self._make_sweep(kit)
        progress = Progress(sys.stderr, os.environ)
        failing = 0

        def report(check: Check, outcome: SweepOutcome) -> None:
            nonlocal failing
            self._outcomes[check.id] = outcome
            if outcome.error is not None:
                failing += 1
            else:
                failing += judge(check, outcome.seen, self._rules).outcome.fails_the_run
            progress.update(len(self._outcomes), len(checks), failing, check.category)

        try:
            self.hello = await sweep.open()
            self._rules = replace(self._rules, dialect=self.hello.dialect)
            wanted = []
            for check in checks:
                why_not = self._why_not(check, self.hello)
                if why_not:
                    report(check, SweepOutcome(Seen(rejection=Rejection("unsupported", why_not))))
                else:
                    wanted.append(check)
            await sweep.run(wanted, report)
        finally:
            progress.clear()
            await sweep.close()
            self.notes += sweep.notes

    def _why_not(self, check: Check, hello: Hello) -> str:
        if self._authority is not None:
            return "" if check.any_server else "needs an adapter"
        if check.foreground and "foreground" not in hello.capabilities:
            return "the adapter has no foreground"
        if any(isinstance(step, Gauge) for step in check.steps) and not can_gauge():
            return "this system does not tell what a process takes"
        return not_applicable(check, hello.dialect, hello.capabilities)

    def _make_sweep(self, kit: Path) -> Sweep | UrlSweep:
        options = self._config.option
        deadlines = Deadlines()
        if options.trueline_deadline is not None:
            deadlines = replace(deadlines, step_s=options.trueline_deadline)
        if options.trueline_url is not None:
            url = URL(options.trueline_url)
            if url.scheme != "http" or url.host is None:
                raise AdapterError(f"--url {options.trueline_url}: expected http://HOST:PORT")
            return UrlSweep(url.host, url.port or 80, deadlines)
        if options.trueline_adapter_command is not None:
            return Sweep(command_of(json.loads(options.trueline_adapter_command)), deadlines)
        return Sweep(command_for(options.subject, options.trueline_python, kit), deadlines)

    def _read_rules(self) -> Rules:
        options = self._config.option
        known: dict[str, str] = {}
        if options.trueline_baseline and not (
            options.trueline_update_baseline and not Path(options.trueline_baseline).exists()
        ):
            path = Path(options.trueline_baseline)
            try:
                ids = [check.id for check in all_checks()]
                known = baselines.known(baselines.read(path), ids, path)
            except baselines.BaselineError as exc:
                raise pytest.UsageError(str(exc)) from None
        return Rules(strict=options.trueline_strict, known=known)

    # -- Reporting -------------------------------------------------------------------------------

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        said = getattr(report, "trueline", None)
        if said is not None and not self._is_worker:
            result = document.result_from_json(said)
            self.results.setdefault(result.check.id, result)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._is_worker:
            if self.hello is not None:
                told = document.run_to_json(replace(self.run(), results=()))
                session.config.workeroutput["trueline"] = told  # type: ignore[attr-defined]
            return
        if not self.results:
            return
        run = self.run()
        options = self._config.option
        if options.trueline_json:
            Path(options.trueline_json).write_text(document.dumps(run), encoding="utf-8")
        if options.trueline_html:
            Path(options.trueline_html).write_text(html.page([run]), encoding="utf-8")
        if options.trueline_summary:
            with Path(options.trueline_summary).open("a", encoding="utf-8") as file:
                file.write(markdown.summary(run))
        if options.trueline_update_baseline:
            self._write_baseline(run)
        if run.exit_status == 2 or self._was_interrupted:
            session.exitstatus = pytest.ExitCode.INTERRUPTED

    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """A worker of xdist has ended."""
        said = getattr(node, "workeroutput", {}).get("trueline")
        if said is not None:
            run = document.run_from_json(said)
            self.notes += run.notes
            self._subject_of_worker = run.subject

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.results:
            return
        run = self.run()
        colour = style.has_colour(sys.stdout, os.environ)
        warned = [one for one in run.results if one.outcome is Outcome.WARN]
        for result in warned:
            terminalreporter.write_line(detail.detail(result, run.subject, colour=colour))
        terminalreporter.write_line("")
        terminalreporter.write_line(terminal.totals(run, colour=colour))
        for note in run.notes:
            terminalreporter.write_line(f"note: {note}")
        terminalreporter.write_line(terminal.conclusion(run, colour=colour))

    def subject(self) -> SubjectInfo:
        if self.hello is None and self._subject_of_worker is not None:
            return self._subject_of_worker
        hello = self.hello or Hello(self._label)
        return SubjectInfo(
            self._label,
            hello.name,
            hello.version,
            hello.language,
            hello.runtime,
            hello.homepage,
            dict(hello.dialect),
        )

    def run(self) -> Run:
        order = {check.id: number for number, check in enumerate(all_checks())}
        results = sorted(self.results.values(), key=lambda one: order.get(one.check.id, len(order)))
        duration_s = time.monotonic() - self._started_s
        return Run(self.subject(), tuple(results), self._started, duration_s, tuple(self.notes))

    def _write_baseline(self, run: Run) -> None:
        path = Path(self._config.option.trueline_baseline)
        entries = baselines.read(path) if path.exists() else []
        failed = {
            one.check.id: one.verdict.problems[0].text
            for one in run.results
            if one.outcome in (Outcome.FAIL, Outcome.KNOWN)
        }
        passed = {
            one.check.id for one in run.results if one.outcome in (Outcome.PASS, Outcome.STALE)
        }
        path.write_text(baselines.text(baselines.updated(entries, failed, passed)), "utf-8")


def _label(config: pytest.Config) -> tuple[str, str | None]:
    """How the subject was named, and the authority of one that was running already."""
    options = config.option
    if options.trueline_url is not None:
        url = URL(options.trueline_url)
        return f"--url {quote(options.trueline_url)}", url.authority
    if options.trueline_adapter_command is not None:
        return "-- " + " ".join(
            quote(one) for one in json.loads(options.trueline_adapter_command)
        ), None
    label = quote(options.subject)
    return (
        f"{label} --python {quote(options.trueline_python)}" if options.trueline_python else label
    ), None
